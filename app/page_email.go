package app

import (
	"context"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// emailPage is the last part of screen B. The fields keep their text and
// cursor when the page is built anew.
func (a *App) emailPage(p, kept *page) fyne.CanvasObject {
	d := &a.draft.email
	a.setBack(p, a.words.say("back"), a.goBack(procedure.PhasePapers))
	a.setLater(p)
	a.setPrimary(p, a.words.say("email.go"), func() {
		e := *d
		if e.Wanted != procedure.Yes {
			e.Address, e.Again = "", ""
		}
		a.do("email", func(ctx context.Context) error { return a.cfg.Desk.SetEmail(ctx, e) }, nil)
	})
	p.first = procedure.FieldWanted
	width := a.measure() - 2*unit(6)
	set := func(v procedure.Answer) {
		first := d.Wanted != v && v == procedure.Yes
		d.Wanted = v
		if first {
			a.render()
			a.page.focus(procedure.FieldAddress)
		}
	}
	parts := []fyne.CanvasObject{a.question(p, procedure.FieldWanted, width, d.Wanted, set)}
	if d.Wanted == procedure.Yes {
		parts = append(parts, a.emailField(p, kept, procedure.FieldAddress, &d.Address, false), a.emailField(p, kept, procedure.FieldAgain, &d.Again, true))
	}
	return column(unit(4), a.heading("email.heading"), a.single(column(unit(3), parts...)))
}

// emailField is typed from the signed paper; the second time it cannot be
// pasted.
func (a *App) emailField(p, kept *page, name string, value *string, again bool) fyne.CanvasObject {
	hint := ""
	if again {
		hint = a.words.say("email.hint")
	}
	o := a.typed(p, kept, name, value, hint, min(a.measure()-2*unit(6), unit(130)))
	p.controls[name].(*input).noPaste = again
	return o
}
