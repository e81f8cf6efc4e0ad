package authority

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority/keys"
	"salter/ca/authority/token"
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
	ID   string            `json:"id"`
	Demo bool              `json:"demo"`           // made at first start: keys in files, placeholder names
	Keys map[string]string `json:"keys,omitempty"` // pkcs11: URIs by purpose; the others lie in files
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
	interop    *issuer            // without a profile; nil: no demonstration
	infra      signer
	clerks     signer
	policy     crypto.Signer
	cosigner   note.Signer
	verifier   string // of cosigner
	serverPins []string
	keys       keychain
	handover   *age.X25519Identity // opens files of counters
}

// loadPKI reads what makePKI made.
func loadPKI(dir string, profiles map[string]*issuer, now func() time.Time) (*pki, error) {
	p := &pki{issuers: profiles, keys: keychain{tokens: token.New()}}
	if err := p.load(dir, profiles, now); err != nil {
		return nil, errors.Join(err, p.keys.tokens.Close())
	}
	return p, nil
}

func (p *pki) load(dir string, profiles map[string]*issuer, now func() time.Time) error {
	text, err := os.ReadFile(filepath.Join(dir, "authority.json"))
	if err != nil {
		return fmt.Errorf("load hierarchy: %w", err)
	}
	if err := json.Unmarshal(text, &p.identity); err != nil {
		return fmt.Errorf("load hierarchy: %w", err)
	}
	p.keys.uris = p.Keys
	if p.Demo {
		if p.keys.files, err = keys.Open(dir); err != nil {
			return err
		}
	}
	if err := p.loadIssuers(dir, profiles); err != nil {
		return err
	}
	if p.Demo {
		if err := p.loadInterop(dir, now()); err != nil {
			return err
		}
	}
	if p.infra, err = loadSigner(dir, p.keys, purposeInfra); err != nil {
		return err
	}
	if p.clerks, err = loadSigner(dir, p.keys, purposeClerks); err != nil {
		return err
	}
	if p.policy, err = p.keys.load(purposePolicy); err != nil {
		return err
	}
	if p.handover, err = loadHandover(dir); err != nil {
		return err
	}
	return p.loadPublished(dir, now)
}

// loadIssuers reads root and issuers, and makes what lint needs.
func (p *pki) loadIssuers(dir string, profiles map[string]*issuer) (err error) {
	if p.root, err = loadCertificate(dir, purposeRoot); err != nil {
		return err
	}
	for label, i := range profiles {
		if i.signer, err = loadSigner(dir, p.keys, issuerPurpose(label)); err != nil {
			return err
		}
		if bad := profile.Errors(i.profile.CheckIssuer(i.cert)); len(bad) > 0 {
			return fmt.Errorf("load hierarchy: issuer of %s does not fit its profile: %s", label, bad[0].Detail)
		}
		// Hierarchies of before there was OCSP have no such key.
		if i.ocspKey, err = p.keys.loadOrMake(responderPurpose(label), "p256"); err != nil {
			return err
		}
	}
	return prepareLint(profiles)
}

// checkClock refuses to work under a clock that the hierarchy's own
// certificates contradict.
func (p *pki) checkClock(now time.Time) error {
	for _, c := range p.cas() {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Errorf("%w: it is %s, and %s is valid from %s to %s", ErrClock, now.UTC().Format(time.DateTime),
				c.Subject.CommonName, c.NotBefore.Format(time.DateTime), c.NotAfter.Format(time.DateTime))
		}
	}
	return nil
}

// cas are the certificates of the CAs in use, root first; interop's is not of
// the hierarchy.
func (p *pki) cas() []*x509.Certificate {
	certs := []*x509.Certificate{p.root, p.infra.cert, p.clerks.cert}
	for _, label := range labels() {
		certs = append(certs, p.issuers[label].cert)
	}
	return certs
}

// loadPublished reads the checkpoint key and the pins of the server.
func (p *pki) loadPublished(dir string, now func() time.Time) (err error) {
	if _, onToken := p.keys.uris[purposeCheckpoint]; onToken {
		p.cosigner, err = p.keys.cosigner(p.ID, now)
	} else {
		p.cosigner, err = fileCosigner(p.keys, now)
	}
	if err != nil {
		return fmt.Errorf("load hierarchy: %w", err)
	}
	vkey, err := os.ReadFile(filepath.Join(dir, "checkpoint.pub"))
	if err != nil {
		return fmt.Errorf("load hierarchy: %w", err)
	}
	p.verifier = string(trimLine(vkey))
	if v, err := evidence.NewVerifier(p.verifier); err != nil || v.Name() != p.cosigner.Name() || v.KeyHash() != p.cosigner.KeyHash() {
		return errors.New("load hierarchy: checkpoint key and checkpoint.pub do not belong together")
	}
	next, err := loadCertificate(dir, purposeInfraNext)
	if err != nil {
		return err
	}
	p.serverPins = []string{pin(p.infra.cert), pin(next)}
	return nil
}

// fileCosigner is the checkpoint key in a file.
func fileCosigner(k keychain, now func() time.Time) (note.Signer, error) {
	if k.files == nil {
		return nil, errors.New("there is no checkpoint key")
	}
	skey, err := k.files.LoadSecret(purposeCheckpoint)
	if err != nil {
		return nil, err
	}
	defer clear(skey)
	return evidence.NewCosigner(string(skey), now)
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

func loadSigner(dir string, from keychain, purpose string) (signer, error) {
	cert, err := loadCertificate(dir, purpose)
	if err != nil {
		return signer{}, err
	}
	key, err := from.load(purpose)
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
