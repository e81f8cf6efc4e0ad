package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
)

// officer makes an age identity.
func officer(t *testing.T) (recipient, identity string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	fatal(t, err)
	return id.Recipient().String(), "# an officer\n" + id.String() + "\n"
}

// TestRecoverKeys: the key file is lost, and either officer makes it anew.
func TestRecoverKeys(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	first, firstIdentity := officer(t)
	second, secondIdentity := officer(t)
	_, stranger := officer(t)
	b.config.Recovery = []string{first, second}
	j := b.open()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	state := j.KeyState()
	if state.Err != nil || state.RecoveryFile == "" || state.Protected != (runtime.GOOS == "windows") {
		t.Fatalf("key state %+v", state)
	}
	fatal(t, j.Close())
	key, err := os.ReadFile(b.config.KeyFile)
	fatal(t, err)
	sealed, err := os.ReadFile(state.RecoveryFile)
	fatal(t, err)
	if info, err := os.Stat(state.RecoveryFile); err != nil || info.Mode().Perm()&0o077 != 0 || bytes.Contains(sealed, key[2:40]) {
		t.Errorf("recovery file is readable: %v, %v", info.Mode(), err)
	}

	if err := RecoverKeys(b.config.KeyFile, state.RecoveryFile, strings.NewReader(firstIdentity)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("recover beside a key file: %v, want ErrExist", err)
	}
	for _, identity := range []string{firstIdentity, secondIdentity} {
		fatal(t, os.Remove(b.config.KeyFile))
		if _, err := Open(ctx, b.path, b.config); !errors.Is(err, ErrKey) {
			t.Errorf("open without key: %v, want ErrKey", err)
		}
		if err := RecoverKeys(b.config.KeyFile, state.RecoveryFile, strings.NewReader(stranger)); err == nil {
			t.Error("a stranger recovered the key")
		}
		if err := RecoverKeys(b.config.KeyFile, state.RecoveryFile, strings.NewReader("AGE-SECRET-KEY-1XYZ")); err == nil || strings.Contains(err.Error(), "XYZ") {
			t.Errorf("damaged identity: %v, want an error without its text", err)
		}
		fatal(t, RecoverKeys(b.config.KeyFile, state.RecoveryFile, strings.NewReader(identity)))
		j = b.open()
		if opening, err := j.Part(ctx, caseA, "record"); err != nil || !bytes.Equal(opening, p.Opening) {
			t.Errorf("part after recovery: %v", err)
		}
		fatal(t, j.Close())
	}
	if entries, err := filepath.Glob(b.config.KeyFile + ".*.age"); err != nil || len(entries) != 1 {
		t.Errorf("recovery files %v, %v, want the same one", entries, err)
	}
}

// TestRecoveryFile: other recipients and other keys have a file of their own,
// and none is written over.
func TestRecoveryFile(t *testing.T) {
	b := newBench(t)
	first, _ := officer(t)
	second, _ := officer(t)
	open := func(recipients ...string) string {
		t.Helper()
		b.config.Recovery = recipients
		j := b.open()
		defer j.Close()
		if s := j.KeyState(); s.Err != nil {
			t.Fatal(s.Err)
		}
		return j.KeyState().RecoveryFile
	}
	if got := open(); got != "" {
		t.Errorf("recovery file %s for nobody", got)
	}
	one := open(first)
	if both := open(first, second); both == one || open(second, first) != both || open(first) != one {
		t.Error("recovery files are confused")
	}
	fatal(t, os.Remove(b.config.KeyFile))
	fatal(t, createKeys(b.config.KeyFile))
	if open(first) == one {
		t.Error("a new key has the recovery file of the old one")
	}
}

// TestRecoveryFails: a recipient that is none, or a directory that takes no
// file, is told and keeps nobody from working.
func TestRecoveryFails(t *testing.T) {
	b := newBench(t)
	b.config.Recovery = []string{"age1nobody"}
	if s := b.open().KeyState(); s.Err == nil || s.RecoveryFile != "" {
		t.Errorf("key state %+v, want an error", s)
	}
	c := newBench(t).config
	c.Recovery = []string{"age1nobody"}
	if err := Create(context.Background(), filepath.Join(t.TempDir(), "journal.db"), c); err == nil {
		t.Error("a journal was created for a recipient that is none")
	}
}

// TestSealedElsewhere: a line that another operating system sealed is refused,
// without its text.
func TestSealedElsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.key")
	for _, line := range []string{"1 dpapi AQAAANCMnd8B", "1 tpm AQAAANCMnd8B", "1 dpapi ", "1 dpapi %%%"} {
		fatal(t, os.WriteFile(path, []byte(line+"\n"), 0o600))
		if _, err := loadKeys(path); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "AQAAA") {
			t.Errorf("key file %q: %v, want ErrKey", line, err)
		}
	}
}
