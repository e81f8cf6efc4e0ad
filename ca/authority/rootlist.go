package authority

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"salter/ca/authority/db"
)

// The root is off-line. What it says about the issuers is in its list, which an
// operator brings.

// metaRootCRL holds the root's list, DER in base64.
const metaRootCRL = "root-crl"

// PutRootCRL publishes the list that the root, off-line, has signed. It must
// be newer than the one before, and must not have ended.
func (a *Authority) PutRootCRL(ctx context.Context, der []byte) error {
	list, err := a.openRootCRL(der)
	if err == nil && !a.now().Before(list.NextUpdate) {
		err = fmt.Errorf("%w: it has ended at %s", ErrRegister, list.NextUpdate.UTC().Format(time.RFC3339))
	}
	if err == nil && list.ThisUpdate.After(a.now().Add(clockSlack)) {
		err = fmt.Errorf("%w: it begins in the future", ErrRegister)
	}
	if err != nil {
		return fmt.Errorf("publish list of the root: %w", err)
	}
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		before, err := a.heldRootCRL(tx)
		if err != nil {
			return err
		}
		if before != nil && list.Number.Cmp(before.Number) <= 0 {
			return fmt.Errorf("%w: number %v does not follow %v", ErrRegister, list.Number, before.Number)
		}
		return errors.Join(tx.SetMeta(metaRootCRL, base64.StdEncoding.EncodeToString(der)),
			a.record(ctx, tx, actionRootCRL, "number "+list.Number.String()))
	}); err != nil {
		return fmt.Errorf("publish list of the root: %w", err)
	}
	a.log.Info("CRL published", "label", listRoot, "number", list.Number.Int64(), "entries", len(list.RevokedCertificateEntries))
	return nil
}

// openRootCRL reads a list and checks that the root signed it.
func (a *Authority) openRootCRL(der []byte) (*x509.RevocationList, error) {
	list, err := x509.ParseRevocationList(der)
	if err == nil {
		err = list.CheckSignatureFrom(a.pki.root)
	}
	if err == nil && list.Number == nil {
		err = errors.New("it has no number")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRegister, err)
	}
	return list, nil
}

// rootList is the root's list as it was last read: it is asked for each
// certificate, and the same bytes need not be verified again.
type rootList struct {
	mu   sync.Mutex
	text string               // mu; as the database has it
	list *x509.RevocationList // mu
}

// heldRootCRL is the list that is published; nil: none is.
func (a *Authority) heldRootCRL(tx db.Tx) (*x509.RevocationList, error) {
	text, err := tx.Meta(metaRootCRL)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a.rootList.mu.Lock()
	defer a.rootList.mu.Unlock()
	if a.rootList.text == text {
		return a.rootList.list, nil
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read list of the root: %w", err)
	}
	list, err := a.openRootCRL(der)
	if err != nil {
		return nil, fmt.Errorf("read list of the root: %w", err)
	}
	a.rootList.text, a.rootList.list = text, list
	return list, nil
}

// presentRootCRL is the root's list in the terms of the others.
func (a *Authority) presentRootCRL(tx db.Tx) (db.CRL, error) {
	list, err := a.heldRootCRL(tx)
	if err != nil {
		return db.CRL{}, err
	}
	if list == nil {
		return db.CRL{}, db.ErrNotFound
	}
	return db.CRL{Label: listRoot, Number: list.Number.Int64(), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate, DER: list.Raw}, nil
}

// revokedByRoot says since when the root's list names an issuer; zero: it does
// not.
func revokedByRoot(list *x509.RevocationList, issuer *x509.Certificate) time.Time {
	if list != nil {
		for _, e := range list.RevokedCertificateEntries {
			if e.SerialNumber.Cmp(issuer.SerialNumber) == 0 {
				return e.RevocationTime
			}
		}
	}
	return time.Time{}
}

// checkIssuer refuses to issue under a label whose issuer the root has revoked,
// or which has ended. The counter is told to wait: its request is good, and
// what becomes of it is for an operator to decide.
func (a *Authority) checkIssuer(tx db.Tx, label string) error {
	i, err := a.issuer(label)
	if err != nil {
		return err
	}
	if a.now().After(lastIssue(i.cert)) {
		return withhold("the issuer of %s has ended", label)
	}
	if i == a.pki.interop { // it is its own root
		return nil
	}
	list, err := a.heldRootCRL(tx)
	if err != nil {
		return err
	}
	if !revokedByRoot(list, i.cert).IsZero() {
		return withhold("the root has revoked the issuer of %s", label)
	}
	return nil
}

// lastIssue is until when an issuer can issue: no certificate ends later than a
// day before its issuer.
func lastIssue(issuer *x509.Certificate) time.Time { return issuer.NotAfter.AddDate(0, 0, -1) }
