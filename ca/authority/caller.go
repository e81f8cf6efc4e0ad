package authority

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"salter/ca"
	"salter/ca/authority/db"
)

// oidCMCRA is id-kp-cmcRA (RFC 6402 2.10): the holder is a registration
// authority.
var oidCMCRA = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 28}

// uriPrefix begins the SAN URI of a workstation: urn:mup:ws:<office>:<no>.
const uriPrefix = "urn:mup:ws:"

// officeOf is the first part of a workstation's name: BG-017 of BG-017-03.
func officeOf(name string) string { return name[:max(0, strings.LastIndexByte(name, '-'))] }

// Caller is the other end of a TLS connection. Who it is, is read from the SAN
// and the key; the common name is never trusted.
type Caller struct {
	URI  string
	SPKI [32]byte
	Key  crypto.PublicKey
}

// CallerOf reads the caller from a verified client certificate.
func CallerOf(cert *x509.Certificate) (Caller, error) {
	ra := false
	for _, oid := range cert.UnknownExtKeyUsage {
		ra = ra || oid.Equal(oidCMCRA)
	}
	if !ra || len(cert.URIs) != 1 || !strings.HasPrefix(cert.URIs[0].String(), uriPrefix) {
		return Caller{}, Refuse(ca.ProblemWorkstation, "certificate is not one of a workstation")
	}
	return Caller{
		URI:  cert.URIs[0].String(),
		SPKI: sha256.Sum256(cert.RawSubjectPublicKeyInfo),
		Key:  cert.PublicKey,
	}, nil
}

// Admit refuses a caller who is not, or no longer, in the register.
func (a *Authority) Admit(ctx context.Context, c Caller) error {
	return a.db.Do(ctx, func(tx db.Tx) error {
		_, err := a.admitWorkstation(tx, c)
		return err
	})
}

// admitWorkstation finds the caller in the register, in the transaction of
// what he wants: a revoked workstation is refused on its next request, on
// whatever connection.
func (a *Authority) admitWorkstation(tx db.Tx, c Caller) (db.Workstation, error) {
	key, err := tx.WorkstationKey(c.SPKI)
	if errors.Is(err, db.ErrNotFound) {
		return db.Workstation{}, Refuse(ca.ProblemWorkstation, "key is not registered")
	}
	if err != nil {
		return db.Workstation{}, err
	}
	w, err := tx.Workstation(key.Workstation)
	if err != nil {
		return db.Workstation{}, fmt.Errorf("find workstation of key: %w", err)
	}
	switch {
	case w.URI != c.URI:
		return db.Workstation{}, Refuse(ca.ProblemWorkstation, "key is registered for another workstation")
	case w.State != db.Active:
		return db.Workstation{}, Refuse(ca.ProblemWorkstationGone, "workstation %s is revoked", w.Name)
	case !a.now().Before(key.NotAfter):
		// The handshake checked this once; a connection may live on.
		return db.Workstation{}, Refuse(ca.ProblemWorkstation, "certificate of workstation %s has expired", w.Name)
	}
	return w, a.heard(tx, w.Name)
}
