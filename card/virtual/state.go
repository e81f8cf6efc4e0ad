package virtual

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"salter/card/sod"
)

// stateFile is the name of the state inside a card's folder.
const stateFile = "card.json"

// stateVersion is the format written; other versions are refused.
const stateVersion = 1

// maxState bounds a state file; a full card has some 200 KiB.
const maxState = 8 << 20

// state is everything a card keeps without power. It is one JSON document.
type state struct {
	Version  int    `json:"version"`
	ATR      []byte `json:"atr"`
	Identity struct {
		// AID is the identity applet; empty: the files lie in the default
		// directory (Apollo).
		AID   []byte             `json:"aid"`
		Files map[sod.FID][]byte `json:"files"`
	} `json:"identity"`
	// TokenSerial is that of the token info file 70F3; empty: the chip has
	// no PKI part.
	TokenSerial string    `json:"token_serial"`
	PIN         secret    `json:"pin"`
	PUK         secret    `json:"puk"`
	MF          *file     `json:"mf"`
	Keys        []keySlot `json:"keys"`
	// Written lists the certificate files of the write view, the last
	// written one at the end.
	Written []uint16 `json:"written"`
}

// secret is the one PIN or the one PUK of the chip. Value is empty until it
// has been set.
type secret struct {
	Value string `json:"value"`
	Tries int    `json:"tries"`
}

// keySlot is a private key of the chip under its reference.
type keySlot struct {
	Ref   byte   `json:"ref"`
	PKCS8 []byte `json:"pkcs8"`

	key *rsa.PrivateKey // parsed at load
}

// hasPKI reports whether the chip has a PKI part.
func (s *state) hasPKI() bool { return s.TokenSerial != "" }

// key returns the key under ref.
func (s *state) key(ref byte) *rsa.PrivateKey {
	for i := range s.Keys {
		if s.Keys[i].Ref == ref {
			return s.Keys[i].key
		}
	}
	return nil
}

// setKey puts a key under ref, in place of what was there.
func (s *state) setKey(ref byte, key *rsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key %02X: %w", ref, err)
	}
	slot := keySlot{Ref: ref, PKCS8: der, key: key}
	for i := range s.Keys {
		if s.Keys[i].Ref == ref {
			s.Keys[i] = slot
			return nil
		}
	}
	s.Keys = append(s.Keys, slot)
	return nil
}

// decodeState parses and checks a state document.
func decodeState(data []byte) (*state, error) {
	if len(data) > maxState {
		return nil, fmt.Errorf("decode card state of %d bytes: %w", len(data), ErrState)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var s state
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("decode card state: %w: %w", ErrState, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("decode card state: %w: %w", ErrState, err)
	}
	return &s, nil
}

// check verifies what the card relies on and parses the keys.
func (s *state) check() error {
	switch {
	case s.Version != stateVersion:
		return fmt.Errorf("version %d", s.Version)
	case len(s.ATR) < 2 || len(s.ATR) > 33:
		return fmt.Errorf("ATR of %d bytes", len(s.ATR))
	case len(s.TokenSerial) > serialSize:
		return fmt.Errorf("token serial of %d bytes", len(s.TokenSerial))
	case s.PIN.Tries < 0 || s.PIN.Tries > maxTries || s.PUK.Tries < 0 || s.PUK.Tries > maxTries:
		return errors.New("counter out of range")
	case s.MF == nil || !s.MF.Dir || s.MF.FID != fidMF:
		return errors.New("no root directory")
	}
	if err := s.MF.check(0); err != nil {
		return err
	}
	for i := range s.Keys {
		parsed, err := x509.ParsePKCS8PrivateKey(s.Keys[i].PKCS8)
		if err != nil {
			return fmt.Errorf("key %02X: %w", s.Keys[i].Ref, err)
		}
		key, ok := parsed.(*rsa.PrivateKey)
		if !ok || key.E != 65537 {
			return fmt.Errorf("key %02X: not an RSA key of this chip", s.Keys[i].Ref)
		}
		s.Keys[i].key = key
	}
	return nil
}

// loadState reads the state in dir.
func loadState(dir string) (*state, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open card in %s: %w", dir, ErrNoState)
	}
	if err != nil {
		return nil, fmt.Errorf("open card: %w", err)
	}
	return decodeState(data)
}

// clone returns a copy that shares nothing with s.
func (s *state) clone() (*state, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("copy card state: %w", err)
	}
	return decodeState(data)
}

// save replaces the state in dir by one rename, so that a killed process
// leaves the old or the new state and nothing between.
func (s *state) save(dir string) error {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("save card state: %w", err)
	}
	return replaceFile(filepath.Join(dir, stateFile), data)
}

// replaceFile writes data to a file of mode 0600 under a name of its own and
// renames it to name.
func replaceFile(name string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new-")
	if err != nil {
		return fmt.Errorf("replace file: %w", err)
	}
	_, err = tmp.Write(data)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("replace file: %w", err)
	}
	return nil
}
