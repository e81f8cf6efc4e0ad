package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

const (
	testWorkstation = "BG-017-03"
	caseA           = "0192f0c1-2b3c-7d4e-8f50-112233445566"
	caseB           = "0192f0c1-2b3c-7d4e-8f50-998877665544"
)

// testTime is where every clock in these tests stands unless it is moved.
var testTime = time.UnixMilli(1_790_000_000_000)

// bench is one workstation and its authority on a directory of their own.
type bench struct {
	t         testing.TB
	path      string
	config    Config
	counter   note.Verifier
	authority note.Signer
}

// newBench makes the keys and an empty journal.
func newBench(t testing.TB) *bench {
	t.Helper()
	dir := t.TempDir()
	skey, counter, err := note.GenerateKey(rand.Reader, evidence.Origin(testWorkstation))
	fatal(t, err)
	counterVerifier, err := evidence.NewVerifier(counter)
	fatal(t, err)
	signer, err := note.NewSigner(skey)
	fatal(t, err)
	skey, vkey, err := evidence.GenerateCosigner(rand.Reader, "ca.example/journal")
	fatal(t, err)
	now := func() time.Time { return testTime }
	authority, err := evidence.NewCosigner(skey, now)
	fatal(t, err)
	verifier, err := evidence.NewVerifier(vkey)
	fatal(t, err)
	b := &bench{
		t:    t,
		path: filepath.Join(dir, "journal.db"),
		config: Config{
			Workstation: testWorkstation,
			KeyFile:     filepath.Join(dir, "data.key"),
			Signer:      signer,
			Verifier:    counter,
			Authority:   verifier,
			Now:         now,
		},
		counter:   counterVerifier,
		authority: authority,
	}
	fatal(t, Create(context.Background(), b.path, b.config))
	return b
}

// open opens the journal and closes it at the end of the test.
func (b *bench) open() *Journal {
	b.t.Helper()
	j, err := Open(context.Background(), b.path, b.config)
	fatal(b.t, err)
	b.t.Cleanup(func() { j.Close() })
	return j
}

// fatal ends the test on an error.
func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// event is a well-formed event of a case that commits to the parts.
func event(kind, caseID string, body string, parts ...Part) []byte {
	commits := make(map[string]string)
	for _, p := range parts {
		sum := evidence.Commitment(p.Opening)
		commits[p.Name] = hex.EncodeToString(sum[:])
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(commits)) {
		list = append(list, fmt.Sprintf("%q:%q", name, commits[name]))
	}
	return fmt.Appendf(nil, `{"v":1,"kind":%q,"case":%q,"at":%d,"run":1,"mono":5,"clerk":"PS-1","commits":{%s},"body":{"text":%q}}`,
		kind, caseID, testTime.UnixMilli(), strings.Join(list, ","), body)
}

// part is a part of a case with a fresh salt.
func part(t testing.TB, caseID, name, content string) Part {
	t.Helper()
	opening, _, err := evidence.Commit(rand.Reader, []byte(content))
	fatal(t, err)
	return Part{Case: caseID, Name: name, Opening: opening}
}

// fill appends n events, one Append each.
func fill(t testing.TB, j *Journal, n int) {
	t.Helper()
	for i := range n {
		fatal(t, j.Append(context.Background(), [][]byte{event("step", caseA, fmt.Sprint(i))}, nil))
	}
}

// replay returns all events.
func replay(t testing.TB, j *Journal) [][]byte {
	t.Helper()
	var events [][]byte
	fatal(t, j.Replay(context.Background(), func(seq int64, event []byte) error {
		if seq != int64(len(events)+1) {
			t.Fatalf("event %d comes after %d", seq, len(events))
		}
		events = append(events, bytes.Clone(event))
		return nil
	}))
	return events
}

// edit changes the closed file behind the journal's back: the triggers are out
// of the way meanwhile and stand again afterwards.
func (b *bench) edit(statements ...string) {
	b.t.Helper()
	db := b.raw()
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
	fatal(b.t, err)
	var drop, restore []string
	for rows.Next() {
		var name, text string
		fatal(b.t, rows.Scan(&name, &text))
		drop = append(drop, "DROP TRIGGER "+name)
		restore = append(restore, text)
	}
	fatal(b.t, rows.Close())
	for _, s := range slices.Concat(drop, statements, restore) {
		if _, err := db.Exec(s); err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
	fatal(b.t, db.Close())
}

// raw opens the closed file without any of the journal's settings.
func (b *bench) raw() *sql.DB {
	b.t.Helper()
	db, err := sql.Open("sqlite", b.path)
	fatal(b.t, err)
	db.SetMaxOpenConns(1)
	b.t.Cleanup(func() { db.Close() })
	return db
}

// copyFile copies a file with mode 0600.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	fatal(t, err)
	fatal(t, os.WriteFile(to, data, 0o600))
}

// findInFiles says whether any file beside the journal holds the bytes.
func findInFiles(t testing.TB, b *bench, what []byte) bool {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(b.path))
	fatal(t, err)
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(b.path), entry.Name()))
		fatal(t, err)
		if bytes.Contains(data, what) {
			return true
		}
	}
	return false
}
