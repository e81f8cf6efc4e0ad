package app

import (
	"context"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// handOverPage shows the certificate as read back from the chip, and the
// checklist of hand-over and archive.
func (a *App) handOverPage(p, kept *page) fyne.CanvasObject {
	c := a.snapshot.Case
	d := &a.draft.ending
	print := func() { a.print("receipt") }
	a.setLater(p)
	a.addOther(p, controlPrint, rankSecondary, a.words.say("hand-over.print"), a.words.say("key.print"), print)
	p.keys[fyne.KeyF9] = print
	a.setPrimary(p, a.words.say("hand-over.go"), func() {
		t := *d
		a.do("hand-over", func(ctx context.Context) error { return a.cfg.Desk.ConfirmHandOver(ctx, t) }, nil)
	})
	p.first = procedure.FieldCardReturned
	side := a.pageWidth() * 0.4
	measure := a.pageWidth() - side - unit(4) - 2*unit(6)
	ticks := column(unit(0.5),
		line(styleSub, a.words.say("hand-over.checklist")),
		a.ticked(p, procedure.FieldCardReturned, measure-unit(12), &d.CardReturned),
		a.ticked(p, procedure.FieldCitizenPapers, measure-unit(12), &d.CitizenPapers),
		a.ticked(p, procedure.FieldArchived, measure-unit(12), &d.Archived),
		gap(unit(1)),
		a.placeField(p, kept, measure, &d.Place))
	heading := row(unit(3), picture(pictureDone, 34), line(styleHeading, a.words.say("hand-over.heading")))
	return column(unit(3), heading, topRow(unit(4), a.result(c.Result, side), panel(ticks)))
}

// placeField takes the shelf or folder; it may stay empty.
func (a *App) placeField(p, kept *page, measure float32, value *string) fyne.CanvasObject {
	var in *input
	if kept != nil {
		in = kept.controls[fieldPlace].(*input)
	} else {
		in = newInput(a.keys, a.words.say("field.place"), false)
		in.SetText(*value)
	}
	in.OnChanged = func(s string) { *value = s }
	p.add(fieldPlace, in)
	return field(in, "", measure)
}

// result is the certificate as the chip shows it.
func (a *App) result(r *procedure.ResultView, width float32) fyne.CanvasObject {
	if r == nil {
		return gap(0)
	}
	measure := boxMeasure(width)
	facts := []fyne.CanvasObject{
		gap(unit(1)),
		para(styleSub, r.CommonName, measure),
		para(styleLead, a.words.fill("result.valid", with{"From": a.day(r.NotBefore), "To": a.day(r.NotAfter)}), measure),
		fact(a.words.say("result.serial"), r.Serial, measure),
		fact(a.words.say("content.issuer"), r.Issuer, measure),
	}
	if r.Others > 0 {
		facts = append(facts, para(styleCaption, a.words.count("result.others", r.Others), measure))
	}
	return toneSuccess.box(a.words.say("result.heading"), width, facts...)
}

// closedPage ends the case.
func (a *App) closedPage(p *page) fyne.CanvasObject {
	a.setPrimary(p, a.words.say("closed.go"), func() { a.do("park", a.cfg.Desk.ParkCase, nil) })
	l := a.linkWords()
	parts := []fyne.CanvasObject{
		row(unit(4), picture(pictureDone, 44), line(styleHeading, a.words.say("closed.heading"))),
		para(styleLead, a.words.fill("closed.text", with{"Number": a.snapshot.Case.Number}), a.measure()-2*unit(6)),
		row(unit(3), picture(l.drawing, 22), para(styleBody, l.heading+" "+l.text, a.measure()-unit(24))),
	}
	return centred(panel(column(unit(5), parts...)))
}

// refusedPage says that the case ended without a certificate, why, and what
// the citizen can do.
func (a *App) refusedPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.setPrimary(p, a.words.say("closed.go"), func() { a.do("park", a.cfg.Desk.ParkCase, nil) })
	parts := []fyne.CanvasObject{
		row(unit(4), picture(pictureInfo, 44), line(styleHeading, a.words.say("refused.heading"))),
		para(styleLead, a.reason(c.Refusal), textWidth()),
		para(styleBody, a.next(c.Refusal), textWidth()),
		para(styleSecondary, a.words.fill("refused.text", with{"Number": c.Number}), textWidth()),
	}
	return centred(panel(column(unit(4), parts...)))
}
