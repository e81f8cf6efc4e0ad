package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// openCopy opens a copy and closes it at the end of the test.
func openCopy(t *testing.T, path string, config CopyConfig) *Copy {
	t.Helper()
	c, err := OpenCopy(context.Background(), path, config)
	fatal(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestCopyReads: what is read is what was written, and reading changes nothing.
func TestCopyReads(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fill(t, j, 6)
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
	fill(t, j, 2)
	want, head := replay(t, j), mustHead(t, j)
	fatal(t, j.Close())
	before, err := os.ReadFile(b.path)
	fatal(t, err)

	c := openCopy(t, b.path, CopyConfig{Authority: []note.Verifier{b.config.Authority}, KeyFile: b.config.KeyFile})
	for i, e := range want {
		got, err := c.Event(ctx, int64(i)+1)
		if err != nil || !bytes.Equal(got, e) {
			t.Errorf("event %d: %s, %v", i+1, got, err)
		}
	}
	if _, err := c.Event(ctx, 10); !errors.Is(err, ErrNoEvent) {
		t.Errorf("event 10: %v, want ErrNoEvent", err)
	}
	r, err := c.Verify(ctx)
	if err != nil || len(r.Findings) > 0 || r.Head != head || r.Covered != 7 || r.Parts != 1 || r.Opened != 1 || !r.SignaturesChecked {
		t.Errorf("report %+v, %v", r, err)
	}
	parts, err := c.Parts(ctx, want[0])
	fatal(t, err)
	if len(parts) != 1 || parts[0].Name != "record" || !parts[0].Here {
		t.Errorf("parts %+v", parts)
	}
	opening, err := c.Opening(ctx, parts[0].Commitment)
	if err != nil || !bytes.Equal(opening, p.Opening) {
		t.Errorf("opening: %v", err)
	}
	if _, err := c.Opening(ctx, [32]byte{1}); !errors.Is(err, ErrNoPart) {
		t.Errorf("unknown commitment: %v, want ErrNoPart", err)
	}
	if root, err := c.RootAt(ctx, head.Size); err != nil || root != head.Root {
		t.Errorf("root at the end: %x, %v", root, err)
	}
	fatal(t, c.Close())
	after, err := os.ReadFile(b.path)
	fatal(t, err)
	if !bytes.Equal(before, after) {
		t.Error("reading changed the file")
	}
	if _, err := os.Stat(b.path + "-wal"); !notThere(err) {
		t.Errorf("reading left a log: %v", err)
	}
	if got := replay(t, b.open()); len(got) != len(want) {
		t.Errorf("journal has %d events afterwards, want %d", len(got), len(want))
	}
}

// mustHead returns the head.
func mustHead(t *testing.T, j *Journal) Head {
	t.Helper()
	h, err := j.Head(context.Background())
	fatal(t, err)
	return h
}

// TestCopyWithoutKey: parts stay closed, and verification says how many.
func TestCopyWithoutKey(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fatal(t, j.Close())
	c := openCopy(t, b.path, CopyConfig{})
	if _, err := c.Opening(ctx, evidence.Commitment(p.Opening)); !errors.Is(err, ErrKey) {
		t.Errorf("opening without key: %v, want ErrKey", err)
	}
	r, err := c.Verify(ctx)
	if err != nil || len(r.Findings) > 0 || r.Parts != 1 || r.Opened != 0 || r.SignaturesChecked {
		t.Errorf("report %+v, %v", r, err)
	}
}

// TestCopyRefused: what cannot be read, and why.
func TestCopyRefused(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	try := func(path string, config CopyConfig, want error) {
		t.Helper()
		c, err := OpenCopy(ctx, path, config)
		if err == nil {
			c.Close()
		}
		if !errors.Is(err, want) {
			t.Errorf("open %s: %v, want %v", filepath.Base(path), err, want)
		}
	}
	try(b.path, CopyConfig{}, ErrInUse)
	fill(t, j, 1) // and the journal is none the worse for it
	fatal(t, j.Close())
	c := openCopy(t, b.path, CopyConfig{})
	if _, err := Open(ctx, b.path, b.config); !errors.Is(err, ErrInUse) {
		t.Errorf("open a journal that is read: %v, want ErrInUse", err)
	}
	fatal(t, c.Close())
	if _, err := c.Head(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("closed copy: %v, want ErrClosed", err)
	}
	try(filepath.Join(t.TempDir(), "none"), CopyConfig{}, ErrMissing)
	try(b.config.KeyFile, CopyConfig{}, ErrCorrupt)
	try(b.path, CopyConfig{KeyFile: filepath.Join(t.TempDir(), "none")}, ErrKey)
	b.edit("PRAGMA user_version = 99")
	try(b.path, CopyConfig{}, ErrNewer)
	b.edit("PRAGMA application_id = 7")
	try(b.path, CopyConfig{}, ErrCorrupt)

	var text bytes.Buffer
	w := evidence.NewExportWriter(&text, "x", 5)
	fatal(t, w.Event([]byte("{}")))
	fatal(t, w.Close())
	late := filepath.Join(t.TempDir(), "late")
	fatal(t, os.WriteFile(late, text.Bytes(), 0o600))
	try(late, CopyConfig{}, evidence.ErrExport)
}

// TestCopyOfPoison: an export may hold bytes that are no event; they are named.
func TestCopyOfPoison(t *testing.T) {
	var text bytes.Buffer
	w := evidence.NewExportWriter(&text, evidence.Origin("X"), 1)
	fatal(t, w.Event(event("step", caseA, "")))
	fatal(t, w.Event([]byte("\x00 no event")))
	fatal(t, w.Close())
	path := filepath.Join(t.TempDir(), "x")
	fatal(t, os.WriteFile(path, text.Bytes(), 0o600))
	r, err := openCopy(t, path, CopyConfig{}).Verify(context.Background())
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Seq != 2 {
		t.Errorf("report %+v, %v, want event 2", r, err)
	}
}
