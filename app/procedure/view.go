package procedure

import (
	"cmp"
	"slices"
	"strings"
)

// snapshot builds the picture of everything; e.mu is held.
func (e *Engine) snapshot() Snapshot {
	s := Snapshot{
		Demo: e.cfg.Demo, Counter: e.cfg.Counter, Office: e.cfg.Office,
		Reader: e.reader.view(), Sync: e.syncView(), Busy: e.busy, Stop: e.stop,
	}
	if e.clerk != nil {
		person := e.clerk.Person()
		s.Clerk = &person
	}
	if e.book == nil {
		return s
	}
	s.Today = e.book.counts(Today(e.cfg.Now()))
	for _, c := range e.book.open() {
		if e.cur == nil || e.cur.id != c.ID {
			s.Waiting = append(s.Waiting, e.summary(c))
		}
	}
	if r := e.reader; r.identity != nil && r.chip != nil && e.cur == nil {
		_, s.Reader.Waits = e.caseOf(*r.identity, *r.chip)
	}
	if e.cur != nil {
		c, _ := e.book.find(e.cur.id)
		s.Case = e.caseView(c)
	}
	return s
}

func (e *Engine) summary(c Case) CaseSummary {
	r, open := e.records[c.ID]
	sum := CaseSummary{
		ID: c.ID, Number: c.Number, Opened: c.Opened, Erased: !open, NoCard: c.NoCard, Action: c.Action,
		CardNumber: r.Identity.CardNumber, Contract: r.Contract,
		Name: cmp.Or(strings.TrimSpace(r.Identity.Surname+" "+r.Identity.GivenName), r.Holder),
	}
	move := Next(c, e.cardFacts(r), RequestUnclear)
	sum.Phase = phaseOf(c, move, false)
	sum.WaitsFor = waitsFor(move)
	if c.Attempt.Refused != "" {
		sum.Problem = attemptProblem(c.Attempt)
	}
	return sum
}

// waitsFor says whom a case that is not being worked on waits for: what the
// engine would do itself waits for the clerk to start it.
func waitsFor(m Move) WaitsFor {
	if w := m.Waits(); w != WaitsForNothing || m == MoveNone {
		return w
	}
	switch m {
	case MoveLookup, MoveSend, MoveActivate, MoveRevoke, MoveRefuse, MoveContract, MoveEndContract, MoveChangeStatus:
		return WaitsForAuthority
	}
	return WaitsForClerk
}

// cardFacts are the facts about the card without an open session; e.mu is held.
func (e *Engine) cardFacts(r record) CardFacts {
	v := e.reader
	if v.identity == nil || v.chip == nil {
		return CardFacts{Presence: CardAbsent, Tries: -1}
	}
	if !r.isCard(*v.identity, *v.chip) {
		return CardFacts{Presence: CardOther, Tries: -1}
	}
	return CardFacts{Presence: CardSame, Tries: v.chip.Tries}
}

// phaseOf chooses the screen. Once a PIN was accepted the case shows the work,
// unless the citizen has to type it again.
func phaseOf(c Case, m Move, working bool) Phase {
	switch m {
	case MoveNone:
		if c.Closed {
			return PhaseClosed
		}
		return PhaseRefused
	case MoveAskPerson, MoveLearn:
		return PhasePerson
	case MoveAskPapers:
		return PhasePapers
	case MoveAskEmail:
		return PhaseEmail
	case MoveAskContent:
		return PhaseContent
	case MoveAskHandOver:
		return PhaseHandOver
	case MoveAskPIN, MoveWaitUnblock, MoveWaitPUK:
		if !working {
			return PhasePIN
		}
	case MoveWaitCard, MoveWaitOtherCard:
		switch {
		case c.undecided():
			return PhasePerson
		case c.PINVerified == 0:
			return PhasePIN // nothing has begun on the card
		}
	}
	return PhaseWork
}

// attemptProblem explains an attempt that ended without a certificate in use.
func attemptProblem(a Attempt) *Error {
	switch {
	case a.Refused != "":
		return &Error{Code: a.Refused, Detail: a.Detail}
	case a.Unusable:
		return &Error{Code: CodeBadAnswer, Detail: a.Detail}
	case a.Revoked:
		return &Error{Code: CodeRevoked, Detail: string(a.Why)}
	}
	return nil
}

// caseView is the current case; e.mu is held.
func (e *Engine) caseView(c Case) *CaseView {
	cur := e.cur
	facts := e.cardFacts(cur.record)
	move := Next(c, facts, cur.request)
	v := &CaseView{
		ID: c.ID, Number: c.Number, Action: c.Action, Opened: c.Opened, Phase: phaseOf(c, move, e.working),
		Identity: cur.record.identity(), SameCard: facts.Presence == CardSame, Person: c.Person,
		Papers: slices.Clone(cur.papers), Printed: c.Printed, Copies: c.Copies, Ticks: c.Ticks, Brought: slices.Clone(c.Brought),
		Email:   EmailAnswer{Wanted: c.EmailWanted, Address: cur.email},
		Preview: cur.preview, PIN: cur.pin, Result: c.result(cur.result), HandOver: c.HandOver, Refusal: c.Refused,
		Contract: c.Contract, Service: c.Service, Unblock: c.Unblock, NoCard: c.NoCard, Holder: cur.record.Holder, Received: c.Received,
		SignBeforeClerk: e.cfg.Settings.SignBeforeClerk,
		HandOverAsks:    c.handOverAsks(), CanSkipRetire: c.Active() && c.retireDue() && !e.working,
	}
	e.decisionView(v, c)
	v.PIN.Mode = c.pinMode()
	v.PIN.Again = c.PINVerified > 0
	v.PIN.Tries = facts.Tries
	v.Verdict = Eligibility{Eligible: true}
	if v.SameCard {
		v.Portrait, v.Chip = e.reader.portrait, *e.reader.chip
		v.Chip.Certificates = slices.Clone(v.Chip.Certificates)
		v.Verdict = *e.reader.verdict
		v.Verdict.Blocks, v.Verdict.Warnings = slices.Clone(v.Verdict.Blocks), slices.Clone(v.Verdict.Warnings)
	}
	if len(c.Steps) > 0 {
		v.Steps = e.stepViews(c)
	}
	e.waiting(v, c, move)
	return v
}

// waiting says whom the case waits for and why.
func (e *Engine) waiting(v *CaseView, c Case, move Move) {
	if e.working {
		return
	}
	v.WaitsFor = waitsFor(move)
	v.Problem = e.cur.problem
	if move == MoveWaitOperator {
		v.Problem, v.Operator = &Error{Code: CodeOperator}, c.operatorQuestion()
	}
	switch {
	case v.Problem != nil:
	case move == MoveWaitCard && c.PINVerified > 0:
		v.Problem = &Error{Code: CodeRemoved}
	case move == MoveWaitCard:
		v.Problem = &Error{Code: CodeNoCard}
	case move == MoveWaitOtherCard:
		v.Problem = &Error{Code: CodeOtherCard}
	case move == MoveWaitUnblock:
		v.Problem = &Error{Code: CodePINBlocked}
	case move == MoveWaitPUK:
		v.Problem = &Error{Code: CodePUK}
	case move == MoveAskRetry && c.StatusRefused != "":
		v.Problem = &Error{Code: c.StatusRefused, Detail: c.StatusDetail}
	case move == MoveAskRetry:
		v.Problem = attemptProblem(c.Attempt)
	}
}

// decisionView adds what the case rests on: facts, proposal, and what a
// supervisor has to sign or has signed.
func (e *Engine) decisionView(v *CaseView, c Case) {
	v.Facts = c.factsView(e.cur)
	v.Status = c.status(e.cur)
	if !c.Received.IsZero() && c.StatusAt.IsZero() {
		v.Deadline = c.Received.Add(e.cfg.Settings.StatusDeadline)
	}
	if c.PersonDone {
		c = c.lapse(e.cfg.Now()) // he is called again
	}
	if c.Override.Supervisor != "" {
		v.Signed = e.cur.signed
		v.Overridden = &ClerkPerson{Number: c.Override.Supervisor, Fingerprint: c.Override.Fingerprint}
	}
	if c.Facts == nil {
		return
	}
	v.Proposal = Propose(*c.Facts, e.cfg.Settings)
	if !c.open() {
		return
	}
	choice := v.Proposal.Action
	switch {
	case c.PersonDone:
		choice = c.Action
	case c.Override.Choice != "":
		choice = c.Override.Choice
	case c.NoCard:
		choice = ActionRevoke
	}
	v.Needs = c.unsigned(e.needs(c, e.cur, choice), choice)
}

// factsView gives the facts with the register's list.
func (c Case) factsView(cur *current) *Facts {
	if c.Facts == nil {
		return nil
	}
	f := *c.Facts
	f.Register = slices.Clone(cur.register)
	return &f
}

func (e *Engine) stepViews(c Case) []StepView {
	var views []StepView
	for _, s := range c.steps() {
		v, ok := c.Steps[s]
		if !ok {
			v = StepView{Step: s, State: StepTodo}
		}
		if v.State == StepNow && !e.working {
			v.State = StepFailed // cut off: by a crash or a pulled card
		}
		views = append(views, v)
	}
	return views
}
