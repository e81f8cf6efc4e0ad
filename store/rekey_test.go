package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// newKey makes another checkpoint key of the test's workstation.
func newKey(t testing.TB) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, evidence.Origin(testWorkstation))
	fatal(t, err)
	signer, err := note.NewSigner(skey)
	fatal(t, err)
	return signer, vkey
}

// rekey changes the key and keeps the new one for the next opening.
func (b *bench) rekey(j *Journal) {
	b.t.Helper()
	next, vkey := newKey(b.t)
	b.config.Further = append(b.config.Further, next)
	_, err := j.Rekey(context.Background(), next, vkey)
	fatal(b.t, err)
}

// strictLedger is an authority that verifies who signed the checkpoints.
func (b *bench) strictLedger() *ledger {
	b.t.Helper()
	l := newLedger(b.authority)
	keys, err := evidence.NewEpochs(b.config.Verifier)
	fatal(b.t, err)
	l.keys = keys
	return l
}

// TestRekey changes the key with much behind it that the authority does not hold
// yet: each batch is signed with the key for its end, before and after the
// journal is opened again, and also where the authority lost everything.
func TestRekey(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	l := b.strictLedger()
	fill(t, j, 3)
	fatal(t, j.Sync(ctx, l))
	long := event("step", caseA, strings.Repeat("x", 60_000))
	for range 8 { // two batches
		fatal(t, j.Append(ctx, [][]byte{long}, nil))
	}
	b.rekey(j)
	b.rekey(j)
	fill(t, j, 2)
	fatal(t, j.Close())

	j = b.open()
	fatal(t, j.Verify(ctx))
	fatal(t, j.Sync(ctx, l))
	if s := j.SyncState(); s.Acked != 15 || l.pushes < 3 {
		t.Errorf("%+v after %d pushes, want 15 events in several", s, l.pushes)
	}
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	j = b.open()
	fatal(t, j.Sync(ctx, b.strictLedger())) // one that lost everything
	fatal(t, j.Close())

	r, err := openCopy(t, b.path, CopyConfig{Authority: []note.Verifier{b.config.Authority}}).Verify(ctx)
	if err != nil || len(r.Findings) > 0 || len(r.Keys) != 2 || r.Keys[0].Seq != 12 || r.Keys[1].Seq != 13 {
		t.Errorf("as a copy: %+v, %v", r, err)
	}
}

// TestRekeyInterrupted: a new key that was kept before the event was written, or
// one that is missing afterwards.
func TestRekeyInterrupted(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	l := b.strictLedger()
	waiting, vkey := newKey(t)
	b.config.Further = []note.Signer{waiting}
	j := b.open()
	fill(t, j, 2)
	fatal(t, j.Sync(ctx, l))
	_, err := j.Rekey(ctx, waiting, vkey)
	fatal(t, err)
	fill(t, j, 1)
	fatal(t, j.Close())

	b.config.Further = nil
	if _, err := Open(ctx, b.path, b.config); err == nil || !strings.Contains(err.Error(), "not among those configured") {
		t.Errorf("without the key in force: got %v", err)
	}
	b.config.Further = []note.Signer{waiting}
	fatal(t, b.open().Sync(ctx, l))
}

// TestRekeyRefused: nothing is written for a change that would not hold.
func TestRekeyRefused(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	fill(t, j, 1)
	next, vkey := newKey(t)
	other, _ := newKey(t)
	if _, err := j.Rekey(ctx, other, vkey); !errors.Is(err, evidence.ErrKeyChange) {
		t.Errorf("halves that do not belong together: got %v", err)
	}
	if _, err := j.Rekey(ctx, b.config.Signer, b.config.Verifier); !errors.Is(err, evidence.ErrKeyChange) {
		t.Errorf("the same key: got %v", err)
	}
	change := evidence.KeyChange{Origin: evidence.Origin(testWorkstation), Seq: 2, Old: b.config.Verifier, New: vkey}
	body, err := change.Sign(b.config.Signer, next)
	fatal(t, err)
	e := fmt.Appendf(nil, `{"v":1,"kind":"checkpoint-key","case":"","at":1,"run":1,"mono":1,"body":%s}`, body)
	if err := j.Append(ctx, [][]byte{e}, nil); !errors.Is(err, evidence.ErrKeyChange) {
		t.Errorf("Append of a change: got %v", err)
	}
	if n := len(replay(t, j)); n != 1 {
		t.Errorf("%d events, want the one of before", n)
	}
}

// TestRekeyDiskFull: a change that could not be written leaves the present key
// in force.
func TestRekeyDiskFull(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	fill(t, j, 5)
	limit := func(pages string) {
		fatal(t, j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			var n int64
			return conn.QueryRowContext(ctx, "PRAGMA max_page_count = "+pages).Scan(&n)
		}))
	}
	limit("1") // SQLite takes it as: no more than there are
	failed := false
	for i := 0; i < 20 && !failed; i++ {
		next, vkey := newKey(t)
		_, err := j.Rekey(ctx, next, vkey)
		failed = err != nil
		if failed && !errors.Is(err, ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
		b.config.Further = append(b.config.Further, next)
	}
	if !failed {
		t.Fatal("the file never grew")
	}
	limit("1000000")
	fill(t, j, 1)
	fatal(t, j.Sync(ctx, b.strictLedger()))
}

// TestForgedKeyChange edits the change in the file, and the tree with it: the
// journal does not open, and an auditor is told the event.
func TestForgedKeyChange(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	fill(t, j, 2)
	b.rekey(j)
	fill(t, j, 1)
	events := replay(t, j)
	fatal(t, j.Close())
	thief, vkey := newKey(t)
	forged := evidence.KeyChange{Origin: evidence.Origin(testWorkstation), Seq: 3, Old: b.config.Verifier, New: vkey}
	body, err := forged.Sign(thief, thief)
	fatal(t, err)
	i := bytes.Index(events[2], []byte(`,"body":`))
	events[2] = fmt.Appendf(bytes.Clone(events[2][:i]), `,"body":%s}`, body)
	b.rewrite(events)
	var tampered *TamperedError
	if _, err := Open(ctx, b.path, b.config); !errors.As(err, &tampered) || tampered.Seq != 3 {
		t.Errorf("open: got %v, want event 3", err)
	}
	r, err := openCopy(t, b.path, CopyConfig{}).Verify(ctx)
	if err != nil || len(r.Findings) == 0 || r.Findings[0].Seq != 3 {
		t.Errorf("as a copy: %+v, %v, want event 3", r.Findings, err)
	}
}

// rewrite makes the closed journal anew, tree and all, of other events.
func (b *bench) rewrite(events [][]byte) {
	b.t.Helper()
	var export bytes.Buffer
	w := evidence.NewExportWriter(&export, evidence.Origin(testWorkstation), 1)
	for _, e := range events {
		fatal(b.t, w.Event(e))
	}
	fatal(b.t, w.Close())
	from := filepath.Join(b.t.TempDir(), "export")
	fatal(b.t, os.WriteFile(from, export.Bytes(), 0o600))
	fatal(b.t, os.Remove(b.path))
	fatal(b.t, importExport(context.Background(), from, b.path))
}

// TestKeyIndex: the keys of a journal of years are found without reading it.
func TestKeyIndex(t *testing.T) {
	b := newBench(t)
	j := b.open()
	b.rekey(j)
	fatal(t, j.do(context.Background(), func(ctx context.Context, conn *sql.Conn) error {
		var id, parent, unused int
		var plan string
		err := conn.QueryRowContext(ctx, "EXPLAIN QUERY PLAN "+selectKeyEvents).Scan(&id, &parent, &unused, &plan)
		if err == nil && !strings.Contains(plan, "event_key") {
			t.Errorf("plan: %s", plan)
		}
		return err
	}))
}
