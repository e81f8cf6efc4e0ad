package app

import (
	"context"
	"strconv"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// circles is how many numbers there are to be circled on a form. The contract
// is never brought: the assistant minister's signature is on our print only.
var circles = map[procedure.PaperKind]int{
	procedure.PaperRequest: 2, procedure.PaperUnblock: 2, procedure.PaperStatus: 3, procedure.PaperTerms: 0,
}

// broughtPage asks for each form whether the citizen brought it filled in, and
// which number is circled on it (R4).
func (a *App) broughtPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	a.setLater(p)
	a.setPrimary(p, a.words.say("brought.do"), a.recordBrought)
	width := a.measure() - 2*unit(6)
	var parts []fyne.CanvasObject
	for _, d := range duePapers(a.snapshot.Case) {
		if _, may := circles[d.kind]; !may {
			continue
		}
		if len(parts) == 0 {
			p.first = string(d.kind)
		}
		options := a.broughtOptions(d.kind)
		parts = append(parts, a.choice(p, string(d.kind), width, len(options), options, a.broughtValue(d.kind), func(v string) { a.setBrought(d.kind, v) }))
	}
	return column(unit(4), a.heading("brought.heading"),
		para(styleBody, a.words.say("brought.text"), a.measure()), a.single(column(unit(3), parts...)))
}

// notBrought is the value of the first option; the others are the numbers
// circled, 0 on a form without one.
const notBrought = "none"

func (a *App) broughtOptions(kind procedure.PaperKind) []option {
	options := []option{{value: notBrought, label: a.words.say("brought.none")}}
	if circles[kind] == 0 {
		return append(options, option{value: "0", label: a.words.say("brought.terms")})
	}
	for n := 1; n <= circles[kind]; n++ {
		o := option{value: strconv.Itoa(n), label: a.words.fill("brought.circled", with{"N": n})}
		if id := "circle." + string(kind) + "." + o.value; a.words.has(id) { // those of Obrazac 3 are a setting
			o.note = a.words.say(id)
		}
		options = append(options, o)
	}
	return options
}

func (a *App) broughtValue(kind procedure.PaperKind) string {
	if n, brought := a.draft.brought[kind]; brought {
		return strconv.Itoa(n)
	}
	return notBrought
}

func (a *App) setBrought(kind procedure.PaperKind, value string) {
	n, err := strconv.Atoi(value)
	if err != nil {
		delete(a.draft.brought, kind)
		return
	}
	a.draft.brought[kind] = n
}

// recordBrought records the forms that were brought. With a wrong number
// circled the form is not corrected but printed anew.
func (a *App) recordBrought() {
	var forms []procedure.BroughtForm
	for _, d := range duePapers(a.snapshot.Case) {
		if n, brought := a.draft.brought[d.kind]; brought {
			forms = append(forms, procedure.BroughtForm{Kind: d.kind, Circled: n})
		}
	}
	a.do("brought", func(ctx context.Context) error { return a.cfg.Desk.RecordBrought(ctx, forms) }, func() { a.draft.aside = "" })
}
