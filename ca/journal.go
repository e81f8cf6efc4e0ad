package ca

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Journal is the authority's copy of this workstation's journal. Its errors
// are *Error, whose Fork and Gap tell what to do.
type Journal struct {
	c *Client
}

// Journal returns the remote end for shipping the journal.
func (c *Client) Journal() *Journal { return &Journal{c} }

func (j *Journal) path() string { return PathJournal + url.PathEscape(j.c.cfg.Trust.Workstation) }

// Head returns the last checkpoint that the authority countersigned for this
// workstation; nil if it holds nothing yet. It is not verified here.
func (j *Journal) Head(ctx context.Context) (checkpoint []byte, err error) {
	const op = "fetch journal head"
	var head JournalHead
	if err := j.c.getJSON(ctx, op, j.path(), &head); err != nil {
		return nil, err
	}
	switch {
	case head.Size < 0 || head.Size > 0 != (head.Checkpoint != ""):
		return nil, &Error{Op: op, Err: fmt.Errorf("%w: size and checkpoint contradict each other", ErrAnswer)}
	case head.Size == 0:
		return nil, nil
	}
	return []byte(head.Checkpoint), nil
}

// Push sends the events numbered from, from+1, … and a checkpoint signed by
// the workstation whose size ends at the last of them. It returns the same
// checkpoint with the authority's signature added, not yet verified, and the
// commitments whose openings the authority does not hold.
func (j *Journal) Push(ctx context.Context, from int64, events [][]byte, checkpoint []byte) (countersigned []byte, missing [][32]byte, err error) {
	const op = "push journal"
	size := 0
	for _, e := range events {
		size += len(e)
	}
	if size > MaxBatch {
		return nil, nil, &Error{Op: op, Unsent: true, Err: fmt.Errorf("batch of %d bytes, at most %d allowed", size, MaxBatch)}
	}
	body, err := json.Marshal(JournalPush{From: from, Events: events, Checkpoint: string(checkpoint)})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	a, err := j.c.do(ctx, request{op: op, method: http.MethodPost, path: j.path(), contentType: "application/json", body: body, limit: maxJSON})
	if err != nil {
		return nil, nil, err
	}
	var reply JournalReply
	if err := a.decode(op, &reply); err != nil {
		return nil, nil, err
	}
	if reply.Checkpoint == "" {
		return nil, nil, &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: no checkpoint", ErrAnswer)}
	}
	for _, name := range reply.Missing {
		sum, err := parseSum(name)
		if err != nil {
			return nil, nil, &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
		}
		missing = append(missing, sum)
	}
	return []byte(reply.Checkpoint), missing, nil
}

// PutBlob sends an opening (32-byte salt, then content) under its SHA-256. It
// may be repeated.
func (j *Journal) PutBlob(ctx context.Context, sum [32]byte, opening []byte) error {
	const op = "put blob"
	switch {
	case len(opening) > MaxBlob:
		return &Error{Op: op, Unsent: true, Err: fmt.Errorf("%d bytes, at most %d allowed", len(opening), MaxBlob)}
	case sha256.Sum256(opening) != sum:
		return &Error{Op: op, Unsent: true, Err: errors.New("content does not have this hash")}
	}
	_, err := j.c.do(ctx, request{
		op: op, method: http.MethodPut, path: PathBlobs + hex.EncodeToString(sum[:]),
		contentType: "application/octet-stream", body: opening, limit: maxJSON,
	})
	return err
}
