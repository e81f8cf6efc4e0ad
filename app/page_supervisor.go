package app

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// supervisorPage is where a supervisor decides: why he is needed, what is to
// be done, his reason, and the password of his own key.
func (a *App) supervisorPage(p, kept *page) fyne.CanvasObject {
	c, d := a.snapshot.Case, &a.draft.override
	a.setBack(p, a.words.say("back"), func() { a.openAside(a.beforeSupervisor()) })
	a.setLater(p)
	side, width := a.share(0.41), a.share(0.59)-2*unit(6)
	password := a.secret(p, kept, fieldPassword, a.words.say("field.supervisor_password"))
	a.setPrimary(p, a.words.say("supervisor.do"), func() { a.override(password) })
	var asked []fyne.CanvasObject
	if a.choosesAction() {
		asked = append(asked, a.choice(p, procedure.FieldChoice, width, 2, a.actionOptions(c), string(a.chosenAction(c)), func(v string) {
			d.Choice = procedure.Action(v)
		}))
		if a.asksPaperContract(c) {
			half := (width - unit(4)) / 2
			asked = append(asked, para(styleCaption, a.words.say("supervisor.paper"), width), a.abreast(
				a.typed(p, kept, procedure.FieldContract, &d.PaperContract.Number, "", half),
				a.typed(p, kept, fieldPaperDay, &a.draft.paperDay, "", half)))
		}
	}
	asked = append(asked, a.typed(p, kept, procedure.FieldReason, &d.Reason, "", width), field(password, "", width))
	p.retype = a.failure != nil && len(a.failure.Fields) == 0 // it was the key: the password is typed again
	p.first = procedure.FieldReason
	if a.choosesAction() && a.chosenAction(c) == "" {
		p.first = procedure.FieldChoice
	}
	return column(unit(3), a.heading("supervisor.heading"),
		a.abreast(fixed(side, a.whySupervisor(c, side)), panel(column(unit(2.5), asked...))))
}

// whySupervisor says what has to be signed and what the app proposes.
func (a *App) whySupervisor(c *procedure.CaseView, width float32) fyne.CanvasObject {
	why := a.words.say("supervisor.other")
	switch {
	case a.statusChanged():
		why = a.words.say("needs.changed")
	case len(a.openNeeds(c)) > 0:
		why = a.needsWords(c)
	case a.signsChosen() && c.Action.Certifies():
		why = a.words.say("supervisor.silent")
	case a.signsChosen():
		why = a.words.say("supervisor.asked")
	case a.service() == procedure.ServiceStatus && c.NoCard:
		why = a.words.say("needs.no-card")
	case a.service() == procedure.ServiceStatus:
		why = a.words.say("needs.revocation")
	}
	parts := []fyne.CanvasObject{toneWarning.box(a.words.say("needs.heading"), width, para(styleBody, why, boxMeasure(width)))}
	if a.service() == procedure.ServiceStatus && c.Facts != nil {
		parts = append(parts, a.statusAsked(c, width-2*unit(6)))
	}
	if a.choosesAction() {
		inner := width - 2*unit(6)
		parts = append(parts, panel(column(unit(1),
			para(styleStrong, a.words.say("proposed."+string(c.Proposal.Action)), inner),
			para(styleBody, a.proposalReason(c), inner))))
	}
	return column(unit(3), append(parts, para(styleSecondary, a.words.say("supervisor.text"), width))...)
}

// choosesAction reports whether the supervisor may choose between issuing and
// renewal: a certificate is asked for, and the card can be served.
func (a *App) choosesAction() bool {
	c := a.snapshot.Case
	return !a.signsChosen() && c.Facts != nil && !c.NoCard && c.Verdict.Eligible && a.service() == procedure.ServiceCertificate
}

func (a *App) actionOptions(c *procedure.CaseView) []option {
	var options []option
	for _, action := range []procedure.Action{procedure.ActionIssue, procedure.ActionRenew} {
		o := option{value: string(action), label: a.words.say("action." + string(action))}
		if action == c.Proposal.Action {
			o.note = a.words.say("supervisor.proposed")
		}
		options = append(options, o)
	}
	return options
}

// chosenAction is the supervisor's choice, to begin with the proposal; empty
// if the proposal is to stop.
func (a *App) chosenAction(c *procedure.CaseView) procedure.Action {
	if a.draft.override.Choice == "" && c.Proposal.Action.Certifies() {
		return c.Proposal.Action
	}
	return a.draft.override.Choice
}

// asksPaperContract: a renewal rests on a contract; where the authority knows
// of none, on the one that the citizen shows.
func (a *App) asksPaperContract(c *procedure.CaseView) bool {
	return a.chosenAction(c) == procedure.ActionRenew && c.Facts.Contract != procedure.ContractValid
}

// signsChosen reports whether the action is chosen already: the supervisor then
// signs it and nothing else.
func (a *App) signsChosen() bool { return a.snapshot.Case.Phase != procedure.PhasePerson }

// paperContract is the contract on paper on which the chosen renewal rests.
func paperContract(c *procedure.CaseView) procedure.ContractRef {
	if c.Action != procedure.ActionRenew || c.Facts == nil || c.Facts.Contract == procedure.ContractValid {
		return procedure.ContractRef{}
	}
	return c.Contract
}

// lateSupervisor offers the supervisor after the papers: where his signature
// is missing or over, or where what the authority said calls for him.
func (a *App) lateSupervisor(p *page) {
	c, e := a.snapshot.Case, a.failure
	if e == nil {
		e = a.snapshot.Case.Problem
	}
	called := len(a.openNeeds(c)) > 0
	if e != nil {
		silent := c.Phase == procedure.PhasePIN && c.Action.Certifies() && c.Facts != nil && !c.Facts.Authority
		called = called || e.Code == procedure.CodeNeedsSupervisor || e.Code == procedure.CodeNoLink && silent
	}
	if called {
		a.addOther(p, controlOverride, rankSecondary, a.words.say("supervisor.key"), a.words.say("key.supervisor"), a.openSupervisor)
		p.keys[fyne.KeyF4] = a.openSupervisor
	}
}

// override has the supervisor sign. The password leaves its field at once.
func (a *App) override(in *input) {
	if a.working != "" {
		return
	}
	o := a.draft.override
	o.Reason = strings.TrimSpace(o.Reason)
	c := a.snapshot.Case
	o.Choice, o.Status = "", procedure.StatusAnswers{}
	if a.service() == procedure.ServiceStatus && !a.signsChosen() {
		o.Status = a.draft.person.Status
		o.Choice = o.Status.Op
	}
	if a.choosesAction() {
		o.Choice = a.chosenAction(c)
	}
	if a.signsChosen() {
		o.Choice, o.PaperContract = c.Action, paperContract(c)
	} else if a.choosesAction() && a.asksPaperContract(c) {
		day, err := parseDay(a.draft.paperDay)
		if err != nil {
			a.fail(procedure.CodeAnswerOpen, fieldPaperDay)
			return
		}
		o.PaperContract.Date = day
	} else {
		o.PaperContract = procedure.ContractRef{}
	}
	password := []byte(in.Text)
	in.SetText("")
	a.do("override", func(ctx context.Context) error {
		defer clear(password)
		return a.cfg.Desk.Override(ctx, password, o)
	}, func() {
		if !a.signsChosen() {
			a.draft.person.Choice = o.Choice
		}
		a.draft.aside = a.beforeSupervisor()
	})
}

// openSupervisor leads to the supervisor's decision; a change of status has to
// be asked for completely before it can be signed.
func (a *App) openSupervisor() {
	if open := a.statusOpen(); len(open) > 0 {
		a.fail(procedure.CodeAnswerOpen, open...)
		return
	}
	a.openAside(screenSupervisor)
}

// statusOpen are the questions about a change of status that the page has not
// been told yet, in the order of the page.
func (a *App) statusOpen() []string {
	c, s := a.snapshot.Case, a.draft.person.Status
	if a.signsChosen() || a.service() != procedure.ServiceStatus {
		return nil
	}
	var open []string
	for _, q := range []struct {
		field string
		open  bool
	}{
		{procedure.FieldFace, a.draft.person.Face == procedure.Unanswered},
		{procedure.FieldOp, s.Op == ""},
		{procedure.FieldSerial, s.Op != "" && s.Serial == ""},
		{procedure.FieldReason, s.Op != "" && s.Reason == ""},
		{procedure.FieldDocument, c.NoCard && strings.TrimSpace(s.Document) == ""},
	} {
		if q.open {
			open = append(open, q.field)
		}
	}
	return open
}

// statusChanged reports whether the change of status is another than the one
// that the supervisor signed.
func (a *App) statusChanged() bool {
	c := a.snapshot.Case
	return c.Overridden != nil && !a.signsChosen() && a.service() == procedure.ServiceStatus && a.draft.person.Status != c.Signed
}

// statusAsked is the change of status that is signed, in short.
func (a *App) statusAsked(c *procedure.CaseView, width float32) fyne.CanvasObject {
	s := a.draft.person.Status
	if a.signsChosen() {
		s = c.Status
	}
	rows := []fyne.CanvasObject{fact(a.words.say("status.result.op"), a.words.say("action."+string(s.Op)), width)}
	if s.EndContract {
		rows = append(rows, para(styleBody, a.words.say("tick."+fieldEnd), width))
	}
	if i := slices.IndexFunc(c.Facts.Register, func(f procedure.CertificateFact) bool { return f.Serial == s.Serial }); i >= 0 {
		o := a.statusCertificate(c.Facts.Register[i])
		rows = append(rows, fact(a.words.say("field."+procedure.FieldSerial), o.label, width), para(styleCaption, o.note, width))
	} else {
		rows = append(rows, fact(a.words.say("field."+procedure.FieldSerial), shortSerial(s.Serial), width))
	}
	if s.Reason != "" {
		rows = append(rows, fact(a.words.say("status.result.reason"), a.words.say("status.reason."+string(s.Reason)), width))
	}
	if s.Document != "" {
		rows = append(rows, fact(a.words.say("field."+procedure.FieldDocument), s.Document, width))
	}
	return panel(column(unit(1), rows...))
}

// beforeSupervisor is the page from which the supervisor was called.
func (a *App) beforeSupervisor() screen {
	if !a.signsChosen() && a.service() == procedure.ServiceStatus && !a.snapshot.Case.NoCard {
		return screenStatus
	}
	return ""
}
