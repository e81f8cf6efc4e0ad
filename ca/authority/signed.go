package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"

	"salter/ca/authority/db"
)

// ErrSigned is returned by Open when a profile or policy.json is not as it was
// signed.
var ErrSigned = errors.New("profiles and policy are not those that were signed")

// signedProfiles is DIR/profiles/signed.jws, a compact JWS by the policy key:
// every profile file and policy.json, byte by byte. What the authority issues,
// and who may do what, is changed by whoever can use that key, not by whoever
// can write a file.
type signedProfiles struct {
	Authority string            `json:"authority"`
	Profiles  map[string][]byte `json:"profiles"` // by label
	Policy    []byte            `json:"policy"`
}

// metaSigned is the SHA-256 of the file that was signed last: one that was
// signed before does not come back, and no server has another one.
const metaSigned = "profiles-signed"

func (a *Authority) signedPath() string { return filepath.Join(a.cfg.Dir, "profiles", "signed.jws") }

// presentProfiles are those of the folder.
func (a *Authority) presentProfiles() (p signedProfiles, err error) {
	p = signedProfiles{Authority: a.pki.ID, Profiles: make(map[string][]byte)}
	for label, i := range a.pki.issuers {
		p.Profiles[label] = i.file
	}
	p.Policy, err = os.ReadFile(filepath.Join(a.cfg.Dir, "policy.json"))
	return p, err
}

// signProfiles records that what is in the folder is signed, and replaces the
// signed file.
func (a *Authority) signProfiles(ctx context.Context) error {
	present, err := a.presentProfiles()
	if err != nil {
		return err
	}
	jws, err := signJSON(a.pki.policy, present)
	if err != nil {
		return err
	}
	sum := sumOf([]byte(jws))
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		return errors.Join(tx.SetMeta(metaSigned, sum), a.record(ctx, tx, actionProfiles, "sha256 "+sum))
	}); err != nil {
		return err
	}
	if err := replaceFile(a.signedPath(), []byte(jws+"\n"), 0o644); err != nil {
		return err
	}
	a.log.Warn("profiles and policy signed", "sha256", sum)
	return nil
}

// sumOf is the SHA-256 of a text in hex.
func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// checkSigned compares what is in the folder with what was signed last. Until
// something was signed, which production demands, everything goes.
func (a *Authority) checkSigned(ctx context.Context) error {
	var last string
	if err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		last, err = tx.Meta(metaSigned)
		return err
	}); err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	text, err := os.ReadFile(a.signedPath())
	if errors.Is(err, fs.ErrNotExist) && last == "" {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text = bytes.TrimSpace(text)
	if last != "" && sumOf(text) != last {
		return fmt.Errorf("%w: profiles/signed.jws is not the file that was signed last", ErrSigned)
	}
	var signed signedProfiles
	if err := verifyJSON(string(text), a.pki.policy.Public(), []jose.SignatureAlgorithm{jose.ES256}, &signed); err != nil {
		return fmt.Errorf("%w: %w", ErrSigned, err)
	}
	present, err := a.presentProfiles()
	if err != nil {
		return err
	}
	if signed.Authority != present.Authority {
		return fmt.Errorf("%w: they are those of another authority", ErrSigned)
	}
	for label, file := range present.Profiles {
		if !bytes.Equal(file, signed.Profiles[label]) {
			return fmt.Errorf("%w: profiles/%s.json; put it back, or sign it with profile sign", ErrSigned, label)
		}
	}
	if !bytes.Equal(present.Policy, signed.Policy) {
		return fmt.Errorf("%w: policy.json; put it back, or sign it with profile sign", ErrSigned)
	}
	return nil
}

// wantSigned is what production demands.
func (a *Authority) wantSigned() error {
	if _, err := os.Stat(a.signedPath()); err != nil {
		return fmt.Errorf("%w: profiles and policy are not signed (salter-ca profile sign)", ErrProduction)
	}
	return nil
}
