package authority_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
	"salter/store/evidence"
)

// handOver makes the file of a counter as store.Journal.HandOver does: events
// from one number on, a checkpoint behind every three of them, and openings.
func handOver(t *testing.T, w *catest.Workstation, recipient string, from int64, openings ...[]byte) []byte {
	t.Helper()
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	sealed, err := age.Encrypt(&file, to)
	if err != nil {
		t.Fatal(err)
	}
	out := evidence.NewExportWriter(sealed, evidence.Origin(w.Name), from)
	var tree evidence.Tree
	for i, body := range w.Journal {
		tree.Append(evidence.Leaf(body))
		seq := int64(i + 1)
		if seq < from {
			continue
		}
		err = errors.Join(err, out.Event(body))
		if seq%3 == 0 || i == len(w.Journal)-1 {
			err = errors.Join(err, out.Checkpoint(w.CheckpointOf(seq, tree.Root())))
		}
	}
	for _, opening := range openings {
		err = errors.Join(err, out.Opening(opening))
	}
	if err := errors.Join(err, out.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestImportJournal: what a counter hands over in a file has the effect of a
// push, as often as it comes, and whatever was held before.
func TestImportJournal(t *testing.T) {
	o := newCounter(t)
	recipient, err := o.Authority.HandOverRecipient(t.Context())
	if err != nil || recipient != o.ws.Trust.HandOver {
		t.Fatalf("recipient %q, %v, want the one in the trust bundle, %q", recipient, err, o.ws.Trust.HandOver)
	}
	o.ws.Append([]byte(`{"event":1}`))
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	for range 6 {
		o.ws.Append([]byte(`{"event":"more"}`))
	}
	opening, sum := o.ws.Commit(catest.NewUUID(), "record", []byte("record"))
	file := handOver(t, o.ws, recipient, 2, opening)
	if bytes.Contains(file, []byte("more")) {
		t.Error("the file can be read by anybody")
	}
	for _, want := range []authority.TakenIn{
		{Workstation: o.ws.Name, From: 2, To: 8, New: 7, Parts: 1},
		{Workstation: o.ws.Name, From: 2, To: 8, New: 0, Parts: 1},
	} {
		in, err := o.Authority.ImportJournal(t.Context(), bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		key, err := evidence.NewVerifier(o.ws.Trust.CheckpointKey)
		if err != nil {
			t.Fatal(err)
		}
		head, err := evidence.OpenCheckpoint(in.Checkpoint, evidence.Origin(o.ws.Name), key)
		if err != nil || head.Size != 8 || !evidence.Extends(in.Checkpoint, o.ws.Checkpoint()) {
			t.Errorf("checkpoint: %+v, %v, want the counter's own with a signature added", head, err)
		}
		if in.Checkpoint = nil; !equalTakenIn(in, want) {
			t.Errorf("got %+v, want %+v", in, want)
		}
	}
	reply, p := o.ws.Push(8)
	if p != nil || len(reply.Missing) > 0 {
		t.Errorf("the next push over the network: %+v, missing %v", p, reply.Missing)
	}
	if sum != sha256.Sum256(opening) {
		t.Error("opening and its name differ")
	}
}

func equalTakenIn(a, b authority.TakenIn) bool {
	return a.Workstation == b.Workstation && a.From == b.From && a.To == b.To && a.New == b.New && a.Parts == b.Parts &&
		a.Missing == b.Missing && bytes.Equal(a.Checkpoint, b.Checkpoint)
}

// TestImportRefusals: the one rule holds for files, and what a file holds
// before it breaks off stands.
func TestImportRefusals(t *testing.T) {
	o := newCounter(t)
	recipient := o.ws.Trust.HandOver
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for range 9 {
		o.ws.Append([]byte(`{"event":"one"}`))
	}
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	for range 3 {
		o.ws.Append([]byte(`{"event":"two"}`))
	}
	other := o.Enrol("BG-017-04")
	other.Name = "BG-017-99" // not registered
	other.Append([]byte(`{"event":"one"}`))
	good := handOver(t, o.ws, recipient, 10)
	forked := *o.ws
	forked.Journal = append([][]byte{}, o.ws.Journal...)
	forked.Journal[4] = []byte(`{"event":"another"}`)
	tests := []struct {
		name    string
		file    []byte
		problem string // of the rule; empty: the file itself
	}{
		{"for somebody else", handOver(t, o.ws, stranger.Recipient().String(), 1), ""},
		{"no file of this kind", []byte("age-encryption.org/v1\n"), ""},
		{"cut", good[:len(good)-20], ""},
		{"a bit flipped", append(append([]byte{}, good[:len(good)-30]...), append([]byte{good[len(good)-30] ^ 1}, good[len(good)-29:]...)...), ""},
		{"a gap", handOver(t, o.ws, recipient, 11), ca.ProblemGap},
		{"another history", handOver(t, &forked, recipient, 1), ca.ProblemFork},
		{"of a stranger", handOver(t, other, recipient, 1), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, err := o.Authority.ImportJournal(t.Context(), bytes.NewReader(tt.file))
			var refusal *authority.Refusal
			switch {
			case err == nil:
				t.Fatalf("taken in: %+v", in)
			case tt.problem == "" && errors.As(err, &refusal), tt.problem != "" && (!errors.As(err, &refusal) || refusal.Name() != tt.problem):
				t.Errorf("got %v, want problem %q", err, tt.problem)
			}
			list, err := o.Authority.Workstations(t.Context())
			if err != nil || list[0].Journal != 9 {
				t.Errorf("journal after it: %+v, %v, want 9 events", list, err)
			}
		})
	}
	if err := o.Authority.RevokeWorkstation(t.Context(), o.ws.Name); err != nil {
		t.Fatal(err)
	}
	if in, err := o.Authority.ImportJournal(t.Context(), bytes.NewReader(good)); err != nil || in.New != 3 {
		t.Errorf("of a revoked workstation: %+v, %v, want its evidence taken in", in, err)
	}
}

// TestExportJournal: the export is the journal, and its tree has the root of
// every checkpoint in it.
func TestExportJournal(t *testing.T) {
	o := newCounter(t)
	var empty strings.Builder
	if err := o.Authority.ExportJournal(t.Context(), o.ws.Name, &empty); err != nil {
		t.Errorf("empty journal: %v", err)
	}
	for n := range 600 { // more than a page
		o.ws.Append([]byte(`{"event":"one"}`))
		if n%100 == 99 {
			if _, p := o.ws.Push(int64(n - 98)); p != nil {
				t.Fatal(p)
			}
		}
	}
	var file bytes.Buffer
	if err := o.Authority.ExportJournal(t.Context(), o.ws.Name, &file); err != nil {
		t.Fatal(err)
	}
	in, err := evidence.NewExportReader(&file)
	if err != nil || in.From != 1 || in.Origin != evidence.Origin(o.ws.Name) {
		t.Fatalf("export: %+v, %v", in, err)
	}
	key, err := evidence.NewVerifier(o.ws.Trust.CheckpointKey)
	if err != nil {
		t.Fatal(err)
	}
	var tree evidence.Tree
	checkpoints := 0
	for {
		entry, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry.Event != nil {
			tree.Append(evidence.Leaf(entry.Event))
			continue
		}
		checkpoints++
		c, err := evidence.OpenCheckpoint(entry.Checkpoint, in.Origin, key)
		if err != nil || c.Size != tree.Size() || c.Root != tree.Root() {
			t.Errorf("checkpoint of %d behind event %d: %v", c.Size, tree.Size(), err)
		}
	}
	if tree.Size() != 600 || checkpoints != 6 {
		t.Errorf("%d events and %d checkpoints, want 600 and 6", tree.Size(), checkpoints)
	}
	if err := o.Authority.ExportJournal(t.Context(), "BG-017-99", io.Discard); !errors.Is(err, authority.ErrRegister) {
		t.Errorf("journal of nobody: got %v, want ErrRegister", err)
	}
}

// TestHandoverKey: it outlives the process, and a damaged one is no reason to
// make another.
func TestHandoverKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	recipient := func() string {
		a := mustOpen(t, dir)
		defer closeAuthority(t, a)
		r, err := a.HandOverRecipient(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	path := filepath.Join(dir, "pki", "handover.identity")
	first := recipient()
	if again := recipient(); again != first {
		t.Errorf("recipient %s, then %s", first, again)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v, want mode 0600", info, err)
	}
	if err := os.WriteFile(path, []byte("AGE-SECRET-KEY-1DAMAGED\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, dir); err == nil || strings.Contains(err.Error(), "DAMAGED") {
		t.Errorf("damaged key: got %v, want an error that does not quote it", err)
	}
}
