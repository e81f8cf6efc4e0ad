package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

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
	other.Op = "suspend"
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
		{"clerk", `{"roles.revocation":["clerk"]}`, true, false},
		{"supervisor", `{"roles.revocation":["supervisor"]}`, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, catest.Config{})
			if tt.policy != "" {
				o.Stop()
				if err := os.WriteFile(filepath.Join(o.Dir, "policy.json"), []byte(tt.policy), 0o600); err != nil {
					t.Fatal(err)
				}
				o.Start()
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
