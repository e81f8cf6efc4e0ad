package procedure_test

import (
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

func TestJitter(t *testing.T) {
	for n := range 70 {
		limit := 5 * time.Minute
		if n < 9 {
			limit = time.Second << n
		}
		for range 50 {
			if d := procedure.Jitter(n); d < 0 || d > limit {
				t.Fatalf("after %d failures the wait is %v, want 0 to %v", n, d, limit)
			}
		}
	}
}

// TestBackgroundSync: events go to the authority by themselves; failures are
// repeated with a wait, and shown.
func TestBackgroundSync(t *testing.T) {
	h := testHarness(t)
	gone := &procedure.Error{Code: procedure.CodeNoLink}
	h.Faults.Add(proctest.Fault{Op: proctest.OpSync, Err: gone})
	h.toPapers()
	h.Clock.Advance(h.UntilSync())
	h.e.Duties(ctx)
	s := h.e.Snapshot().Sync
	if s.Problem == nil || s.Problem.Code != procedure.CodeNoLink || s.Attempts != 1 || s.NextTry.IsZero() {
		t.Fatalf("after a failure: %+v", s)
	}
	// Nothing is tried before it is due, however much happens.
	calls := h.Faults.Calls(proctest.OpSync)
	h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
	for range 20 {
		h.Clock.Advance(h.UntilSync())
		h.e.Duties(ctx)
	}
	if n := h.Faults.Calls(proctest.OpSync) - calls; n != 20 {
		t.Errorf("%d tries in 20 waits", n)
	}
	h.Faults.Clear()
	h.Clock.Advance(h.UntilSync())
	h.e.Duties(ctx)
	s = h.e.Snapshot().Sync
	if s.Problem != nil || s.Attempts != 0 || s.Acked != s.Total || !s.NextTry.IsZero() || s.LastSuccess.IsZero() {
		t.Errorf("after success: %+v", s)
	}
}

// UntilSync is the wait to the next duty, bounded as the back-off is.
func (h *harness) UntilSync() time.Duration {
	h.t.Helper()
	d := h.e.UntilDuty()
	if d > 5*time.Minute {
		h.t.Fatalf("the next duty is in %v", d)
	}
	return d
}

// TestSyncNow does not wait for the back-off.
func TestSyncNow(t *testing.T) {
	h := testHarness(t)
	h.Faults.Add(proctest.Fault{Op: proctest.OpSync, Nth: 1, Err: &procedure.Error{Code: procedure.CodeNoLink}})
	h.wants("SyncNow", h.e.SyncNow(ctx), procedure.CodeNoLink)
	h.must("SyncNow", h.e.SyncNow(ctx))
	if s := h.e.Snapshot().Sync; s.Acked != s.Total || s.Total == 0 {
		t.Errorf("%+v", s)
	}
}

// TestFork stops everything: the authority holds another history.
func TestFork(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.Faults.Add(proctest.Fault{Op: proctest.OpSync, Err: &procedure.Error{Code: procedure.CodeFork}})
	h.wants("SyncNow", h.e.SyncNow(ctx), procedure.CodeFork)
	if stop := h.e.Snapshot().Stop; stop == nil || stop.Code != procedure.CodeFork {
		t.Fatalf("stop %v", stop)
	}
	h.wants("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()), procedure.CodeFork)
	if d := h.e.UntilDuty(); d != time.Hour {
		t.Errorf("another sync is planned in %v", d)
	}
}

// TestRetryOfAuthority: a case that waits for the authority goes on by itself.
func TestRetryOfAuthority(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{Op: proctest.OpActivate, Err: &procedure.Error{Code: procedure.CodeNoAnswer}})
	h.must("EnterPIN", h.enterPIN())
	if v := h.view(); v.WaitsFor != procedure.WaitsForAuthority || v.Phase != procedure.PhaseWork {
		t.Fatalf("waits for %q in phase %s", v.WaitsFor, v.Phase)
	}
	for range 3 {
		h.Clock.Advance(h.UntilSync())
		h.e.Duties(ctx)
	}
	failed := 0
	for _, k := range h.kinds() {
		if k == procedure.KindStepFailed {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%d failures in the journal, want the first only", failed)
	}
	h.Faults.Clear()
	for range 10 {
		if h.view().Phase == procedure.PhaseHandOver {
			break
		}
		h.Clock.Advance(h.UntilSync())
		h.e.Duties(ctx)
	}
	h.close()
	h.issuedOnce()
}

// TestClockJumped: the wall clock is never mended; its jumps are recorded
// before the event at which they were found.
func TestClockJumped(t *testing.T) {
	jumps := func(h *harness) (found []*procedure.ClockJumped) {
		for _, e := range h.events() {
			if b, ok := e.Body.(*procedure.ClockJumped); ok {
				found = append(found, b)
			}
		}
		return found
	}
	for _, by := range []time.Duration{time.Hour, -time.Hour, 3 * time.Second, -3 * time.Second} {
		h := testHarness(t)
		h.Clock.Advance(8 * time.Hour) // time that passes is no jump
		h.must("OpenCase", h.e.OpenCase(ctx))
		if n := len(jumps(h)); n != 0 {
			t.Fatalf("%d jumps without one", n)
		}
		h.Clock.Jump(by)
		h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
		found := jumps(h)
		if len(found) != 1 {
			t.Fatalf("jump by %v: %d found", by, len(found))
		}
		b := found[0]
		slip := time.Duration(b.At-b.LastAt-(b.Mono-b.LastMono)) * time.Millisecond
		if d := (slip - by).Abs(); d > time.Second {
			t.Errorf("jump by %v: the values say %v", by, slip)
		}
		h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
		if n := len(jumps(h)); n != 1 {
			t.Errorf("jump by %v is found %d times", by, n)
		}
	}
	// Over a restart only a step back can be told from a night.
	h := testHarness(t)
	h.Clock.Jump(time.Hour)
	h.restart()
	if n := len(jumps(h)); n != 0 {
		t.Errorf("%d jumps after an hour without the program", n)
	}
	h.Clock.Jump(-time.Hour)
	h.restart()
	if n := len(jumps(h)); n != 1 {
		t.Errorf("%d jumps after a step back, want 1", n)
	}
}

// TestHalt: what was found in the background stops everything, and the first
// reason stays.
func TestHalt(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.e.Halt(&procedure.Error{Code: procedure.CodeTampered, Detail: "event 7"})
	h.e.Halt(&procedure.Error{Code: procedure.CodeFork})
	if stop := h.e.Snapshot().Stop; stop == nil || stop.Code != procedure.CodeTampered {
		t.Fatalf("stop %v", stop)
	}
	h.wants("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()), procedure.CodeTampered)
	if d := h.e.UntilDuty(); d != time.Hour {
		t.Errorf("a sync is planned in %v", d)
	}
}
