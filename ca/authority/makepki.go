package authority

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority/keys"
	"salter/ca/authority/root"
	"salter/ca/authority/token"
	"salter/store/evidence"
)

// makePKI makes the hierarchy of plan, nil for the demonstration, in dir, which
// must not exist. It is made aside and renamed, so that after a crash there is
// all of it or nothing; keys that were made on tokens are found there again.
func makePKI(dir string, plan *Plan, profiles map[string]*issuer, rootKind string, now time.Time) error {
	tmp := dir + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("make hierarchy: %w", err)
	}
	fill := fillDemo
	if plan != nil {
		fill = plan.fill
	}
	if err := fill(tmp, keyKinds(profiles, rootKind), now); err != nil {
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

// keyKinds is the kind of each key that is made by its kind: all but the
// checkpoint's.
func keyKinds(profiles map[string]*issuer, rootKind string) map[string]string {
	kinds := map[string]string{purposeRoot: rootKind, purposeInfra: "p256", purposeInfraNext: "p256",
		purposeClerks: "p256", purposePolicy: "p256"}
	for label, p := range profiles {
		kinds[issuerPurpose(label)], kinds[responderPurpose(label)] = p.profile.IssuerKey, "p256"
	}
	return kinds
}

// fill makes the hierarchy of a plan: keys on tokens, certificates in dir.
func (p *Plan) fill(dir string, kinds map[string]string, now time.Time) (err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	tokens := token.New()
	defer func() { err = errors.Join(err, tokens.Close()) }()
	made := make(map[string]crypto.Signer)
	held := make(map[[32]byte]string)
	kinds[purposeCheckpoint] = "ed25519"
	for _, purpose := range p.keyPurposes() {
		key, err := tokens.Make(p.Keys[purpose], kinds[purpose])
		if err != nil {
			return fmt.Errorf("key %s: %w", purpose, err)
		}
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return fmt.Errorf("key %s: %w", purpose, err)
		}
		if other := held[sha256.Sum256(der)]; other != "" {
			return fmt.Errorf("%w: one key for %s and %s", ErrPlan, other, purpose)
		}
		made[purpose], held[sha256.Sum256(der)] = key, purpose
	}
	online := maps.Clone(p.Keys)
	delete(online, purposeRoot) // not needed again
	vkey := cosignerVerifier(p.ID, made[purposeCheckpoint].Public().(ed25519.PublicKey))
	return writeHierarchy(dir, *p, identity{ID: p.ID, Keys: online}, vkey, made, now)
}

// fillDemo makes the demonstration's hierarchy, with its keys in files.
func fillDemo(dir string, kinds map[string]string, now time.Time) error {
	store, err := keys.Create(dir)
	if err != nil {
		return err
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
	return writeHierarchy(dir, demoPlan(), identity{ID: demoID, Demo: true}, vkey, made, now)
}

// writeHierarchy writes certificates and names; the keys are made.
func writeHierarchy(dir string, p Plan, who identity, vkey string, made map[string]crypto.Signer, now time.Time) error {
	if err := os.WriteFile(filepath.Join(dir, "checkpoint.pub"), []byte(vkey+"\n"), 0o644); err != nil {
		return err
	}
	if err := certifyCAs(dir, p, made, now); err != nil {
		return err
	}
	id, err := json.MarshalIndent(who, "", "  ")
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
// root and issuers, which a root off-line has signed already, and three that stand alone, for machines and for clerks.
func certifyCAs(dir string, p Plan, made map[string]crypto.Signer, now time.Time) (err error) {
	if p.signed != "" {
		err = takeCertificates(dir, p, made)
	} else {
		top := signer{key: made[purposeRoot]}
		err = certifyCA(dir, purposeRoot, p, &top, nil, 25, now)
		for _, label := range labels() {
			sub := signer{key: made[issuerPurpose(label)]}
			err = errors.Join(err, certifyCA(dir, issuerPurpose(label), p, &sub, &top, 15, now))
		}
	}
	for _, alone := range []string{purposeInfra, purposeInfraNext, purposeClerks} {
		s := signer{key: made[alone]}
		err = errors.Join(err, certifyCA(dir, alone, p, &s, nil, 15, now))
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

// certifyCA signs s's own CA certificate by parent, or by itself, and writes
// it to dir.
func certifyCA(dir, purpose string, p Plan, s, parent *signer, years int, now time.Time) (err error) {
	c := root.CA{Subject: root.Name(p.Organization, p.OrganizationID, p.Names[purpose]), Serial: root.NewSerial(),
		From: now.Add(-clockSlack), Years: years}
	by, key := (*x509.Certificate)(nil), s.key
	if parent != nil {
		by, key = parent.cert, parent.key
	}
	if s.cert, err = root.Certify(c, s.key.Public(), by, key); err != nil {
		return err
	}
	return writeCertificate(dir, purpose, s.cert)
}

func writeCertificate(dir, purpose string, cert *x509.Certificate) error {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	return os.WriteFile(filepath.Join(dir, purpose+".pem"), text, 0o644)
}
