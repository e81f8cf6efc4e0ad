package authority_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"salter/ca/authority"
	"salter/ca/catest"
)

// TestSigned: what was signed opens, and nothing else does until it is signed
// again or put back.
func TestSigned(t *testing.T) {
	s := catest.Start(t, catest.Config{})
	s.Stop()
	open := func(sign bool) error {
		a, err := authority.Open(t.Context(), authority.Config{Dir: s.Dir, SignProfiles: sign, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = a.Close()
		}
		return err
	}
	if err := open(true); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir, "profiles", "signed.jws")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := open(true); err != nil {
		t.Fatal(err)
	}
	last, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(false); !errors.Is(err, authority.ErrSigned) {
		t.Errorf("the file of before: got %v, want %v", err, authority.ErrSigned)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := open(false); !errors.Is(err, authority.ErrSigned) {
		t.Errorf("no file: got %v, want %v", err, authority.ErrSigned)
	}
	if err := os.WriteFile(path, last, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"policy.json", "profiles/citizen-sign.json", "profiles/signed.jws"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(s.Dir, filepath.FromSlash(name))
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			edited := append(before[:len(before):len(before)], ' ') // still the same JSON
			if name == "profiles/signed.jws" {
				edited[len(edited)/2] ^= 1
			}
			if err := os.WriteFile(path, edited, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := open(false); !errors.Is(err, authority.ErrSigned) {
				t.Errorf("edited: got %v, want %v", err, authority.ErrSigned)
			}
			if err := open(true); err != nil {
				t.Errorf("signed again: %v", err)
			}
			if err := open(false); err != nil {
				t.Errorf("after that: %v", err)
			}
		})
	}
}
