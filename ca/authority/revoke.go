package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"salter/ca"
	"salter/ca/authority/db"
)

// Revocation is one by the operator: without a form, a clerk or a second pair
// of eyes. It is recorded with his account.
type Revocation struct {
	Serial string `json:"serial"` // hex, as tools print it
	Reason int    `json:"reason"` // RFC 5280 5.3.1: 0, 1, 3, 4 or 5
	// Why is what the record says, such as the number of an order; no personal
	// data.
	Why string `json:"why"`
}

// maxWhy bounds the reason in words.
const maxWhy = 200

// RevokeCertificate revokes a citizen's certificate, whatever its state, and
// has a list with it published.
func (a *Authority) RevokeCertificate(ctx context.Context, r Revocation) error {
	serial, err := parseSerial(r.Serial)
	if err != nil {
		return fmt.Errorf("revoke certificate: %w", err)
	}
	if !slices.Contains([]int{0, 1, 3, ca.ReasonSuperseded, 5}, r.Reason) {
		return fmt.Errorf("revoke certificate: %w: reason %d is none of 0, 1, 3, 4, 5", ErrRegister, r.Reason)
	}
	if why := strings.TrimSpace(r.Why); why == "" || len(why) > maxWhy || strings.ContainsFunc(why, unicode.IsControl) {
		return fmt.Errorf("revoke certificate: %w: the record needs a reason in words, one line of at most %d bytes", ErrRegister, maxWhy)
	}
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		if err := a.revokeAlone(tx, "operator/", serial, r.Reason); err != nil {
			return err
		}
		return a.record(ctx, tx, actionRevoke, fmt.Sprintf("%s reason %d: %s", serial, r.Reason, strings.TrimSpace(r.Why)))
	}); err != nil {
		return fmt.Errorf("revoke certificate: %w", err)
	}
	a.forgetAnswers(serial)
	a.log.Warn("certificate revoked by the operator", "serial", serial, "reason", r.Reason)
	if err := a.PublishCRLs(ctx); err != nil {
		return fmt.Errorf("revoked, but no list with it is published yet: %w", err)
	}
	return nil
}

// revokeAlone revokes a certificate without a clerk. The id of the change is no
// UUID, so that no client can ask for it.
func (a *Authority) revokeAlone(tx db.Tx, prefix, serial string, reason int) error {
	row, err := tx.IssuanceBySerial(serial)
	if err == nil {
		var status db.Status
		if status, err = tx.Status(serial); err == nil && status.State == db.StatusRevoked {
			return fmt.Errorf("%w: certificate is revoked already, since %s", ErrRegister, status.At.UTC().Format(time.RFC3339))
		}
	}
	if errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("%w: no certificate with this serial is issued", ErrRegister)
	}
	if err != nil {
		return err
	}
	return tx.PutStatusChange(db.StatusChange{ID: prefix + serial, Serial: serial, Op: ca.OpRevoke, Reason: reason, Case: row.Case,
		Result: db.StatusRevoked, At: a.now()})
}
