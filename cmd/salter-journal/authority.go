package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// fileEnrolment is what the authority answered to the counter's enrolment.
const fileEnrolment = "enrolment.json"

// maxKeyFile bounds a file with keys, in bytes.
const maxKeyFile = 2 << 20

// authorityKey is a key of the authority, and where it comes from.
type authorityKey struct {
	note.Verifier
	from string
}

// authorityFlag is the list of keys of the command line.
type authorityFlag []authorityKey

func (a *authorityFlag) String() string { return "" }

// Set takes an encoded key or a file.
func (a *authorityFlag) Set(value string) error {
	if v, err := evidence.NewVerifier(value); err == nil {
		*a = append(*a, authorityKey{v, "the command line"})
		return nil
	}
	keys, err := readAuthorityKeys(value)
	*a = append(*a, keys...)
	return err
}

// keys returns the keys to verify with: those of the command line, else that of
// the enrolment beside the journal, if there is one.
func (a authorityFlag) keys(dir string) ([]authorityKey, error) {
	if len(a) > 0 {
		return a, nil
	}
	keys, err := readAuthorityKeys(filepath.Join(dir, fileEnrolment))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return keys, err
}

// readAuthorityKeys reads a file of keys, one a line, or an enrolment.
func readAuthorityKeys(path string) ([]authorityKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%s is too large to hold a key", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(string(text))
	if len(text) > 0 && text[0] == '{' {
		key, err := enrolledKey(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		lines = []string{key}
	}
	var keys []authorityKey
	for _, line := range lines {
		v, err := evidence.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		keys = append(keys, authorityKey{v, path})
	}
	return keys, nil
}

// enrolledKey returns the authority's key in the trust bundle of an enrolment.
// Who signed the bundle is not verified here: the counter did that, and an
// auditor who does not believe the counter gives the key himself.
func enrolledKey(text []byte) (string, error) {
	var enrolment struct {
		Bundle string `json:"bundle"`
	}
	if err := json.Unmarshal(text, &enrolment); err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(enrolment.Bundle, ".") // a compact JWS
	payload, _, _ := strings.Cut(rest, ".")
	content, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return "", fmt.Errorf("trust bundle: %w", err)
	}
	var bundle struct {
		CheckpointKey string `json:"checkpoint_key"`
	}
	if err := json.Unmarshal(content, &bundle); err != nil {
		return "", fmt.Errorf("trust bundle: %w", err)
	}
	return bundle.CheckpointKey, nil
}
