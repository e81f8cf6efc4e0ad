package authority

import (
	"context"
	"errors"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
)

// EndContract terminates a contract under the client's id; repeats are
// absorbed.
func (a *Authority) EndContract(ctx context.Context, c Caller, id string, body ca.ContractEnd) (entry ca.ContractEntry, created bool, err error) {
	if !uuid.MatchString(id) || !uuid.MatchString(body.Case) || body.ReceivedAt <= 0 {
		return entry, false, Refuse(ca.ProblemBadRequest, "id or case is no UUID in lower case, or the time of receipt is missing")
	}
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		held, err := tx.ContractByNumber(body.Number)
		if errors.Is(err, db.ErrNotFound) {
			return Refuse(ca.ProblemNotFound, "no contract with this number")
		}
		if err != nil {
			return err
		}
		if created, err = a.endContract(tx, w, id, held, body); err != nil {
			return err
		}
		if held, err = tx.Contract(held.ID); err != nil {
			return err
		}
		entry, err = contractEntry(tx, held)
		return err
	})
	if err != nil {
		return ca.ContractEntry{}, false, err
	}
	if created {
		a.log.Info("contract terminated", "id", id, "contract", entry.ID, "case", body.Case)
	}
	return entry, created, nil
}

func (a *Authority) endContract(tx db.Tx, w db.Workstation, id string, held db.Contract, body ca.ContractEnd) (bool, error) {
	done, err := tx.ContractEndByID(id)
	if err == nil {
		if done.Contract != held.ID || done.Case != body.Case || done.ReceivedAt != body.ReceivedAt {
			return false, refuseContract(ca.ProblemConflict, held.Number, "another termination has this id")
		}
		return false, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return false, err
	}
	var signed ca.ContractEndClaims
	clerk, err := a.clerkOf(tx, body.Clerk, w.Name, []string{RoleClerk, RoleSupervisor}, &signed)
	if err != nil {
		return false, err
	}
	if signed != (ca.ContractEndClaims{ID: id, Number: body.Number, Case: body.Case, ReceivedAt: body.ReceivedAt, IssuedAt: signed.IssuedAt}) {
		return false, Refuse(ca.ProblemAssertion, "clerk signed another termination")
	}
	if err := a.checkClerkTime(tx, signed.IssuedAt); err != nil {
		return false, err
	}
	if time.Unix(body.ReceivedAt, 0).After(a.now().Add(clockSlack)) {
		return false, Refuse(ca.ProblemClock, "termination was received in the future")
	}
	if held.State != db.ContractValid {
		return false, refuseContract(ca.ProblemContract, held.Number, "contract is %s", held.State)
	}
	if err := tx.EndContract(held.ID, db.ContractTerminated, "", a.now()); err != nil {
		return false, err
	}
	return true, tx.PutContractEnd(db.ContractEnd{ID: id, Contract: held.ID, Case: body.Case, ReceivedAt: body.ReceivedAt,
		Clerk: clerk.Number, ClerkJWS: body.Clerk, Workstation: w.Name, At: a.now()})
}
