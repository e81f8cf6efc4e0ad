package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"salter/ca/authority/root"
	"salter/ca/authority/token"
)

// An authority whose root is off-line is made in three steps: MakeRequests
// here, root.SignIssuer on the root's machine, and Open with Config.Signed.

// IssuerRequest is a file that the root is to sign.
type IssuerRequest struct {
	File   string
	SHA256 string // hex, of the request's DER: for people to compare
}

// MakeRequests makes the issuers' keys of a plan on their tokens, or finds
// them there, and writes a request for each, issuer-<label>.csr, to folder,
// which must not exist. Of cfg Dir, Plan and IssuerKey count; the profile files
// in Dir say what kind of keys they are.
func MakeRequests(cfg Config, folder string) ([]IssuerRequest, error) {
	list, err := makeRequests(cfg, folder)
	if err != nil {
		return nil, fmt.Errorf("make requests: %w", err)
	}
	return list, nil
}

func makeRequests(cfg Config, folder string) (list []IssuerRequest, err error) {
	if err := cfg.Plan.check(); err != nil {
		return nil, err
	}
	if !cfg.Plan.offline() {
		return nil, fmt.Errorf("%w: it names the root's key, so there is nothing to ask the root for", ErrPlan)
	}
	if err := openFolder(cfg.Dir); err != nil {
		return nil, err
	}
	profiles, err := loadProfiles(filepath.Join(cfg.Dir, "profiles"), cfg.IssuerKey)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	tokens := token.New()
	defer func() { err = errors.Join(err, tokens.Close()) }()
	for _, label := range labels() {
		purpose := issuerPurpose(label)
		key, err := tokens.Make(cfg.Plan.Keys[purpose], profiles[label].profile.IssuerKey)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", purpose, err)
		}
		csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
			Subject: root.Name(cfg.Plan.Organization, cfg.Plan.OrganizationID, cfg.Plan.Names[purpose])}, key)
		if err != nil {
			return nil, fmt.Errorf("request of %s: %w", purpose, err)
		}
		sum := sha256.Sum256(csr)
		request := IssuerRequest{File: filepath.Join(folder, purpose+".csr"), SHA256: hex.EncodeToString(sum[:])}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})
		if err := os.WriteFile(request.File, text, 0o644); err != nil {
			return nil, err
		}
		list = append(list, request)
	}
	return list, nil
}

// takeCertificates takes over what the root has signed, after checking that it
// is what was asked for.
func takeCertificates(dir string, p Plan, made map[string]crypto.Signer) error {
	top, err := loadCertificate(p.signed, purposeRoot)
	if err != nil {
		return err
	}
	if err := top.CheckSignatureFrom(top); err != nil || !top.IsCA {
		return errors.Join(fmt.Errorf("%w: root.pem is no root", ErrPlan), err)
	}
	if err := checkNamed(top, p, purposeRoot); err != nil {
		return err
	}
	if err := writeCertificate(dir, purposeRoot, top); err != nil {
		return err
	}
	for _, label := range labels() {
		purpose := issuerPurpose(label)
		cert, err := loadCertificate(p.signed, purpose)
		if err != nil {
			return err
		}
		if err := cert.CheckSignatureFrom(top); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrPlan, purpose, err)
		}
		if key, ok := made[purpose].Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !key.Equal(cert.PublicKey) || !cert.IsCA {
			return fmt.Errorf("%w: %s.pem is no CA's certificate for the key on the token", ErrPlan, purpose)
		}
		if err := errors.Join(checkNamed(cert, p, purpose), writeCertificate(dir, purpose, cert)); err != nil {
			return err
		}
	}
	return nil
}

// checkNamed wants the name that the plan gives.
func checkNamed(cert *x509.Certificate, p Plan, purpose string) error {
	if s := cert.Subject; s.CommonName != p.Names[purpose] || len(s.Organization) != 1 || s.Organization[0] != p.Organization {
		return fmt.Errorf("%w: %s.pem is named %q of %q, not as in the plan", ErrPlan, purpose, s.CommonName, s.Organization)
	}
	return nil
}
