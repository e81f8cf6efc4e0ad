package authority

import (
	"context"
	"fmt"
	"time"

	"salter/ca/authority/db"
)

// A certificate is on hold from its issuance until it was read back from the
// chip. One that stays so was written to no chip, or nobody heard of it.

// HeldCertificate is a certificate that is on hold for longer than the policy
// expects.
type HeldCertificate struct {
	Serial      string    `json:"serial"`
	Workstation string    `json:"workstation"`
	Case        string    `json:"case"`
	Since       time.Time `json:"since"`
}

// holdsPage is how many held certificates are shown.
const holdsPage = 100

// oldHolds lists those for the operator, held longest first.
func (a *Authority) oldHolds(tx db.Tx) ([]HeldCertificate, error) {
	held, err := tx.Holds(a.now().Add(-a.rules.holdAlarm()), holdsPage)
	if err != nil {
		return nil, err
	}
	list := make([]HeldCertificate, 0, len(held))
	for _, s := range held {
		row, err := tx.IssuanceBySerial(s.Serial)
		if err != nil {
			return nil, err
		}
		list = append(list, HeldCertificate{Serial: s.Serial, Workstation: row.Workstation, Case: row.Case, Since: s.At.UTC()})
	}
	return list, nil
}

// reasonCessation is cessationOfOperation (RFC 5280 5.3.1).
const reasonCessation = 5

// SweepHolds revokes what is on hold for longer than the policy allows, with a
// record, and says how many there were: none while the clock is not trusted.
func (a *Authority) SweepHolds(ctx context.Context) (swept int, err error) { return a.sweep(ctx, true) }

// sweep revokes at most sweepBound of them.
func (a *Authority) sweep(ctx context.Context, guarded bool) (swept int, err error) {
	ctx = WithOperator(ctx, operatorPolicy)
	var serials []string
	err = a.db.Do(ctx, func(tx db.Tx) error {
		serials = nil
		if guarded {
			if leapt, err := a.leapt(tx); err != nil || leapt != "" {
				return err
			}
		}
		due, err := a.dueHolds(tx, sweepBound)
		if err != nil {
			return err
		}
		for _, s := range due {
			if err := a.revokeAlone(tx, "policy/", s.Serial, reasonCessation); err != nil {
				return err
			}
			if err := a.record(ctx, tx, actionSweep, s.Serial); err != nil {
				return err
			}
			serials = append(serials, s.Serial)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep holds: %w", err)
	}
	for _, serial := range serials {
		a.forgetAnswers(serial)
		a.log.Warn("certificate revoked: it was on hold for too long", "serial", serial)
	}
	return len(serials), nil
}

// dueHolds lists what is on hold for longer than the policy allows, held longest
// first.
func (a *Authority) dueHolds(tx db.Tx, limit int) ([]db.Status, error) {
	life := a.rules.holdLife()
	if life == 0 {
		return nil, nil
	}
	return tx.Holds(a.now().Add(-life), limit)
}

// sweepPause is how often KeepSweeping looks.
const sweepPause = time.Hour

// KeepSweeping sweeps until ctx ends.
func (a *Authority) KeepSweeping(ctx context.Context) {
	tick := time.NewTicker(sweepPause)
	defer tick.Stop()
	for {
		if _, err := a.SweepHolds(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("holds could not be swept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
