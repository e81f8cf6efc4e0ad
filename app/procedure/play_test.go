package procedure_test

import (
	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// step does what a clerk and a citizen of good will would do next; it reports
// false when there is nothing left to do. Errors are what the screens show:
// the next step is chosen from the snapshot alone.
func (h *harness) step() bool {
	s := h.e.Snapshot()
	switch {
	case s.Clerk == nil:
		_ = h.e.SignIn(ctx, []byte(proctest.Password))
		h.see()
	case s.Case == nil && len(s.Waiting) > 0:
		_ = h.e.ResumeCase(ctx, s.Waiting[0].ID)
	case s.Case == nil && s.Today.Issued+s.Today.Renewed+s.Today.Unblocked+s.Today.Status+s.Today.Refused > 0:
		return false
	case s.Case == nil:
		h.insertCard(proctest.CardNumber)
		_ = h.e.OpenCase(ctx)
	default:
		return h.stepCase(s.Case)
	}
	return true
}

// insertCard puts a card in if it is not there or could not be read.
func (h *harness) insertCard(number procedure.CardNumber) {
	r := h.e.Snapshot().Reader
	if r.Portrait == nil || r.Problem != nil || r.Identity == nil || r.Identity.CardNumber != number {
		h.insert(h.cardOf(number))
	}
}

func (h *harness) cardOf(number procedure.CardNumber) *proctest.Card {
	if number == h.other.Identity.CardNumber {
		return h.other
	}
	return h.Card
}

func (h *harness) stepCase(v *procedure.CaseView) bool {
	switch v.Phase {
	case procedure.PhasePerson:
		h.stepPerson(v)
	case procedure.PhasePapers:
		if h.e.RecordPapers(ctx, h.duePapers()) == nil {
			_ = h.e.ConfirmPapers(ctx, allPaperTicks)
		}
	case procedure.PhaseEmail:
		_ = h.e.SetEmail(ctx, wantsEmail)
	case procedure.PhaseContent:
		_ = h.e.ConfirmContent(ctx)
	case procedure.PhasePIN:
		h.stepPIN(v)
	case procedure.PhaseWork:
		if v.WaitsFor == procedure.WaitsForCard {
			h.insert(h.cardOf(v.Identity.CardNumber))
			break
		}
		if v.Problem != nil && v.Problem.Code == procedure.CodeOperator {
			h.operator(v.ID)
			break
		}
		_ = h.e.Continue(ctx)
	case procedure.PhaseHandOver:
		_ = h.e.ConfirmHandOver(ctx, allHandOverTicks)
	case procedure.PhaseClosed, procedure.PhaseRefused:
		return false
	}
	return true
}

// operator revokes what the authority issued in a case, and says so.
func (h *harness) operator(of procedure.CaseID) {
	for _, c := range h.Authority.Certificates() {
		if c.Case == of {
			h.Authority.Revoke(c.Serial)
		}
	}
	_ = h.e.OperatorConfirms(ctx, "предмет 12")
}

// stepPerson answers screen A. Where a certificate stands in the way, or a
// rule asks for him, a supervisor signs.
func (h *harness) stepPerson(v *procedure.CaseView) {
	if !v.NoCard {
		h.insertCard(v.Identity.CardNumber)
	}
	if v.Facts == nil {
		_ = h.e.AskAgain(ctx)
		return
	}
	a := h.answers(v)
	err := h.e.ConfirmPerson(ctx, a)
	switch codeOf(err) {
	case procedure.CodeNoLink: // the authority was silent
		_ = h.e.AskAgain(ctx)
	case procedure.CodeNeedsSupervisor, procedure.CodeCertificateValid, procedure.CodeCertificateElsewhere, procedure.CodeSuspended:
		choice := a.Choice
		if choice == "" && v.Proposal.Action != procedure.ActionRenew {
			choice = procedure.ActionIssue
		}
		if a.Service == procedure.ServiceStatus {
			choice = a.Status.Op
		}
		o := procedure.OverrideRequest{Choice: choice, Reason: "грађанин остаје при захтеву", Status: a.Status}
		if h.e.Override(ctx, []byte(proctest.SupervisorPassword), o) == nil {
			a.Choice = choice
			_ = h.e.ConfirmPerson(ctx, a)
		}
	}
}

// stepPIN types what the citizen's page asks for. With no try left the clerk
// goes back and chooses an unblock.
func (h *harness) stepPIN(v *procedure.CaseView) {
	h.insertCard(v.Identity.CardNumber)
	if !v.PIN.Open {
		switch codeOf(h.e.BeginPIN(ctx)) {
		case procedure.CodeNeedsSupervisor: // the authority told more than before
			_ = h.e.Override(ctx, []byte(proctest.SupervisorPassword), procedure.OverrideRequest{Reason: "остаје при захтеву"})
			return
		case procedure.CodePINBlocked:
			if h.wish.unblock = procedure.UnblockChange; h.e.GoBack(ctx, procedure.PhasePerson) != nil {
				_ = h.e.SkipRetire(ctx) // the certificate is in force: no unblock any more
			}
			return
		}
		if v = h.e.Snapshot().Case; v == nil || !v.PIN.Open {
			return
		}
	}
	if v.PIN.Mode == procedure.PINNew {
		_ = h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false)
		return
	}
	if v.PIN.Way != procedure.PINOnScreen {
		_ = h.e.EnterPINOnPad(ctx)
		return
	}
	_ = h.e.EnterPIN(ctx, []byte(h.cardOf(v.Identity.CardNumber).PIN))
}

// finish plays until the case is over.
func (h *harness) finish() {
	h.t.Helper()
	for range 100 {
		if !h.step() {
			return
		}
	}
	s := h.e.Snapshot()
	if s.Case != nil {
		h.t.Fatalf("the case hangs in phase %s, waits for %q, problem %v, stop %v", s.Case.Phase, s.Case.WaitsFor, s.Case.Problem, s.Stop)
	}
	h.t.Fatalf("no case can be finished: waiting %v, stop %v", s.Waiting, s.Stop)
}

// issuedOnce checks that exactly one certificate is in force and on the card.
func (h *harness) issuedOnce() {
	h.t.Helper()
	h.settled()
	active := 0
	for _, c := range h.Authority.Certificates() {
		if c.Status == proctest.Active && !c.Elsewhere {
			active++
		}
	}
	if active != 1 {
		h.t.Fatalf("%d certificates in force, want 1", active)
	}
	if s := h.e.Snapshot(); s.Today.Issued+s.Today.Renewed != 1 || s.Today.Open != 0 {
		h.t.Fatalf("today %+v", s.Today)
	}
}
