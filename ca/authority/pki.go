package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
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

// makePKI makes the demo hierarchy in dir, which must not exist. It is made
// aside and renamed, so that after a crash there is all of it or nothing.
func makePKI(dir string, profiles map[string]*issuer, rootKind string, now time.Time) error {
	tmp := dir + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("make hierarchy: %w", err)
	}
	store, err := keys.Create(tmp)
	if err != nil {
		return fmt.Errorf("make hierarchy: %w", err)
	}
	if err := fillPKI(tmp, store, profiles, rootKind, now); err != nil {
		return fmt.Errorf("make hierarchy: %w", err)
	}
	return os.Rename(tmp, dir)
}

func fillPKI(dir string, store *keys.Store, profiles map[string]*issuer, rootKind string, now time.Time) error {
	kinds := map[string]string{purposeRoot: rootKind, purposeInfra: "p256", purposeInfraNext: "p256",
		purposeClerks: "p256", purposePolicy: "p256"}
	for label, p := range profiles {
		kinds[issuerPurpose(label)] = p.profile.IssuerKey
	}
	made, err := generate(kinds)
	if err != nil {
		return err
	}
	for purpose, key := range made {
		if err := store.Put(purpose, key); err != nil {
			return err
		}
	}
	skey, vkey, err := evidence.GenerateCosigner(rand.Reader, demoID)
	if err != nil {
		return err
	}
	if err := store.PutSecret(purposeCheckpoint, []byte(skey)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoint.pub"), []byte(vkey+"\n"), 0o644); err != nil {
		return err
	}
	if err := certifyCAs(dir, made, now); err != nil {
		return err
	}
	id, err := json.MarshalIndent(identity{ID: demoID, Demo: true}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "authority.json"), append(id, '\n'), 0o644)
}

// generate makes keys in parallel; an RSA-4096 key takes seconds.
func generate(kinds map[string]string) (map[string]crypto.Signer, error) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		made = make(map[string]crypto.Signer, len(kinds)) // mu
		errs []error                                      // mu
	)
	for purpose, kind := range kinds {
		wg.Go(func() {
			key, err := keys.Generate(kind)
			mu.Lock()
			defer mu.Unlock()
			made[purpose], errs = key, append(errs, err)
		})
	}
	wg.Wait()
	return made, errors.Join(errs...)
}

// certifyCAs writes the certificates of the CAs: the citizens' hierarchy of
// root and issuers, and two that stand alone, for machines and for clerks.
func certifyCAs(dir string, made map[string]crypto.Signer, now time.Time) error {
	root := signer{key: made[purposeRoot]}
	err := certifyCA(dir, purposeRoot, "Salter Demo Root CA", &root, nil, 25, now)
	for _, label := range labels() {
		sub := signer{key: made[issuerPurpose(label)]}
		err = errors.Join(err, certifyCA(dir, issuerPurpose(label), issuerName(label), &sub, &root, 15, now))
	}
	for _, alone := range []struct{ purpose, name string }{
		{purposeInfra, "Salter Demo Infrastructure CA"},
		{purposeInfraNext, "Salter Demo Infrastructure CA 2"},
		{purposeClerks, "Salter Demo Clerks CA"},
	} {
		s := signer{key: made[alone.purpose]}
		err = errors.Join(err, certifyCA(dir, alone.purpose, alone.name, &s, nil, 15, now))
	}
	return err
}

// issuerName is the common name of a label's issuer; the live hierarchy has
// separate issuers for citizens and foreigners, too.
func issuerName(label string) string {
	if label == ca.LabelForeigner {
		return "Salter Demo Foreigners CA"
	}
	return "Salter Demo Citizens CA"
}

// oidOrgID is organizationIdentifier, demanded of issuers by EN 319 412-2
// GEN-4.2.3.1.
var oidOrgID = asn1.ObjectIdentifier{2, 5, 4, 97}

// certifyCA signs s's own CA certificate by parent, or by itself, and writes
// it to dir.
func certifyCA(dir, purpose, name string, s, parent *signer, years int, now time.Time) error {
	serial, err := newSerial(16)
	if err != nil {
		return err
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{Country: []string{"RS"}, Organization: []string{"Salter Demo"}, CommonName: name,
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: oidOrgID, Value: "VATRS-000000000"}}},
		NotBefore:             now.Add(-clockSlack).Truncate(time.Second),
		NotAfter:              now.AddDate(years, 0, 0).Truncate(time.Second),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if parent == nil {
		parent = &signer{cert: t, key: s.key}
	} else {
		t.MaxPathLenZero = true
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent.cert, s.key.Public(), parent.key)
	if err != nil {
		return fmt.Errorf("certify %s: %w", purpose, err)
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("certify %s: %w", purpose, err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return os.WriteFile(filepath.Join(dir, purpose+".pem"), text, 0o644)
}

// newSerial draws a serial number of n octets, the first in 0x40–0x7F: positive
// without padding, 8n−2 random bits (RFC 5280 4.1.2.2).
func newSerial(n int) (*big.Int, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("draw serial: %w", err)
	}
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b), nil
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

// loadPublished reads the checkpoint key and the pins of the server.
func (p *pki) loadPublished(dir string, store *keys.Store, now func() time.Time) error {
	skey, err := store.LoadSecret(purposeCheckpoint)
	if err != nil {
		return err
	}
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

// loadProfiles reads the profile file of each label from dir; a missing one is
// written first with the default that comes with the program. kind, if not
// empty, is the kind of issuer key in a file that is written.
func loadProfiles(dir, kind string) (map[string]*issuer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("load profiles: %w", err)
	}
	profiles := make(map[string]*issuer)
	for _, label := range labels() {
		file, err := profileFile(filepath.Join(dir, label+".json"), label, kind)
		if err != nil {
			return nil, fmt.Errorf("load profile %s: %w", label, err)
		}
		p, err := profile.Parse(file)
		if err != nil {
			return nil, fmt.Errorf("load profile %s: %w", label, err)
		}
		profiles[label] = &issuer{profile: p, file: file}
	}
	return profiles, nil
}

func profileFile(path, label, kind string) ([]byte, error) {
	file, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if file, err = profile.Embedded(profile.PresetDefault, label); err != nil {
		return nil, err
	}
	if kind != "" {
		p, err := profile.Parse(file)
		if err != nil {
			return nil, err
		}
		p.IssuerKey = kind
		if file, err = json.MarshalIndent(p, "", "  "); err != nil {
			return nil, err
		}
	}
	return file, os.WriteFile(path, file, 0o644)
}
