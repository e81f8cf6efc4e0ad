package procedure_test

import (
	"slices"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// TestRenewal plays a renewal: one paper, one PIN, a new key, and the old
// certificate gone from the chip only after the new one was written.
func TestRenewal(t *testing.T) {
	h := testHarness(t)
	old := h.renewable()
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.Proposal != (procedure.Proposal{Action: procedure.ActionRenew, Reason: procedure.ReasonContractValid}) {
		t.Fatalf("proposal %+v of %+v", v.Proposal, v.Facts)
	}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	if !slices.Equal(d.Kinds, []procedure.PaperKind{procedure.PaperRequest}) || d.FormOption != 2 ||
		d.Contract.Number != old.Contract || d.OldSerial != old.Serial {
		t.Fatalf("papers %v, option %d, contract %q, old %q", d.Kinds, d.FormOption, d.Contract.Number, d.OldSerial)
	}
	h.toPINPage()
	h.must("EnterPIN", h.enterPIN())
	h.phase(procedure.PhaseHandOver)
	if n := h.Faults.Calls(proctest.OpLogin); n != 1 {
		t.Errorf("%d PINs were typed, want 1", n)
	}
	v := h.view()
	if v.Result.Retired != 1 || h.Card.Keys() != 1 || len(h.Card.Written()) != 1 {
		t.Errorf("retired %d; %d keys, %d certificates on the card", v.Result.Retired, h.Card.Keys(), len(h.Card.Written()))
	}
	if want := []string{procedure.FieldCardReturned, procedure.FieldArchived}; !slices.Equal(v.HandOverAsks, want) {
		t.Errorf("hand-over asks %v, want %v", v.HandOverAsks, want)
	}
	kinds := h.kinds()
	order := []procedure.Kind{
		procedure.KindWritten, procedure.KindRetire, procedure.KindRetired, procedure.KindReadBack,
		procedure.KindActivate, procedure.KindActive,
	}
	for i := 1; i < len(order); i++ {
		if slices.Index(kinds, order[i-1]) > slices.Index(kinds, order[i]) {
			t.Errorf("%s before %s in %v", order[i], order[i-1], kinds)
		}
	}
	h.close()
	h.settled()
	if s := h.e.Snapshot(); s.Today.Renewed != 1 || s.Today.Issued != 0 {
		t.Errorf("today %+v", s.Today)
	}
}

// TestTornRetire: the old certificate went from the chip and the answer was
// lost. The next look at the chip tells it; nobody types a PIN for it, and the
// record says that it is gone.
func TestTornRetire(t *testing.T) {
	torn := proctest.Fault{Op: proctest.OpRetire, Nth: 1, When: proctest.After, Err: &procedure.Error{Code: procedure.CodeCardFailure}}
	gone := func(t *testing.T, h *harness) {
		t.Helper()
		h.phase(procedure.PhaseHandOver)
		if v := h.view(); v.PIN.Open || v.Result.Retired != 1 || !slices.Contains(h.kinds(), procedure.KindRetired) {
			t.Errorf("page open %t, retired %d, events %v", v.PIN.Open, v.Result.Retired, h.kinds())
		}
		h.close()
		h.settled()
	}
	t.Run("after the activation", func(t *testing.T) {
		h, _ := standing(t, proctest.Active)
		o := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: "остаје при захтеву"}
		h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
		h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN)) // the choice is the signed one
		h.toPINPage()
		h.must("EnterPIN", h.enterPIN())
		h.must("BeginPIN", h.e.BeginPIN(ctx)) // the old one still stood
		h.Faults.Add(torn)
		h.must("EnterPIN", h.enterPIN())
		if !h.view().CanSkipRetire {
			t.Fatal("nothing is left to remove although nobody looked at the chip")
		}
		h.must("BeginPIN", h.e.BeginPIN(ctx))
		if n := h.Faults.Calls(proctest.OpLogin); n != 2 {
			t.Errorf("%d PINs were typed, want 2", n)
		}
		gone(t, h)
	})
	t.Run("before the read-back", func(t *testing.T) {
		h := testHarness(t)
		h.renewable()
		h.must("OpenCase", h.e.OpenCase(ctx))
		h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
		h.toPINPage()
		h.Faults.Add(torn)
		h.must("EnterPIN", h.enterPIN())
		gone(t, h)
	})
}

// TestUnblockAlone keeps or changes the PIN and does nothing else.
func TestUnblockAlone(t *testing.T) {
	for _, mode := range []procedure.Unblock{procedure.UnblockKeep, procedure.UnblockChange} {
		t.Run(string(mode), func(t *testing.T) {
			h := testHarness(t)
			h.Card.SetTries(0)
			h.insert(h.Card)
			h.wish = wish{service: procedure.ServiceUnblock, unblock: mode}
			h.must("OpenCase", h.e.OpenCase(ctx))
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, h.answers(h.view())))
			if got := h.duePapers(); len(got) != 1 || got[0].Kind != procedure.PaperUnblock {
				t.Fatalf("papers %v", got)
			}
			h.toPINPage()
			h.wants("to the e-mail", h.e.GoBack(ctx, procedure.PhaseEmail), procedure.CodeNotNow)
			if mode == procedure.UnblockKeep {
				if v := h.view(); v.PIN.Mode != procedure.PINKept || v.PIN.Tries != 3 {
					t.Fatalf("page %+v", v.PIN)
				}
				h.must("EnterPIN", h.enterPIN())
			} else {
				if v := h.view(); v.PIN.Mode != procedure.PINNew {
					t.Fatalf("page %+v", v.PIN)
				}
				h.must("EnterNewPIN", h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false))
			}
			h.phase(procedure.PhaseHandOver)
			if r := h.view().Result; !r.Unblocked || r.PINChanged != (mode == procedure.UnblockChange) || r.Serial != "" {
				t.Errorf("result %+v", r)
			}
			h.close()
			if s := h.e.Snapshot(); s.Today.Unblocked != 1 {
				t.Errorf("today %+v", s.Today)
			}
		})
	}
}
