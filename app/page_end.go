package app

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// handOverPage shows what was done, and the checklist of hand-over and
// archive.
func (a *App) handOverPage(p, kept *page) fyne.CanvasObject {
	c := a.snapshot.Case
	d := &a.draft.ending
	print := func() { a.print("receipt") }
	a.setLater(p)
	a.addOther(p, controlPrint, rankSecondary, a.words.say("hand-over.print"), a.words.say("key.print"), print)
	p.keys[fyne.KeyF9] = print
	a.previewKey(p, "receipt", finalPrinted(c))
	a.setPrimary(p, a.words.say("hand-over.go"), func() {
		t := *d
		a.do("hand-over", func(ctx context.Context) error { return a.cfg.Desk.ConfirmHandOver(ctx, t) }, nil)
	})
	side := a.share(0.41)
	measure := a.share(0.59) - 2*unit(6)
	ticks := append([]fyne.CanvasObject{line(styleSub, a.words.say("hand-over.checklist"))}, a.cardStillIn(measure-unit(12))...)
	for i, f := range c.HandOverAsks {
		if i == 0 {
			p.first = f
		}
		ticks = append(ticks, a.ticked(p, f, measure-unit(12), a.handOverTick(f)))
	}
	if c.Unblock != procedure.UnblockNone && c.Action.Certifies() {
		ticks = append(ticks, para(styleCaption, a.words.say("hand-over.chained"), measure))
	}
	ticks = append(ticks, gap(unit(1)), a.typed(p, kept, fieldPlace, &d.Place, "", measure))
	if !finalPrinted(c) {
		ticks = append(ticks, gap(unit(1)), a.warningLine(a.words.say("hand-over.unprinted"), measure-unit(12)))
	}
	heading := row(unit(3), picture(pictureDone, unit(8.5)), para(styleHeading, a.words.say(a.resultHeading(c)), a.pageWidth()-unit(12)))
	parts := []fyne.CanvasObject{heading, a.abreast(a.result(c, side), panel(column(unit(0.5), ticks...)))}
	if c.Copies > 0 {
		parts = append(parts, a.printed())
	}
	return column(unit(3), parts...)
}

// cardStillIn says so while the card of the case is in the reader: it is the
// citizen's, and is given back.
func (a *App) cardStillIn(width float32) []fyne.CanvasObject {
	if !a.snapshot.Case.SameCard {
		return nil
	}
	return []fyne.CanvasObject{a.warningLine(a.words.say("hand-over.card"), width)}
}

// finalPrinted reports whether the papers of the end, of which the label is
// always one, have been printed.
func finalPrinted(c *procedure.CaseView) bool { return lastPrinted(c, procedure.PaperLabel) }

// lastPrinted reports whether the last print job went well, and a paper of that
// kind has been made.
func lastPrinted(c *procedure.CaseView, kind procedure.PaperKind) bool {
	return c.Printed && slices.ContainsFunc(c.Papers, func(r procedure.PaperRecord) bool { return r.Kind == kind })
}

func (a *App) handOverTick(field string) *bool {
	d := &a.draft.ending
	return map[string]*bool{
		procedure.FieldCardReturned: &d.CardReturned, procedure.FieldCitizenPapers: &d.CitizenPapers, procedure.FieldArchived: &d.Archived,
	}[field]
}

// resultHeading says in a few words what was done.
func (a *App) resultHeading(c *procedure.CaseView) string {
	if c.Action == procedure.ActionUnblock && c.Unblock == procedure.UnblockKeep {
		return "hand-over.heading.unblock.keep"
	}
	return a.specific("hand-over.heading")
}

// result shows what was done: the certificate as the chip shows it, the change
// of status, or the PIN.
func (a *App) result(c *procedure.CaseView, width float32) fyne.CanvasObject {
	r := c.Result
	if r == nil {
		return gap(0)
	}
	measure := boxMeasure(width)
	var facts []fyne.CanvasObject
	switch {
	case c.Action.ChangesStatus():
		facts = append(facts, fact(a.words.say("status.result.op"), a.words.say("action."+string(r.StatusOp)), measure),
			fact(a.words.say("status.result.at"), a.moment(r.StatusAt), measure),
			fact(a.words.say("result.serial"), strings.ToUpper(c.Status.Serial), measure),
			fact(a.words.say("status.result.reason"), a.words.say("status.reason."+string(c.Status.Reason)), measure))
	case c.Action.Certifies():
		facts = append(facts, para(styleSub, r.CommonName, measure),
			para(styleLead, a.words.fill("result.valid", with{"From": a.day(r.NotBefore), "To": a.day(r.NotAfter)}), measure),
			fact(a.words.say("result.serial"), strings.ToUpper(r.Serial), measure),
			fact(a.words.say("content.issuer"), r.Issuer, measure))
	}
	s := styleCaption
	if len(facts) == 0 {
		s = styleBody // it is all there is to say
	}
	for _, extra := range a.resultExtras(r) {
		facts = append(facts, para(s, extra, measure))
	}
	return toneSuccess.box(a.words.say(a.specific("result.heading")), width, append([]fyne.CanvasObject{gap(unit(1))}, facts...)...)
}

// resultExtras are sentences about what else was done to the card, and what
// was left alone.
func (a *App) resultExtras(r *procedure.ResultView) []string {
	var extras []string
	if r.Unblocked && !r.PINChanged {
		extras = append(extras, a.words.say("result.unblocked"))
	}
	if r.PINChanged {
		extras = append(extras, a.words.say("result.pin-changed"))
	}
	if r.Retired > 0 {
		extras = append(extras, a.words.count("result.retired", r.Retired))
	}
	if r.Others > 0 {
		extras = append(extras, a.words.count("result.others", r.Others))
	}
	return extras
}

// closedPage ends the case. Its papers can still be printed.
func (a *App) closedPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.papersKey(p, c.ID, len(c.Papers))
	p.scrollByKeys(0)
	a.setPrimary(p, a.words.say("closed.go"), func() { a.do("park", a.cfg.Desk.ParkCase, nil) })
	l := a.linkWords()
	parts := []fyne.CanvasObject{
		row(unit(4), picture(pictureDone, unit(11)), para(styleHeading, a.words.say("closed.heading"), a.measure()-unit(27))),
		para(styleLead, a.words.fill("closed.text", with{"Number": c.Number}), a.measure()-2*unit(6)),
		row(unit(3), picture(l.drawing, unit(5.5)), para(styleBody, l.heading+" "+l.text, a.measure()-unit(24))),
	}
	parts = append(parts, a.cardStillIn(a.measure()-2*unit(6))...)
	if a.cfg.Erases && len(c.Papers) > 0 {
		parts = append(parts, para(styleSecondary, a.words.say("closed.papers"), a.measure()-2*unit(6)))
	}
	if !finalPrinted(c) {
		print := func() { a.print("receipt") }
		a.addOther(p, controlPrint, rankSecondary, a.words.say("hand-over.print"), a.words.say("key.print"), print)
		p.keys[fyne.KeyF9] = print
		a.previewKey(p, "receipt", false)
		parts = append(parts, a.warningLine(a.words.say("hand-over.unprinted"), a.measure()-2*unit(6)))
	}
	return centred(panel(column(unit(5), parts...)))
}

// refusedPage says that the case ended without what was asked for, why, and
// what the citizen can do; the slip says it on paper.
func (a *App) refusedPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	print := func() { a.print("refusal") }
	a.addOther(p, controlPrint, rankSecondary, a.words.say("refused.print"), a.words.say("key.print"), print)
	p.keys[fyne.KeyF9] = print
	a.previewKey(p, "refusal", lastPrinted(c, procedure.PaperRefusal))
	a.papersKey(p, c.ID, len(c.Papers))
	a.setPrimary(p, a.words.say("closed.go"), func() { a.do("park", a.cfg.Desk.ParkCase, nil) })
	parts := []fyne.CanvasObject{
		row(unit(4), picture(pictureInfo, unit(11)), para(styleHeading, a.words.say("refused.heading"), a.textWidth()-unit(15))),
		para(styleLead, a.reason(c.Refusal), a.textWidth()),
		para(styleBody, a.next(c.Refusal), a.textWidth()),
		para(styleSecondary, a.words.fill(a.words.either("refused.text."+string(c.Refusal), "refused.text"), with{"Number": c.Number}), a.textWidth()),
	}
	parts = append(parts, a.cardStillIn(a.textWidth())...)
	return centred(panel(column(unit(4), parts...)))
}
