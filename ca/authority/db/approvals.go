package db

import (
	"database/sql"
	"time"
)

// PutPending implements Approvals.
func (t tx) PutPending(p PendingChange) error {
	return t.exec("write pending change",
		`INSERT INTO pending_change(id, serial, op, reason, case_id, read_back, received_at, clerk, clerk_jws, workstation,
		 override, at, request_sha256, state, office, expires) VALUES(`+marks(16)+`)`,
		p.ID, p.Serial, p.Op, p.Reason, p.Case, p.ReadBack, p.ReceivedAt, p.Clerk, p.ClerkJWS, p.Workstation,
		p.Override, p.At.UnixMilli(), p.Request[:], "pending", p.Office, p.Expires.UnixMilli())
}

const selectPending = `SELECT id, serial, op, reason, case_id, read_back, received_at, clerk, clerk_jws, workstation,
	override, at, request_sha256, state, office, expires, coalesce(claimed_by, ''), claim_ends FROM pending_change WHERE `

func scanPending(r scanner) (p PendingChange, err error) {
	var at, expires int64
	var ends sql.NullInt64
	err = r.Scan(&p.ID, &p.Serial, &p.Op, &p.Reason, &p.Case, &p.ReadBack, &p.ReceivedAt, &p.Clerk, &p.ClerkJWS, &p.Workstation,
		&p.Override, &at, sum32{&p.Request}, &p.State, &p.Office, &expires, &p.ClaimedBy, &ends)
	p.At, p.Expires = time.UnixMilli(at), time.UnixMilli(expires)
	if ends.Valid {
		p.ClaimEnds = time.UnixMilli(ends.Int64)
	}
	return p, err
}

// Pending implements Approvals.
func (t tx) Pending(id string) (PendingChange, error) {
	return one(t, "find pending change", selectPending+"id = ?", []any{id}, scanPending)
}

// PendingByRequest implements Approvals.
func (t tx) PendingByRequest(request [32]byte) (PendingChange, error) {
	return one(t, "find pending change", selectPending+"request_sha256 = ?", []any{request[:]}, scanPending)
}

// PendingOf implements Approvals.
func (t tx) PendingOf(office string, now time.Time, limit int) ([]PendingChange, error) {
	return collect(t, "list pending changes",
		selectPending+"state = 'pending' AND office = ? AND expires > ? ORDER BY expires, id LIMIT ?",
		[]any{office, now.UnixMilli(), limit}, scanPending)
}

// ClaimPending implements Approvals.
func (t tx) ClaimPending(id, clerk string, ends time.Time) error {
	return t.row("claim pending change",
		"UPDATE pending_change SET claimed_by = ?, claim_ends = ? WHERE id = ? AND state = 'pending' RETURNING id",
		[]any{clerk, ends.UnixMilli(), id}, new(string))
}

// SettlePending implements Approvals.
func (t tx) SettlePending(id, state string) error {
	return t.row("settle pending change",
		"UPDATE pending_change SET state = ? WHERE id = ? AND state = 'pending' RETURNING id", []any{state, id}, new(string))
}

// PutApproval implements Approvals.
func (t tx) PutApproval(a Approval) error {
	return t.exec("write approval",
		"INSERT INTO approval(id, request_sha256, decision, comment, clerk, clerk_jws, workstation, at) VALUES("+marks(8)+")",
		a.ID, a.Request[:], a.Decision, a.Comment, a.Clerk, a.ClerkJWS, a.Workstation, a.At.UnixMilli())
}

// Approval implements Approvals.
func (t tx) Approval(id string) (Approval, error) {
	return one(t, "find approval",
		"SELECT id, request_sha256, decision, comment, clerk, clerk_jws, workstation, at FROM approval WHERE id = ?", []any{id},
		func(r scanner) (a Approval, err error) {
			var at int64
			err = r.Scan(&a.ID, sum32{&a.Request}, &a.Decision, &a.Comment, &a.Clerk, &a.ClerkJWS, &a.Workstation, &at)
			a.At = time.UnixMilli(at)
			return a, err
		})
}
