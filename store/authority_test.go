package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// ledger is a small working authority: the server rule of the journal, one
// store of blobs, countersigning.
type ledger struct {
	signer note.Signer
	// fault is asked at the start of every call, and again when it is done:
	// an error there is an answer that got lost. nil: no faults.
	fault func(call string, done bool) error
	// keys are those of the counter's checkpoints; none: they are not verified.
	keys evidence.Epochs
	// before runs at the start of every push; nil: nothing.
	before func()

	mu     sync.Mutex
	events [][]byte
	tree   *evidence.Tree
	head   []byte
	blobs  map[[32]byte][]byte
	pushes int
	puts   int
}

// newLedger makes an authority that holds nothing.
func newLedger(signer note.Signer) *ledger {
	return &ledger{signer: signer, tree: new(evidence.Tree), blobs: make(map[[32]byte][]byte)}
}

// forkError is the answer to another history.
type forkError struct{ seq int64 }

func (e forkError) Error() string { return fmt.Sprintf("409 fork at %d", e.seq) }
func (e forkError) Fork() bool    { return true }

// gapError is the answer to a push that begins too late.
type gapError struct{ head int64 }

func (e gapError) Error() string      { return fmt.Sprintf("422 gap, head %d", e.head) }
func (e gapError) Gap() (int64, bool) { return e.head, true }

func (l *ledger) ask(call string, done bool) error {
	if l.fault == nil {
		return nil
	}
	return l.fault(call, done)
}

func (l *ledger) Head(context.Context) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ask("head", false); err != nil {
		return nil, err
	}
	return l.head, nil
}

func (l *ledger) Push(_ context.Context, from int64, events [][]byte, checkpoint []byte) ([]byte, [][32]byte, error) {
	if l.before != nil {
		l.before()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pushes++
	if err := l.ask("push", false); err != nil {
		return nil, nil, err
	}
	signed, missing, err := l.take(from, events, checkpoint)
	if err != nil {
		return nil, nil, err
	}
	return signed, missing, l.ask("push", true)
}

// take is the whole server rule.
func (l *ledger) take(from int64, events [][]byte, checkpoint []byte) ([]byte, [][32]byte, error) {
	held := int64(len(l.events))
	if from > held+1 {
		return nil, nil, gapError{held}
	}
	size := 0
	tree, all, keys := l.tree.Clone(), l.events, l.keys
	for i, e := range events {
		size += len(e)
		seq := from + int64(i)
		switch {
		case seq <= held && !bytes.Equal(l.events[seq-1], e):
			return nil, nil, forkError{seq}
		case seq > held:
			if h, err := evidence.ParseHeader(e); err == nil && h.Kind == evidence.KindCheckpointKey {
				if keys, err = keys.Add(evidence.Origin(testWorkstation), seq, e); err != nil {
					return nil, nil, forkError{seq}
				}
			}
			tree.Append(evidence.Leaf(e))
			all = append(all, bytes.Clone(e))
		}
	}
	if size > MaxBatch || len(events) == 0 {
		return nil, nil, errors.New("413 batch")
	}
	text, _, _ := bytes.Cut(checkpoint, []byte("\n\n"))
	c, err := evidence.ParseCheckpoint(string(text) + "\n")
	if err != nil {
		return nil, nil, err
	}
	if key := keys.At(c.Size); key != nil {
		if _, err := evidence.OpenCheckpoint(checkpoint, c.Origin, key); err != nil {
			return nil, nil, fmt.Errorf("400 checkpoint: %w", err)
		}
	}
	if c.Size == tree.Size() && c.Root != tree.Root() {
		return nil, nil, forkError{c.Size}
	}
	signed, err := evidence.Cosign(checkpoint, l.signer)
	if err != nil {
		return nil, nil, err
	}
	l.tree, l.events, l.head, l.keys = tree, all, signed, keys
	return signed, l.missing(), nil
}

// missing lists the commitments whose openings are not held.
func (l *ledger) missing() [][32]byte {
	var out [][32]byte
	for _, e := range l.events {
		h, err := evidence.ParseHeader(e)
		if err != nil {
			continue // the ingest never judges content
		}
		for _, sum := range h.Commits {
			if l.blobs[sum] == nil {
				out = append(out, sum)
			}
		}
	}
	return out
}

func (l *ledger) PutBlob(_ context.Context, sum [32]byte, opening []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.puts++
	if err := l.ask("blob", false); err != nil {
		return err
	}
	if evidence.Commitment(opening) != sum {
		return errors.New("400 hash")
	}
	l.blobs[sum] = bytes.Clone(opening)
	return l.ask("blob", true)
}

// weather draws faults: requests lost, answers lost, servers busy.
func weather(seed uint64, p float64) func(string, bool) error {
	r := rand.New(rand.NewPCG(seed, 1))
	return func(call string, done bool) error {
		switch {
		case r.Float64() > p:
			return nil
		case done:
			return fmt.Errorf("%s: answer lost", call)
		case r.IntN(2) == 0:
			return fmt.Errorf("%s: 503", call)
		}
		return fmt.Errorf("%s: request lost", call)
	}
}
