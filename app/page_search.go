package app

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// search is how somebody without his card is looked for.
type search struct {
	byContract             bool
	personal, card, number string // as typed
}

// query leaves out what belongs to the other way of searching.
func (s search) query() procedure.StatusSearch {
	if s.byContract {
		return procedure.StatusSearch{Contract: strings.TrimSpace(s.number)}
	}
	digits := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return procedure.StatusSearch{PersonalNumber: procedure.PersonalNumber(digits(s.personal)), CardNumber: procedure.CardNumber(digits(s.card))}
}

// searchPage looks for the certificates of a lost card.
func (a *App) searchPage(p, kept *page) fyne.CanvasObject {
	d := &a.draft.search
	a.setBack(p, a.words.say("back"), func() { *d = search{}; a.openAside("") })
	a.setPrimary(p, a.words.say("search.do"), a.searchCitizen)
	width := min(a.measure(), unit(160)) - 2*unit(6)
	by := "numbers"
	if d.byContract {
		by = "contract"
	}
	options := []option{{value: "numbers", label: a.words.say("search.numbers")}, {value: "contract", label: a.words.say("search.contract")}}
	parts := []fyne.CanvasObject{para(styleBody, a.words.say("search.text"), width),
		a.choice(p, fieldSearchBy, width, 2, options, by, func(v string) { d.byContract = v == "contract" })}
	if d.byContract {
		p.first = procedure.FieldContract
		parts = append(parts, a.typed(p, kept, procedure.FieldContract, &d.number, "", width))
	} else {
		p.first = procedure.FieldPersonalNumber
		parts = append(parts, a.typed(p, kept, procedure.FieldPersonalNumber, &d.personal, "", width),
			a.typed(p, kept, procedure.FieldCardNumber, &d.card, "", width))
	}
	return column(unit(4), a.heading("search.heading"), natural(panel(column(unit(3), parts...))))
}

func (a *App) searchCitizen() {
	q := a.draft.search.query()
	a.do("search", func(ctx context.Context) error { return a.cfg.Desk.OpenWithoutCard(ctx, q) }, nil)
}
