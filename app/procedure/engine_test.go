package procedure_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

var ctx = context.Background()

func TestIssuing(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	v := h.view()
	if v.Result == nil || !v.Result.Active || v.Problem != nil {
		t.Fatalf("result %+v, problem %v", v.Result, v.Problem)
	}
	h.close()
	h.settled()
	if n := len(h.Card.Written()); n != 1 {
		t.Errorf("%d certificates on the card, want 1", n)
	}
	want := []procedure.Kind{
		procedure.KindCaseOpened, procedure.KindFactsLearned, procedure.KindPersonConfirmed, procedure.KindActionChosen, procedure.KindPapersRendered,
		procedure.KindPapersPrinted, procedure.KindPapersConfirmed, procedure.KindContract, procedure.KindEmailAnswered,
		procedure.KindContentConfirmed, procedure.KindPINBegun, procedure.KindLogin, procedure.KindPINVerified,
		procedure.KindGenerate, procedure.KindKey, procedure.KindSubmit, procedure.KindContractRegistered, procedure.KindCertificate,
		procedure.KindWrite, procedure.KindWritten, procedure.KindReadBack, procedure.KindActivate,
		procedure.KindActive, procedure.KindHandedOver, procedure.KindCaseClosed,
	}
	if got := h.kinds(); !slices.Equal(got, want) {
		t.Errorf("events\n got %v\nwant %v", got, want)
	}
}

// TestStartIsRecorded: the journal says which program ran, with which trust.
func TestStartIsRecorded(t *testing.T) {
	h := testHarness(t)
	e, err := procedure.DecodeEvent(h.Journal.Events()[0])
	if err != nil {
		t.Fatal(err)
	}
	want := procedure.AppStarted{Version: "test", Trust: proctest.Trust}
	if got, ok := e.Body.(*procedure.AppStarted); !ok || *got != want {
		t.Errorf("first event %s %+v, want %+v", e.Kind, e.Body, want)
	}
}

// TestDefectIsNamedOnce: the record of a defect stays for support; only the
// first start after it says that a run ended so.
func TestDefectIsNamedOnce(t *testing.T) {
	w := proctest.NewWorld()
	for _, crash := range []string{"", "first", "first", "second", "second"} {
		config := w.Config()
		config.Crash = crash
		e, err := procedure.New(config)
		if err == nil {
			err = e.SignIn(ctx, []byte(proctest.Password))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, raw := range w.Journal.Events() {
		e, err := procedure.DecodeEvent(raw)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.Body.(*procedure.AppStarted); ok {
			got = append(got, b.Crash)
		}
	}
	if want := []string{"", "first", "", "second", ""}; !slices.Equal(got, want) {
		t.Errorf("the starts name %q, want %q", got, want)
	}
}

// TestRun plays a case through a running engine: nothing is delivered by hand.
func TestRun(t *testing.T) {
	w := proctest.NewWorld()
	e, stop := w.Start(t)
	seen := make(chan procedure.Snapshot, 1000)
	e.Subscribe(t.Context(), func(s procedure.Snapshot) { seen <- s })
	await := func(what string, ok func(procedure.Snapshot) bool) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for {
			select {
			case s := <-seen:
				if ok(s) {
					return
				}
			case <-deadline:
				t.Fatalf("no snapshot with %s", what)
			}
		}
	}
	h := &harness{t: t, World: w, other: proctest.NewOtherCard(), e: e}
	h.must("SignIn", e.SignIn(ctx, []byte(proctest.Password)))
	w.Reader.Insert(w.Card)
	await("a verdict before the portrait", func(s procedure.Snapshot) bool {
		return s.Reader.Verdict != nil && s.Reader.Portrait == nil
	})
	await("a portrait", func(s procedure.Snapshot) bool { return s.Reader.Portrait != nil && !s.Reader.Reading })
	h.toPIN()
	h.must("EnterPIN", h.enterPIN())
	await("the hand-over", func(s procedure.Snapshot) bool {
		return s.Case != nil && s.Case.Phase == procedure.PhaseHandOver && s.Case.WaitsFor == procedure.WaitsForClerk
	})
	h.must("ConfirmHandOver", e.ConfirmHandOver(ctx, allHandOverTicks))
	await("everything synced", func(s procedure.Snapshot) bool {
		return s.Case != nil && s.Case.Phase == procedure.PhaseClosed && s.Sync.Acked == s.Sync.Total
	})
	stop()
	h.settled()
}
