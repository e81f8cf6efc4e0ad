package api_test

import (
	"net/http"
	"testing"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

func TestStatusChanges(t *testing.T) {
	o := newOffice(t, catest.Config{})
	issueOnly := o.AddClerk("1002", authority.RoleIssue)
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

	mustBe("activate", first, activate(first), "active")
	mustBe("the same again, signed afresh", first, activate(first), "active")
	second := id()
	mustBe("activate what is active", second, activate(second), "active")
	refused("another change under the same id", first, revoke(first, 1), ca.ProblemConflict)

	third := id()
	c.Clerk = issueOnly
	refused("revoke an active one without the role", third, revoke(third, 1), ca.ProblemClerk)
	c.Clerk = o.clerk
	mustBe("revoke", third, revoke(third, 1), "revoked")
	mustBe("revoke again", third, revoke(third, 1), "revoked")
	fourth := id()
	refused("activate what is revoked", fourth, activate(fourth), ca.ProblemTransition)
	mustBe("the first change keeps its answer", first, activate(first), "active")
	if got := c.Lookup(); got.Status != "revoked" {
		t.Errorf("look-up: %s, want revoked", got.Status)
	}
}

func TestRevokeOnHoldNeedsNoMoreThanIssuing(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	c.Clerk = o.AddClerk("1002", authority.RoleIssue)
	cert := issue(t, c)[0]
	id := catest.NewUUID()
	if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, ca.OpRevoke, cert, 5), nil); p != nil {
		t.Errorf("revoke on hold: %+v", p)
	}
}
