package app

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// due is a paper that the case needs before its work, in so many copies.
type due struct {
	kind   procedure.PaperKind
	copies int
}

// duePapers are the papers of the case before its work (procedure, section
// 2.4; a chained unblock adds its form).
func duePapers(c *procedure.CaseView) []due {
	var papers []due
	if c.Unblock != procedure.UnblockNone || c.Action == procedure.ActionUnblock {
		papers = append(papers, due{procedure.PaperUnblock, 1})
	}
	switch {
	case c.Action.Certifies():
		papers = append(papers, due{procedure.PaperRequest, 1})
	case c.Action.ChangesStatus():
		papers = append(papers, due{procedure.PaperStatus, 1})
	}
	if c.Action == procedure.ActionIssue {
		papers = append(papers, due{procedure.PaperTerms, 2}, due{procedure.PaperContract, 2})
	}
	return papers
}

// isBrought reports whether the citizen brought this form filled in.
func isBrought(c *procedure.CaseView, kind procedure.PaperKind) bool {
	return slices.ContainsFunc(c.Brought, func(f procedure.BroughtForm) bool { return f.Kind == kind })
}

// copiesToPrint counts the sheets of the print job: what was not brought.
func copiesToPrint(c *procedure.CaseView) int {
	n := 0
	for _, d := range duePapers(c) {
		if !isBrought(c, d.kind) {
			n += d.copies
		}
	}
	return n
}

// papersPage is screen B as it begins: print everything at once.
func (a *App) papersPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), a.goBack(procedure.PhasePerson))
	a.setLater(p)
	a.broughtKey(p)
	if copiesToPrint(a.snapshot.Case) > 0 {
		a.warmPreview()
		a.previewKey(p, "papers", false)
	}
	a.setPrimary(p, a.words.count("papers.print", copiesToPrint(a.snapshot.Case)), func() { a.print("papers") })
	text := "papers.text"
	switch c := a.snapshot.Case; {
	case c.Action.Certifies():
		text = "papers.text.email"
	case c.NoCard:
		text = "papers.text.no-card"
	}
	return column(unit(4), a.heading("papers.heading"),
		para(styleBody, a.words.say(text), a.measure()), a.single(a.paperList()), a.printed())
}

// printed says where the papers come out and how many did in this case.
func (a *App) printed() fyne.CanvasObject {
	printer := a.words.fill("papers.printer", with{"Name": a.printerWords(a.printerName())})
	if n := a.snapshot.Case.Copies; n > 0 {
		printer = a.words.count("papers.printed", n) + " " + printer
	}
	return para(styleCaption, printer, a.measure())
}

// broughtKey leads to the forms that the citizen brought.
func (a *App) broughtKey(p *page) {
	if a.cfg.NoBrought {
		return
	}
	open := func() { a.openAside(screenBrought) }
	a.addOther(p, controlBrought, rankSecondary, a.words.say("brought.key"), a.words.say("key.brought"), open)
	p.keys[fyne.KeyF6] = open
}

// signedPage is screen B with the printed papers: what was signed and sealed,
// and the e-mail address from the signed form. It stays when the core has the
// one and not yet the other.
func (a *App) signedPage(p, kept *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.setBack(p, a.words.say("back"), a.goBack(procedure.PhasePerson))
	a.setLater(p)
	if c.Phase == procedure.PhasePapers {
		a.broughtKey(p)
	}
	a.printKeys(p)
	a.setPrimary(p, a.words.say("papers.go."+string(c.Action)), a.confirmPapers)
	p.first = a.paperTicks(c)[0]
	parts := []fyne.CanvasObject{column(unit(2), a.heading("papers.sign.heading"), para(styleBody, a.words.say(a.signText(c)), a.measure()))}
	if c.Action.Certifies() {
		parts = append(parts, a.abreast(panel(a.paperBoxes(p, kept, a.half())), panel(a.emailQuestion(p, kept, a.half()))))
	} else {
		parts = append(parts, a.single(a.paperBoxes(p, kept, a.measure()-2*unit(6))))
	}
	if c.Phase == procedure.PhaseEmail {
		p.first = procedure.FieldWanted
	}
	if c.Copies > 0 {
		parts = append(parts, a.printed())
	}
	return column(unit(3), parts...)
}

// paperBoxes are the confirmations of the case, with the time of receipt of those
// that have one.
func (a *App) paperBoxes(p, kept *page, width float32) fyne.CanvasObject {
	c := a.snapshot.Case
	var rows []fyne.CanvasObject
	for _, f := range a.paperTicks(c) {
		rows = append(rows, a.ticked(p, f, width-unit(13), a.paperTick(f)))
	}
	if c.Action.ChangesStatus() {
		rows = append(rows, gap(unit(2)), a.typed(p, kept, procedure.FieldReceivedAt, &a.draft.received, a.words.say("papers.received.hint"), min(width, unit(130))))
	}
	return column(0, rows...)
}

// printKeys lead to the papers once more.
func (a *App) printKeys(p *page) {
	if copiesToPrint(a.snapshot.Case) == 0 {
		return
	}
	print := func() { a.print("papers") }
	a.addOther(p, controlPrint, rankSecondary, a.words.say("papers.again"), a.words.say("key.print"), print)
	p.keys[fyne.KeyF9] = print
	a.previewKey(p, "papers", a.snapshot.Case.Printed)
}

// signText says what a tick means.
func (a *App) signText(c *procedure.CaseView) string {
	switch {
	case c.Action.ChangesStatus():
		return "papers.sign.text.status"
	case a.cfg.AllBeforeClerk:
		return "papers.sign.text.before"
	}
	return "papers.sign.text"
}

// confirmPapers sends what is still open of screen B: the ticks, with the time
// of receipt if it was typed, and the e-mail.
func (a *App) confirmPapers() {
	c, ticks := a.snapshot.Case, a.draft.papers
	if s := strings.TrimSpace(a.draft.received); s != "" && c.Action.ChangesStatus() {
		at, err := a.parseMoment(s)
		if err != nil {
			a.fail(procedure.CodeAnswerOpen, procedure.FieldReceivedAt)
			return
		}
		ticks.ReceivedAt = at
	}
	email := a.email()
	a.do("ticks", func(ctx context.Context) error {
		open := c.Phase == procedure.PhasePapers
		if !open && ticks != c.Ticks { // a tick was taken back
			if err := a.cfg.Desk.GoBack(ctx, procedure.PhasePapers); err != nil {
				return err
			}
			open = true
		}
		if open {
			if err := a.cfg.Desk.ConfirmPapers(ctx, ticks); err != nil {
				return err
			}
		}
		if !c.Action.Certifies() {
			return nil
		}
		return a.cfg.Desk.SetEmail(ctx, email)
	}, nil)
}

// paperList names the papers with their copies and what becomes of them.
func (a *App) paperList() fyne.CanvasObject {
	c := a.snapshot.Case
	var rows []fyne.CanvasObject
	for i, d := range duePapers(c) {
		if i > 0 {
			rows = append(rows, rule())
		}
		id, copies := "paper."+string(d.kind), a.words.fill("papers.copies", with{"N": d.copies})
		note := a.words.say(a.specific(id + ".note"))
		if isBrought(c, d.kind) {
			copies, note = "–", a.words.say("brought.note")
		}
		rows = append(rows, row(unit(4),
			fixed(unit(12), line(styleSub, copies)),
			column(0, para(styleStrong, a.words.say(a.specific(id)), a.measure()-unit(28)), para(styleCaption, note, a.measure()-unit(28)))))
	}
	return column(unit(3), rows...)
}

// specific is the id with the action of the case at its end, if the catalogue
// has other words for that action; else the id itself.
func (a *App) specific(id string) string {
	return a.words.either(id+"."+string(a.snapshot.Case.Action), id)
}

// paperTicks are the confirmations that the papers of the case ask for (E11,
// E22, E23), in the order of the papers.
func (a *App) paperTicks(c *procedure.CaseView) []string {
	var fields []string
	for _, d := range duePapers(c) {
		switch d.kind {
		case procedure.PaperUnblock:
			fields = append(fields, procedure.FieldUnblockSigned, procedure.FieldUnblockReceived)
		case procedure.PaperRequest:
			fields = append(fields, procedure.FieldRequestSigned)
		case procedure.PaperStatus:
			fields = append(fields, procedure.FieldStatusSigned, procedure.FieldStatusReceived)
		case procedure.PaperTerms:
			fields = append(fields, procedure.FieldTermsSigned)
		case procedure.PaperContract:
			fields = append(fields, procedure.FieldContractSigned)
			if !a.cfg.NoSeal {
				fields = append(fields, procedure.FieldContractSealed)
			}
		}
	}
	return fields
}

func (a *App) paperTick(field string) *bool {
	d := &a.draft.papers
	return map[string]*bool{
		procedure.FieldRequestSigned: &d.RequestSigned, procedure.FieldTermsSigned: &d.TermsSigned,
		procedure.FieldContractSigned: &d.ContractSigned, procedure.FieldContractSealed: &d.ContractSealed,
		procedure.FieldUnblockSigned: &d.UnblockSigned, procedure.FieldUnblockReceived: &d.UnblockReceived,
		procedure.FieldStatusSigned: &d.StatusSigned, procedure.FieldStatusReceived: &d.StatusReceived,
	}[field]
}

// ticked is one confirmation.
func (a *App) ticked(p *page, name string, measure float32, value *bool) fyne.CanvasObject {
	t := newTick(a.keys, a.words.say(a.specific("tick."+name)), measure, *value, func(on bool) { *value = on })
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
