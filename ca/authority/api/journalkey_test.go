package api_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"salter/ca"
	"salter/ca/catest"
	"salter/store/evidence"
)

// TestKeyChange changes the key of a journal twice, once in the middle of a
// push: each key counts for its sizes and for no others.
func TestKeyChange(t *testing.T) {
	o := newOffice(t, catest.Config{})
	first := o.ws.Signer
	fill(o.ws, 3)
	small := o.ws.Checkpoint()
	o.ws.Rekey() // event 4
	fill(o.ws, 2)
	byOld, err := ownCheckpoint(t, o.ws, 6).Sign(first)
	if err != nil {
		t.Fatal(err)
	}
	_, p := push(o.ws, 1, o.ws.Journal, byOld)
	wantProblem(t, p, ca.ProblemBadRequest)
	if _, p := o.ws.Push(1); p != nil {
		t.Fatalf("push with the new key: %+v", p)
	}
	second := o.ws.Signer
	o.ws.Rekey() // event 7
	if _, p := o.ws.Push(7); p != nil {
		t.Fatalf("push of the second change: %+v", p)
	}
	tests := []struct {
		name   string
		size   int64
		signer note.Signer
		ok     bool
	}{
		{"first key before its change", 3, first, true},
		{"second key before the first change", 3, second, false},
		{"first key at the change", 4, first, false},
		{"second key at the change", 4, second, true},
		{"second key before the next change", 6, second, true},
		{"third key before the next change", 6, o.ws.Signer, false},
		{"third key", 7, o.ws.Signer, true},
		{"second key at the next change", 7, second, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed, err := ownCheckpoint(t, o.ws, tt.size).Sign(tt.signer)
			if err != nil {
				t.Fatal(err)
			}
			_, p := push(o.ws, 1, o.ws.Journal[:tt.size], signed)
			if tt.ok && p != nil {
				t.Errorf("refused: %+v", p)
			}
			if !tt.ok {
				wantProblem(t, p, ca.ProblemBadRequest)
			}
		})
	}
	if _, p := push(o.ws, 1, o.ws.Journal[:3], small); p != nil {
		t.Errorf("the same push as before the change: %+v", p)
	}
}

// ownCheckpoint is the true checkpoint of a beginning of the journal.
func ownCheckpoint(t *testing.T, w *catest.Workstation, size int64) evidence.Checkpoint {
	t.Helper()
	var tree evidence.Tree
	for _, e := range w.Journal[:size] {
		tree.Append(evidence.Leaf(e))
	}
	return evidence.Checkpoint{Origin: evidence.Origin(w.Name), Size: size, Root: tree.Root()}
}

// TestForgedKeyChange sends changes that the key in force did not sign as they
// are: the push is refused as a fork, and nothing of it is stored.
func TestForgedKeyChange(t *testing.T) {
	o := newOffice(t, catest.Config{})
	fill(o.ws, 2)
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, evidence.Origin(o.ws.Name))
	if err != nil {
		t.Fatal(err)
	}
	thief, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		event []byte
	}{
		{"signed by the new key alone", o.ws.KeyChange(3, vkey, thief, thief)},
		{"made for another event", o.ws.KeyChange(4, vkey, o.ws.Signer, thief)},
		{"a key that nobody shows to have", o.ws.KeyChange(3, vkey, o.ws.Signer, o.ws.Signer)},
		{"no note", []byte(`{"v":1,"kind":"checkpoint-key","case":"","at":1,"run":1,"mono":1,"body":{}}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tree evidence.Tree
			events := append(o.ws.Journal[:2:2], tt.event)
			for _, e := range events {
				tree.Append(evidence.Leaf(e))
			}
			for _, signer := range []note.Signer{o.ws.Signer, thief} {
				c := evidence.Checkpoint{Origin: evidence.Origin(o.ws.Name), Size: 3, Root: tlog.Hash(tree.Root())}
				signed, err := c.Sign(signer)
				if err != nil {
					t.Fatal(err)
				}
				_, p := push(o.ws, 3, events[2:], signed)
				wantProblem(t, p, ca.ProblemFork)
			}
		})
	}
	var head ca.JournalHead
	if p := o.ws.JSON(http.MethodGet, ca.PathJournal+o.ws.Name, nil, &head); p != nil || head.Size != 2 {
		t.Errorf("head %d, %+v, want 2", head.Size, p)
	}
}

// TestEnrolAfterKeyChange: the register asks for the key in force.
func TestEnrolAfterKeyChange(t *testing.T) {
	o := newOffice(t, catest.Config{})
	old := o.ws.Request
	o.ws.Rekey()
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	if _, err := o.Authority.SignWorkstation(t.Context(), old); err == nil {
		t.Error("a request with the former key was signed")
	}
	sum := sha256.Sum256(old.CSR)
	proof, err := note.Sign(&note.Note{Text: hex.EncodeToString(sum[:]) + "\n"}, o.ws.Signer)
	if err != nil {
		t.Fatal(err)
	}
	fresh := old
	fresh.CheckpointKey, fresh.Proof = o.ws.Verifier, string(proof)
	if _, err := o.Authority.SignWorkstation(t.Context(), fresh); err != nil {
		t.Errorf("a request with the key in force: %v", err)
	}
}
