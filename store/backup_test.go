package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	fatal(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestBackup(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	now := testTime
	b.config.Now = func() time.Time { return now }
	j := b.open()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "journal-NS-001-01-000000000001.db")
	fatal(t, os.WriteFile(foreign, nil, 0o600))
	fatal(t, os.WriteFile(filepath.Join(dir, "journal-"+testWorkstation+"-new-wal"), []byte("interrupted"), 0o600))
	p := part(t, caseA, "record", "content of the part")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
	var last string
	for range keptBackups + 2 {
		fill(t, j, 1)
		now = now.Add(-24 * time.Hour) // the clock does not matter
		var err error
		last, err = j.Backup(ctx, dir)
		fatal(t, err)
	}
	var want []string
	for events := 4; events <= 10; events++ {
		want = append(want, fmt.Sprintf("journal-BG-017-03-%012d.db", events))
	}
	want = append(want, filepath.Base(foreign))
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("copies are %v, want %v", got, want)
	}
	again, err := j.Backup(ctx, dir)
	fatal(t, err)
	if got := names(t, dir); again != last || !slices.Equal(got, want) {
		t.Errorf("second copy of the same state is %s beside %v", again, got)
	}
	info, err := os.Stat(last)
	fatal(t, err)
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("copy has mode %v", info.Mode())
	}
	wantEvents := replay(t, j)
	fatal(t, j.Close())

	b.path = last // restored
	j = b.open()
	if got := replay(t, j); !slices.EqualFunc(got, wantEvents, bytes.Equal) {
		t.Errorf("copy has %d events, want the same %d", len(got), len(wantEvents))
	}
	opening, err := j.Part(ctx, caseA, "record")
	if err != nil || !bytes.Equal(opening, p.Opening) {
		t.Errorf("part of the copy: %v", err)
	}
	if s := j.SyncState(); s.Acked != 1 {
		t.Errorf("copy has %d events acknowledged, want 1", s.Acked)
	}
}

// TestBackupOfRestored: a journal set back has fewer events than its copies; the
// copy just made stays, and so do the longer ones.
func TestBackupOfRestored(t *testing.T) {
	b := newBench(t)
	j := b.open()
	dir := t.TempDir()
	prefix := "journal-" + testWorkstation + "-"
	longer := []string{"000000000003", "000000000004", "000000000005", "000000000006", "000000000007", "000000000008", "000000000009"}
	for _, n := range longer {
		fatal(t, os.WriteFile(filepath.Join(dir, prefix+n+".db"), nil, 0o600))
	}
	fill(t, j, 1)
	_, err := j.Backup(context.Background(), dir)
	fatal(t, err)
	want := []string{prefix + "000000000001.db"}
	for _, n := range longer[1:] {
		want = append(want, prefix+n+".db")
	}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("copies are %v, want %v", got, want)
	}
}

// TestBackupFails: a journal that does not verify is not copied over a good
// copy, and nothing half-made stays.
func TestBackupFails(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	dir := t.TempDir()
	good, err := j.Backup(ctx, dir)
	fatal(t, err)
	sound, err := os.ReadFile(good)
	fatal(t, err)
	fatal(t, j.Close())
	b.edit("DELETE FROM person")
	j = b.open() // Open does not look at every part; Verify does
	if _, err := j.Backup(ctx, dir); err == nil {
		t.Error("a journal that does not verify was copied")
	}
	if _, err := j.Backup(ctx, filepath.Join(dir, "missing")); !notThere(err) {
		t.Errorf("Backup into a missing directory = %v", err)
	}
	kept, err := os.ReadFile(good)
	fatal(t, err)
	if got := names(t, dir); len(got) != 1 || !bytes.Equal(kept, sound) {
		t.Errorf("directory holds %v, the good copy unchanged: %v", got, bytes.Equal(kept, sound))
	}
	fill(t, j, 1) // the journal itself goes on
}
