package procedure_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// printed makes the papers that are due, records and prints them, and gives
// what they were filled with.
func (h *harness) printed() procedure.PaperData {
	h.t.Helper()
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	h.must("RecordPapers", h.e.RecordPapers(ctx, records(d.Kinds...)))
	h.must("RecordPrinted", h.e.RecordPrinted(ctx, "job", nil))
	return d
}

// history is that of a case.
func (h *harness) history(id procedure.CaseID) procedure.CaseHistory {
	h.t.Helper()
	got, err := h.e.CaseHistory(ctx, id)
	h.must("CaseHistory", err)
	return got
}

// TestReprint: the papers of every kind of case are filled with the same when
// they are made again, whenever that is and by whomever: after the case went
// on, after its end, and in another run of the program.
func TestReprint(t *testing.T) {
	certificate := func(h *harness) {
		h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
		h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
		h.must("ConfirmContent", h.e.ConfirmContent(ctx))
		h.must("BeginPIN", h.e.BeginPIN(ctx))
		h.must("EnterPIN", h.enterPIN())
	}
	tests := []struct {
		name  string
		begin func(h *harness)
		work  func(h *harness)
	}{
		{"issue", (*harness).toPapers, certificate},
		{"renew", func(h *harness) { h.renewable(); h.toPapers() }, certificate},
		{"unblock", func(h *harness) {
			h.must("OpenCase", h.e.OpenCase(ctx))
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, procedure.PersonAnswers{
				Face: procedure.Yes, Service: procedure.ServiceUnblock, KnowsPIN: procedure.No, Unblock: procedure.UnblockChange,
			}))
		}, func(h *harness) {
			h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
			h.must("BeginPIN", h.e.BeginPIN(ctx))
			h.must("EnterNewPIN", h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false))
		}},
		{"revoke", func(h *harness) {
			now := h.Clock.Now()
			old := h.Authority.IssueOld(h.Card, "U-1", now.AddDate(-1, 0, 0), now.AddDate(4, 0, 0), proctest.Active)
			h.insert(h.Card)
			h.must("OpenCase", h.e.OpenCase(ctx))
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, statusAnswers(procedure.ActionRevoke, old.Serial, procedure.StatusLost)))
		}, func(h *harness) { h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks)) }},
		{"refused", (*harness).toPapers, func(h *harness) { h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			h.Settings.PurgeAfterAck = false
			h.restart()
			tt.begin(h)
			id := h.view().ID
			want := []procedure.PaperData{h.printed()}
			tt.work(h)
			want = append(want, h.printed())
			h.reprints(id, want)
			if h.view().Phase == procedure.PhaseHandOver {
				h.close()
				want = append(want, h.printed()) // on the last page
			}
			h.must("ParkCase", h.e.ParkCase(ctx))
			h.Settings.RetentionYears, h.Settings.Script = 20, "sr-Latn"
			h.restart()
			h.insert(h.other)
			h.must("OpenCase", h.e.OpenCase(ctx))
			h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
			h.must("ParkCase", h.e.ParkCase(ctx))
			h.reprints(id, want)
			h.restart() // what was recorded of it is read again
			if got := h.history(id); got.Row.Ended.IsZero() || got.Jobs[0].Printed != 3*copiesOf(got.Jobs[0]) {
				t.Errorf("ended %v, printed %+v", got.Row.Ended, got.Jobs)
			}
		})
	}
}

func copiesOf(j procedure.PaperJob) int {
	n := 0
	for _, p := range j.Papers {
		n += p.Copies
	}
	return n
}

// reprints prints every job of a case once more.
func (h *harness) reprints(id procedure.CaseID, want []procedure.PaperData) {
	h.t.Helper()
	jobs := h.history(id).Jobs
	if len(jobs) != len(want) {
		h.t.Fatalf("%d jobs, want %d", len(jobs), len(want))
	}
	for i, j := range jobs {
		d, err := h.e.ReprintData(ctx, id, j.Number)
		h.must("ReprintData", err)
		again := d.Again
		d.Again = nil
		if !reflect.DeepEqual(d, want[i]) {
			h.t.Fatalf("job %d is filled with\n%+v, want\n%+v", j.Number, d, want[i])
		}
		h.must("RecordReprint", h.e.RecordReprint(ctx, id, j.Number, again))
		h.must("RecordReprinted", h.e.RecordReprinted(ctx, id, j.Number, nil))
	}
}

// TestReprintRefused: other papers than those that were made are not recorded
// as them; what was erased or never kept cannot be made again; a stranger
// prints nothing.
func TestReprintRefused(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	id := h.view().ID
	h.printed()
	docs := issuingPapers()
	docs[0].SHA256 = "cc"
	h.wants("other papers", h.e.RecordReprint(ctx, id, 1, docs), procedure.CodePaperLost)
	h.wants("no such job", h.e.RecordReprint(ctx, id, 2, docs), procedure.CodeNoCase)
	_, err := h.e.ReprintData(ctx, id, 0)
	h.wants("job 0", err, procedure.CodeNoCase)
	_, err = h.e.ReprintData(ctx, "unknown", 1)
	h.wants("no such case", err, procedure.CodeNoCase)

	h.toPINPage()
	h.must("EnterPIN", h.enterPIN())
	h.close()
	h.must("ParkCase", h.e.ParkCase(ctx))
	before := len(h.Journal.Events())
	h.must("SyncNow", h.e.SyncNow(ctx))
	if got := h.history(id); !got.Row.Erased || len(got.Jobs) != 2 {
		t.Errorf("after the erasure: erased %t, %d jobs", got.Row.Erased, len(got.Jobs))
	}
	_, err = h.e.ReprintData(ctx, id, 1)
	h.wants("erased", err, procedure.CodeErased)
	h.wants("record of an erased one", h.e.RecordReprint(ctx, id, 1, issuingPapers()), procedure.CodeErased)
	h.must("SignOut", h.e.SignOut(ctx))
	_, err = h.e.ReprintData(ctx, id, 1)
	h.wants("without a clerk", err, procedure.CodeSignedOut)
	h.wants("record without a clerk", h.e.RecordReprint(ctx, id, 1, issuingPapers()), procedure.CodeSignedOut)
	h.wants("result without a clerk", h.e.RecordReprinted(ctx, id, 1, nil), procedure.CodeSignedOut)
	if n := len(h.Journal.Events()) - before; n != 1 {
		t.Errorf("%d events, want the sign-out alone", n)
	}
}

// TestReprintFails: a reprint that failed is recorded and counts nothing.
func TestReprintFails(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	id := h.view().ID
	h.printed()
	h.must("RecordReprint", h.e.RecordReprint(ctx, id, 1, issuingPapers()))
	h.must("RecordReprinted", h.e.RecordReprinted(ctx, id, 1, &procedure.Error{Code: procedure.CodePrint}))
	if v := h.view(); v.Copies != 5 || !v.Printed || v.Phase != procedure.PhasePapers {
		t.Errorf("%d copies, printed %t, phase %s", v.Copies, v.Printed, v.Phase)
	}
	last := h.history(id).Entries
	if e := last[len(last)-2]; e.Kind != procedure.KindPapersReprint || e.Count != 5 || e.Clerk == "" {
		t.Errorf("intent %+v", e)
	}
	if e := last[len(last)-1]; e.Kind != procedure.KindPapersPrinted || !e.Failed {
		t.Errorf("result %+v", e)
	}
}

// TestFirstVersionPapers: a list of papers without a stamp, as journals of the
// first versions have it, is read; they cannot be made again.
func TestFirstVersionPapers(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	id := h.view().ID
	h.printed()
	events, parts := h.Journal.Events(), h.Journal.Parts()
	list, err := json.Marshal(issuingPapers())
	h.must("encode", err)
	for i, p := range parts {
		if p.Name == "papers-1" {
			parts[i].Opening = slices.Concat(p.Opening[:32], list)
		}
	}
	h.Journal.Restore(events, parts)
	h.restart()
	h.must("ResumeCase", h.e.ResumeCase(ctx, id))
	if n := len(h.view().Papers); n != 3 {
		t.Errorf("%d papers, want 3", n)
	}
	_, err = h.e.ReprintData(ctx, id, 1)
	h.wants("ReprintData", err, procedure.CodePaperLost)
}
