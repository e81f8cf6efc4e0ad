package authority

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"salter/ca"
	"salter/ca/authority/db"
)

const (
	approvalLife = 24 * time.Hour   // after it a waiting change can no longer be approved
	claimLife    = 15 * time.Minute // how long one clerk has a waiting change to himself
)

// queue keeps a change until a second clerk has decided. What he signs is the
// hash of the first one's signature as it was sent.
func (a *Authority) queue(tx db.Tx, change db.StatusChange, status db.Status) (ca.StatusReply, error) {
	p := db.PendingChange{StatusChange: change, Request: sha256.Sum256([]byte(change.ClerkJWS)), State: ca.ChangePending,
		Office: officeOf(change.Workstation), Expires: change.At.Add(approvalLife)}
	p.Result = "" // not known before it is executed
	if err := tx.PutPending(p); err != nil {
		return ca.StatusReply{}, err
	}
	return waiting(p, status), nil
}

func waiting(p db.PendingChange, status db.Status) ca.StatusReply {
	return ca.StatusReply{Serial: p.Serial, Status: status.State, Request: hex.EncodeToString(p.Request[:])}
}

// queued answers a repeat of a change that waits or was not approved.
func (a *Authority) queued(tx db.Tx, id string, c ca.StatusChange, status db.Status) (reply ca.StatusReply, known bool, err error) {
	p, err := tx.Pending(id)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return reply, false, nil
	case err != nil:
		return reply, false, err
	case !sameChange(p.StatusChange, c):
		return reply, true, Refuse(ca.ProblemConflict, "another status change has this id")
	}
	if err := a.checkOpen(p); err != nil {
		return reply, true, err
	}
	return waiting(p, status), true, nil
}

// checkOpen refuses what can no longer be approved.
func (a *Authority) checkOpen(p db.PendingChange) error {
	var r *Refusal
	switch {
	case p.State == ca.ChangeRejected:
		r = Refuse(ca.ProblemApproval, "change was rejected by a second clerk")
	case p.State == ca.ChangeApproved:
		r = Refuse(ca.ProblemConflict, "change was approved already")
	case !a.now().Before(p.Expires):
		r = Refuse(ca.ProblemApproval, "nobody approved the change in time")
	default:
		return nil
	}
	r.Problem.Serial = p.Serial
	return r
}

// Pending lists what waits for a second clerk at the caller's office.
func (a *Authority) Pending(ctx context.Context, c Caller) (ca.PendingChanges, error) {
	var answer ca.PendingChanges
	err := a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		rows, err := tx.PendingOf(officeOf(w.Name), a.now(), ca.MaxPending)
		answer.Pending = []ca.PendingChange{}
		for _, p := range rows {
			answer.Pending = append(answer.Pending, a.pendingEntry(p))
		}
		return err
	})
	if err != nil {
		return ca.PendingChanges{}, err
	}
	return answer, nil
}

// pendingEntry shows a claim only while it counts.
func (a *Authority) pendingEntry(p db.PendingChange) ca.PendingChange {
	e := ca.PendingChange{ID: p.ID, Request: hex.EncodeToString(p.Request[:]), State: p.State, Op: p.Op, Serial: p.Serial,
		Reason: p.Reason, Case: p.Case, ReceivedAt: p.ReceivedAt, Clerk: p.Clerk, Workstation: p.Workstation,
		At: p.At.Unix(), Expires: p.Expires.Unix()}
	if p.State == ca.ChangePending && a.now().Before(p.ClaimEnds) {
		e.ClaimedBy, e.ClaimEnds = p.ClaimedBy, p.ClaimEnds.Unix()
	}
	return e
}

// Decide claims, approves or rejects a waiting change under the client's id.
// Repeats are absorbed; created is false for them.
func (a *Authority) Decide(ctx context.Context, c Caller, id string, body ca.Approval) (entry ca.PendingChange, created bool, err error) {
	request, err := checkApproval(id, body)
	if err != nil {
		return entry, false, err
	}
	var serial string // of the certificate
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		p, err := tx.PendingByRequest(request)
		serial = p.Serial
		if errors.Is(err, db.ErrNotFound) || err == nil && p.Office != officeOf(w.Name) {
			return Refuse(ca.ProblemNotFound, "no such change waits at this office")
		}
		if err != nil {
			return err
		}
		if created, err = a.decide(tx, w, id, p, body); err != nil {
			return err
		}
		if p, err = tx.PendingByRequest(request); err == nil {
			entry = a.pendingEntry(p)
		}
		return err
	})
	a.forgetAnswers(serial)
	if err != nil {
		return ca.PendingChange{}, false, err
	}
	if created {
		a.log.Info("approval", "id", id, "decision", body.Decision, "change", entry.ID, "serial", entry.Serial)
	}
	return entry, created, nil
}

func checkApproval(id string, body ca.Approval) (request [32]byte, err error) {
	request, err = parseSum(body.Request)
	known := body.Decision == ca.DecisionClaim || body.Decision == ca.DecisionApprove || body.Decision == ca.DecisionReject
	switch {
	case err != nil || !uuid.MatchString(id):
		return request, Refuse(ca.ProblemBadRequest, "id is no UUID, or request no SHA-256 in lower-case hex")
	case !known:
		return request, Refuse(ca.ProblemBadRequest, "decision is not known")
	case len(body.Comment) > ca.MaxComment || strings.ContainsFunc(body.Comment, unicode.IsControl):
		return request, Refuse(ca.ProblemBadRequest, "comment is longer than %d bytes or not one line", ca.MaxComment)
	case body.Decision == ca.DecisionReject && strings.TrimSpace(body.Comment) == "":
		return request, Refuse(ca.ProblemBadRequest, "a rejection needs a comment")
	}
	return request, nil
}

func (a *Authority) decide(tx db.Tx, w db.Workstation, id string, p db.PendingChange, body ca.Approval) (bool, error) {
	done, err := tx.Approval(id)
	if err == nil {
		if done.Request != p.Request || done.Decision != body.Decision || done.Comment != body.Comment {
			return false, Refuse(ca.ProblemConflict, "another decision has this id")
		}
		return false, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return false, err
	}
	clerk, err := a.secondClerk(tx, w, id, p, body)
	if err != nil {
		return false, err
	}
	if err := a.checkOpen(p); err != nil {
		return false, err
	}
	claimed := a.now().Before(p.ClaimEnds)
	switch {
	case claimed && p.ClaimedBy != clerk.Number:
		return false, Refuse(ca.ProblemConflict, "change is claimed by clerk %s", p.ClaimedBy)
	case !claimed && body.Decision != ca.DecisionClaim:
		return false, Refuse(ca.ProblemConflict, "change must be claimed before it is decided")
	}
	if err := a.carryOut(tx, p, clerk, body.Decision); err != nil {
		return false, err
	}
	return true, tx.PutApproval(db.Approval{ID: id, Request: p.Request, Decision: body.Decision, Comment: body.Comment,
		Clerk: clerk.Number, ClerkJWS: body.Clerk, Workstation: w.Name, At: a.now()})
}

// secondClerk verifies the signature and refuses the first clerk, under
// whatever certificate or with the same key.
func (a *Authority) secondClerk(tx db.Tx, w db.Workstation, id string, p db.PendingChange, body ca.Approval) (db.Clerk, error) {
	var signed ca.ApprovalClaims
	second, err := a.clerkOf(tx, body.Clerk, w.Name, []string{RoleClerk, RoleSupervisor}, &signed)
	if err != nil {
		return second, err
	}
	want := ca.ApprovalClaims{ID: id, Request: body.Request, Decision: body.Decision, Comment: body.Comment, IssuedAt: signed.IssuedAt}
	if signed != want {
		return second, Refuse(ca.ProblemAssertion, "clerk signed another decision")
	}
	if err := a.checkClerkTime(tx, signed.IssuedAt); err != nil {
		return second, err
	}
	fingerprint, err := thumbprint(p.ClerkJWS)
	if err != nil {
		return second, fmt.Errorf("read first clerk: %w", err)
	}
	first, err := tx.Clerk(fingerprint)
	if err != nil {
		return second, fmt.Errorf("find first clerk: %w", err)
	}
	same, err := samePerson(first, second)
	if err != nil {
		return second, err
	}
	if same {
		return second, Refuse(ca.ProblemClerk, "clerk %s asked for the change himself", second.Number)
	}
	return second, nil
}

// samePerson reports whether two entries of the register are one person: by
// service number, under whatever certificate, or by the key.
func samePerson(a, b db.Clerk) (bool, error) {
	first, err := x509.ParseCertificate(a.Certificate)
	if err != nil {
		return false, fmt.Errorf("read certificate of clerk %s: %w", a.Number, err)
	}
	second, err := x509.ParseCertificate(b.Certificate)
	if err != nil {
		return false, fmt.Errorf("read certificate of clerk %s: %w", b.Number, err)
	}
	return a.Number == b.Number || string(first.RawSubjectPublicKeyInfo) == string(second.RawSubjectPublicKeyInfo), nil
}

// carryOut executes a decision. The status machine is asked again: what was
// possible when the change was requested may not be so any more.
func (a *Authority) carryOut(tx db.Tx, p db.PendingChange, clerk db.Clerk, decision string) error {
	switch decision {
	case ca.DecisionClaim:
		return tx.ClaimPending(p.ID, clerk.Number, a.now().Add(claimLife))
	case ca.DecisionReject:
		return tx.SettlePending(p.ID, ca.ChangeRejected)
	}
	row, err := tx.IssuanceBySerial(p.Serial)
	if err != nil {
		return err
	}
	status, err := tx.Status(p.Serial)
	if err != nil {
		return err
	}
	change := p.StatusChange
	if change.Result, err = transition(ca.StatusChange{Op: p.Op, Serial: p.Serial, Case: p.Case}, row, status); err != nil {
		return err
	}
	change.At = a.now()
	if err := tx.PutStatusChange(change); err != nil {
		return err
	}
	return tx.SettlePending(p.ID, ca.ChangeApproved)
}
