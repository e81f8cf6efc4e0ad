package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

func TestCreate(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{b.path, b.config.KeyFile} {
		info, err := os.Stat(path)
		fatal(t, err)
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(path), info.Mode().Perm())
		}
	}
	entries, err := os.ReadDir(filepath.Dir(b.path))
	fatal(t, err)
	if len(entries) != 2 {
		t.Errorf("Create left %v, want the journal and the key", entries)
	}
	j := b.open()
	head, err := j.Head(context.Background())
	fatal(t, err)
	if head.Size != 0 || head.Root != evidence.Commitment(nil) {
		t.Errorf("head of a new journal = %+v", head)
	}
	fatal(t, j.Verify(context.Background()))
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	b := newBench(t)
	j := b.open()
	fill(t, j, 3)
	fatal(t, j.Close())
	if err := Create(context.Background(), b.path, b.config); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a journal = %v, want fs.ErrExist", err)
	}
	if got := len(replay(t, b.open())); got != 3 {
		t.Errorf("%d events after the second Create, want 3", got)
	}
}

// TestCreateInterrupted finds the files of an enrolment that was cut off.
func TestCreateInterrupted(t *testing.T) {
	b := newBench(t)
	fatal(t, os.Rename(b.path, b.path+".new"))
	fatal(t, os.WriteFile(b.path+".new-wal", []byte("half a log"), 0o600))
	fatal(t, os.WriteFile(b.config.KeyFile+".new", []byte("1 00"), 0o600))
	fatal(t, Create(context.Background(), b.path, b.config))
	fatal(t, b.open().Verify(context.Background()))
}

func TestOpenRefuses(t *testing.T) {
	other, _, err := note.GenerateKey(rand.Reader, evidence.Origin("NS-001-01"))
	fatal(t, err)
	foreign, err := note.NewSigner(other)
	fatal(t, err)
	tests := []struct {
		name  string
		spoil func(*testing.T, *bench)
		want  error
	}{
		{"missing", func(t *testing.T, b *bench) { fatal(t, os.Remove(b.path)) }, ErrMissing},
		{"empty", func(t *testing.T, b *bench) { fatal(t, os.Truncate(b.path, 0)) }, ErrCorrupt},
		{"truncated to a page", func(t *testing.T, b *bench) { fatal(t, os.Truncate(b.path, 4096)) }, ErrCorrupt},
		{"truncated by half", func(t *testing.T, b *bench) {
			info, err := os.Stat(b.path)
			fatal(t, err)
			fatal(t, os.Truncate(b.path, info.Size()/2))
		}, ErrCorrupt},
		{"not a database", func(t *testing.T, b *bench) {
			fatal(t, os.WriteFile(b.path, make([]byte, 8192), 0o600))
		}, ErrCorrupt},
		{"another application's database", func(_ *testing.T, b *bench) { b.edit("PRAGMA application_id = 7") }, ErrCorrupt},
		{"newer version", func(_ *testing.T, b *bench) { b.edit("PRAGMA user_version = 99") }, ErrNewer},
		{"other workstation", func(_ *testing.T, b *bench) {
			b.config.Workstation, b.config.Signer = "NS-001-01", foreign
		}, ErrForeign},
		{"table added", func(_ *testing.T, b *bench) { b.edit("CREATE TABLE other (x)") }, ErrTampered},
		{"trigger dropped", func(t *testing.T, b *bench) {
			db := b.raw()
			_, err := db.Exec("DROP TRIGGER event_update")
			fatal(t, errors.Join(err, db.Close()))
		}, ErrTampered},
		{"key file missing", func(t *testing.T, b *bench) { fatal(t, os.Remove(b.config.KeyFile)) }, ErrKey},
		{"key file readable by others", func(t *testing.T, b *bench) {
			if runtime.GOOS == "windows" {
				t.Skip("no such modes")
			}
			fatal(t, os.Chmod(b.config.KeyFile, 0o644))
		}, ErrKey},
		{"key file damaged", func(t *testing.T, b *bench) {
			fatal(t, os.WriteFile(b.config.KeyFile, []byte("1 abc\n"), 0o600))
		}, ErrKey},
		{"other key", func(t *testing.T, b *bench) {
			fatal(t, os.Remove(b.config.KeyFile))
			fatal(t, createKeys(b.config.KeyFile))
		}, ErrKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			for range 40 {
				p := part(t, caseA, "record", "a record of some length to fill the pages of the file")
				fatal(t, j.Append(context.Background(), [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
			}
			fatal(t, j.Close())
			tt.spoil(t, b)
			j, err := Open(context.Background(), b.path, b.config)
			if err == nil {
				j.Close()
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Open = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOpenMissingCreatesNothing(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(t.TempDir(), "journal.db")
	if _, err := Open(context.Background(), path, b.config); !errors.Is(err, ErrMissing) {
		t.Errorf("Open = %v, want ErrMissing", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open left a file behind: %v", err)
	}
}

func TestOpenChecksConfig(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		name  string
		spoil func(*Config)
	}{
		{"no workstation", func(c *Config) { c.Workstation = "" }},
		{"no key file", func(c *Config) { c.KeyFile = "" }},
		{"no signer", func(c *Config) { c.Signer = nil }},
		{"no authority", func(c *Config) { c.Authority = nil }},
		{"signer of another workstation", func(c *Config) { c.Workstation = "NS-001-01" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := b.config
			tt.spoil(&config)
			if _, err := Open(context.Background(), b.path, config); err == nil {
				t.Error("Open succeeded")
			}
		})
	}
}

// TestSecondOpen is the double start inside one process; the kill test does it
// between two.
func TestSecondOpen(t *testing.T) {
	b := newBench(t)
	first := b.open()
	started := time.Now()
	if _, err := Open(context.Background(), b.path, b.config); !errors.Is(err, ErrInUse) {
		t.Fatalf("second Open = %v, want ErrInUse", err)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("second Open took %v", took)
	}
	fill(t, first, 1)
	fatal(t, first.Close())
	fill(t, b.open(), 1)
}

func TestClosed(t *testing.T) {
	j := newBench(t).open()
	fatal(t, j.Close())
	fatal(t, j.Close())
	if err := j.Append(context.Background(), [][]byte{event("a", "", "")}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Append = %v, want ErrClosed", err)
	}
}

func TestCloseEmptiesTheLog(t *testing.T) {
	b := newBench(t)
	j := b.open()
	fill(t, j, 5)
	fatal(t, j.Close())
	if info, err := os.Stat(b.path + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("log of %d bytes after Close", info.Size())
	}
}

// TestWaitEndsWithContext holds the turn and lets another caller give up.
func TestWaitEndsWithContext(t *testing.T) {
	j := newBench(t).open()
	<-j.turn
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- j.Append(ctx, [][]byte{event("a", "", "")}, nil) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Append = %v, want context.Canceled", err)
	}
	j.turn <- struct{}{}
	if got := len(replay(t, j)); got != 0 {
		t.Errorf("%d events, want 0", got)
	}
}
