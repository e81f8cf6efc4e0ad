package app

import (
	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// email is the answer as it is sent: what was typed before "no" is not.
func (a *App) email() procedure.EmailAnswer {
	e := a.draft.email
	if e.Wanted != procedure.Yes {
		e.Address, e.Again = "", ""
	}
	return e
}

// emailQuestion is the last part of screen B. The fields keep their text and
// cursor when the page is built anew.
func (a *App) emailQuestion(p, kept *page, width float32) fyne.CanvasObject {
	d := &a.draft.email
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
		parts = append(parts, a.emailField(p, kept, procedure.FieldAddress, &d.Address, false, width), a.emailField(p, kept, procedure.FieldAgain, &d.Again, true, width))
	}
	return column(unit(1.5), parts...)
}

// emailField is typed from the signed paper; the second time it cannot be
// pasted.
func (a *App) emailField(p, kept *page, name string, value *string, again bool, width float32) fyne.CanvasObject {
	hint := ""
	if again {
		hint = a.words.say("email.hint")
	}
	o := a.typed(p, kept, name, value, hint, min(width, unit(130)))
	p.controls[name].(*input).noPaste = again
	return o
}
