package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"salter/store/evidence"
)

// Event returns one event as stored.
func (c *Copy) Event(ctx context.Context, seq int64) ([]byte, error) {
	var body []byte
	err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		err := conn.QueryRowContext(ctx, "SELECT body FROM event WHERE seq = ?", seq).Scan(&body)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoEvent
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read event %d: %w", seq, err)
	}
	return body, nil
}

// Prove makes a proof of an event against the first countersigned checkpoint
// that covers it. The proof is checked against that checkpoint, so that none
// is handed out that does not hold.
func (c *Copy) Prove(ctx context.Context, seq int64) (evidence.Proof, error) {
	p := evidence.Proof{Seq: seq}
	var err error
	if p.Event, err = c.Event(ctx, seq); err != nil {
		return p, err
	}
	err = c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		err := conn.QueryRowContext(ctx, "SELECT note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT 1", seq).Scan(&p.Checkpoint)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotAnchored
		}
		if err != nil {
			return err
		}
		head, err := c.j.openCountersigned(p.Checkpoint)
		if err != nil {
			return err
		}
		if head.Size < seq {
			return tampered(seq, "countersigned checkpoint is of size %d", head.Size)
		}
		if p.Path, err = tlog.ProveRecord(head.Size, seq-1, nodeReader(ctx, conn)); err != nil {
			return err
		}
		if tlog.CheckRecord(p.Path, head.Size, head.Root, seq-1, evidence.Leaf(p.Event)) != nil {
			return tampered(seq, "does not lead to the root that was countersigned at %d", head.Size)
		}
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("prove event %d: %w", seq, err)
	}
	return p, nil
}

// PartState is what is left of a part that an event commits to.
type PartState struct {
	Name       string
	Commitment [32]byte
	Here       bool // sealed in this file; else it was erased, or the file never had it
}

// Parts tells which parts an event commits to, by name.
func (c *Copy) Parts(ctx context.Context, event []byte) ([]PartState, error) {
	h, err := evidence.ParseHeader(event)
	if err != nil {
		return nil, err
	}
	var list []PartState
	for name, sum := range h.Commits {
		list = append(list, PartState{Name: name, Commitment: sum})
	}
	slices.SortFunc(list, func(a, b PartState) int { return strings.Compare(a.Name, b.Name) })
	err = c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for i := range list {
			err := conn.QueryRowContext(ctx, "SELECT count(*) FROM person WHERE commitment = ? AND sealed IS NOT NULL",
				list[i].Commitment[:]).Scan(&list[i].Here)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for parts: %w", err)
	}
	return list, nil
}

// Opening returns the opening of a commitment: salt, then content. It needs
// the key file. Errors: ErrNoPart, ErrErased, ErrKey, ErrTampered.
func (c *Copy) Opening(ctx context.Context, commitment [32]byte) ([]byte, error) {
	var opening []byte
	err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		p, err := scanPart(conn.QueryRowContext(ctx, selectPart+"WHERE commitment = ?", commitment[:]))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoPart
		}
		if err == nil {
			opening, err = c.j.keys.open(p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open part: %w", err)
	}
	return opening, nil
}

// Checkpoints returns the countersigned checkpoints by rising size, as stored.
func (c *Copy) Checkpoints(ctx context.Context) ([][]byte, error) {
	var notes [][]byte
	err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		list, err := readCheckpoints(ctx, conn, allCheckpoints)
		for _, row := range list {
			notes = append(notes, row.note)
		}
		return err
	})
	return notes, err
}

// Export writes all events and countersigned checkpoints. Parts are left out.
func (c *Copy) Export(ctx context.Context, w io.Writer) error {
	var list []countersigned
	err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		list, err = readCheckpoints(ctx, conn, allCheckpoints)
		return err
	})
	if err != nil {
		return fmt.Errorf("export journal: %w", err)
	}
	out := evidence.NewExportWriter(w, c.origin, 1)
	err = c.Replay(ctx, func(seq int64, event []byte) error {
		if err := out.Event(event); err != nil {
			return err
		}
		for ; len(list) > 0 && list[0].size <= seq; list = list[1:] {
			if err := out.Checkpoint(list[0].note); err != nil {
				return err
			}
		}
		return nil
	})
	for _, row := range list { // of events that are gone: for verification to find
		err = errors.Join(err, out.Checkpoint(row.note))
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("export journal: %w", err)
	}
	return nil
}

// RootAt returns the root of the tree, as stored, when it had so many events.
func (c *Copy) RootAt(ctx context.Context, size int64) ([32]byte, error) {
	var root [32]byte
	err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := c.j.loadTree(ctx, conn); err != nil {
			return err
		}
		if size < 0 || size > c.j.tree.Size() {
			return ErrNoEvent
		}
		h, err := rootAt(ctx, conn, size)
		root = h
		return err
	})
	if err != nil {
		return root, fmt.Errorf("read root at %d: %w", size, err)
	}
	return root, nil
}
