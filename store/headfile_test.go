package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"salter/store/evidence"
)

// withHead makes a journal of n events whose head is kept, and closes it.
func withHead(t *testing.T, n int) *bench {
	t.Helper()
	b := newBench(t)
	b.config.HeadFile = filepath.Join(t.TempDir(), "journal.head")
	j := b.open()
	fill(t, j, n)
	fatal(t, j.Close())
	return b
}

// TestHeadFile: a journal that was never synced is missed, cut, set back or made
// anew: each is noticed by the head outside it.
func TestHeadFile(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		name   string
		change func(t *testing.T, b *bench)
		want   error
	}{
		{"nothing", func(*testing.T, *bench) {}, nil},
		{"longer, because the program was killed", func(t *testing.T, b *bench) {
			kept, err := os.ReadFile(b.config.HeadFile)
			fatal(t, err)
			j := b.open()
			fill(t, j, 3)
			fatal(t, j.Close())
			fatal(t, os.WriteFile(b.config.HeadFile, kept, 0o600))
		}, nil},
		{"tail cut", func(_ *testing.T, b *bench) {
			b.edit("DELETE FROM event WHERE seq > 8", "DELETE FROM node WHERE idx >= 15")
		}, ErrTampered},
		{"older copy", func(t *testing.T, b *bench) {
			old, err := os.ReadFile(b.path)
			fatal(t, err)
			j := b.open()
			fill(t, j, 1)
			fatal(t, j.Close())
			fatal(t, os.WriteFile(b.path, old, 0o600))
		}, ErrTampered},
		{"another history of the same length", func(t *testing.T, b *bench) {
			other := withHead(t, 9)
			j := other.open()
			fatal(t, j.Append(ctx, [][]byte{event("other", caseB, "")}, nil))
			fatal(t, j.Close())
			copyFile(t, other.path, b.path)
		}, ErrTampered},
		{"file gone", func(t *testing.T, b *bench) { fatal(t, os.Remove(b.path)) }, ErrMissing},
		{"made anew", func(t *testing.T, b *bench) {
			fatal(t, os.Remove(b.path))
			if err := Create(ctx, b.path, b.config); !errors.Is(err, ErrMissing) {
				t.Errorf("Create = %v, want ErrMissing", err)
			}
		}, ErrMissing},
		{"made anew without the head", func(t *testing.T, b *bench) {
			fatal(t, os.Remove(b.path))
			c := b.config
			c.HeadFile = ""
			fatal(t, Create(ctx, b.path, c))
		}, ErrTampered},
		{"head damaged", func(t *testing.T, b *bench) {
			fatal(t, os.WriteFile(b.config.HeadFile, []byte("x"), 0o600))
		}, ErrTampered},
		{"head of another counter", func(t *testing.T, b *bench) {
			other := evidence.Checkpoint{Origin: evidence.Origin("X"), Size: 3}
			fatal(t, os.WriteFile(b.config.HeadFile, []byte(other.Text()+"\n— x AAAAAAAA\n"), 0o600))
		}, ErrForeign},
		{"head removed by hand", func(t *testing.T, b *bench) { fatal(t, os.Remove(b.config.HeadFile)) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := withHead(t, 10)
			tt.change(t, b)
			j, err := Open(ctx, b.path, b.config)
			if err == nil {
				err = j.Close()
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Open = %v, want %v", err, tt.want)
			}
		})
	}
}

// TestOpenRecent: Open looks at the last events and at the root under the last
// checkpoint, whatever is before; Verify finds the rest.
func TestOpenRecent(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	add := func(n int) {
		var events [][]byte
		for range n {
			events = append(events, event("step", caseA, ""))
		}
		fatal(t, j.Append(ctx, events, nil))
	}
	add(1000)
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
	add(openVerifies)
	fatal(t, j.Close())
	other := string(event("other", caseA, ""))
	tests := []struct {
		name, edit     string
		atOpen, verify bool // found
	}{
		{"old event", "UPDATE event SET body = CAST('" + other + "' AS BLOB), kind = 'other' WHERE seq = 500", false, true},
		{"recent event", "UPDATE event SET body = CAST('" + other + "' AS BLOB), kind = 'other' WHERE seq = 1500", true, true},
		{"root under the checkpoint", "UPDATE node SET hash = zeroblob(32) WHERE idx = 1022", true, true},
		{"old leaf", "UPDATE node SET hash = zeroblob(32) WHERE idx = 4", false, true},
	}
	whole, err := os.ReadFile(b.path)
	fatal(t, err)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fatal(t, os.WriteFile(b.path, whole, 0o600))
			b.edit(tt.edit)
			j, err := Open(ctx, b.path, b.config)
			if errors.Is(err, ErrTampered) != tt.atOpen {
				t.Fatalf("Open = %v, found: want %v", err, tt.atOpen)
			}
			if err != nil {
				return
			}
			defer j.Close()
			if err := j.Verify(ctx); errors.Is(err, ErrTampered) != tt.verify {
				t.Errorf("Verify = %v, found: want %v", err, tt.verify)
			}
		})
	}
}
