package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority/keys"
	"salter/store/evidence"
)

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
	if err := publish(tmp, dir); err != nil {
		return fmt.Errorf("make hierarchy: %w", err)
	}
	return nil
}

// publish puts every file of tmp on stable storage and then gives the folder
// its name.
func publish(tmp, dir string) error {
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := syncPath(filepath.Join(tmp, e.Name())); err != nil {
			return err
		}
	}
	if err := syncPath(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, dir); err != nil {
		return err
	}
	return syncPath(filepath.Dir(dir))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
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
