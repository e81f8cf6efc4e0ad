package authority

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// workstationLifetime is the validity of a workstation's TLS certificate.
const workstationLifetime = 90 * 24 * time.Hour

// SignWorkstation takes a workstation into the register, or gives one that is
// there another TLS certificate, and hands over its trust bundle. A name keeps
// its journal and the key in force there: a counter that lost its journal gets a
// new number. It is the administrator's decision; nothing in r is believed but
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
		if err := a.record(ctx, tx, actionSign, r.Workstation); err != nil {
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
	if err != nil {
		return nil, nil, fmt.Errorf("%w: request: %w", ErrRegister, err)
	}
	// Before its signature, which a stranger's giant key would make dear.
	if k, ok := csr.PublicKey.(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
		return nil, nil, fmt.Errorf("%w: key is not P-256, which signs the assertions", ErrRegister)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, nil, fmt.Errorf("%w: request: %w", ErrRegister, err)
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
	t := a.machineTemplate("Salter workstation "+name, a.now(), workstationLifetime)
	t.URIs = []*url.URL{uri}
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	t.UnknownExtKeyUsage = append(t.UnknownExtKeyUsage, oidCMCRA)
	if a.cfg.Public != "" {
		t.CRLDistributionPoints = []string{a.cfg.Public + "/crl/" + listInfra + ".crl"}
	}
	return certify(t, a.pki.infra, key)
}

func certify(t *x509.Certificate, by signer, key crypto.PublicKey) (*x509.Certificate, error) {
	endWith(t, by.cert)
	der, err := x509.CreateCertificate(rand.Reader, t, by.cert, key, by.key)
	if err != nil {
		return nil, fmt.Errorf("certify: %w", err)
	}
	return x509.ParseCertificate(der)
}

// endWith keeps a certificate from outliving its issuer.
func endWith(t, issuer *x509.Certificate) {
	if t.NotAfter.After(issuer.NotAfter) {
		t.NotAfter = issuer.NotAfter
	}
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
	default:
		keys, err := checkpointKeys(tx, w)
		if err != nil {
			return err
		}
		if keys.Last() != r.CheckpointKey {
			return fmt.Errorf("%w: workstation %s has another journal key; give the counter a new number", ErrRegister, w.Name)
		}
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
		list = nil // of a try before
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
		if w.State == db.Revoked {
			return nil
		}
		w.State, w.RevokedAt = db.Revoked, a.now()
		return errors.Join(tx.PutWorkstation(w), a.record(ctx, tx, actionRevokeWS, name))
	})
	if err != nil {
		return fmt.Errorf("revoke workstation: %w", err)
	}
	a.log.Info("workstation revoked", "workstation", name)
	return nil
}
