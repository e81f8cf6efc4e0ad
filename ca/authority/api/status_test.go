package api_test

import (
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

func TestStatusChanges(t *testing.T) {
	o := newOffice(t, catest.Config{})
	supervisor, auditor := o.AddClerk("1002", authority.RoleSupervisor), o.AddClerk("1003", authority.RoleAuditor)
	c := o.open()
	cert := issue(t, c)[0]
	send := func(id string, change ca.StatusChange) (string, *ca.Problem) {
		var reply ca.StatusReply
		p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, change, &reply)
		return reply.Status, p
	}
	mustBe := func(what, id string, change ca.StatusChange, want string) {
		t.Helper()
		if got, p := send(id, change); p != nil || got != want {
			t.Fatalf("%s: got %q, %+v, want %q", what, got, p, want)
		}
	}
	refused := func(what, id string, change ca.StatusChange, want string) {
		t.Helper()
		_, p := send(id, change)
		if p == nil || p.Type != ca.ProblemPrefix+want {
			t.Fatalf("%s: got %+v, want %s", what, p, want)
		}
	}
	id := catest.NewUUID
	activate := func(i string) ca.StatusChange { return c.Change(i, ca.OpActivate, cert, 0) }
	revoke := func(i string, reason int) ca.StatusChange { return c.Change(i, ca.OpRevoke, cert, reason) }

	first := id()
	broken := activate(first)
	broken.ReadBack = c.SumCSR()
	refused("read-back of something else", first, broken, ca.ProblemConflict)
	unsigned := activate(first)
	unsigned.Clerk = ""
	refused("no clerk", first, unsigned, ca.ProblemAssertion)
	refused("signed for another id", first, activate(id()), ca.ProblemAssertion)
	unknown := activate(first)
	unknown.Serial = "40"
	refused("unknown serial", first, unknown, ca.ProblemNotFound)
	refused("id that is no UUID", "1", activate("1"), ca.ProblemBadRequest)
	refused("reason that is not used", first, revoke(first, 6), ca.ProblemBadRequest)
	other := activate(first)
	other.Op = "release"
	refused("operation that does not exist", first, other, ca.ProblemBadRequest)

	c.Clerk = supervisor
	refused("supervisor activates", first, activate(first), ca.ProblemClerk)
	c.Clerk = o.clerk
	mustBe("activate", first, activate(first), "active")
	mustBe("the same again, signed afresh", first, activate(first), "active")
	second := id()
	mustBe("activate what is active", second, activate(second), "active")
	refused("another change under the same id", first, revoke(first, 1), ca.ProblemConflict)

	third := id()
	c.Clerk = auditor
	refused("auditor revokes", third, revoke(third, 1), ca.ProblemClerk)
	c.Clerk = supervisor
	mustBe("supervisor revokes", third, revoke(third, 1), "revoked")
	mustBe("revoke again", third, revoke(third, 1), "revoked")
	c.Clerk = o.clerk
	fourth := id()
	refused("activate what is revoked", fourth, activate(fourth), ca.ProblemTransition)
	mustBe("the first change keeps its answer", first, activate(first), "active")
	if got := c.Lookup(); got.Status != "revoked" {
		t.Errorf("look-up: %s, want revoked", got.Status)
	}
}

// TestRevocationRoles: who may revoke is the owner's decision, on hold as well
// as active.
func TestRevocationRoles(t *testing.T) {
	for _, tt := range []struct {
		name, policy      string
		clerk, supervisor bool
	}{
		{"as it comes", "", true, true},
		{"clerk", `{"roles.revocation":["clerk"],"override.required":false}`, true, false},
		{"supervisor", `{"roles.revocation":["supervisor"],"override.required":false}`, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, catest.Config{})
			if tt.policy != "" {
				o.withPolicy(t, tt.policy)
			}
			supervisor := o.AddClerk("1002", authority.RoleSupervisor)
			for _, state := range []string{"hold", "active"} {
				for _, by := range []struct {
					name  string
					clerk *catest.Clerk
					may   bool
				}{{"clerk", o.clerk, tt.clerk}, {"supervisor", supervisor, tt.supervisor}} {
					c := o.open()
					cert := issue(t, c)[0]
					change := func(op string, reason int) *ca.Problem {
						id := catest.NewUUID()
						return o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, op, cert, reason), nil)
					}
					if state == "active" {
						if p := change(ca.OpActivate, 0); p != nil {
							t.Fatalf("activate: %+v", p)
						}
					}
					c.Clerk = by.clerk
					p := change(ca.OpRevoke, 5)
					if may := p == nil; may != by.may || !may && p.Name() != ca.ProblemClerk {
						t.Errorf("%s revokes what is %s: got %+v, want success %v", by.name, state, p, by.may)
					}
				}
			}
		})
	}
}

// withPolicy restarts the authority with a policy.json.
func (o *office) withPolicy(t *testing.T, policy string) {
	t.Helper()
	o.Stop()
	if err := os.WriteFile(filepath.Join(o.Dir, "policy.json"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Start()
}

// put sends a status change of a case under a new id, after edit.
func (o *office) put(c *catest.Case, op string, cert *x509.Certificate, reason int, edit func(*ca.StatusChange)) *ca.Problem {
	id := catest.NewUUID()
	change := c.Change(id, op, cert, reason)
	if edit != nil {
		edit(&change)
		c.Resign(id, &change)
	}
	return o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, change, nil)
}

// status asks for a certificate's.
func (o *office) status(t *testing.T, cert *x509.Certificate) ca.Certificate {
	t.Helper()
	var got ca.Certificate
	if p := o.ws.JSON(http.MethodGet, ca.PathCertificates+cert.SerialNumber.Text(16), nil, &got); p != nil {
		t.Fatalf("certificate: %+v", p)
	}
	return got
}

const noApprovals = `{"roles.revocation":["clerk","supervisor"],"approval.status_changes":[]}`

// TestStatusMachine tries every operation in every state.
func TestStatusMachine(t *testing.T) {
	o := newOffice(t, catest.Config{})
	o.withPolicy(t, `{"roles.revocation":["clerk"],"approval.status_changes":[],"override.required":false}`)
	reasons := map[string]int{ca.OpSuspend: ca.ReasonHold, ca.OpRevoke: 1}
	for _, tt := range []struct {
		state string
		way   []string // from hold
		then  map[string]string
	}{
		{"hold", nil, map[string]string{"activate": "active", "revoke": "revoked"}},
		{"active", []string{"activate"}, map[string]string{"activate": "active", "suspend": "suspended", "revoke": "revoked"}},
		{"suspended", []string{"activate", "suspend"}, map[string]string{"suspend": "suspended", "reactivate": "active", "revoke": "revoked"}},
		{"active", []string{"activate", "suspend", "reactivate"}, map[string]string{"activate": "active", "suspend": "suspended", "revoke": "revoked"}},
		{"revoked", []string{"activate", "suspend", "revoke"}, map[string]string{"revoke": "revoked"}},
	} {
		for _, op := range []string{"activate", "suspend", "reactivate", "revoke"} {
			c := o.open()
			cert := issue(t, c)[0]
			for _, step := range tt.way {
				if p := o.put(c, step, cert, reasons[step], nil); p != nil {
					t.Fatalf("%s: %+v", step, p)
				}
			}
			p := o.put(c, op, cert, reasons[op], nil)
			want, may := tt.then[op]
			if !may {
				want = tt.state
				if p == nil || p.Name() != ca.ProblemTransition || p.Serial != cert.SerialNumber.Text(16) {
					t.Errorf("%s what is %s: got %+v, want %s with the serial", op, tt.state, p, ca.ProblemTransition)
				}
			} else if p != nil {
				t.Errorf("%s what is %s: got %+v, want success", op, tt.state, p)
			}
			if got := o.status(t, cert); got.Status != want {
				t.Errorf("%s what is %s: status %s, want %s", op, tt.state, got.Status, want)
			}
		}
	}
}

// TestStatusForm: reasons and the time of receipt.
func TestStatusForm(t *testing.T) {
	o := newOffice(t, catest.Config{})
	o.withPolicy(t, noApprovals)
	c := o.open()
	cert := issue(t, c)[0]
	if p := o.put(c, ca.OpActivate, cert, 0, nil); p != nil {
		t.Fatal(p)
	}
	received := func(at int64) func(*ca.StatusChange) { return func(s *ca.StatusChange) { s.ReceivedAt = at } }
	for _, tt := range []struct {
		name   string
		op     string
		reason int
		edit   func(*ca.StatusChange)
		want   string
	}{
		{"suspension for another reason", ca.OpSuspend, 1, nil, ca.ProblemBadRequest},
		{"suspension without a form", ca.OpSuspend, ca.ReasonHold, received(0), ca.ProblemBadRequest},
		{"reactivation with a reason", ca.OpReactivate, 8, nil, ca.ProblemBadRequest},
		{"reactivation without a form", ca.OpReactivate, 0, received(0), ca.ProblemBadRequest},
		{"activation by form", ca.OpActivate, 0, received(time.Now().Unix()), ca.ProblemBadRequest},
		{"form of tomorrow", ca.OpSuspend, ca.ReasonHold, received(time.Now().Add(time.Hour).Unix()), ca.ProblemClock},
		{"form of before 1970", ca.OpRevoke, 1, received(-1), ca.ProblemBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) { wantProblem(t, o.put(c, tt.op, cert, tt.reason, tt.edit), tt.want) })
	}
	id := catest.NewUUID()
	change := c.Change(id, ca.OpSuspend, cert, ca.ReasonHold)
	change.ReceivedAt--
	wantProblem(t, o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, change, nil), ca.ProblemAssertion)
	at := time.Now().Add(-time.Hour).Unix()
	if p := o.put(c, ca.OpSuspend, cert, ca.ReasonHold, received(at)); p != nil {
		t.Fatal(p)
	}
	if got := o.status(t, cert); got.Status != "suspended" || got.Reason != ca.ReasonHold || got.ReceivedAt != at {
		t.Errorf("suspended: got %+v, want reason %d, received at %d", got, ca.ReasonHold, at)
	}
	if p := o.put(c, ca.OpReactivate, cert, 0, nil); p != nil {
		t.Fatal(p)
	}
	if got := o.status(t, cert); got.Status != "active" || got.Reason != 0 {
		t.Errorf("reactivated: got %+v, want active without a reason", got)
	}
}

// TestFormAtAnyOffice: a citizen reports the loss of his card wherever he is.
func TestFormAtAnyOffice(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	cert := issue(t, c)[0]
	elsewhere := o.Enrol("NS-001-01")
	id := catest.NewUUID()
	change := c.Change(id, ca.OpRevoke, cert, 1)
	wantProblem(t, elsewhere.JSON(http.MethodPut, ca.PathStatusChange+id, change, nil), ca.ProblemAssertion)
	change.ReceivedAt = time.Now().Unix()
	c.Resign(id, &change)
	if p := elsewhere.JSON(http.MethodPut, ca.PathStatusChange+id, change, nil); p != nil {
		t.Errorf("by form: %+v", p)
	}
	var got ca.Certificate
	if p := elsewhere.JSON(http.MethodGet, ca.PathCertificates+change.Serial, nil, &got); p != nil || got.Status != "revoked" {
		t.Errorf("seen from there: got %+v, %+v, want revoked", got, p)
	}
}

// TestCertificate: dates, and who follows whom. A certificate that never
// reached a chip supersedes nothing.
func TestCertificate(t *testing.T) {
	o := newOffice(t, catest.Config{})
	other := catest.Citizen()
	other.PersonalNumber, other.CardNumber = "0101900715006", "987654321"
	var certs []*x509.Certificate
	for i, h := range []catest.Holder{catest.Citizen(), newCard("111111111"), other, newCard("222222222")} {
		c := o.ws.Open(o.clerk, o.cards, h)
		cert := issue(t, c)[0]
		if i != 1 {
			if p := o.put(c, ca.OpActivate, cert, 0, nil); p != nil {
				t.Fatal(p)
			}
		}
		certs = append(certs, cert)
	}
	serial := func(i int) string {
		if i < 0 {
			return ""
		}
		return certs[i].SerialNumber.Text(16)
	}
	check := func(when string) {
		t.Helper()
		for i, want := range []struct{ before, after int }{{-1, 3}, {0, 3}, {-1, -1}, {0, -1}} {
			got := o.status(t, certs[i])
			if got.Supersedes != serial(want.before) || got.SupersededBy != serial(want.after) {
				t.Errorf("%s, certificate %d: supersedes %q, superseded by %q, want %q, %q", when, i,
					got.Supersedes, got.SupersededBy, serial(want.before), serial(want.after))
			}
			if got.NotBefore != certs[i].NotBefore.Unix() || got.NotAfter != certs[i].NotAfter.Unix() || got.Since == 0 || got.Label != ca.LabelCitizen {
				t.Errorf("%s, certificate %d: got %+v", when, i, got)
			}
		}
	}
	check("as issued")
	o.Stop()
	o.exec(t, "DELETE FROM holder") // as a database of before holders were kept
	o.Start()
	check("after an upgrade")
	wantProblem(t, o.ws.JSON(http.MethodGet, ca.PathCertificates+"40", nil, nil), ca.ProblemNotFound)
}
