package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// openRefusal shows the page on which a case is refused; reason is chosen
// beforehand if the answers, the verdict, the proposal or a failure give one.
func (a *App) openRefusal(reason procedure.Code) {
	a.draft.led = reason
	if reason == "" && a.failure != nil && a.words.has("reason."+string(a.failure.Code)) {
		reason, a.draft.led = a.failure.Code, a.failure.Code
	}
	if rs := a.refusalReasons(); reason == "" && len(rs) > 0 && !a.snapshot.Case.Verdict.Eligible {
		reason = rs[0]
	}
	a.draft.refusal = reason
	a.openAside(screenRefuse)
}

// refusalReasons are the verdict's, or else those that a clerk can find, with
// what the proposal and the last failure say.
func (a *App) refusalReasons() []procedure.Code {
	c := a.snapshot.Case
	if !c.Verdict.Eligible {
		return c.Verdict.Blocks
	}
	var reasons []procedure.Code
	add := func(code procedure.Code) {
		if code != "" && !slices.Contains(reasons, code) && a.words.has("reason."+string(code)) {
			reasons = append(reasons, code)
		}
	}
	if c.Facts != nil && c.Proposal.Action == procedure.ActionNone {
		add(stopCode(c.Proposal.Reason))
	}
	if !c.NoCard {
		add(procedure.CodeFace)
	}
	if len(c.Needs) > 0 && c.Overridden == nil {
		add(procedure.CodeNeedsSupervisor)
	}
	if !c.NoCard {
		add(procedure.CodeNeedsUnblock)
	}
	add(procedure.CodePapersOpen)
	if c.Problem != nil {
		add(c.Problem.Code)
	}
	add(a.draft.led)
	return reasons
}

// stopCode is the reason of a refusal that follows from a proposal to stop.
func stopCode(r procedure.Reason) procedure.Code {
	switch r {
	case procedure.ReasonCertificateValid:
		return procedure.CodeCertificateValid
	case procedure.ReasonCertificateElsewhere:
		return procedure.CodeCertificateElsewhere
	case procedure.ReasonSuspended:
		return procedure.CodeSuspended
	case procedure.ReasonAuthoritySilent, procedure.ReasonStateSilent, procedure.ReasonUnclear:
		return procedure.CodeNoLink
	}
	return ""
}

// refusePage asks for the reason and ends the case.
func (a *App) refusePage(p *page) fyne.CanvasObject {
	chosen := a.draft.refusal
	a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	a.setLater(p)
	a.setPrimary(p, a.words.say("refuse.do"), a.refuse)
	width := a.measure() - 2*unit(6)
	var parts []fyne.CanvasObject
	var reasons []fyne.CanvasObject
	for i, code := range a.refusalReasons() {
		t := newAnswer(a.keys, a.reason(code), width-unit(16), chosen == code, func() { a.draft.refusal = code; a.render() })
		t.spoken = a.tickStates()
		name := prefixReason + string(code)
		p.add(name, t)
		if i == 0 {
			p.first = name
		}
		reasons = append(reasons, fixed(width, t))
	}
	parts = append(parts, column(unit(1), reasons...))
	if chosen != "" {
		p.first = controlPrimary
		parts = append(parts, toneInfo.box(a.words.say("refuse.next"), width, para(styleBody, a.next(chosen), boxMeasure(width))))
	}
	return column(unit(4), a.heading("refuse.heading"), para(styleBody, a.words.say("refuse.text"), a.measure()), a.single(column(unit(2.5), parts...)))
}

// reason names a reason in a few words: its own, or else what happened.
func (a *App) reason(code procedure.Code) string {
	if id := "reason." + string(code); a.words.has(id) {
		return a.words.say(id)
	}
	return a.explain(&procedure.Error{Code: code}).what
}

func (a *App) refuse() {
	reason := a.draft.refusal
	if reason == "" {
		a.tell("refuse.choose")
		return
	}
	a.do("refuse", func(ctx context.Context) error { return a.cfg.Desk.RefuseCase(ctx, reason) }, func() { a.draft.aside = "" })
}

// refuseCard refuses a card that cannot be served and prints the slip.
func (a *App) refuseCard() {
	reason := a.unservable()
	if reason == "" {
		return
	}
	a.do("refuse-card", func(ctx context.Context) error { return a.cfg.Desk.RefuseCard(ctx, reason) }, func() { a.print("refusal") })
}

// unservable is why the card in the reader cannot be served; empty if it can,
// or if that is not known yet.
func (a *App) unservable() procedure.Code {
	r := a.snapshot.Reader
	switch {
	case r.State == procedure.ReaderMute:
		return procedure.CodeMute
	case r.State != procedure.ReaderCard:
		return ""
	case r.Problem != nil:
		if slices.Contains([]procedure.Code{procedure.CodeUnknownCard, procedure.CodeUnreadable, procedure.CodeNoPKI}, r.Problem.Code) {
			return r.Problem.Code
		}
		return ""
	case r.Verdict != nil && !r.Verdict.Eligible && len(r.Verdict.Blocks) > 0:
		return r.Verdict.Blocks[0]
	}
	return ""
}
