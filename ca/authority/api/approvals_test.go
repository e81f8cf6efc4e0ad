package api_test

import (
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// waiting is a suspended certificate whose reactivation waits for a second
// clerk.
type waiting struct {
	*office
	c       *catest.Case
	cert    *x509.Certificate
	id      string // of the status change
	change  ca.StatusChange
	request string
}

func newWaiting(t *testing.T, cfg catest.Config) *waiting {
	t.Helper()
	return newOffice(t, cfg).wait(t, cfg.Now)
}

// wait makes one at the office; now may be nil.
func (o *office) wait(t *testing.T, now func() time.Time) *waiting {
	t.Helper()
	w := &waiting{office: o, id: catest.NewUUID()}
	w.c = w.open()
	if now != nil {
		w.c.Now = now
	}
	w.cert = issue(t, w.c)[0]
	for _, step := range []struct {
		op     string
		reason int
	}{{ca.OpActivate, 0}, {ca.OpSuspend, ca.ReasonHold}} {
		if p := w.put(w.c, step.op, w.cert, step.reason, nil); p != nil {
			t.Fatalf("%s: %+v", step.op, p)
		}
	}
	w.change = w.c.Change(w.id, ca.OpReactivate, w.cert, 0)
	reply, p := w.send()
	if p != nil || reply.Request == "" || reply.Status != ca.StatusSuspended {
		t.Fatalf("reactivate: got %+v, %+v, want it to wait", reply, p)
	}
	w.request = reply.Request
	return w
}

// send sends the reactivation as it is.
func (w *waiting) send() (ca.StatusReply, *ca.Problem) {
	var reply ca.StatusReply
	p := w.ws.JSON(http.MethodPut, ca.PathStatusChange+w.id, w.change, &reply)
	return reply, p
}

// decide sends a decision under a new id.
func (w *waiting) decide(clerk *catest.Clerk, decision, comment string) (ca.PendingChange, *ca.Problem) {
	id := catest.NewUUID()
	var entry ca.PendingChange
	p := w.ws.JSON(http.MethodPut, ca.PathApprovals+"/"+id, w.c.Decision(clerk, id, w.request, decision, comment), &entry)
	return entry, p
}

func (w *waiting) queue(t *testing.T, ws *catest.Workstation) []ca.PendingChange {
	t.Helper()
	var all ca.PendingChanges
	if p := ws.JSON(http.MethodGet, ca.PathApprovals+"?state=pending", nil, &all); p != nil {
		t.Fatalf("queue: %+v", p)
	}
	return all.Pending
}

func TestApprove(t *testing.T) {
	w := newWaiting(t, catest.Config{})
	second, third := w.AddClerk("1002", authority.RoleSupervisor), w.AddClerk("1003")
	auditor := w.AddClerk("1004", authority.RoleAuditor)
	twin, key := w.AddClerkKey("1005", w.clerk.Key), w.AddClerk(w.clerk.Number)
	queue := w.queue(t, w.ws)
	if len(queue) != 1 || queue[0].ID != w.id || queue[0].Request != w.request || queue[0].Op != ca.OpReactivate ||
		queue[0].Clerk != w.clerk.Number || queue[0].ReceivedAt != w.change.ReceivedAt || queue[0].ClaimedBy != "" {
		t.Fatalf("queue: got %+v", queue)
	}
	if n := len(w.queue(t, w.Enrol("NS-001-01"))); n != 0 {
		t.Errorf("another office sees %d", n)
	}
	refused := func(what string, clerk *catest.Clerk, decision, comment, want string) {
		t.Helper()
		if _, p := w.decide(clerk, decision, comment); p.Name() != want {
			t.Errorf("%s: got %+v, want %s", what, p, want)
		}
	}
	refused("first clerk", w.clerk, ca.DecisionClaim, "", ca.ProblemClerk)
	refused("first clerk, another certificate", key, ca.DecisionClaim, "", ca.ProblemClerk)
	refused("first clerk's key, another name", twin, ca.DecisionClaim, "", ca.ProblemClerk)
	refused("auditor", auditor, ca.DecisionClaim, "", ca.ProblemClerk)
	refused("not claimed", second, ca.DecisionApprove, "", ca.ProblemConflict)
	refused("unknown decision", second, "forget", "", ca.ProblemBadRequest)
	refused("rejection without a word", second, ca.DecisionReject, " ", ca.ProblemBadRequest)
	refused("comment of two lines", second, ca.DecisionReject, "a\nb", ca.ProblemBadRequest)
	if entry, p := w.decide(second, ca.DecisionClaim, ""); p != nil || entry.ClaimedBy != "1002" || entry.ClaimEnds == 0 {
		t.Fatalf("claim: got %+v, %+v", entry, p)
	}
	refused("claimed by another", third, ca.DecisionClaim, "", ca.ProblemConflict)
	refused("claimed by another", third, ca.DecisionApprove, "", ca.ProblemConflict)
	if got := w.status(t, w.cert); got.Status != ca.StatusSuspended {
		t.Fatalf("before approval: %s", got.Status)
	}
	id := catest.NewUUID()
	forged := w.c.Decision(second, id, w.request, ca.DecisionReject, "no")
	forged.Decision, forged.Comment = ca.DecisionApprove, ""
	wantProblem(t, w.ws.JSON(http.MethodPut, ca.PathApprovals+"/"+id, forged, nil), ca.ProblemAssertion)
	approve := w.c.Decision(second, id, w.request, ca.DecisionApprove, "у реду")
	for range 2 {
		var entry ca.PendingChange
		if p := w.ws.JSON(http.MethodPut, ca.PathApprovals+"/"+id, approve, &entry); p != nil || entry.State != ca.ChangeApproved {
			t.Fatalf("approve: got %+v, %+v", entry, p)
		}
	}
	other := w.c.Decision(second, id, w.request, ca.DecisionReject, "no")
	wantProblem(t, w.ws.JSON(http.MethodPut, ca.PathApprovals+"/"+id, other, nil), ca.ProblemConflict)
	refused("decided", second, ca.DecisionReject, "no", ca.ProblemConflict)
	if reply, p := w.send(); p != nil || reply.Status != ca.StatusActive || reply.Request != "" {
		t.Errorf("sent again: got %+v, %+v, want active", reply, p)
	}
	if got := w.status(t, w.cert); got.Status != ca.StatusActive || got.ReceivedAt != w.change.ReceivedAt {
		t.Errorf("approved: got %+v, want active", got)
	}
	if n := len(w.queue(t, w.ws)); n != 0 {
		t.Errorf("%d still wait", n)
	}
	wantProblem(t, w.ws.JSON(http.MethodGet, ca.PathApprovals+"?state=approved", nil, nil), ca.ProblemBadRequest)
}

func TestReject(t *testing.T) {
	w := newWaiting(t, catest.Config{})
	second := w.AddClerk("1002")
	if again, p := w.send(); p != nil || again.Request != w.request {
		t.Errorf("sent again while it waits: got %+v, %+v, want the same request", again, p)
	}
	changed := w.change
	changed.Case = catest.NewUUID()
	w.c.Resign(w.id, &changed)
	wantProblem(t, w.ws.JSON(http.MethodPut, ca.PathStatusChange+w.id, changed, nil), ca.ProblemConflict)
	for _, d := range []string{ca.DecisionClaim, ca.DecisionReject} {
		if _, p := w.decide(second, d, "signature differs"); p != nil {
			t.Fatalf("%s: %+v", d, p)
		}
	}
	if _, p := w.send(); p.Name() != ca.ProblemApproval || p.Serial != w.change.Serial {
		t.Errorf("sent again: got %+v, want %s with the serial", p, ca.ProblemApproval)
	}
	if got := w.status(t, w.cert); got.Status != ca.StatusSuspended {
		t.Errorf("rejected: status %s, want suspended", got.Status)
	}
}

// TestApprovalTimes: a claim ends by itself, and so does what waits.
func TestApprovalTimes(t *testing.T) {
	cl := new(clock)
	cl.set(0)
	w := newWaiting(t, catest.Config{Now: cl.now})
	second, third := w.AddClerk("1002"), w.AddClerk("1003")
	if _, p := w.decide(second, ca.DecisionClaim, ""); p != nil {
		t.Fatal(p)
	}
	cl.set(16 * time.Minute)
	if q := w.queue(t, w.ws); len(q) != 1 || q[0].ClaimedBy != "" {
		t.Errorf("after the claim's end: got %+v, want it free", q)
	}
	if _, p := w.decide(second, ca.DecisionApprove, ""); p.Name() != ca.ProblemConflict {
		t.Errorf("approved after the claim's end: got %+v", p)
	}
	if _, p := w.decide(third, ca.DecisionClaim, ""); p != nil {
		t.Errorf("claimed by another then: %+v", p)
	}
	cl.set(25 * time.Hour)
	if n := len(w.queue(t, w.ws)); n != 0 {
		t.Errorf("%d wait after a day", n)
	}
	if _, p := w.decide(third, ca.DecisionClaim, ""); p.Name() != ca.ProblemApproval {
		t.Errorf("claimed after a day: got %+v, want %s", p, ca.ProblemApproval)
	}
	if _, p := w.send(); p.Name() != ca.ProblemApproval {
		t.Errorf("sent again after a day: got %+v, want %s", p, ca.ProblemApproval)
	}
}

// TestApprovedTooLate: the status machine is asked again at approval.
func TestApprovedTooLate(t *testing.T) {
	w := newWaiting(t, catest.Config{})
	second := w.AddClerk("1002")
	if p := w.put(w.c, ca.OpRevoke, w.cert, 1, nil); p != nil {
		t.Fatal(p)
	}
	if _, p := w.decide(second, ca.DecisionClaim, ""); p != nil {
		t.Fatal(p)
	}
	_, p := w.decide(second, ca.DecisionApprove, "")
	wantProblem(t, p, ca.ProblemTransition)
	if got := w.status(t, w.cert); got.Status != ca.StatusRevoked {
		t.Errorf("status %s, want revoked", got.Status)
	}
}
