package api_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"salter/ca"
	"salter/ca/catest"
	"salter/store/evidence"
)

func event(n int) []byte { return fmt.Appendf(nil, `{"event":%d}`, n) }

func fill(w *catest.Workstation, n int) {
	for range n {
		w.Append(event(len(w.Journal) + 1))
	}
}

func TestPush(t *testing.T) {
	o := newOffice(t, catest.Config{})
	fill(o.ws, 5)
	reply, p := o.ws.Push(1)
	if p != nil {
		t.Fatalf("push: %+v", p)
	}
	authorityKey := verifier(t, o)
	base := o.ws.Checkpoint()
	if !evidence.Extends([]byte(reply.Checkpoint), base) {
		t.Error("reply is not the same checkpoint with a signature added")
	}
	if _, err := evidence.OpenCheckpoint([]byte(reply.Checkpoint), evidence.Origin(o.ws.Name), authorityKey); err != nil {
		t.Errorf("open countersigned checkpoint: %v", err)
	}
	if at, err := evidence.CosignedAt([]byte(reply.Checkpoint), authorityKey); err != nil || time.Since(at) > time.Minute {
		t.Errorf("time of countersignature: %v, %v", at, err)
	}
	var head ca.JournalHead
	if p := o.ws.JSON(http.MethodGet, ca.PathJournal+o.ws.Name, nil, &head); p != nil || head.Size != 5 || head.Checkpoint != reply.Checkpoint {
		t.Errorf("head: got size %d, problem %+v, want the countersigned checkpoint of 5", head.Size, p)
	}
	// Duplicates, overlaps and an empty push are absorbed.
	for _, from := range []int64{1, 3, 5} {
		if again, p := o.ws.Push(from); p != nil || again.Checkpoint != reply.Checkpoint {
			t.Errorf("repeat from %d: %+v", from, p)
		}
	}
	if _, p := push(o.ws, 6, nil, o.ws.Checkpoint()); p != nil {
		t.Errorf("empty push: %+v", p)
	}
	fill(o.ws, 3)
	if _, p := o.ws.Push(4); p != nil {
		t.Errorf("overlapping push: %+v", p)
	}
}

func push(w *catest.Workstation, from int64, events [][]byte, checkpoint []byte) (ca.JournalReply, *ca.Problem) {
	var reply ca.JournalReply
	p := w.JSON(http.MethodPost, ca.PathJournal+w.Name, ca.JournalPush{From: from, Events: events, Checkpoint: string(checkpoint)}, &reply)
	return reply, p
}

// verifier reads the authority's checkpoint key from where the bundle has it.
func verifier(t *testing.T, o *office) note.Verifier {
	t.Helper()
	v, err := evidence.NewVerifier(bundle(t, o.ws.Response.Bundle).CheckpointKey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPushEmptyJournalHead(t *testing.T) {
	o := newOffice(t, catest.Config{})
	var head ca.JournalHead
	if p := o.ws.JSON(http.MethodGet, ca.PathJournal+o.ws.Name, nil, &head); p != nil || head.Size != 0 || head.Checkpoint != "" {
		t.Errorf("got %+v, %+v, want nothing held", head, p)
	}
}

func TestPushRefusals(t *testing.T) {
	o := newOffice(t, catest.Config{})
	fill(o.ws, 4)
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	good := o.ws.Checkpoint()
	fill(o.ws, 2)
	full := o.ws.Checkpoint()
	stranger, err := newSigner(o.ws.Name)
	if err != nil {
		t.Fatal(err)
	}
	wrongKey, err := evidence.Checkpoint{Origin: evidence.Origin(o.ws.Name), Size: 6}.Sign(stranger)
	if err != nil {
		t.Fatal(err)
	}
	events := o.ws.Journal
	changed := slices.Clone(events)
	changed[3] = []byte(`{"event":"changed"}`)
	tests := []struct {
		name       string
		from       int64
		events     [][]byte
		checkpoint []byte
		problem    string
	}{
		{"gap", 6, events[5:], full, ca.ProblemGap},
		{"gap without events", 7, nil, full, ca.ProblemGap},
		{"held event changed", 3, changed[2:], full, ca.ProblemFork},
		{"root of another tree", 5, events[4:], o.ws.CheckpointOf(6, tlog.Hash{1}), ca.ProblemFork},
		{"root of another tree, nothing new", 4, events[3:4], o.ws.CheckpointOf(4, tlog.Hash{1}), ca.ProblemFork},
		{"checkpoint ends elsewhere", 5, events[4:], good, ca.ProblemBadRequest},
		{"checkpoint by another key", 5, events[4:], wrongKey, ca.ProblemBadRequest},
		{"checkpoint that is garbage", 5, events[4:], []byte("garbage"), ca.ProblemBadRequest},
		{"begins before the first", 0, events, full, ca.ProblemBadRequest},
		{"negative begin", -1 << 63, nil, full, ca.ProblemBadRequest},
		{"far begin", 1<<63 - 1, events, full, ca.ProblemBadRequest},
		{"empty event", 5, [][]byte{{}}, full, ca.ProblemBadRequest},
		{"event too large", 5, [][]byte{make([]byte, evidence.MaxEvent+1)}, full, ca.ProblemBadRequest},
		{"batch too large", 5, slices.Repeat([][]byte{make([]byte, evidence.MaxEvent)}, 5), full, ca.ProblemTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, p := push(o.ws, tt.from, tt.events, tt.checkpoint)
			wantProblem(t, p, tt.problem)
			if tt.problem == ca.ProblemGap && (p.Head == nil || *p.Head != 4) {
				t.Errorf("gap without head 4: %+v", p)
			}
		})
	}
	// Nothing of it was stored: the true journal goes on.
	if _, p := o.ws.Push(5); p != nil {
		t.Fatalf("push after refusals: %+v", p)
	}
}

func newSigner(workstation string) (note.Signer, error) {
	skey, _, err := note.GenerateKey(rand.Reader, evidence.Origin(workstation))
	if err != nil {
		return nil, err
	}
	return note.NewSigner(skey)
}

func TestJournalOfAnotherWorkstation(t *testing.T) {
	o := newOffice(t, catest.Config{})
	other := o.Enrol("BG-017-04")
	fill(o.ws, 1)
	p := other.JSON(http.MethodPost, ca.PathJournal+o.ws.Name,
		ca.JournalPush{From: 1, Events: o.ws.Journal, Checkpoint: string(o.ws.Checkpoint())}, nil)
	wantProblem(t, p, ca.ProblemWorkstation)
	wantProblem(t, other.JSON(http.MethodGet, ca.PathJournal+o.ws.Name, nil, nil), ca.ProblemWorkstation)
}

func TestMissingBlobs(t *testing.T) {
	o := newOffice(t, catest.Config{})
	caseID := catest.NewUUID()
	opening, sum := o.ws.Commit(caseID, "record", []byte("content"))
	_, never := o.ws.Commit(caseID, "email", []byte("other"))
	reply, p := o.ws.Push(1)
	if p != nil {
		t.Fatal(p)
	}
	want := []string{hex.EncodeToString(sum[:]), hex.EncodeToString(never[:])}
	if !slices.Equal(reply.Missing, want) {
		t.Errorf("missing: got %v, want %v", reply.Missing, want)
	}
	if p := o.ws.PutBlob(sum, opening); p != nil {
		t.Fatal(p)
	}
	if reply, p = o.ws.Push(1); p != nil || !slices.Equal(reply.Missing, want[1:]) {
		t.Errorf("after upload: got %v, %+v, want %v", reply.Missing, p, want[1:])
	}
}

func TestBlobRefusals(t *testing.T) {
	o := newOffice(t, catest.Config{})
	sum := sha256.Sum256([]byte("content"))
	wantProblem(t, o.ws.PutBlob(sum, []byte("other")), ca.ProblemBadRequest)
	large := make([]byte, ca.MaxBlob+1)
	wantProblem(t, o.ws.PutBlob(sha256.Sum256(large), large), ca.ProblemTooLarge)
	if p := o.ws.PutBlob(sha256.Sum256(large[1:]), large[1:]); p != nil {
		t.Errorf("largest blob: %+v", p)
	}
	wantProblem(t, o.ws.JSON(http.MethodPut, ca.PathBlobs+"xyz", []byte("content"), nil), ca.ProblemBadRequest)
	upper := bytes.ToUpper([]byte(hex.EncodeToString(sum[:])))
	wantProblem(t, o.ws.JSON(http.MethodPut, ca.PathBlobs+string(upper), []byte("content"), nil), ca.ProblemBadRequest)
}

// TestSyncUnderFaults drives a plain client through a bad network: whatever is
// lost or doubled, at the end the authority holds each event exactly once.
func TestSyncUnderFaults(t *testing.T) {
	o := newOffice(t, catest.Config{})
	for seed := range uint64(3) {
		w := o.Enrol(fmt.Sprintf("BG-%03d-01", seed))
		faults := catest.NewFaults(w.Transport(), seed)
		faults.Rate = 0.5
		w.HTTP.Transport = faults
		client := bareClient{o, w}
		for range 20 {
			fill(w, 1+int(seed))
			client.sync(t)
		}
		w.HTTP.Transport = w.Transport()
		var head ca.JournalHead
		if p := w.JSON(http.MethodGet, ca.PathJournal+w.Name, nil, &head); p != nil {
			t.Fatal(p)
		}
		if !evidence.Extends([]byte(head.Checkpoint), w.Checkpoint()) {
			t.Errorf("seed %d: the authority's head is not the workstation's", seed)
		}
		if faults.Seen() <= 20 {
			t.Errorf("seed %d: only %d requests, no fault happened", seed, faults.Seen())
		}
	}
}
