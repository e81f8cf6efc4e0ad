package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// days makes a clock that stands so many days after the tests' time.
func days(n int) func() time.Time {
	return func() time.Time { return testTime.Add(time.Duration(n) * 24 * time.Hour) }
}

// kinds returns the kinds of the events.
func kinds(t *testing.T, j *Journal) (list []string) {
	t.Helper()
	page, err := j.Page(context.Background(), 0, 100)
	fatal(t, err)
	for _, e := range page {
		list = append(list, e.Kind)
	}
	return list
}

// TestRenewKey: a key of a year is followed by another, which seals from then
// on; what the former sealed opens and is found, here and for the officers.
func TestRenewKey(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	recipient, identity := officer(t)
	b.config.Recovery, b.config.KeyAge = []string{recipient}, 365*24*time.Hour
	seal := func(j *Journal, caseID string) {
		p := part(t, caseID, "record", "content of "+caseID)
		fatal(t, j.Append(ctx, [][]byte{event("card-read", caseID, "", p)}, []Part{p}))
	}
	j := b.open() // an empty journal has nothing to renew
	seal(j, caseA)
	fatal(t, j.Close())
	for _, step := range []struct {
		name   string
		days   int
		newest int64
	}{
		{"young", 364, 1},
		{"a year old", 365, 2},
		{"just renewed", 366, 2},
		{"a year later", 731, 3},
	} {
		b.config.Now = days(step.days)
		j := b.open()
		if state := j.KeyState(); j.keys.newest != step.newest || state.Err != nil {
			t.Errorf("%s: key %d, %+v, want key %d", step.name, j.keys.newest, state, step.newest)
		}
		fatal(t, j.Close())
	}
	j = b.open()
	if got := strings.Join(kinds(t, j), " "); got != "data-key data-key card-read" {
		t.Errorf("events, the last first: %s", got)
	}
	seal(j, caseB)
	fatal(t, j.Verify(ctx))
	if _, err := j.Backup(ctx, t.TempDir()); err != nil {
		t.Errorf("copy: %v", err)
	}
	fatal(t, j.Close())
	keys, err := os.ReadFile(b.config.KeyFile)
	fatal(t, err)
	fatal(t, os.Remove(b.config.KeyFile))
	fatal(t, RecoverKeys(b.config.KeyFile, j.KeyState().RecoveryFile, strings.NewReader(identity)))
	if recovered, err := os.ReadFile(b.config.KeyFile); err != nil || !bytes.Equal(recovered, keys) {
		t.Errorf("the officer gets other keys (%v)", err)
	}
	j = b.open()
	for _, caseID := range []string{caseA, caseB} {
		if _, err := j.Part(ctx, caseID, "record"); err != nil {
			t.Errorf("part of %s: %v", caseID, err)
		}
	}
}

// TestRenewKeyInterrupted: a key that was made before its event could be written
// gets it at the next start; where nobody could recover a key, none is made; and
// where the newest was lost, no other gets its number.
func TestRenewKeyInterrupted(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	b.config.KeyAge = 365 * 24 * time.Hour
	j := b.open()
	fill(t, j, 1)
	fatal(t, j.Close())
	b.config.Now = days(400)
	b.config.Recovery = []string{"nobody"}
	j = b.open()
	if j.keys.newest != 1 || j.KeyState().Err == nil {
		t.Errorf("without a recipient that can be read: key %d, %v", j.keys.newest, j.KeyState().Err)
	}
	fatal(t, j.Close())
	b.config.Recovery = nil
	fatal(t, addDataKey(b.config, 2))
	for range 2 {
		j = b.open()
		if got := strings.Join(kinds(t, j), " "); j.keys.newest != 2 || got != "data-key step" {
			t.Errorf("key %d, events %s", j.keys.newest, got)
		}
		fatal(t, j.Verify(ctx))
		fatal(t, j.Close())
	}
	older, err := os.ReadFile(b.config.KeyFile)
	fatal(t, err)
	first, _, _ := bytes.Cut(older, []byte("\n"))
	fatal(t, os.WriteFile(b.config.KeyFile, append(first, '\n'), 0o600))
	for _, day := range []int{400, 800} { // a key file of before, put back
		b.config.Now = days(day)
		j = b.open()
		if got := strings.Join(kinds(t, j), " "); !errors.Is(j.KeyState().Err, ErrKey) || j.keys.newest != 1 || got != "data-key step" {
			t.Errorf("day %d, with an older key file: key %d, %v, events %s", day, j.keys.newest, j.KeyState().Err, got)
		}
		fatal(t, j.Close())
	}
	if left, err := filepath.Glob(b.config.KeyFile + ".new"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
