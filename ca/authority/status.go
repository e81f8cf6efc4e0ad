package authority

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"salter/ca"
	"salter/ca/authority/db"
)

// ChangeStatus executes a status change under the client's id. The same change
// under the same id may be sent any number of times, also with a fresh
// signature of the clerk: it is executed once, and created is false for the
// repeats. Another change under the same id is a conflict.
func (a *Authority) ChangeStatus(ctx context.Context, c Caller, id string, change ca.StatusChange) (reply ca.StatusReply, created bool, err error) {
	if !uuid.MatchString(id) {
		return reply, false, Refuse(ca.ProblemBadRequest, "id is no UUID in lower case")
	}
	if err := checkChange(change); err != nil {
		return reply, false, err
	}
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		reply, created, err = a.changeStatus(tx, w, id, change)
		return err
	})
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	if created {
		a.log.Info("status changed", "id", id, "op", change.Op, "serial", change.Serial, "status", reply.Status,
			"case", change.Case)
	}
	return reply, created, nil
}

// checkChange checks the form.
func checkChange(c ca.StatusChange) error {
	// Reasons of RFC 5280 5.3.1 that end a certificate at the counter; 0 is
	// written by leaving the reason out.
	reasons := []int{0, 1, 3, 4, 5}
	switch {
	case c.Op != ca.OpActivate && c.Op != ca.OpRevoke:
		return Refuse(ca.ProblemBadRequest, "operation is not known")
	case c.Op == ca.OpActivate && c.Reason != 0:
		return Refuse(ca.ProblemBadRequest, "activation has no reason")
	case c.Op == ca.OpRevoke && !slices.Contains(reasons, c.Reason):
		return Refuse(ca.ProblemBadRequest, "reason %d is not used", c.Reason)
	case !uuid.MatchString(c.Case):
		return Refuse(ca.ProblemBadRequest, "case is no UUID in lower case")
	}
	return nil
}

func (a *Authority) changeStatus(tx db.Tx, w db.Workstation, id string, c ca.StatusChange) (ca.StatusReply, bool, error) {
	row, err := tx.IssuanceBySerial(c.Serial)
	if errors.Is(err, db.ErrNotFound) {
		return ca.StatusReply{}, false, Refuse(ca.ProblemNotFound, "no certificate with this serial")
	}
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	if err := checkOffice(row, w); err != nil {
		return ca.StatusReply{}, false, err
	}
	done, err := tx.StatusChange(id)
	if err == nil {
		if done.Op != c.Op || done.Serial != c.Serial || done.Reason != c.Reason || done.Case != c.Case || done.ReadBack != c.ReadBack {
			return ca.StatusReply{}, false, Refuse(ca.ProblemConflict, "another status change has this id")
		}
		return ca.StatusReply{Serial: done.Serial, Status: done.Result}, false, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return ca.StatusReply{}, false, err
	}
	status, err := tx.Status(c.Serial)
	if errors.Is(err, db.ErrNotFound) { // prepared, not issued
		return ca.StatusReply{}, false, Refuse(ca.ProblemTransition, "certificate is not issued yet")
	}
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	clerk, err := a.statusClerk(tx, w, id, c)
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	result, err := transition(c, row, status)
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	err = tx.PutStatusChange(db.StatusChange{ID: id, Serial: c.Serial, Op: c.Op, Reason: c.Reason, Case: c.Case,
		ReadBack: c.ReadBack, Result: result, Clerk: clerk.Number, ClerkJWS: c.Clerk, Workstation: w.Name, At: a.now()})
	return ca.StatusReply{Serial: c.Serial, Status: result}, err == nil, err
}

// statusClerk verifies the clerk's statement.
func (a *Authority) statusClerk(tx db.Tx, w db.Workstation, id string, c ca.StatusChange) (db.Clerk, error) {
	roles := []string{RoleClerk} // activation belongs to issuing
	if c.Op == ca.OpRevoke {
		roles = a.rules.Revocation
	}
	var signed ca.StatusClaims
	clerk, err := a.clerkOf(tx, c.Clerk, w.Name, roles, &signed)
	if err != nil {
		return clerk, err
	}
	want := ca.StatusClaims{ID: id, Op: c.Op, Serial: c.Serial, Reason: c.Reason, IssuedAt: signed.IssuedAt}
	if signed != want {
		return clerk, Refuse(ca.ProblemAssertion, "clerk signed another status change")
	}
	return clerk, a.checkClerkTime(signed.IssuedAt)
}

// transition is the status machine: hold → active → revoked, and repeats of
// what is so already.
func transition(c ca.StatusChange, row db.Issuance, s db.Status) (string, error) {
	if c.Op == ca.OpRevoke {
		return db.StatusRevoked, nil
	}
	switch s.State {
	case db.StatusHold, db.StatusActive:
	default:
		return "", Refuse(ca.ProblemTransition, "certificate is %s", s.State)
	}
	sum := sha256.Sum256(row.Certificate)
	if c.Case != row.Case || c.ReadBack != hex.EncodeToString(sum[:]) {
		return "", Refuse(ca.ProblemConflict, "what was read back is not the certificate issued in this case")
	}
	return db.StatusActive, nil
}
