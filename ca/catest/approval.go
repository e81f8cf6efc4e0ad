package catest

import "salter/ca"

// Decision makes a decision about the waiting change request, signed by the
// clerk.
func (c *Case) Decision(clerk *Clerk, id, request, decision, comment string) ca.Approval {
	c.w.t.Helper()
	return ca.Approval{Request: request, Decision: decision, Comment: comment, Clerk: clerk.Sign(ca.ApprovalClaims{ID: id,
		Request: request, Decision: decision, Comment: comment, IssuedAt: c.Now().Unix()})}
}
