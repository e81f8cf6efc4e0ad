package ca_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"salter/ca"
)

func TestJournal(t *testing.T) {
	s := newServer(t)
	j := s.client(nil).Journal()
	ctx := context.Background()
	if head, err := j.Head(ctx); err != nil || head != nil {
		t.Errorf("empty journal: got %q, %v; want nothing", head, err)
	}
	events := [][]byte{[]byte(`{"v":1}`), {0x00, 0xFF}}
	countersigned, missing, err := j.Push(ctx, 1, events, []byte("note\n"))
	if err != nil {
		t.Fatal(err)
	}
	if string(countersigned) != "note\n— countersigned\n" {
		t.Errorf("got checkpoint %q", countersigned)
	}
	if len(s.journal) != 2 || !bytes.Equal(s.journal[1], events[1]) {
		t.Errorf("server holds %q, want the events byte for byte", s.journal)
	}
	want := sha256.Sum256([]byte("opening"))
	if len(missing) != 1 || missing[0] != want {
		t.Errorf("got missing %x, want %x", missing, want)
	}
	if err := j.PutBlob(ctx, missing[0], []byte("opening")); err != nil {
		t.Fatal(err)
	}
	if got := s.blobs[hex.EncodeToString(want[:])]; string(got) != "opening" {
		t.Errorf("server holds blob %q", got)
	}
	if head, err := j.Head(ctx); err != nil || string(head) != "note\n— countersigned\n" {
		t.Errorf("got head %q, %v", head, err)
	}
	if got := s.requests[0]; got != "GET /ra/v1/journal/BG-017-03" {
		t.Errorf("asked for %q", got)
	}
}

func TestJournalLimits(t *testing.T) {
	s := newServer(t)
	j := s.client(nil).Journal()
	ctx := context.Background()
	var e *ca.Error
	if _, _, err := j.Push(ctx, 1, [][]byte{make([]byte, ca.MaxBatch), {1}}, nil); !errors.As(err, &e) || !e.Unsent {
		t.Errorf("batch over the limit: got %v, want it unsent", err)
	}
	big := make([]byte, ca.MaxBlob+1)
	if err := j.PutBlob(ctx, sha256.Sum256(big), big); !errors.As(err, &e) || !e.Unsent {
		t.Errorf("blob over the limit: got %v, want it unsent", err)
	}
	if err := j.PutBlob(ctx, [32]byte{}, []byte("x")); !errors.As(err, &e) || !e.Unsent {
		t.Errorf("blob under another name: got %v, want it unsent", err)
	}
	if len(s.requests) != 0 {
		t.Errorf("sent %v", s.requests)
	}
}

func TestJournalRefusals(t *testing.T) {
	s := newServer(t)
	j := s.client(nil).Journal()
	for _, tt := range []struct {
		problem   string
		status    int
		fork      bool
		head      int64
		gap       bool
		temporary bool
	}{
		{ca.ProblemFork, 409, true, 0, false, false},
		{ca.ProblemGap, 422, false, 41, true, false},
		{ca.ProblemBusy, 503, false, 0, false, true},
		{ca.ProblemWorkstationGone, 403, false, 0, false, false},
	} {
		t.Run(tt.problem, func(t *testing.T) {
			s.before = func(w http.ResponseWriter, _ *http.Request) bool { problem(w, tt.status, tt.problem); return true }
			_, _, err := j.Push(context.Background(), 1, nil, nil)
			var fork interface{ Fork() bool }
			var gap interface{ Gap() (int64, bool) }
			var temporary interface{ Temporary() bool }
			if !errors.As(err, &fork) || !errors.As(err, &gap) || !errors.As(err, &temporary) {
				t.Fatalf("error %v lacks a behaviour", err)
			}
			head, isGap := gap.Gap()
			if fork.Fork() != tt.fork || head != tt.head || isGap != tt.gap || temporary.Temporary() != tt.temporary {
				t.Errorf("got fork %v, gap %d %v, temporary %v", fork.Fork(), head, isGap, temporary.Temporary())
			}
		})
	}
}

func TestJournalBadAnswers(t *testing.T) {
	s := newServer(t)
	j := s.client(nil).Journal()
	for _, reply := range []any{
		ca.JournalReply{}, ca.JournalReply{Checkpoint: "x", Missing: []string{"zz"}}, "text",
		ca.JournalHead{Size: -1}, ca.JournalHead{Size: 3}, ca.JournalHead{Checkpoint: "x"},
	} {
		s.replies = func(http.ResponseWriter, *http.Request, any) (any, int) { return reply, http.StatusOK }
		var err error
		if _, isHead := reply.(ca.JournalHead); isHead {
			_, err = j.Head(context.Background())
		} else {
			_, _, err = j.Push(context.Background(), 1, nil, nil)
		}
		if ca.KindOf(err) != ca.BadAnswer {
			t.Errorf("%+v: got %v, want a bad answer", reply, err)
		}
	}
}
