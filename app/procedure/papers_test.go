package procedure_test

import (
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// TestE11FormsOfAnotherChoice: a form on which something else is circled or
// written than the case asks for now is made anew; the others stay.
func TestE11FormsOfAnotherChoice(t *testing.T) {
	certificate := func(a procedure.Action, u procedure.Unblock) procedure.PersonAnswers {
		return procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes, Choice: a, Unblock: u}
	}
	unblock := func(u procedure.Unblock) procedure.PersonAnswers {
		return procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceUnblock, Unblock: u}
	}
	status := func(a procedure.Action, why procedure.StatusReason) procedure.PersonAnswers {
		return statusAnswers(a, "", why)
	}
	const (
		issue, renew, revoke, suspend = procedure.ActionIssue, procedure.ActionRenew, procedure.ActionRevoke, procedure.ActionSuspend
		none, keep, change            = procedure.UnblockNone, procedure.UnblockKeep, procedure.UnblockChange
		lost, stolen                  = procedure.StatusLost, procedure.StatusStolen
		open                          = procedure.CodePapersOpen
	)
	tests := []struct {
		name          string
		first, second procedure.PersonAnswers
		want          procedure.Code // with the forms of the first choice
	}{
		{"issue, then renew", certificate(issue, none), certificate(renew, none), open},
		{"issue twice", certificate(issue, none), certificate(issue, none), ""},
		{"renew, then with an unblock", certificate(renew, none), certificate(renew, keep), open},
		{"renew with an unblock, then without", certificate(renew, keep), certificate(renew, none), ""},
		{"renew and keep, then change", certificate(renew, keep), certificate(renew, change), open},
		{"keep, then change", unblock(keep), unblock(change), open},
		{"change twice", unblock(change), unblock(change), ""},
		{"revoke, then suspend", status(revoke, lost), status(suspend, lost), open},
		{"revoke for another reason", status(revoke, lost), status(revoke, stolen), open},
		{"revoke twice", status(revoke, lost), status(revoke, lost), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, old := testHarness(t), proctest.Certificate{}
			if tt.first.Service == procedure.ServiceStatus {
				h, old = standing(t, proctest.Active)
				tt.first.Status.Serial, tt.second.Status.Serial = old.Serial, old.Serial
			} else {
				h.renewable()
				h.must("OpenCase", h.e.OpenCase(ctx))
				o := procedure.OverrideRequest{Choice: issue, Reason: "тражи нови уговор"}
				h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
			}
			h.must("the first choice", h.e.ConfirmPerson(ctx, tt.first))
			h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
			h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
			h.must("the second choice", h.e.ConfirmPerson(ctx, tt.second))
			h.wants("with the forms of the first", h.e.ConfirmPapers(ctx, allPaperTicks), tt.want)
			if tt.want != "" {
				h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
				h.must("with forms of its own", h.e.ConfirmPapers(ctx, allPaperTicks))
			}
		})
	}
}

// TestE22BroughtForOneUnblock: an Obrazac 2 that was brought counts for the
// unblock for which it was brought; one that is added in the middle of the work
// needs another.
func TestE22BroughtForOneUnblock(t *testing.T) {
	for _, again := range []procedure.Unblock{procedure.UnblockKeep, procedure.UnblockChange} {
		t.Run(string(again), func(t *testing.T) {
			h := testHarness(t)
			h.must("OpenCase", h.e.OpenCase(ctx))
			a := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes, Unblock: procedure.UnblockKeep}
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
			brought := []procedure.BroughtForm{{Kind: procedure.PaperUnblock, Circled: 1}}
			h.must("RecordBrought", h.e.RecordBrought(ctx, brought))
			h.toPINPage()
			h.Faults.Add(proctest.Fault{Op: proctest.OpEnrol, Nth: 1, When: proctest.After, Do: h.remove})
			h.must("EnterPIN", h.enterPIN())
			h.insert(h.Card)
			h.must("BeginPIN", h.e.BeginPIN(ctx))
			for range 3 {
				_ = h.e.EnterPIN(ctx, []byte("9999"))
			}
			h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
			a.Unblock = again
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
			h.wants("with the form brought before", h.e.ConfirmPapers(ctx, allPaperTicks), procedure.CodePapersOpen)
			h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
			h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
			h.phase(procedure.PhasePIN)
		})
	}
}
