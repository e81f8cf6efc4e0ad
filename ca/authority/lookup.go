package authority

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"salter/ca"
	"salter/ca/authority/db"
)

// Lookup says what became of a request, without its being sent again.
func (a *Authority) Lookup(ctx context.Context, c Caller, sum [32]byte) (ca.Issuance, error) {
	var answer ca.Issuance
	err := a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		row, err := tx.IssuanceByCSR(sum)
		if errors.Is(err, db.ErrNotFound) {
			answer.State = ca.IssuanceUnknown
			return nil
		}
		if err != nil {
			return err
		}
		if err := checkOffice(row, w); err != nil {
			return err
		}
		answer, err = a.answer(tx, row)
		return err
	})
	if err == nil && answer.State == ca.IssuancePending {
		return a.complete(ctx, sum)
	}
	return answer, err
}

// answer is the state of a request that is in the database.
func (a *Authority) answer(tx db.Tx, row db.Issuance) (ca.Issuance, error) {
	switch row.State {
	case db.Prepared:
		return ca.Issuance{State: ca.IssuancePending}, nil
	case db.Refused:
		answer := ca.Issuance{State: ca.IssuanceRefused, Problem: new(ca.Problem)}
		if err := json.Unmarshal(row.Problem, answer.Problem); err != nil {
			return ca.Issuance{}, fmt.Errorf("read stored refusal: %w", err)
		}
		return answer, nil
	}
	status, err := tx.Status(row.Serial)
	if err != nil {
		return ca.Issuance{}, err
	}
	i, err := a.issuer(row.Label)
	if err != nil {
		return ca.Issuance{}, err
	}
	return ca.Issuance{State: ca.IssuanceIssued, Chain: [][]byte{row.Certificate, i.cert.Raw},
		Serial: row.Serial, Status: status.State}, nil
}
