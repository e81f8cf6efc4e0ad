package procedure_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// running is a counter whose engine runs, with the citizen's page open; end
// asks it to end, and ended says what Run returned.
func running(t *testing.T) (h *harness, end func(), ended <-chan error) {
	t.Helper()
	h = &harness{t: t, World: proctest.NewWorld(), other: proctest.NewOtherCard()}
	h.Reader.Insert(h.Card)
	e, err := procedure.New(h.Config())
	h.must("New", err)
	h.e = e
	life, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(life) }()
	h.must("SignIn", e.SignIn(ctx, []byte(proctest.Password)))
	for e.Snapshot().Reader.State != procedure.ReaderCard {
		time.Sleep(time.Millisecond) // the watcher is a goroutine of its own
	}
	h.toPIN()
	return h, end, done
}

// TestEndDuringPIN: the program ends while the PIN is at the card. Run waits
// for the outcome, which is recorded; nothing begins after it.
func TestEndDuringPIN(t *testing.T) {
	h, end, ended := running(t)
	h.Faults.Add(proctest.Fault{Op: proctest.OpLogin, Nth: 1, When: proctest.After, Do: func() {
		end()
		select {
		case err := <-ended:
			t.Errorf("Run ended while the PIN was at the card: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}})
	h.must("EnterPIN", h.enterPIN())
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if last := h.kinds(); last[len(last)-1] != procedure.KindPINVerified {
		t.Errorf("the journal ends with %s, want the outcome of the attempt", last[len(last)-1])
	}
	h.wants("BeginPIN after the end", h.e.BeginPIN(ctx), procedure.CodeNotNow)
	h.wants("SyncNow after the end", h.e.SyncNow(ctx), procedure.CodeNotNow)
	h.restart()
	h.finish()
	h.issuedOnce()
}

// TestEndDuringWork: a request that the end of the program cuts off is no
// failure of anything.
func TestEndDuringWork(t *testing.T) {
	h, end, ended := running(t)
	h.Faults.Add(proctest.Fault{Op: proctest.OpPolicy, Nth: 1, When: proctest.Before, Do: end, Err: &procedure.Error{
		Code: procedure.CodeInternal, Err: context.Canceled, // as a client cut off says it
	}})
	h.must("EnterPIN", h.enterPIN())
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if h.Faults.Left() != 0 {
		t.Error("the fault did not strike")
	}
	if slices.Contains(h.kinds(), procedure.KindStepFailed) {
		t.Error("the end of the program is recorded as a failure")
	}
	h.restart()
	h.finish()
	h.issuedOnce()
}

// TestUnreadableRecord: as long as the record of an unfinished case cannot be
// read, no second case is opened, since it could be for the same card.
func TestUnreadableRecord(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	id := h.view().ID
	h.Faults.Add(proctest.Fault{Op: proctest.OpPart, Err: &procedure.Error{Code: procedure.CodeJournal}})
	h.restart()
	h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeJournal)
	h.Faults.Clear()
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.ID != id {
		t.Errorf("case %s was opened beside %s", v.ID, id)
	}
}
