package app

import (
	"context"
	"strconv"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// circles is how many numbers there are to be circled on a form.
var circles = map[procedure.PaperKind]int{procedure.PaperRequest: 2, procedure.PaperUnblock: 2, procedure.PaperStatus: 3}

// broughtPage asks for each form whether the citizen brought it filled in, and
// which number is circled on it (R4).
func (a *App) broughtPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	a.setLater(p)
	a.setPrimary(p, a.words.say("brought.do"), a.recordBrought)
	width := a.measure() - 2*unit(6)
	var parts []fyne.CanvasObject
	for _, due := range duePapers(a.snapshot.Case) {
		kind := due.kind
		if circles[kind] == 0 {
			continue
		}
		options := []option{{value: "0", label: a.words.say("brought.none")}}
		for n := 1; n <= circles[kind]; n++ {
			options = append(options, option{value: strconv.Itoa(n), label: a.words.fill("brought.circled", with{"N": n}), note: a.words.say("circle." + string(kind) + "." + strconv.Itoa(n))})
		}
		name := prefixBrought + string(kind)
		if len(parts) == 0 {
			p.first = name
		}
		parts = append(parts, a.choice(p, name, width, len(options), options, strconv.Itoa(a.draft.brought[kind]), func(v string) {
			a.draft.brought[kind], _ = strconv.Atoi(v)
		}))
	}
	return column(unit(4), line(styleHeading, a.words.say("brought.heading")),
		para(styleBody, a.words.say("brought.text"), a.measure()), natural(panel(column(unit(4), parts...))))
}

// recordBrought records the forms that were brought. With a wrong number
// circled the form is not corrected but printed anew.
func (a *App) recordBrought() {
	var forms []procedure.BroughtForm
	for _, due := range duePapers(a.snapshot.Case) {
		if n := a.draft.brought[due.kind]; n > 0 {
			forms = append(forms, procedure.BroughtForm{Kind: due.kind, Circled: n})
		}
	}
	a.do("brought", func(ctx context.Context) error { return a.cfg.Desk.RecordBrought(ctx, forms) }, func() { a.draft.aside = "" })
}
