package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"salter/store"
	"salter/store/evidence"
)

// errNoRecipient says that the trust bundle is of before there were such files.
var errNoRecipient = errors.New("the trust bundle names nobody who could open the file: have the authority's administrator sign this counter's request anew")

// handOver writes what the authority does not hold yet into a file for it, for
// a counter whose network stays down. Salter must be closed.
func handOver(ctx context.Context, s Settings, path string, out io.Writer) error {
	j, id, err := openClosed(ctx, s)
	if err != nil {
		return err
	}
	defer j.Close()
	if id.trust.HandOver == "" {
		return fmt.Errorf("hand over: %w", errNoRecipient)
	}
	handed, err := writeHandover(ctx, j, path, id.trust.HandOver)
	if err != nil {
		return err
	}
	if handed.To < handed.From {
		fmt.Fprintf(out, "no events that the authority does not hold, %d sealed parts: bring the file to it\n", handed.Parts)
		return nil
	}
	fmt.Fprintf(out, "events %d to %d and %d sealed parts: bring the file to the authority\n", handed.From, handed.To, handed.Parts)
	return nil
}

// writeHandover makes the file and removes one that it cannot finish. What a kill
// leaves of one the authority refuses: its end is missing. It replaces nothing.
func writeHandover(ctx context.Context, j *store.Journal, path, recipient string) (handed store.HandedOver, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return handed, fmt.Errorf("hand over: %w", err)
	}
	handed, err = j.HandOver(ctx, file, recipient)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return handed, errors.Join(err, os.Remove(path))
	}
	return handed, nil
}

// maxAnswer bounds the file with the authority's checkpoint, in bytes.
const maxAnswer = 4 << 10

// takeAnswer takes in the countersigned checkpoint that the authority gave for
// a file of handOver: what it covers need not be sent again.
func takeAnswer(ctx context.Context, s Settings, path string, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("take answer: %w", err)
	}
	defer file.Close()
	checkpoint, err := io.ReadAll(io.LimitReader(file, maxAnswer))
	if err != nil {
		return fmt.Errorf("take answer: %w", err)
	}
	claimed, err := evidence.ReadCheckpoint(checkpoint)
	if err != nil {
		return fmt.Errorf("take answer: %s is no checkpoint: %w", path, err)
	}
	j, _, err := openClosed(ctx, s)
	if err != nil {
		return err
	}
	defer j.Close()
	if held := j.SyncState().Acked; claimed.Size < held {
		return fmt.Errorf("take answer: it covers %d events, the authority confirmed %d since", claimed.Size, held)
	}
	if err := j.Sync(ctx, answer(checkpoint)); err != nil && !errors.Is(err, errNoNetwork) {
		return fmt.Errorf("take answer: %w", err)
	}
	state := j.SyncState()
	fmt.Fprintf(out, "the authority holds %d of %d events\n", state.Acked, state.Total)
	return nil
}

// errNoNetwork is what a file says to everything but its one answer.
var errNoNetwork = errors.New("there is no network, only a file")

// answer is the authority as far as it speaks from a file: its head.
type answer []byte

var _ store.Remote = answer(nil)

func (a answer) Head(context.Context) ([]byte, error) { return a, nil }

func (a answer) Push(context.Context, int64, [][]byte, []byte) ([]byte, [][32]byte, error) {
	return nil, nil, errNoNetwork
}

func (a answer) PutBlob(context.Context, [32]byte, []byte) error { return errNoNetwork }
