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
	case s.Case == nil && s.Today.Issued+s.Today.Refused > 0:
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
		h.insertCard(v.Identity.CardNumber)
		_ = h.e.ConfirmPerson(ctx, knowsPIN)
	case procedure.PhasePapers:
		if h.e.RecordPapers(ctx, issuingPapers()) == nil {
			_ = h.e.ConfirmPapers(ctx, allPaperTicks)
		}
	case procedure.PhaseEmail:
		_ = h.e.SetEmail(ctx, wantsEmail)
	case procedure.PhaseContent:
		_ = h.e.ConfirmContent(ctx)
	case procedure.PhasePIN:
		h.insertCard(v.Identity.CardNumber)
		if v.PIN.Open || h.e.BeginPIN(ctx) == nil {
			_ = h.enterPIN()
		}
	case procedure.PhaseWork:
		if v.WaitsFor == procedure.WaitsForCard {
			h.insert(h.cardOf(v.Identity.CardNumber))
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
		if c.Status == proctest.Active {
			active++
		}
	}
	if active != 1 {
		h.t.Fatalf("%d certificates in force, want 1", active)
	}
	if s := h.e.Snapshot(); s.Today.Issued != 1 || s.Today.Open != 0 {
		h.t.Fatalf("today %+v", s.Today)
	}
}
