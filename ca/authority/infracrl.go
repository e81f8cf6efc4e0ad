package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

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
