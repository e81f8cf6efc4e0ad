package heads_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"salter/ca/authority/heads"
)

// clock is a clock that stands until it is set.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at.Add(8 * time.Hour)
}

func open(t *testing.T, dir string, c *clock) *heads.Log {
	t.Helper()
	l, _, err := heads.Open(dir, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func put(t *testing.T, l *heads.Log, name string, size int64) {
	t.Helper()
	if err := l.Put(name, size, tlog.Hash{byte(size)}); err != nil {
		t.Fatal(err)
	}
}

func wantSize(t *testing.T, l *heads.Log, name string, size int64) {
	t.Helper()
	if got := l.All()[name]; got.Size != size || got.Root != (tlog.Hash{byte(size)}) {
		t.Errorf("head of %s: got %+v, want size %d", name, got, size)
	}
}

// TestHeads: what was put is found again, over days, clocks set back and the
// ends of processes, and nothing but an operator makes a head smaller.
func TestHeads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "heads")
	c := &clock{day("2026-11-22")}
	l, fresh, err := heads.Open(dir, c.now)
	if err != nil || !fresh {
		t.Fatalf("a new folder: fresh %v, %v", fresh, err)
	}
	put(t, l, "BG-1", 3)
	put(t, l, "BG-2", 9)
	put(t, l, "BG-1", 2) // an old push repeated
	wantSize(t, l, "BG-1", 3)
	c.at = day("2026-11-23")
	put(t, l, "BG-1", 5)
	c.at = day("2026-11-20")
	put(t, l, "BG-1", 6)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 || filepath.Base(files[1]) != "2026-11-23.heads" {
		t.Errorf("files %v, %v, want one a day, and none for a day gone by", files, err)
	}
	l, fresh, err = heads.Open(dir, c.now)
	if err != nil || fresh {
		t.Fatalf("opened again: fresh %v, %v", fresh, err)
	}
	wantSize(t, l, "BG-1", 6)
	wantSize(t, l, "BG-2", 9)
	if err := l.Accept("BG-2", 4, tlog.Hash{4}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantSize(t, open(t, dir, c), "BG-2", 4)
}

// TestTornLine: a line that a crash cut counts for nothing, and the next one
// does not run on from it.
func TestTornLine(t *testing.T) {
	dir := t.TempDir()
	c := &clock{day("2026-11-22")}
	put(t, open(t, dir, c), "BG-1", 3)
	path := filepath.Join(dir, "2026-11-22.heads")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) - 1 {
		torn := append([]byte{}, whole...)
		torn = append(torn, whole[len("salter-heads/1\n"):][:min(cut, len(whole)-len("salter-heads/1\n")-1)]...)
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, dir, c)
		wantSize(t, l, "BG-1", 3)
		put(t, l, "BG-1", 4)
		wantSize(t, open(t, dir, c), "BG-1", 4)
	}
}

// TestRemovedFolder: a folder that is removed under way begins anew, with all
// that was held.
func TestRemovedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "heads")
	c := &clock{day("2026-11-22")}
	l := open(t, dir, c)
	put(t, l, "BG-1", 3)
	put(t, l, "BG-2", 1)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	put(t, l, "BG-1", 4)
	again := open(t, dir, c)
	wantSize(t, again, "BG-1", 4)
	wantSize(t, again, "BG-2", 1)
}

// TestFailedWrite: a head that could not be written is not held, and written
// when the next push brings it again.
func TestFailedWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "heads")
	c := &clock{day("2026-11-22")}
	l := open(t, dir, c)
	put(t, l, "BG-1", 3)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no folder can be made
		t.Fatal(err)
	}
	if err := l.Put("BG-1", 4, tlog.Hash{4}); err == nil {
		t.Error("a head was written into no folder")
	}
	wantSize(t, l, "BG-1", 3)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	put(t, l, "BG-1", 4)
	wantSize(t, open(t, dir, c), "BG-1", 4)
}

func TestDamaged(t *testing.T) {
	c := &clock{day("2026-11-22")}
	root := tlog.Hash{}.String()
	for _, tt := range []struct{ name, text string }{
		{"empty", ""},
		{"another title", "salter-heads/2\n"},
		{"no line of ours", "salter-heads/1\nhead\n"},
		{"word", "salter-heads/1\ntail BG-1 1 " + root + " 2026-11-22T08:00:00Z\n"},
		{"size", "salter-heads/1\nhead BG-1 -1 " + root + " 2026-11-22T08:00:00Z\n"},
		{"root", "salter-heads/1\nhead BG-1 1 AAAA 2026-11-22T08:00:00Z\n"},
		{"time", "salter-heads/1\nhead BG-1 1 " + root + " yesterday\n"},
		{"long line", "salter-heads/1\nhead " + strings.Repeat("x", 2000) + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "2026-11-22.heads"), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := heads.Open(dir, c.now); !errors.Is(err, heads.ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
		})
	}
}
