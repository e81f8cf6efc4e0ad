package authority

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

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
	for _, serial := range append(reply.Superseded, change.Serial) {
		a.forgetAnswers(serial)
	}
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	if created {
		a.log.Info("status change", "id", id, "waits", reply.Request != "", "op", change.Op, "serial", change.Serial, "status", reply.Status,
			"case", change.Case, "superseded", reply.Superseded)
	}
	return reply, created, nil
}

// checkChange checks the form.
func checkChange(c ca.StatusChange) error {
	// Reasons of RFC 5280 5.3.1; 0 is written by leaving the reason out. The
	// end of a hold has none: 8 belongs to delta CRLs only.
	reasons := map[string][]int{ca.OpActivate: {0}, ca.OpSuspend: {ca.ReasonHold}, ca.OpReactivate: {0}, ca.OpRevoke: {0, 1, 3, 4, 5}}
	byForm := c.Op == ca.OpSuspend || c.Op == ca.OpReactivate
	switch {
	case reasons[c.Op] == nil:
		return Refuse(ca.ProblemBadRequest, "operation is not known")
	case !slices.Contains(reasons[c.Op], c.Reason):
		return Refuse(ca.ProblemBadRequest, "reason %d is not used for %s", c.Reason, c.Op)
	case !uuid.MatchString(c.Case):
		return Refuse(ca.ProblemBadRequest, "case is no UUID in lower case")
	case c.ReceivedAt < 0 || byForm && c.ReceivedAt == 0:
		return Refuse(ca.ProblemBadRequest, "%s does not say when the form was received", c.Op)
	case c.Op == ca.OpActivate && (c.ReceivedAt != 0 || c.Override != ""):
		return Refuse(ca.ProblemBadRequest, "no form asks for an activation, and nobody overrides it")
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
	if c.ReceivedAt == 0 { // the citizen's form is taken at any office
		if err := checkOffice(row, w); err != nil {
			return ca.StatusReply{}, false, err
		}
	}
	done, err := tx.StatusChange(id)
	if err == nil {
		if !sameChange(done, c) {
			return ca.StatusReply{}, false, Refuse(ca.ProblemConflict, "another status change has this id")
		}
		superseded, err := tx.SupersededBy(id)
		return ca.StatusReply{Serial: done.Serial, Status: done.Result, Superseded: superseded}, false, err
	}
	if !errors.Is(err, db.ErrNotFound) {
		return ca.StatusReply{}, false, err
	}
	status, err := tx.Status(c.Serial)
	if err == nil {
		if reply, known, err := a.queued(tx, id, c, status); known || err != nil {
			return reply, false, err
		}
	}
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
	if time.Unix(c.ReceivedAt, 0).After(a.now().Add(clockSlack)) {
		return ca.StatusReply{}, false, Refuse(ca.ProblemClock, "form was received in the future")
	}
	if c.Override != "" {
		if err := a.verifyOverride(tx, w, c.Override, c.Case, c.Op, clerk); err != nil {
			return ca.StatusReply{}, false, err
		}
	}
	result, err := transition(c, row, status)
	if err != nil {
		return ca.StatusReply{}, false, err
	}
	change := db.StatusChange{ID: id, Serial: c.Serial, Op: c.Op, Reason: c.Reason, Case: c.Case,
		ReadBack: c.ReadBack, ReceivedAt: c.ReceivedAt, Result: result, Clerk: clerk.Number, ClerkJWS: c.Clerk, Override: c.Override,
		Workstation: w.Name, At: a.now()}
	if slices.Contains(a.rules.fourEyes(), c.Op) {
		reply, err := a.queue(tx, change, status)
		return reply, err == nil, err
	}
	reply, err := execute(tx, change, row, status)
	return reply, err == nil, err
}

// execute stores the change. What becomes active takes the place of what was
// in force before it.
func execute(tx db.Tx, change db.StatusChange, row db.Issuance, before db.Status) (reply ca.StatusReply, err error) {
	if err := tx.PutStatusChange(change); err != nil {
		return reply, err
	}
	reply = ca.StatusReply{Serial: change.Serial, Status: change.Result}
	if before.State == db.StatusHold && change.Result == db.StatusActive {
		reply.Superseded, err = supersede(tx, change, row)
	}
	return reply, err
}

// statusClerk verifies the clerk's statement. Where supervisors only may change
// a status, a clerk may with the override of one, which the caller verifies
// like every override.
func (a *Authority) statusClerk(tx db.Tx, w db.Workstation, id string, c ca.StatusChange) (db.Clerk, error) {
	roles := a.rules.Revocation
	switch {
	case c.Op == ca.OpActivate: // it belongs to issuing
		roles = []string{RoleClerk}
	case c.Override != "":
		roles = append([]string{RoleClerk}, roles...)
	}
	var signed ca.StatusClaims
	clerk, err := a.clerkOf(tx, c.Clerk, w.Name, roles, &signed)
	if err != nil {
		return clerk, err
	}
	want := ca.StatusClaims{ID: id, Op: c.Op, Serial: c.Serial, Reason: c.Reason, ReceivedAt: c.ReceivedAt, IssuedAt: signed.IssuedAt}
	if signed != want {
		return clerk, Refuse(ca.ProblemAssertion, "clerk signed another status change")
	}
	return clerk, a.checkClerkTime(tx, signed.IssuedAt)
}

// sameChange reports whether c repeats what was done: the clerk's signature
// may be a fresh one.
func sameChange(done db.StatusChange, c ca.StatusChange) bool {
	return done.Op == c.Op && done.Serial == c.Serial && done.Reason == c.Reason && done.Case == c.Case &&
		done.ReadBack == c.ReadBack && done.ReceivedAt == c.ReceivedAt
}

// transition is the status machine: hold → active ⇄ suspended, and every state
// → revoked, which is final. Activation, suspension and revocation of what is
// so already change nothing; a reactivation must have a suspension to end.
func transition(c ca.StatusChange, row db.Issuance, s db.Status) (string, error) {
	from := map[string][]string{
		ca.OpActivate:   {db.StatusHold, db.StatusActive},
		ca.OpSuspend:    {db.StatusActive, db.StatusSuspended},
		ca.OpReactivate: {db.StatusSuspended},
		ca.OpRevoke:     {db.StatusHold, db.StatusActive, db.StatusSuspended, db.StatusRevoked},
	}
	if !slices.Contains(from[c.Op], s.State) {
		refusal := Refuse(ca.ProblemTransition, "cannot %s: certificate is %s", c.Op, s.State)
		refusal.Problem.Serial = c.Serial
		return "", refusal
	}
	switch c.Op {
	case ca.OpRevoke:
		return db.StatusRevoked, nil
	case ca.OpSuspend:
		return db.StatusSuspended, nil
	case ca.OpActivate:
		sum := sha256.Sum256(row.Certificate)
		if c.Case != row.Case || c.ReadBack != hex.EncodeToString(sum[:]) {
			return "", Refuse(ca.ProblemConflict, "what was read back is not the certificate issued in this case")
		}
	}
	return db.StatusActive, nil
}
