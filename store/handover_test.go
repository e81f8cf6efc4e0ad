package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"

	"salter/store/evidence"
)

// takeIn does what the authority does with a file of HandOver: it opens it with
// its identity and pushes what is inside.
func takeIn(file []byte, identity string, l *ledger) error {
	who, err := age.ParseIdentities(strings.NewReader(identity))
	if err != nil {
		return err
	}
	plain, err := age.Decrypt(bytes.NewReader(file), who...)
	if err != nil {
		return err
	}
	r, err := evidence.NewExportReader(plain)
	if err != nil {
		return err
	}
	ctx := context.Background()
	return r.Each(func(from int64, events [][]byte, checkpoint []byte) error {
		_, _, err := l.Push(ctx, from, events, checkpoint)
		return err
	}, func(opening []byte) error {
		return l.PutBlob(ctx, evidence.Commitment(opening), opening)
	})
}

// TestHandOver: a file brings the authority what the network did not, twice does
// no harm, and the counter goes on from there.
func TestHandOver(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	recipient, identity := officer(t)
	_, stranger := officer(t)
	j := b.open()
	l := newLedger(b.authority)
	first := part(t, caseA, "record", "first")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", first)}, []Part{first}))
	fatal(t, j.Sync(ctx, l))

	second := part(t, caseB, "record", "second")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseB, "", second)}, []Part{second}))
	for i := range 40 { // more than one batch
		fatal(t, j.Append(ctx, [][]byte{event("step", caseB, fmt.Sprintf("%020000d", i))}, nil))
	}
	var file bytes.Buffer
	h, err := j.HandOver(ctx, &file, recipient)
	if err != nil || h != (HandedOver{From: 2, To: 42, Parts: 1}) {
		t.Fatalf("HandOver = %+v, %v", h, err)
	}
	if bytes.Contains(file.Bytes(), []byte("card-read")) || bytes.Contains(file.Bytes(), []byte("second")) {
		t.Error("the file can be read without a key")
	}
	if err := takeIn(file.Bytes(), stranger, newLedger(b.authority)); err == nil {
		t.Error("a stranger read the file")
	}
	if err := takeIn(file.Bytes()[:file.Len()-100], identity, newLedger(b.authority)); err == nil {
		t.Error("a file that was cut was taken in")
	}
	if err := takeIn(file.Bytes(), identity, newLedger(b.authority)); gapHead(err) != 0 {
		t.Errorf("an authority that holds nothing: %v, want a gap behind 0", err)
	}
	for range 2 {
		fatal(t, takeIn(file.Bytes(), identity, l))
	}
	if len(l.events) != 42 || !bytes.Equal(l.blobs[evidence.Commitment(second.Opening)], second.Opening) {
		t.Errorf("the authority holds %d events and %d openings", len(l.events), len(l.blobs))
	}

	// In the next run the counter hears from the authority what it holds.
	fill(t, j, 1)
	fatal(t, j.Close())
	j = b.open()
	fatal(t, j.Sync(ctx, l))
	if s := j.SyncState(); s.Acked != 43 || s.Total != 43 {
		t.Errorf("state %+v, want all 43 acknowledged", s)
	}
	file.Reset()
	h, err = j.HandOver(ctx, &file, recipient)
	if err != nil || h != (HandedOver{From: 44, To: 43}) {
		t.Errorf("HandOver with nothing to hand over = %+v, %v", h, err)
	}
	fatal(t, takeIn(file.Bytes(), identity, l))
	if _, err := j.HandOver(ctx, &file, "age1nobody"); err == nil {
		t.Error("a file was sealed for nobody")
	}
	if _, err := j.HandOver(ctx, &file); err == nil {
		t.Error("a file was sealed for no recipient")
	}
}

// gapHead returns the head in an answer that tells of a gap, else -1.
func gapHead(err error) int64 {
	if g := (gapError{}); errors.As(err, &g) {
		return g.head
	}
	return -1
}
