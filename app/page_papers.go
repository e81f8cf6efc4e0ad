package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"salter/app/procedure"
)

// papersPage is the first part of screen B: print everything at once.
func (a *App) papersPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), a.goBack(procedure.PhasePerson))
	a.setLater(p)
	a.setPrimary(p, a.words.count("papers.print", paperCopies), func() { a.print("papers") })
	return column(unit(4), line(styleHeading, a.words.say("papers.heading")),
		para(styleBody, a.words.say("papers.text"), a.measure()), natural(panel(a.paperList())))
}

// signedPage is the second part of screen B: tick what was signed and sealed.
func (a *App) signedPage(p *page) fyne.CanvasObject {
	print := func() { a.print("papers") }
	a.setBack(p, a.words.say("back"), a.goBack(procedure.PhasePerson))
	a.setLater(p)
	a.addOther(p, controlPrint, rankSecondary, a.words.say("papers.again"), a.words.say("key.print"), print)
	p.keys[fyne.KeyF9] = print
	a.setPrimary(p, a.words.say("papers.go"), func() {
		t := a.draft.papers
		a.do("ticks", func(ctx context.Context) error { return a.cfg.Desk.ConfirmPapers(ctx, t) }, nil)
	})
	p.first = procedure.FieldRequestSigned
	return column(unit(4), line(styleHeading, a.words.say("papers.sign.heading")),
		para(styleBody, a.words.say("papers.sign.text"), a.measure()), natural(panel(a.paperTicks(p))))
}

// paperCopies are printed for issuing: procedure, section 2.4.
const paperCopies = 5

// paperList names the papers with their copies and what becomes of them.
func (a *App) paperList() fyne.CanvasObject {
	entry := func(kind procedure.PaperKind, copies int) fyne.CanvasObject {
		return row(unit(4),
			container.New(fixedWidth(unit(12)), line(styleSub, a.words.fill("papers.copies", with{"N": copies}))),
			column(0, line(styleStrong, a.words.say("paper."+string(kind))), para(styleCaption, a.words.say("paper."+string(kind)+".note"), a.measure()-unit(28))))
	}
	return column(unit(3), entry(procedure.PaperRequest, 1), rule(), entry(procedure.PaperTerms, 2), rule(), entry(procedure.PaperContract, 2))
}

func (a *App) paperTicks(p *page) fyne.CanvasObject {
	d := &a.draft.papers
	rows := []fyne.CanvasObject{
		a.ticked(p, procedure.FieldRequestSigned, a.measure()-unit(24), &d.RequestSigned),
		a.ticked(p, procedure.FieldTermsSigned, a.measure()-unit(24), &d.TermsSigned),
		a.ticked(p, procedure.FieldContractSigned, a.measure()-unit(24), &d.ContractSigned),
	}
	if !a.cfg.NoSeal {
		rows = append(rows, a.ticked(p, procedure.FieldContractSealed, a.measure()-unit(24), &d.ContractSealed))
	}
	return column(unit(1), rows...)
}

// ticked is one confirmation.
func (a *App) ticked(p *page, name string, measure float32, value *bool) fyne.CanvasObject {
	t := newTick(a.keys, a.words.say("tick."+name), measure, *value, func(on bool) { *value = on })
	t.spoken = a.tickStates()
	p.add(name, t)
	return t
}

// tickStates are the states of a tick as a screen reader speaks them.
func (a *App) tickStates() [2]string {
	return [2]string{a.words.say("tick.off"), a.words.say("tick.on")}
}

// goBack reopens an earlier screen.
func (a *App) goBack(to procedure.Phase) func() {
	return func() {
		a.do("back", func(ctx context.Context) error { return a.cfg.Desk.GoBack(ctx, to) }, nil)
	}
}

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
	return column(unit(3), line(styleHeading, a.words.say("email.heading")), natural(panel(column(unit(3), parts...))))
}

// emailField is typed from the signed paper; the second time it cannot be
// pasted.
func (a *App) emailField(p, kept *page, name string, value *string, noPaste bool) fyne.CanvasObject {
	var in *input
	if kept != nil && kept.controls[name] != nil {
		in = kept.controls[name].(*input)
	} else {
		in = newInput(a.keys, a.words.say("field."+name), false)
		in.SetText(*value)
	}
	in.noPaste = noPaste
	hint := ""
	if noPaste {
		hint = a.words.say("email.hint")
	}
	in.OnChanged = func(s string) { *value = s }
	in.problem = ""
	if a.failure != nil && slices.Contains(a.failure.Fields, name) {
		in.problem = a.explain(a.failure).what
	}
	p.add(name, in)
	return field(in, hint, min(a.measure()-2*unit(6), unit(130)))
}
