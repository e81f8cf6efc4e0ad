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
	sum := sha256.Sum256([]byte(jws))
	if err := a.db.Do(ctx, func(tx db.Tx) error { return a.record(ctx, tx, actionProfiles, "sha256 "+hex.EncodeToString(sum[:])) }); err != nil {
		return err
	}
	path := a.signedPath()
	err = os.WriteFile(path+".new", []byte(jws+"\n"), 0o644)
	if err == nil {
		err = syncPath(path + ".new")
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncPath(filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	a.log.Warn("profiles and policy signed", "sha256", hex.EncodeToString(sum[:]))
	return nil
}

// checkSigned compares what is in the folder with what was signed. Without a
// signed file, which production demands, everything goes.
func (a *Authority) checkSigned() error {
	text, err := os.ReadFile(a.signedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var signed signedProfiles
	if err := verifyJSON(string(bytes.TrimSpace(text)), a.pki.policy.Public(), []jose.SignatureAlgorithm{jose.ES256}, &signed); err != nil {
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
