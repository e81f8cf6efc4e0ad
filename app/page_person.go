package app

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// personPage is screen A: portrait, verdict, facts, proposal and the questions.
func (a *App) personPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.setLater(p)
	p.noticed = true
	facts := a.personFacts(c)
	width := a.pageWidth()
	if !a.narrow() {
		width -= facts.MinSize().Width + unit(4)
	}
	right := a.verdict(c, width)
	right = append(right, a.personQuestions(p, c, width)...)
	a.personButtons(p, c)
	if c.Verdict.Eligible {
		p.first = procedure.FieldFace
	}
	if n := a.notices(p, width); n != nil { // last: it leads to the questions
		right = append([]fyne.CanvasObject{natural(n)}, right...)
	}
	return a.abreast(facts, column(unit(2), right...))
}

// personButtons are what can be done on screen A.
func (a *App) personButtons(p *page, c *procedure.CaseView) {
	label, act := a.wayOn(c)
	if c.Facts == nil && a.working == "" || c.Facts != nil && !c.Facts.Authority {
		p.keys[fyne.KeyF5] = a.askAgain
		if label != "facts.ask" {
			a.addOther(p, controlAsk, rankSecondary, a.words.say("facts.ask"), a.words.say("key.retry"), a.askAgain)
		}
	}
	a.supervisorKey(p, label)
	if label == "supervisor.open" { // the way on is the same
		p.others = slices.DeleteFunc(p.others, func(b *button) bool { return b == p.controls[controlOverride] })
		delete(p.controls, controlOverride)
	}
	if label != "refuse.open" {
		a.addOther(p, controlRefuse, rankDanger, a.words.say("refuse.open"), "", func() { a.openRefusal("") })
	}
	a.setPrimary(p, a.words.say(label), act)
}

// wayOn is the primary action of screen A: it follows from what the citizen
// asks for and from the proposal.
func (a *App) wayOn(c *procedure.CaseView) (label string, act func()) {
	label, act = "person.go", a.confirmPerson
	switch {
	case a.service() == procedure.ServiceStatus:
		label, act = "person.go.status", a.toStatus
	case !c.Verdict.Eligible:
		label, act = "refuse.open", func() { a.openRefusal("") }
	case a.service() == procedure.ServiceUnblock:
		label = "person.go.unblock"
	case c.Facts == nil || c.Overridden != nil:
	case a.changeFirst(c) != "":
		op := a.changeFirst(c)
		label, act = "person.go."+string(op), func() { a.toStatusOf(op) }
	case c.Proposal.Action == procedure.ActionNone && !c.Facts.Authority:
		label, act = "facts.ask", a.askAgain
	case c.Proposal.Action == procedure.ActionNone:
		label, act = "refuse.open", func() { a.openRefusal(stopCode(c.Proposal.Reason)) }
	case len(a.openNeeds(c)) > 0:
		label, act = "supervisor.open", a.openSupervisor
	}
	return label, act
}

// changeFirst is the change of status that is proposed in place of a
// certificate, or has to come before it; empty: none, or a supervisor signed
// another choice.
func (a *App) changeFirst(c *procedure.CaseView) procedure.Action {
	switch {
	case c.Facts == nil || c.Overridden != nil:
	case c.Proposal.Action == procedure.ActionReactivate:
		return procedure.ActionReactivate
	case c.Proposal.Reason == procedure.ReasonCertificateElsewhere:
		return procedure.ActionRevoke
	}
	return ""
}

// supervisorKey offers the supervisor's decision where there is one to make.
// primary is the id of the primary button: it may lead there already.
func (a *App) supervisorKey(p *page, primary string) {
	c := a.snapshot.Case
	if c.Facts == nil || len(a.openNeeds(c)) == 0 && !a.statusChanged() && !a.choosesAction() {
		return
	}
	if primary != "supervisor.open" {
		a.addOther(p, controlOverride, rankSecondary, a.words.say("supervisor.key"), a.words.say("key.supervisor"), a.openSupervisor)
	}
	p.keys[fyne.KeyF4] = a.openSupervisor
}

// service is what the citizen asks for; a certificate until he asks for
// something else. Without a card it is a change of status.
func (a *App) service() procedure.Service {
	if a.snapshot.Case.NoCard {
		return procedure.ServiceStatus
	}
	if s := a.draft.person.Service; s != "" {
		return s
	}
	if s := a.snapshot.Case.Service; s != "" && a.signsChosen() {
		return s // the case was resumed
	}
	return procedure.ServiceCertificate
}

func (a *App) askAgain() { a.do("ask", a.cfg.Desk.AskAgain, nil) }

// toStatus goes on to the change of status, once it is known that the holder
// asks for it. Another person is refused at once; when that is recorded a
// supervisor may still decide otherwise, over the change that is chosen.
func (a *App) toStatus() {
	c := a.snapshot.Case
	switch face := a.draft.person.Face; {
	case face == procedure.Unanswered:
		a.fail(procedure.CodeAnswerOpen, procedure.FieldFace)
	case face == procedure.No && c.Overridden == nil && !slices.Contains(c.Needs, procedure.CodeFace):
		a.confirmPerson()
	default:
		a.openAside(screenStatus)
	}
}

// toStatusOf goes on to the change that the proposal asks for first.
func (a *App) toStatusOf(op procedure.Action) {
	a.draft.person.Service = procedure.ServiceStatus
	a.chooseOp(op)
	a.toStatus()
}

// asksLastTry reports whether the third question is asked (E5).
func (a *App) asksLastTry() bool {
	c := a.snapshot.Case
	return c != nil && a.asksPIN() && a.draft.person.KnowsPIN == procedure.Yes && slices.Contains(c.Verdict.Warnings, procedure.WarnLastTry)
}

// toCertify reports whether a certificate is what follows: only that needs the
// citizen's PIN, no change of status does.
func (a *App) toCertify() bool {
	return a.service() == procedure.ServiceCertificate && a.changeFirst(a.snapshot.Case) == ""
}

// asksPIN reports whether it matters if the citizen knows his PIN: he needs it
// for a certificate, and a blocked one has to be unblocked whoever knows it.
func (a *App) asksPIN() bool { return a.toCertify() && a.snapshot.Case.Chip.Tries != 0 }

// asksUnblock reports whether the choice of Obrazac 2 is asked for (E4, E5).
// Who does not know his PIN has no choice: it is changed.
func (a *App) asksUnblock() bool {
	switch {
	case a.service() == procedure.ServiceUnblock:
		return true
	case a.toCertify():
		return !a.asksPIN() || a.asksLastTry() && a.draft.person.LastTry == procedure.No
	}
	return false
}

// unblock is what becomes of the PIN before the certificate.
func (a *App) unblock() procedure.Unblock {
	switch {
	case a.asksUnblock():
		return a.draft.person.Unblock
	case a.asksPIN() && a.draft.person.KnowsPIN == procedure.No:
		return procedure.UnblockChange
	}
	return procedure.UnblockNone
}

func (a *App) personQuestions(p *page, c *procedure.CaseView, width float32) []fyne.CanvasObject {
	d := &a.draft.person
	qs := []fyne.CanvasObject{a.choice(p, procedure.FieldService, width, 3, a.services(c), string(a.service()), func(v string) { d.Service = procedure.Service(v) })}
	if c.Verdict.Eligible || a.service() == procedure.ServiceStatus {
		qs = append(qs, a.besides(p, procedure.FieldFace, width, d.Face, func(v procedure.Answer) { d.Face = v }))
	}
	if !c.Verdict.Eligible {
		return qs
	}
	if a.asksPIN() {
		qs = append(qs, a.besides(p, procedure.FieldKnowsPIN, width, d.KnowsPIN, func(v procedure.Answer) { d.KnowsPIN = v }))
	}
	if a.asksLastTry() {
		qs = append(qs, a.besides(p, procedure.FieldLastTry, width, d.LastTry, func(v procedure.Answer) { d.LastTry = v }))
	}
	switch {
	case a.asksUnblock():
		options := []option{
			{string(procedure.UnblockChange), a.words.say("unblock.change"), a.words.say("unblock.change.note")},
			{string(procedure.UnblockKeep), a.words.say("unblock.keep"), a.words.say("unblock.keep.note")},
		}
		qs = append(qs, a.choice(p, procedure.FieldUnblock, width, 2, options, string(d.Unblock), func(v string) { d.Unblock = procedure.Unblock(v) }))
	case a.unblock() == procedure.UnblockChange:
		qs = append(qs, toneInfo.box(a.words.say("unblock.first"), width, para(styleBody, a.words.say("unblock.first.text"), boxMeasure(width))))
	}
	return qs
}

// services are what the citizen may ask for. With a card that cannot be served
// the status of his certificate can still be changed.
func (a *App) services(c *procedure.CaseView) []option {
	services := []procedure.Service{procedure.ServiceCertificate, procedure.ServiceUnblock, procedure.ServiceStatus}
	if !c.Verdict.Eligible {
		services = []procedure.Service{procedure.ServiceCertificate, procedure.ServiceStatus}
	}
	var options []option
	for _, s := range services {
		options = append(options, option{value: string(s), label: a.words.say("service." + string(s))})
	}
	return options
}

// confirmPerson goes on, or to the page that an answer leads to: the core
// records a no as well.
func (a *App) confirmPerson() {
	d := a.personAnswers()
	if a.asksUnblock() && d.Unblock == procedure.UnblockNone {
		a.fail(procedure.CodeAnswerOpen, procedure.FieldUnblock)
		return
	}
	a.do("person", func(ctx context.Context) error {
		err := a.cfg.Desk.ConfirmPerson(ctx, d)
		var e *procedure.Error
		if !errors.As(err, &e) {
			return err
		}
		switch {
		case e.Code == procedure.CodeFace, e.Code == procedure.CodeNeedsUnblock:
			a.cfg.Post(func() { a.openRefusal(e.Code) })
			return nil
		case e.Code == procedure.CodeNeedsSupervisor:
			a.cfg.Post(a.openSupervisor)
			return nil
		case slices.Contains(e.Fields, procedure.FieldFace):
			a.cfg.Post(func() { a.openAside("") }) // the question stands on screen A
		}
		return err
	}, nil)
}

// personAnswers leaves out what is not asked for any more.
func (a *App) personAnswers() procedure.PersonAnswers {
	d := a.draft.person
	d.Service, d.Unblock = a.service(), a.unblock()
	if !a.asksPIN() {
		d.KnowsPIN = procedure.Unanswered
	}
	if !a.asksLastTry() {
		d.LastTry = procedure.Unanswered
	}
	if d.Service != procedure.ServiceStatus {
		d.Status = procedure.StatusAnswers{}
	}
	if d.Service != procedure.ServiceCertificate {
		d.Choice = ""
	}
	return d
}
