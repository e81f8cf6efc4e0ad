package authority

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority/keys"
	"salter/ca/profile"
	"salter/store/evidence"
)

// Purposes of the authority's keys; one key each.
const (
	purposeRoot       = "root"
	purposeInfra      = "infrastructure"
	purposeInfraNext  = "infrastructure-backup" // only its pin is published, for the day the first is lost
	purposeClerks     = "clerks"
	purposePolicy     = "policy"
	purposeCheckpoint = "checkpoint"
)

// issuerPurpose is the purpose of the key that signs under an EST label.
func issuerPurpose(label string) string { return "issuer-" + label }

// responderPurpose is the purpose of the key that answers OCSP for a label.
func responderPurpose(label string) string { return "ocsp-" + label }

// labels lists the EST labels of the reference authority.
func labels() []string { return []string{ca.LabelCitizen, ca.LabelForeigner} }

// demoID names an authority made at first start: audience of assertions and
// name of the checkpoint key.
const demoID = "mup.gov.rs/ca/demo"

// identity is DIR/pki/authority.json.
type identity struct {
	ID   string `json:"id"`
	Demo bool   `json:"demo"` // made at first start: keys in files, placeholder names
}

// signer is a CA certificate with its key.
type signer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issuer is all that is needed to issue under one label.
type issuer struct {
	signer
	profile *profile.Profile
	file    []byte // the profile file as it stands
	// lintKey is a throw-away key, and lintCert the issuer with its public
	// key: what is signed with them has the issuer's to-be-signed bytes, and
	// no value.
	lintKey  crypto.Signer
	lintCert *x509.Certificate
	// ocspKey signs answers about the status of the issuer's certificates.
	ocspKey crypto.Signer
}

// pki is every key and certificate of the authority. The root's key is not
// among them: it is used once, when the hierarchy is made.
type pki struct {
	identity
	root       *x509.Certificate
	issuers    map[string]*issuer // by label
	infra      signer
	clerks     signer
	policy     crypto.Signer
	cosigner   note.Signer
	verifier   string // of cosigner
	serverPins []string
}

// loadPKI reads what makePKI made.
func loadPKI(dir string, profiles map[string]*issuer, now func() time.Time) (*pki, error) {
	store, err := keys.Open(dir)
	if err != nil {
		return nil, err
	}
	p := &pki{issuers: profiles}
	text, err := os.ReadFile(filepath.Join(dir, "authority.json"))
	if err != nil {
		return nil, fmt.Errorf("load hierarchy: %w", err)
	}
	if err := json.Unmarshal(text, &p.identity); err != nil {
		return nil, fmt.Errorf("load hierarchy: %w", err)
	}
	if p.root, err = loadCertificate(dir, purposeRoot); err != nil {
		return nil, err
	}
	for label, i := range profiles {
		if i.signer, err = loadSigner(dir, store, issuerPurpose(label)); err != nil {
			return nil, err
		}
		if bad := profile.Errors(i.profile.CheckIssuer(i.cert)); len(bad) > 0 {
			return nil, fmt.Errorf("load hierarchy: issuer of %s does not fit its profile: %s", label, bad[0].Detail)
		}
		// Hierarchies of before there was OCSP have no such key.
		if i.ocspKey, err = store.LoadOrMake(responderPurpose(label), "p256"); err != nil {
			return nil, err
		}
	}
	if err := prepareLint(profiles); err != nil {
		return nil, err
	}
	if p.infra, err = loadSigner(dir, store, purposeInfra); err != nil {
		return nil, err
	}
	if p.clerks, err = loadSigner(dir, store, purposeClerks); err != nil {
		return nil, err
	}
	if p.policy, err = store.Load(purposePolicy); err != nil {
		return nil, err
	}
	return p, p.loadPublished(dir, store, now)
}

// checkClock refuses to work under a clock that the hierarchy's own
// certificates contradict.
func (p *pki) checkClock(now time.Time) error {
	certs := []*x509.Certificate{p.root, p.infra.cert, p.clerks.cert}
	for _, i := range p.issuers {
		certs = append(certs, i.cert)
	}
	for _, c := range certs {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Errorf("%w: it is %s, and %s is valid from %s to %s", ErrClock, now.UTC().Format(time.DateTime),
				c.Subject.CommonName, c.NotBefore.Format(time.DateTime), c.NotAfter.Format(time.DateTime))
		}
	}
	return nil
}

// loadPublished reads the checkpoint key and the pins of the server.
func (p *pki) loadPublished(dir string, store *keys.Store, now func() time.Time) error {
	skey, err := store.LoadSecret(purposeCheckpoint)
	if err != nil {
		return err
	}
	defer clear(skey)
	if p.cosigner, err = evidence.NewCosigner(string(skey), now); err != nil {
		return fmt.Errorf("load hierarchy: %w", err)
	}
	vkey, err := os.ReadFile(filepath.Join(dir, "checkpoint.pub"))
	if err != nil {
		return fmt.Errorf("load hierarchy: %w", err)
	}
	p.verifier = string(trimLine(vkey))
	next, err := loadCertificate(dir, purposeInfraNext)
	if err != nil {
		return err
	}
	p.serverPins = []string{pin(p.infra.cert), pin(next)}
	return nil
}

func trimLine(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}

// pin is the hex SHA-256 of a certificate's public key.
func pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

func loadCertificate(dir, purpose string) (*x509.Certificate, error) {
	text, err := os.ReadFile(filepath.Join(dir, purpose+".pem"))
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("load certificate %s: not PEM", purpose)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load certificate %s: %w", purpose, err)
	}
	return cert, nil
}

func loadSigner(dir string, store *keys.Store, purpose string) (signer, error) {
	cert, err := loadCertificate(dir, purpose)
	if err != nil {
		return signer{}, err
	}
	key, err := store.Load(purpose)
	if err != nil {
		return signer{}, err
	}
	if pub, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(cert.PublicKey) {
		return signer{}, fmt.Errorf("load %s: key and certificate do not belong together", purpose)
	}
	return signer{cert: cert, key: key}, nil
}

// prepareLint makes the throw-away keys, one for all issuers of a kind.
func prepareLint(profiles map[string]*issuer) error {
	made := make(map[string]crypto.Signer)
	for _, i := range profiles {
		kind := i.profile.IssuerKey
		if made[kind] == nil {
			key, err := keys.Like(i.cert.PublicKey)
			if err != nil {
				return fmt.Errorf("prepare lint: %w", err)
			}
			made[kind] = key
		}
		copied := *i.cert
		copied.PublicKey = made[kind].Public()
		i.lintKey, i.lintCert = made[kind], &copied
	}
	return nil
}
