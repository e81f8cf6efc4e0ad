package authority

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"

	"salter/ca/authority/db"
)

// AddAnchor enters a CA certificate (DER) of the ministry's card-data
// hierarchy. Bundles handed over from now on hold it.
func (a *Authority) AddAnchor(ctx context.Context, der []byte) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("add anchor: %w: %w", ErrRegister, err)
	}
	if !cert.IsCA || !cert.BasicConstraintsValid {
		return fmt.Errorf("add anchor: %w: not a CA certificate", ErrRegister)
	}
	anchor := db.Anchor{Fingerprint: sha256.Sum256(der), Certificate: der, At: a.now()}
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		return errors.Join(tx.PutAnchor(anchor), a.record(ctx, tx, actionAnchor, hex.EncodeToString(anchor.Fingerprint[:])))
	}); err != nil {
		return fmt.Errorf("add anchor: %w", err)
	}
	a.log.Info("anchor added", "fingerprint", hex.EncodeToString(anchor.Fingerprint[:]))
	return nil
}

// Anchors lists the card-data anchors, DER.
func (a *Authority) Anchors(ctx context.Context) ([][]byte, error) {
	var list [][]byte
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Anchors()
		list = nil // of a try before
		for _, anchor := range all {
			list = append(list, anchor.Certificate)
		}
		return err
	})
	return list, err
}
