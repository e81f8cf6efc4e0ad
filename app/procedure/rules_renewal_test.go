package procedure_test

import (
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// The rules of the Ministry's text for renewal, one test each.

// renewing is a counter with a card whose certificate has expired, the case
// being opened.
func renewing(t *testing.T) (h *harness, old proctest.Certificate) {
	t.Helper()
	h = testHarness(t)
	old = h.renewable()
	h.must("OpenCase", h.e.OpenCase(ctx))
	return h, old
}

// TestR20: a valid ID card with chip and a valid contract.
func TestR20ValidCardAndContract(t *testing.T) {
	h := testHarness(t)
	h.Card.Identity.ValidUntil = procedure.Date{Year: 2026, Month: 11, Day: 22}
	h.renewable()
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.wants("expired card", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeCardExpired)

	for _, state := range []procedure.ContractState{procedure.ContractEnded, procedure.ContractSuperseded} {
		h := testHarness(t)
		old := h.renewable()
		h.endOld(old.Contract, state)
		h.must("OpenCase", h.e.OpenCase(ctx))
		if v := h.view(); v.Facts.Contract != state || v.Proposal.Action != procedure.ActionIssue {
			t.Errorf("contract %s: facts %+v, proposal %+v", state, v.Facts, v.Proposal)
		}
		renew := knowsPIN
		renew.Choice = procedure.ActionRenew
		h.wants("renew under it", h.e.ConfirmPerson(ctx, renew), procedure.CodeNoContract)
	}

	h, old := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	if v := h.view(); v.Action != procedure.ActionRenew || v.Contract.Number != old.Contract {
		t.Errorf("action %s under %q", v.Action, v.Contract.Number)
	}
}

// TestR21: the ground is that the certificate has expired.
func TestR21CertificateExpired(t *testing.T) {
	for _, tt := range []struct {
		name string
		ends time.Duration
		want procedure.Proposal
	}{
		{"a minute ago", -time.Minute, procedure.Proposal{Action: procedure.ActionRenew, Reason: procedure.ReasonContractValid}},
		{"in an hour", time.Hour, procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonCertificateValid}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			ends := h.Clock.Now().Add(tt.ends)
			h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
			h.insert(h.Card)
			h.must("OpenCase", h.e.OpenCase(ctx))
			if got := h.view().Proposal; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	h := testHarness(t)
	ends := h.Clock.Now().Add(time.Hour)
	h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.wants("not expired", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeCertificateValid)
}

// TestR22: the form comes from the clerk or from the web site.
func TestR22FormBrought(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	brought := []procedure.BroughtForm{{Kind: procedure.PaperRequest, Circled: 2}}
	h.must("RecordBrought", h.e.RecordBrought(ctx, brought))
	if _, err := h.e.PaperData(ctx); codeOf(err) != procedure.CodeNotNow {
		t.Errorf("PaperData with nothing to print: %v", err)
	}
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, procedure.PaperTicks{RequestSigned: true}))
	h.phase(procedure.PhaseEmail)
}

// TestR23: Obrazac 1, signed, with number 2 circled, and nothing else.
func TestR23OnlyTheRequest(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	if !slices.Equal(d.Kinds, []procedure.PaperKind{procedure.PaperRequest}) || d.FormOption != 2 {
		t.Errorf("papers %v, circled %d", d.Kinds, d.FormOption)
	}
	wrong := []procedure.BroughtForm{{Kind: procedure.PaperRequest, Circled: 1}}
	h.wants("number 1 circled", h.e.RecordBrought(ctx, wrong), procedure.CodeWrongCircle)
	h.wants("contract", h.e.RecordPapers(ctx, records(procedure.PaperContract)), procedure.CodeNotNow)
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	err = h.e.ConfirmPapers(ctx, procedure.PaperTicks{})
	h.wants("unsigned", err, procedure.CodePapersOpen)
	if got := err.(*procedure.Error).Fields; !slices.Equal(got, []string{procedure.FieldRequestSigned}) {
		t.Errorf("asks for %v", got)
	}
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, procedure.PaperTicks{RequestSigned: true}))
}

// TestR24: the renewal starts on the basis of the received request.
func TestR24RequestFirst(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodePapersOpen)
	for _, op := range []proctest.Op{proctest.OpOpen, proctest.OpLogin, proctest.OpGenerate, proctest.OpEnrol, proctest.OpRetire} {
		if n := h.Faults.Calls(op); n != 0 {
			t.Errorf("%d × %s before the request", n, op)
		}
	}
}

// TestR25: the e-mail only if the form asks for it.
func TestR25EmailOnlyIfAskedFor(t *testing.T) {
	for _, a := range []procedure.EmailAnswer{{Wanted: procedure.No}, wantsEmail} {
		h, _ := renewing(t)
		h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
		h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
		h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
		h.wants("unanswered", h.e.SetEmail(ctx, procedure.EmailAnswer{}), procedure.CodeAnswerOpen)
		h.must("SetEmail", h.e.SetEmail(ctx, a))
		if got := h.view().Preview.Email; got != a.Address {
			t.Errorf("the certificate would hold %q, want %q", got, a.Address)
		}
	}
}

// TestR26: a PIN is needed, and known to the citizen only: it is in no event
// and in no part.
func TestR26PINKnownToCitizenOnly(t *testing.T) {
	h, _ := renewing(t)
	const canary = "90817263"
	h.Card.PIN = canary
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.toPINPage()
	h.must("EnterPIN", h.e.EnterPIN(ctx, []byte(canary)))
	h.close()
	h.secret(canary)
}

// TestR27: the citizen types it himself, on a page of his own.
func TestR27CitizenTypesHimself(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.wants("EnterPIN early", h.enterPIN(), procedure.CodeNotNow)
	h.toPINPage()
	if v := h.view(); !v.PIN.Open || v.PIN.Mode != procedure.PINEnter || v.PIN.Tries != 3 {
		t.Errorf("page %+v", v.PIN)
	}
	h.wants("wrong PIN", h.e.EnterPIN(ctx, []byte("0000")), procedure.CodeWrongPIN)
	if v := h.view(); !v.PIN.Open || v.PIN.Last.Tries != 2 {
		t.Errorf("page after a wrong PIN %+v", v.PIN)
	}
	h.must("EnterPIN", h.enterPIN())
	h.phase(procedure.PhaseHandOver)
}

// TestR28: the card to the citizen, Obrazac 1 to the archive.
func TestR28HandedOverAndArchived(t *testing.T) {
	for field, untick := range map[string]func(*procedure.HandOverTicks){
		procedure.FieldCardReturned: func(k *procedure.HandOverTicks) { k.CardReturned = false },
		procedure.FieldArchived:     func(k *procedure.HandOverTicks) { k.Archived = false },
	} {
		h, _ := renewing(t)
		h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
		h.toPINPage()
		h.must("EnterPIN", h.enterPIN())
		ticks := procedure.HandOverTicks{CardReturned: true, Archived: true} // no papers for the citizen
		untick(&ticks)
		err := h.e.ConfirmHandOver(ctx, ticks)
		h.wants("ConfirmHandOver", err, procedure.CodeHandOverOpen)
		if got := err.(*procedure.Error).Fields; !slices.Equal(got, []string{field}) {
			t.Errorf("asks for %v, want %s", got, field)
		}
	}
}

// TestR29: with that the procedure is complete, and not before.
func TestR29OpenUntilHandedOver(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.toPINPage()
	h.must("EnterPIN", h.enterPIN())
	if s := h.e.Snapshot(); s.Today.Renewed != 0 || s.Today.Open != 1 {
		t.Errorf("before the hand-over %+v", s.Today)
	}
	h.must("ConfirmHandOver", h.e.ConfirmHandOver(ctx, procedure.HandOverTicks{CardReturned: true, Archived: true}))
	h.phase(procedure.PhaseClosed)
	if s := h.e.Snapshot(); s.Today.Renewed != 1 || s.Today.Open != 0 {
		t.Errorf("after it %+v", s.Today)
	}
	h.settled()
}
