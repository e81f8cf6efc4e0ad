package authority

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

const (
	workstationLifetime = 90 * 24 * time.Hour
	clerkLifetime       = 2 * 365 * 24 * time.Hour
)

// Roles of a clerk.
const (
	RoleIssue  = "issue"  // requests certificates, activates them, revokes what is still on hold
	RoleRevoke = "revoke" // revokes active certificates
)

// SignWorkstation takes a workstation into the register, or gives one that is
// there another TLS certificate, and hands over its trust bundle. The journal
// key of a name never changes: a counter that lost its journal gets a new
// number. It is the administrator's decision; nothing in r is believed but
// possession of the two keys.
func (a *Authority) SignWorkstation(ctx context.Context, r ca.EnrolmentRequest) (ca.EnrolmentResponse, error) {
	csr, uri, err := checkEnrolment(r)
	if err != nil {
		return ca.EnrolmentResponse{}, fmt.Errorf("sign workstation: %w", err)
	}
	cert, err := a.certifyWorkstation(r.Workstation, uri, csr.PublicKey)
	if err != nil {
		return ca.EnrolmentResponse{}, fmt.Errorf("sign workstation: %w", err)
	}
	var bundle string
	err = a.db.Do(ctx, func(tx db.Tx) error {
		if err := a.registerWorkstation(tx, r, uri.String(), cert); err != nil {
			return err
		}
		bundle, err = a.bundle(tx, r.Workstation, uri.String())
		return err
	})
	if err != nil {
		return ca.EnrolmentResponse{}, fmt.Errorf("sign workstation: %w", err)
	}
	a.log.Info("workstation signed", "workstation", r.Workstation, "serial", cert.SerialNumber.Text(16))
	return ca.EnrolmentResponse{Chain: [][]byte{cert.Raw, a.pki.infra.cert.Raw}, Bundle: bundle}, nil
}

// checkEnrolment checks the form of the request and the possession of both
// keys.
func checkEnrolment(r ca.EnrolmentRequest) (*x509.CertificateRequest, *url.URL, error) {
	name, err := ca.WorkstationURI(r.Workstation)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrRegister, err)
	}
	uri, err := url.Parse(name)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrRegister, err)
	}
	csr, err := x509.ParseCertificateRequest(r.CSR)
	if err == nil {
		err = csr.CheckSignature()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: request: %w", ErrRegister, err)
	}
	if k, ok := csr.PublicKey.(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
		return nil, nil, fmt.Errorf("%w: key is not P-256, which signs the assertions", ErrRegister)
	}
	v, err := evidence.NewVerifier(r.CheckpointKey)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: checkpoint key: %w", ErrRegister, err)
	}
	if v.Name() != evidence.Origin(r.Workstation) {
		return nil, nil, fmt.Errorf("%w: checkpoint key is not named %s", ErrRegister, evidence.Origin(r.Workstation))
	}
	proof, err := note.Open([]byte(r.Proof), note.VerifierList(v))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: proof of the checkpoint key: %w", ErrRegister, err)
	}
	sum := sha256.Sum256(r.CSR)
	if strings.TrimSpace(proof.Text) != hex.EncodeToString(sum[:]) {
		return nil, nil, fmt.Errorf("%w: proof of the checkpoint key is for another request", ErrRegister)
	}
	return csr, uri, nil
}

func (a *Authority) certifyWorkstation(name string, uri *url.URL, key crypto.PublicKey) (*x509.Certificate, error) {
	t, err := a.machineTemplate("Salter workstation "+name, a.now(), workstationLifetime)
	if err != nil {
		return nil, err
	}
	t.URIs = []*url.URL{uri}
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	t.UnknownExtKeyUsage = append(t.UnknownExtKeyUsage, oidCMCRA)
	return a.certify(t, a.pki.infra, key)
}

func (a *Authority) certify(t *x509.Certificate, by signer, key crypto.PublicKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, by.cert, key, by.key)
	if err != nil {
		return nil, fmt.Errorf("certify: %w", err)
	}
	return x509.ParseCertificate(der)
}

func (a *Authority) registerWorkstation(tx db.Tx, r ca.EnrolmentRequest, uri string, cert *x509.Certificate) error {
	w, err := tx.Workstation(r.Workstation)
	switch {
	case errors.Is(err, db.ErrNotFound):
		w = db.Workstation{Name: r.Workstation, URI: uri, Verifier: r.CheckpointKey, State: db.Active, At: a.now()}
		if err := tx.PutWorkstation(w); err != nil {
			return err
		}
	case err != nil:
		return err
	case w.State != db.Active:
		return fmt.Errorf("%w: workstation %s is revoked", ErrRegister, w.Name)
	case w.Verifier != r.CheckpointKey:
		return fmt.Errorf("%w: workstation %s has another journal key; give the counter a new number", ErrRegister, w.Name)
	}
	k := db.WorkstationKey{SPKI: sha256.Sum256(cert.RawSubjectPublicKeyInfo), Workstation: w.Name,
		Certificate: cert.Raw, NotAfter: cert.NotAfter, At: a.now()}
	if err := tx.PutWorkstationKey(k); err != nil {
		return err
	}
	held, err := tx.WorkstationKey(k.SPKI)
	if err == nil && held.Workstation != w.Name {
		err = fmt.Errorf("%w: the key belongs to workstation %s", ErrRegister, held.Workstation)
	}
	return err
}

// bundle is the trust bundle of a workstation, signed by the policy key.
func (a *Authority) bundle(tx db.Tx, name, uri string) (string, error) {
	if a.cfg.API == "" {
		return "", fmt.Errorf("%w: the address of the API is not known: serve once", ErrRegister)
	}
	policyKey, err := x509.MarshalPKIXPublicKey(a.pki.policy.Public())
	if err != nil {
		return "", fmt.Errorf("make bundle: %w", err)
	}
	b := ca.Bundle{Version: 1, Demo: a.pki.Demo, Authority: a.pki.ID, Workstation: name, URI: uri, API: a.cfg.API,
		Public: a.cfg.Public, Roots: [][]byte{a.pki.root.Raw}, Infrastructure: [][]byte{a.pki.infra.cert.Raw},
		ServerPins: a.pki.serverPins, PolicyKey: policyKey, CheckpointKey: a.pki.verifier}
	for _, label := range labels() {
		b.Issuers = append(b.Issuers, a.pki.issuers[label].cert.Raw)
	}
	anchors, err := tx.Anchors()
	if err != nil {
		return "", err
	}
	for _, anchor := range anchors {
		b.CardAnchors = append(b.CardAnchors, anchor.Certificate)
	}
	clerks, err := tx.Clerks()
	if err != nil {
		return "", err
	}
	for _, c := range clerks {
		if c.Demo {
			b.DemoClerks = append(b.DemoClerks, hex.EncodeToString(c.Fingerprint[:]))
		}
	}
	return signJSON(a.pki.policy, b)
}

// WorkstationEntry is one row of the register of workstations.
type WorkstationEntry struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Since   time.Time `json:"since"`
	Journal int64     `json:"journal"` // events held
}

// Workstations lists the register.
func (a *Authority) Workstations(ctx context.Context) ([]WorkstationEntry, error) {
	var list []WorkstationEntry
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Workstations()
		if err != nil {
			return err
		}
		for _, w := range all {
			size, err := tx.JournalSize(w.Name)
			if err != nil {
				return err
			}
			list = append(list, WorkstationEntry{Name: w.Name, State: w.State, Since: w.At, Journal: size})
		}
		return nil
	})
	return list, err
}

// RevokeWorkstation refuses the workstation from its next request on. There is
// no way back but a new number.
func (a *Authority) RevokeWorkstation(ctx context.Context, name string) error {
	err := a.db.Do(ctx, func(tx db.Tx) error {
		w, err := tx.Workstation(name)
		if errors.Is(err, db.ErrNotFound) {
			return fmt.Errorf("%w: no workstation %q", ErrRegister, name)
		}
		if err != nil {
			return err
		}
		w.State = db.Revoked
		return tx.PutWorkstation(w)
	})
	if err != nil {
		return fmt.Errorf("revoke workstation: %w", err)
	}
	a.log.Info("workstation revoked", "workstation", name)
	return nil
}

// ClerkRequest asks for a clerk's certificate. The private key stays with
// whoever asks.
type ClerkRequest struct {
	Number    string   `json:"number"` // service number
	Name      string   `json:"name"`
	Office    string   `json:"office"`     // first part of workstation names, for instance BG-017; empty: any
	Roles     []string `json:"roles"`      // RoleIssue, RoleRevoke
	PublicKey []byte   `json:"public_key"` // PKIX DER, P-256 or RSA
}

// AddClerk certifies a clerk's key and enters it in the register. It returns
// the chain, DER, the clerk's certificate first.
func (a *Authority) AddClerk(ctx context.Context, r ClerkRequest) ([][]byte, error) {
	key, err := checkClerk(r)
	if err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	t, err := a.machineTemplate(r.Name, a.now(), clerkLifetime)
	if err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	t.Subject = pkix.Name{Country: []string{"RS"}, CommonName: r.Name, SerialNumber: r.Number}
	t.KeyUsage |= x509.KeyUsageContentCommitment
	cert, err := a.certify(t, a.pki.clerks, key)
	if err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	clerk := db.Clerk{Fingerprint: sha256.Sum256(cert.Raw), Number: r.Number, Name: r.Name, Office: r.Office,
		Roles: strings.Join(r.Roles, ","), Certificate: cert.Raw, State: db.Active, Demo: a.pki.Demo, At: a.now()}
	if err := a.db.Do(ctx, func(tx db.Tx) error { return tx.PutClerk(clerk) }); err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	a.log.Info("clerk added", "clerk", r.Number, "fingerprint", hex.EncodeToString(clerk.Fingerprint[:]))
	return [][]byte{cert.Raw, a.pki.clerks.cert.Raw}, nil
}

func checkClerk(r ClerkRequest) (crypto.PublicKey, error) {
	key, err := x509.ParsePKIXPublicKey(r.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: key: %w", ErrRegister, err)
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, fmt.Errorf("%w: key is not on P-256", ErrRegister)
		}
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			return nil, fmt.Errorf("%w: RSA key of %d bits", ErrRegister, k.N.BitLen())
		}
	default:
		return nil, fmt.Errorf("%w: key is neither P-256 nor RSA", ErrRegister)
	}
	number := strings.Trim(r.Number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
	if r.Number == "" || number != "" || len(r.Number) > 32 {
		return nil, fmt.Errorf("%w: service number has other characters than A to Z, 0 to 9, hyphen", ErrRegister)
	}
	if strings.TrimSpace(r.Name) == "" || len(r.Name) > 200 {
		return nil, fmt.Errorf("%w: clerk has no name", ErrRegister)
	}
	if len(r.Roles) == 0 || slices.ContainsFunc(r.Roles, func(v string) bool { return v != RoleIssue && v != RoleRevoke }) {
		return nil, fmt.Errorf("%w: roles are %s and %s", ErrRegister, RoleIssue, RoleRevoke)
	}
	return key, nil
}

// ClerkEntry is one row of the register of clerks.
type ClerkEntry struct {
	Number      string    `json:"number"`
	Name        string    `json:"name"`
	Office      string    `json:"office"`
	Roles       string    `json:"roles"`
	State       string    `json:"state"`
	Fingerprint string    `json:"fingerprint"` // hex SHA-256 of the certificate
	Since       time.Time `json:"since"`
}

// Clerks lists the register.
func (a *Authority) Clerks(ctx context.Context) ([]ClerkEntry, error) {
	var list []ClerkEntry
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Clerks()
		for _, c := range all {
			list = append(list, ClerkEntry{Number: c.Number, Name: c.Name, Office: c.Office, Roles: c.Roles,
				State: c.State, Fingerprint: hex.EncodeToString(c.Fingerprint[:]), Since: c.At})
		}
		return err
	})
	return list, err
}

// RevokeClerk refuses every certificate of a service number from the next
// request on.
func (a *Authority) RevokeClerk(ctx context.Context, number string) error {
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Clerks()
		if err != nil {
			return err
		}
		found := false
		for _, c := range all {
			if c.Number != number {
				continue
			}
			found = true
			c.State = db.Revoked
			if err := tx.PutClerk(c); err != nil {
				return err
			}
		}
		if !found {
			return fmt.Errorf("%w: no clerk %q", ErrRegister, number)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke clerk: %w", err)
	}
	a.log.Info("clerk revoked", "clerk", number)
	return nil
}

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
	if err := a.db.Do(ctx, func(tx db.Tx) error { return tx.PutAnchor(anchor) }); err != nil {
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
		for _, anchor := range all {
			list = append(list, anchor.Certificate)
		}
		return err
	})
	return list, err
}
