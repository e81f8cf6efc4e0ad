package ca

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Pending lists the status changes that wait for a second clerk at this
// office, oldest first.
func (c *Client) Pending(ctx context.Context) ([]PendingChange, error) {
	const op = "list approvals"
	var answer PendingChanges
	if err := c.getJSON(ctx, op, PathApprovals+"?state="+ChangePending, &answer); err != nil {
		return nil, unsupported(err)
	}
	for _, p := range answer.Pending {
		if _, err := parseSum(p.Request); err != nil || p.State != ChangePending {
			return nil, &Error{Op: op, Err: fmt.Errorf("%w: an entry that does not wait", ErrAnswer)}
		}
	}
	return answer.Pending, nil
}

// ApprovalRequest is a second clerk's decision. ID is a UUID journalled with
// the intent: the same decision may be sent any number of times.
type ApprovalRequest struct {
	ID       string
	Request  string // PendingChange.Request
	Decision string // DecisionClaim, DecisionApprove, DecisionReject
	Comment  string
	Clerk    ClerkSigner
}

// Decide sends the decision once and returns the change as it stands then.
// After any other error than a refusal it may have been carried out.
func (c *Client) Decide(ctx context.Context, r ApprovalRequest) (PendingChange, error) {
	const op = "decide approval"
	clerk, err := signClaims(ctx, r.Clerk, ApprovalClaims{ID: r.ID, Request: r.Request, Decision: r.Decision,
		Comment: r.Comment, IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return PendingChange{}, fmt.Errorf("%s: %w", op, err)
	}
	var p PendingChange
	body := Approval{Request: r.Request, Decision: r.Decision, Comment: r.Comment, Clerk: clerk}
	if err := c.sendJSON(ctx, op, http.MethodPut, PathApprovals+"/"+url.PathEscape(r.ID), body, &p); err != nil {
		return PendingChange{}, err
	}
	// A repeated claim may find the change decided meanwhile.
	want := map[string]string{DecisionApprove: ChangeApproved, DecisionReject: ChangeRejected}[r.Decision]
	if p.Request != r.Request || want != "" && p.State != want {
		return PendingChange{}, &Error{Op: op, Err: fmt.Errorf("%w: another change or state", ErrAnswer)}
	}
	return p, nil
}
