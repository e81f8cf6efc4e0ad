package procedure_test

import (
	"slices"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// sealedHere lists the cases of which something is still sealed in the journal.
func (h *harness) sealedHere() []procedure.CaseID {
	h.t.Helper()
	ids, err := h.Journal.Sealed(ctx)
	h.must("Sealed", err)
	return ids
}

// TestPurge: what is sealed goes when the case has ended and the authority holds
// it, never before; the case that is open keeps everything.
func TestPurge(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	first := h.view().ID
	h.must("SyncNow", h.e.SyncNow(ctx))
	if got := h.sealedHere(); !slices.Equal(got, []procedure.CaseID{first}) {
		t.Fatalf("an open case that was synced: sealed parts of %v, want %v", got, first)
	}
	h.Faults.Add(proctest.Fault{Op: proctest.OpSync, Err: &procedure.Error{Code: procedure.CodeNoLink}})
	h.close()
	h.wants("SyncNow", h.e.SyncNow(ctx), procedure.CodeNoLink)
	if got := h.sealedHere(); !slices.Contains(got, first) {
		t.Error("parts that the authority does not hold were erased")
	}
	h.Faults.Clear()
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	second := h.view().ID
	h.Faults.Add(proctest.Fault{Op: proctest.OpPurge, Nth: 1, Err: &procedure.Error{Code: procedure.CodeJournal}})
	h.wants("SyncNow", h.e.SyncNow(ctx), procedure.CodeJournal)
	h.must("SyncNow", h.e.SyncNow(ctx))
	if got := h.sealedHere(); !slices.Equal(got, []procedure.CaseID{second}) {
		t.Errorf("sealed parts of %v, want those of %s alone", got, second)
	}
	h.restart()
	if w := h.e.Snapshot().Waiting; len(w) != 1 || w[0].ID != second || w[0].Name == "" {
		t.Errorf("after a restart waiting: %+v", w)
	}
}

// TestPurgeWaitsForTheScreen: what is sealed of a case that has ended stays as
// long as the case is on the screen, where its papers can still be printed.
func TestPurgeWaitsForTheScreen(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	id := h.view().ID
	h.close()
	h.must("SyncNow", h.e.SyncNow(ctx))
	if got := h.sealedHere(); !slices.Equal(got, []procedure.CaseID{id}) {
		t.Errorf("on its last page: sealed parts of %v, want %v", got, id)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.must("SyncNow", h.e.SyncNow(ctx))
	if got := h.sealedHere(); len(got) > 0 {
		t.Errorf("after it: sealed parts of %v", got)
	}
}

// TestPurgeIsOff: with journal.purge_after_ack = false nothing goes.
func TestPurgeIsOff(t *testing.T) {
	h := testHarness(t)
	h.Settings.PurgeAfterAck = false
	h.restart()
	h.toHandOver()
	id := h.view().ID
	h.close()
	h.must("SyncNow", h.e.SyncNow(ctx))
	if got := h.sealedHere(); !slices.Contains(got, id) {
		t.Error("the parts were erased")
	}
}

// TestNoRoom: on a full disk no case begins, and the one that runs ends.
func TestNoRoom(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.Journal.Fill(true)
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.must("OpenCase", h.e.OpenCase(ctx)) // the same card: no new case
	h.finish()
	h.issuedOnce()
	before := len(h.Journal.Events())
	h.insert(h.other)
	h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeDiskFull)
	h.wants("OpenWithoutCard", h.e.OpenWithoutCard(ctx, procedure.StatusSearch{
		PersonalNumber: procedure.PersonalNumber(proctest.JMBG), CardNumber: proctest.CardNumber,
	}), procedure.CodeDiskFull)
	if n := len(h.Journal.Events()) - before; n != 0 {
		t.Errorf("%d events of cases that may not begin", n)
	}
	h.Journal.Fill(false)
	h.must("OpenCase", h.e.OpenCase(ctx))
}
