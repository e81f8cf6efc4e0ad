package procedure_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// standing is a counter with a card whose certificate has the status, and a
// case opened with it.
func standing(t *testing.T, status proctest.Status) (*harness, proctest.Certificate) {
	t.Helper()
	h := testHarness(t)
	ends := h.Clock.Now().AddDate(1, 0, 0)
	old := h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, status)
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	return h, old
}

func statusAnswers(op procedure.Action, serial string, why procedure.StatusReason) procedure.PersonAnswers {
	return procedure.PersonAnswers{
		Face: procedure.Yes, Service: procedure.ServiceStatus,
		Status: procedure.StatusAnswers{Op: op, Serial: serial, Reason: why},
	}
}

// statusOf is the status at the authority.
func (h *harness) statusOf(serial string) proctest.Certificate {
	for _, c := range h.Authority.Certificates() {
		if c.Serial == serial {
			return c
		}
	}
	return proctest.Certificate{}
}

// TestE23StatusMachine: active to revoked or suspended, suspended to active or
// revoked; revoked is final, and everything else is refused before any paper.
func TestE23StatusMachine(t *testing.T) {
	reasons := map[procedure.Action]procedure.StatusReason{
		procedure.ActionRevoke: procedure.StatusNotWanted, procedure.ActionSuspend: procedure.StatusSuspendWish,
		procedure.ActionReactivate: procedure.StatusReactivateWish,
	}
	tests := []struct {
		from proctest.Status
		op   procedure.Action
		want procedure.Code
		to   proctest.Status
	}{
		{proctest.Active, procedure.ActionRevoke, "", proctest.Revoked},
		{proctest.Active, procedure.ActionSuspend, "", proctest.Suspended},
		{proctest.Active, procedure.ActionReactivate, procedure.CodeNotNow, proctest.Active},
		{proctest.Suspended, procedure.ActionRevoke, "", proctest.Revoked},
		{proctest.Suspended, procedure.ActionSuspend, procedure.CodeSuspended, proctest.Suspended},
		{proctest.Suspended, procedure.ActionReactivate, "", proctest.Active},
		{proctest.Revoked, procedure.ActionRevoke, procedure.CodeRevoked, proctest.Revoked},
		{proctest.Revoked, procedure.ActionSuspend, procedure.CodeRevoked, proctest.Revoked},
		{proctest.Revoked, procedure.ActionReactivate, procedure.CodeRevoked, proctest.Revoked},
		{proctest.Hold, procedure.ActionRevoke, "", proctest.Revoked},
		{proctest.Hold, procedure.ActionSuspend, procedure.CodeNotNow, proctest.Hold},
	}
	for _, tt := range tests {
		t.Run(string(tt.from)+" "+string(tt.op), func(t *testing.T) {
			h, old := standing(t, tt.from)
			h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, statusAnswers(tt.op, old.Serial, reasons[tt.op])), tt.want)
			if tt.want == "" {
				h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
				h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
				h.phase(procedure.PhaseHandOver)
				if r := h.view().Result; r.StatusOp != tt.op || r.StatusAt.IsZero() || r.Serial != old.Serial {
					t.Errorf("result %+v", r)
				}
				h.close()
			}
			if got := h.statusOf(old.Serial).Status; got != tt.to {
				t.Errorf("became %s, want %s", got, tt.to)
			}
		})
	}
}

// TestE23StatusChange: the form, its receipt, the clock that it starts, the
// reason, the confirmation.
func TestE23StatusChange(t *testing.T) {
	for reason, crl := range map[procedure.StatusReason]int{
		procedure.StatusLost: 1, procedure.StatusStolen: 1, procedure.StatusMisuse: 1, procedure.StatusNameChanged: 3,
		procedure.StatusCardReplaced: 4, procedure.StatusNotWanted: 5, procedure.StatusDeath: 5,
	} {
		t.Run(string(reason), func(t *testing.T) {
			h, old := standing(t, proctest.Active)
			answers := statusAnswers(procedure.ActionRevoke, old.Serial, reason)
			answers.Status.EndContract = true
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, answers))
			d, err := h.e.PaperData(ctx)
			h.must("PaperData", err)
			if !slices.Equal(d.Kinds, []procedure.PaperKind{procedure.PaperStatus}) || d.StatusForm != 1 ||
				d.Certificate == nil || d.Certificate.Serial != old.Serial {
				t.Fatalf("papers %v, number %d, certificate %+v", d.Kinds, d.StatusForm, d.Certificate)
			}
			h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
			err = h.e.ConfirmPapers(ctx, procedure.PaperTicks{StatusSigned: true})
			h.wants("no receipt", err, procedure.CodePapersOpen)
			ticks := procedure.PaperTicks{StatusSigned: true, StatusReceived: true, ReceivedAt: h.Clock.Now().Add(time.Minute)}
			h.wants("received in the future", h.e.ConfirmPapers(ctx, ticks), procedure.CodePapersOpen)
			received := h.Clock.Now().Add(-time.Hour)
			ticks.ReceivedAt = received
			h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, ticks))
			v := h.view()
			if !v.Deadline.IsZero() || v.Received.Sub(received).Abs() > time.Millisecond {
				t.Errorf("received %s, still due by %s", v.Received, v.Deadline)
			}
			if got := h.statusOf(old.Serial).Reason; got != crl {
				t.Errorf("reason %d, want %d", got, crl)
			}
			if got := h.Authority.Contracts()["U-1"].State; got != procedure.ContractEnded {
				t.Errorf("the contract is %s", got)
			}
			d, err = h.e.PaperData(ctx)
			h.must("PaperData", err)
			if !slices.Equal(d.Kinds, []procedure.PaperKind{procedure.PaperStatusDone, procedure.PaperLabel}) {
				t.Errorf("papers at the end %v", d.Kinds)
			}
			h.close()
			sheet, err := h.e.DaySheet(ctx, today)
			h.must("DaySheet", err)
			if sheet.Revoked != 1 || h.e.Snapshot().Today.Status != 1 {
				t.Errorf("sheet %+v", sheet)
			}
		})
	}
}

// TestE23ReasonOfSuspension: whatever the citizen says, a suspension is a hold
// for the authority, and a reactivation has no reason, even where the map of
// the revocations names them.
func TestE23ReasonOfSuspension(t *testing.T) {
	tests := []struct {
		name string
		from proctest.Status
		op   procedure.Action
		want int
		to   proctest.Status
	}{
		{"suspend", proctest.Active, procedure.ActionSuspend, 6, proctest.Suspended},
		{"reactivate", proctest.Suspended, procedure.ActionReactivate, 0, proctest.Active},
	}
	for _, tt := range tests {
		for _, why := range procedure.StatusReasons[tt.op] {
			t.Run(tt.name+" "+string(why), func(t *testing.T) {
				h, old := standing(t, tt.from)
				h.Settings.ReasonMap[procedure.StatusSuspendWish] = 1
				h.Settings.ReasonMap[procedure.StatusReactivateWish] = 1
				h.restart()
				h.must("OpenCase", h.e.OpenCase(ctx))
				h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, statusAnswers(tt.op, old.Serial, why)))
				h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
				h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
				h.phase(procedure.PhaseHandOver)
				if got := h.statusOf(old.Serial).Status; got != tt.to {
					t.Errorf("became %s, want %s", got, tt.to)
				}
				for _, e := range h.events() {
					if b, ok := e.Body.(*procedure.ChangeIntent); ok && (b.Reason != tt.want || b.Why != why) {
						t.Errorf("intent %+v, want reason %d for %s", b, tt.want, why)
					}
				}
			})
		}
	}
}

// TestE23Approval: a second clerk has to approve; the case waits, over
// restarts, and sends the same change.
func TestE23Approval(t *testing.T) {
	h, old := standing(t, proctest.Suspended)
	h.Authority.SetApproval(true)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, statusAnswers(procedure.ActionReactivate, old.Serial, procedure.StatusReactivateWish)))
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	if v := h.view(); v.WaitsFor != procedure.WaitsForAuthority || v.Problem == nil || v.Problem.Code != procedure.CodePending {
		t.Fatalf("waits for %q, problem %v", v.WaitsFor, v.Problem)
	} else if got := v.Deadline.Sub(v.Received); got != 24*time.Hour {
		t.Errorf("received %s, due by %s", v.Received, v.Deadline)
	}
	h.wants("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace), procedure.CodeNotNow)
	h.restart()
	h.must("ResumeCase", h.e.ResumeCase(ctx, h.e.Snapshot().Waiting[0].ID))
	h.must("Continue", h.e.Continue(ctx))
	h.Authority.SetApproval(false)
	h.must("Continue", h.e.Continue(ctx))
	h.close()
	intents := 0
	for _, k := range h.kinds() {
		if k == procedure.KindChangeIntent {
			intents++
		}
	}
	if got := h.statusOf(old.Serial).Status; got != proctest.Active || intents != 1 {
		t.Errorf("status %s after %d intents", got, intents)
	}
}

// TestE23ClerkRefused: the authority does not take the change from this clerk,
// or not without a supervisor. That is an answer: the case can be refused, or
// signed and asked anew under another id.
func TestE23ClerkRefused(t *testing.T) {
	for _, code := range []procedure.Code{procedure.CodeClerkRefused, procedure.CodeNeedsSupervisor, procedure.CodeNotSupervisor} {
		for _, again := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s again %t", code, again), func(t *testing.T) {
				h, old := standing(t, proctest.Active)
				h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, statusAnswers(procedure.ActionRevoke, old.Serial, procedure.StatusNotWanted)))
				h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
				h.Faults.Add(proctest.Fault{Op: proctest.OpRevoke, Nth: 1, Err: &procedure.Error{Code: code}})
				h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
				if v := h.view(); v.WaitsFor != procedure.WaitsForClerk || v.Problem == nil || v.Problem.Code != code {
					t.Fatalf("waits for %q, problem %v", v.WaitsFor, v.Problem)
				}
				if !again {
					h.must("RefuseCase", h.e.RefuseCase(ctx, code))
					h.phase(procedure.PhaseRefused)
					if got := h.statusOf(old.Serial).Status; got != proctest.Active {
						t.Errorf("the certificate is %s", got)
					}
					return
				}
				o := procedure.OverrideRequest{Reason: "одобрено"}
				h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
				h.must("Continue", h.e.Continue(ctx))
				h.close()
				ids := map[string]bool{}
				for _, e := range h.events() {
					if b, ok := e.Body.(*procedure.ChangeIntent); ok {
						ids[b.ID] = true
					}
				}
				if got := h.statusOf(old.Serial).Status; got != proctest.Revoked || len(ids) != 2 {
					t.Errorf("status %s after %d ids, want revoked after 2", got, len(ids))
				}
			})
		}
	}
}

// TestE23Faults makes everything go wrong once around a revocation with the
// end of its contract.
func TestE23Faults(t *testing.T) {
	for _, op := range []proctest.Op{proctest.OpRegister, proctest.OpRevoke, proctest.OpEndContract, proctest.OpAppend, proctest.OpSummary, proctest.OpPart} {
		for nth := 1; nth <= 12; nth++ {
			for _, when := range []proctest.When{proctest.Before, proctest.After} {
				h, old := standing(t, proctest.Active)
				h.wish = wish{service: procedure.ServiceStatus, status: procedure.StatusAnswers{
					Op: procedure.ActionRevoke, Serial: old.Serial, Reason: procedure.StatusNotWanted, EndContract: true,
				}}
				h.Faults.Add(proctest.Fault{Op: op, Nth: nth, When: when, Err: failureOf(op)})
				for range 4 {
					h.step()
				}
				h.restart()
				h.finish()
				intents := 0
				for _, k := range h.kinds() {
					if k == procedure.KindChangeIntent {
						intents++
					}
				}
				if got := h.statusOf(old.Serial).Status; got != proctest.Revoked || intents != 1 {
					t.Errorf("%s %d %d: %s after %d intents", op, nth, when, got, intents)
				}
				if got := h.Authority.Contracts()["U-1"].State; got != procedure.ContractEnded {
					t.Errorf("%s %d %d: the contract is %s", op, nth, when, got)
				}
			}
		}
	}
}

// TestWithoutCard: a lost card: the register is searched, another document is
// noted, and a supervisor signs.
func TestWithoutCard(t *testing.T) {
	h := testHarness(t)
	ends := h.Clock.Now().AddDate(1, 0, 0)
	old := h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
	h.remove()
	person := procedure.StatusSearch{PersonalNumber: proctest.JMBG, CardNumber: proctest.CardNumber}
	for name, tt := range map[string]struct {
		q    procedure.StatusSearch
		want procedure.Code
	}{
		"nothing":            {procedure.StatusSearch{}, procedure.CodeAnswerOpen},
		"half":               {procedure.StatusSearch{PersonalNumber: proctest.JMBG}, procedure.CodeAnswerOpen},
		"somebody else":      {procedure.StatusSearch{PersonalNumber: "0101900710004", CardNumber: "009999991"}, procedure.CodeNotFound},
		"unknown contract":   {procedure.StatusSearch{Contract: "U-9"}, procedure.CodeNoContract},
		"another's contract": {procedure.StatusSearch{PersonalNumber: "0101900710004", CardNumber: "009999991", Contract: "U-1"}, procedure.CodeContractOther},
	} {
		h.wants(name, h.e.OpenWithoutCard(ctx, tt.q), tt.want)
	}
	h.Authority.SetSilent(true)
	h.wants("no answer", h.e.OpenWithoutCard(ctx, person), procedure.CodeNoLink)
	h.Authority.SetSilent(false)

	h.must("OpenWithoutCard", h.e.OpenWithoutCard(ctx, person))
	v := h.view()
	if !v.NoCard || len(v.Facts.Register) != 1 || !slices.Equal(v.Needs, []procedure.Code{procedure.CodeNeedsSupervisor}) {
		t.Fatalf("no card %t, register %+v, needs %v", v.NoCard, v.Facts.Register, v.Needs)
	}
	h.wants("a certificate", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeNotNow)
	a := statusAnswers(procedure.ActionRevoke, old.Serial, procedure.StatusLost)
	h.wants("no document", h.e.ConfirmPerson(ctx, a), procedure.CodeAnswerOpen)
	a.Status.Document = "пасош 012345678"
	h.wants("no supervisor", h.e.ConfirmPerson(ctx, a), procedure.CodeNeedsSupervisor)
	o := procedure.OverrideRequest{Choice: procedure.ActionRevoke, Reason: "пасош прегледан"}
	password := []byte(proctest.SupervisorPassword)
	h.wants("signing what is open", h.e.Override(ctx, password, o), procedure.CodeAnswerOpen)
	o.Status = a.Status
	h.must("Override", h.e.Override(ctx, password, o))
	for name, change := range map[string]func(*procedure.StatusAnswers){
		"document": func(s *procedure.StatusAnswers) { s.Document = "пасош 012345679" },
		"reason":   func(s *procedure.StatusAnswers) { s.Reason = procedure.StatusStolen },
		"contract": func(s *procedure.StatusAnswers) { s.EndContract = true },
	} {
		b := a
		change(&b.Status)
		h.wants("another "+name+" than signed", h.e.ConfirmPerson(ctx, b), procedure.CodeNeedsSupervisor)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.restart()
	h.must("ResumeCase", h.e.ResumeCase(ctx, h.e.Snapshot().Waiting[0].ID))
	if got := h.view().Signed; got != a.Status {
		t.Errorf("signed %+v after a restart, want %+v", got, a.Status)
	}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.restart()
	h.must("ResumeCase", h.e.ResumeCase(ctx, h.e.Snapshot().Waiting[0].ID))
	if got := h.view().Status.Document; got != a.Status.Document {
		t.Errorf("document %q after a restart", got)
	}
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.must("ConfirmHandOver", h.e.ConfirmHandOver(ctx, procedure.HandOverTicks{Archived: true}))
	h.phase(procedure.PhaseClosed)
	if got := h.statusOf(old.Serial); got.Status != proctest.Revoked || got.Reason != 1 {
		t.Errorf("certificate %s, reason %d", got.Status, got.Reason)
	}
}

// TestOneCaseWithoutCard: the unfinished case about a card that is not there is
// gone on with, by whichever number it is looked for, and says whose it is.
func TestOneCaseWithoutCard(t *testing.T) {
	person := procedure.StatusSearch{PersonalNumber: proctest.JMBG, CardNumber: proctest.CardNumber}
	contract := procedure.StatusSearch{Contract: "U-1"}
	for _, tt := range []struct {
		name          string
		first, second procedure.StatusSearch
	}{
		{"card and card", person, person},
		{"contract and contract", contract, contract},
		{"card and contract", person, contract},
		{"contract and card", contract, person},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			ends := h.Clock.Now().AddDate(1, 0, 0)
			h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
			h.remove()
			h.must("OpenWithoutCard", h.e.OpenWithoutCard(ctx, tt.first))
			v := h.view()
			if v.Holder == "" || v.Holder != v.Facts.Register[0].CommonName {
				t.Errorf("holder %q, certificate of %q", v.Holder, v.Facts.Register[0].CommonName)
			}
			h.must("ParkCase", h.e.ParkCase(ctx))
			h.restart()
			waiting := h.e.Snapshot().Waiting
			if w := waiting[0]; w.Erased || !w.NoCard || w.Name != v.Holder || w.CardNumber != tt.first.CardNumber || w.Contract != tt.first.Contract {
				t.Errorf("the list says %+v", w)
			}
			h.must("OpenWithoutCard again", h.e.OpenWithoutCard(ctx, tt.second))
			if got := h.view().ID; got != v.ID {
				t.Errorf("case %s was opened beside %s", got, v.ID)
			}
		})
	}
}

// TestE25Roles: a revocation needs a supervisor where roles.revocation says
// so.
func TestE25Roles(t *testing.T) {
	h, old := standing(t, proctest.Active)
	h.Settings.RevokeByClerk = false
	h.restart()
	h.must("OpenCase", h.e.OpenCase(ctx))
	a := statusAnswers(procedure.ActionRevoke, old.Serial, procedure.StatusLost)
	h.wants("clerk alone", h.e.ConfirmPerson(ctx, a), procedure.CodeNeedsSupervisor)
	h.must("suspension", h.e.ConfirmPerson(ctx, statusAnswers(procedure.ActionSuspend, old.Serial, procedure.StatusLost)))
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
	o := procedure.OverrideRequest{Choice: procedure.ActionRevoke, Reason: "одобрено", Status: a.Status}
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
	h.must("with a supervisor", h.e.ConfirmPerson(ctx, a))
}
