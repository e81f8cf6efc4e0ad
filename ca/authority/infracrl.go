package authority

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"salter/ca/authority/crl"
	"salter/ca/authority/db"
)

// Names of the lists that are not those of a label.
const (
	// listInfra is the list of the machines' CA. The authority itself asks its
	// register at every request; the list is for whoever else meets a
	// workstation's certificate.
	listInfra = purposeInfra
	// listRoot is the list of the root, which is off-line: an operator brings it.
	listRoot = purposeRoot
)

// publishInfra makes the next list of workstations' certificates if it is due.
// What is on it stays, so that the number of its entries tells whether anything
// changed.
func (a *Authority) publishInfra(ctx context.Context, force bool) error {
	var next db.CRL
	var keys []db.WorkstationKey
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		next = db.CRL{}
		head, err := tx.CRLHead(listInfra)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if keys, err = tx.RevokedKeys(); err != nil {
			return err
		}
		now := a.now()
		if age := now.Sub(head.ThisUpdate); head.Number > 0 && !force && int64(len(keys)) == head.Changes && age < crlEvery && age > -clockSlack {
			return nil
		}
		next = db.CRL{Label: listInfra, Number: head.Number + 1, Changes: int64(len(keys)), ThisUpdate: now, NextUpdate: now.Add(crlLife)}
		return nil
	}); err != nil {
		return fmt.Errorf("publish CRL of %s: %w", listInfra, err)
	}
	if next.Number == 0 {
		return nil
	}
	list := crl.List{Number: next.Number, ThisUpdate: next.ThisUpdate, NextUpdate: next.NextUpdate, KeptSince: a.pki.infra.cert.NotBefore}
	for _, k := range keys {
		cert, err := x509.ParseCertificate(k.Certificate)
		if err != nil {
			return fmt.Errorf("publish CRL of %s: certificate of %s: %w", listInfra, k.Workstation, err)
		}
		list.Entries = append(list.Entries, crl.Entry{Serial: cert.SerialNumber, At: k.At})
	}
	err := a.signAndStore(ctx, next, list, a.pki.infra)
	if errors.Is(err, db.ErrSuperseded) {
		return a.publishInfra(ctx, false)
	}
	return err
}

// signAndStore signs the next list, checks it as a stranger would, and
// publishes it; db.ErrSuperseded if another process was faster.
func (a *Authority) signAndStore(ctx context.Context, next db.CRL, list crl.List, by signer) (err error) {
	if next.DER, err = crl.Sign(list, by.cert, by.key); err == nil {
		err = crl.Check(next.DER, list, by.cert)
	}
	if err == nil {
		err = a.db.Do(ctx, func(tx db.Tx) error { return tx.PutCRL(next) })
	}
	if err != nil {
		return fmt.Errorf("publish CRL %d of %s: %w", next.Number, next.Label, err)
	}
	a.log.Info("CRL published", "label", next.Label, "number", next.Number, "entries", len(list.Entries))
	return nil
}

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
		held, err := rootCRL(tx)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if err == nil {
			before, err := a.openRootCRL(held)
			if err != nil {
				return err
			}
			if list.Number.Cmp(before.Number) <= 0 {
				return fmt.Errorf("%w: number %v does not follow %v", ErrRegister, list.Number, before.Number)
			}
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

func rootCRL(tx db.Tx) ([]byte, error) {
	text, err := tx.Meta(metaRootCRL)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// presentRootCRL is the root's list in the terms of the others.
func (a *Authority) presentRootCRL(tx db.Tx) (db.CRL, error) {
	der, err := rootCRL(tx)
	if err != nil {
		return db.CRL{}, err
	}
	list, err := a.openRootCRL(der)
	if err != nil {
		return db.CRL{}, err
	}
	return db.CRL{Label: listRoot, Number: list.Number.Int64(), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate, DER: der}, nil
}
