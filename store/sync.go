package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"salter/store/evidence"
)

// MaxBatch bounds the sum of the event bodies of one push, in bytes. An event
// is smaller, so a batch is never empty.
const MaxBatch = 256 << 10

// maxMissing bounds how many commitments are taken from one answer: each is
// looked up while others wait.
const maxMissing = 4096

// maxRewinds bounds how often one Sync follows the authority backwards.
const maxRewinds = 3

// Remote is the authority as the journal sees it.
//
// An error may tell more by its behaviour, found with errors.As:
// Fork() bool says that the authority holds another history;
// Gap() (head int64, ok bool) says that it holds nothing after head, so that a
// push must begin at head+1. Every other error means that the outcome is not
// known, and what was sent will be sent again.
type Remote interface {
	// Head returns the last checkpoint the authority countersigned for this
	// workstation; nil if it holds nothing yet.
	Head(ctx context.Context) (checkpoint []byte, err error)
	// Push sends the events numbered from, from+1, … and a checkpoint signed
	// by the workstation whose size ends at the last of them. It returns the
	// checkpoint with the authority's signature added and the commitments
	// whose openings the authority does not hold; not necessarily all.
	Push(ctx context.Context, from int64, events [][]byte, checkpoint []byte) (countersigned []byte, missing [][32]byte, err error)
	// PutBlob sends an opening under its SHA-256. It may be repeated.
	PutBlob(ctx context.Context, sum [32]byte, opening []byte) error
}

// SyncState is how far the journal has reached the authority.
type SyncState struct {
	Total, Acked int64     // events
	LastSuccess  time.Time // when the last countersignature came; zero: never
	Attempts     int       // failed calls of Sync since the last that succeeded
	Err          error     // of the last call; nil: it succeeded, or there was none
}

// Sync ships everything the authority does not hold yet, events first, then the
// openings of their commitments. nil means that a countersigned checkpoint
// covers every event appended before the call and that the authority holds
// their parts. It does not retry: the caller decides when to call again.
// One Sync runs at a time, others wait; appending goes on meanwhile.
//
// ErrFork (a *ForkError) means that the authority's history is not a beginning of ours: this
// journal was changed, cut or restored, or another one runs under its name. All
// further calls return it without sending anything.
func (j *Journal) Sync(ctx context.Context, remote Remote) error {
	select {
	case <-j.syncing:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { j.syncing <- struct{}{} }()
	if j.fork != nil {
		return j.fork
	}
	err := j.ship(ctx, remote)
	if err != nil {
		err = fmt.Errorf("sync journal: %w", err)
	}
	if errors.Is(err, ErrFork) {
		j.fork = err
	}
	j.setOutcome(err)
	return err
}

// ship does the work of Sync. The caller holds the token of syncing.
func (j *Journal) ship(ctx context.Context, remote Remote) error {
	head, err := j.Head(ctx)
	if err != nil {
		return err
	}
	if !j.compared {
		if err := j.compareHead(ctx, remote); err != nil {
			return err
		}
		j.compared = true
	}
	for rewinds := 0; ; {
		b, err := j.nextBatch(ctx, head.Size)
		if err != nil {
			return err
		}
		if len(b.events) == 0 {
			return j.sendParts(ctx, remote)
		}
		countersigned, missing, err := remote.Push(ctx, b.from, b.events, b.checkpoint)
		switch held, gap := gapOf(err); {
		case err == nil:
			err = j.acknowledge(ctx, b, countersigned, missing)
		case forkOf(err):
			err = &ForkError{Ours: head, Theirs: j.headOf(ctx, remote), Err: err}
		case gap && held < b.from-1 && rewinds < maxRewinds:
			rewinds++
			err = j.rewind(ctx, held)
		}
		if err != nil {
			return fmt.Errorf("push events from %d: %w", b.from, err)
		}
	}
}

// compareHead asks the authority what it holds. That must be a beginning of our
// tree; if it is more than was acknowledged, an answer was lost on the way; if
// it is less, the authority lost something and gets it again.
func (j *Journal) compareHead(ctx context.Context, remote Remote) error {
	signed, err := remote.Head(ctx)
	if err != nil {
		return fmt.Errorf("ask for the authority's head: %w", err)
	}
	if len(signed) == 0 {
		return j.rewind(ctx, 0)
	}
	c, err := j.openCountersigned(signed)
	if err != nil {
		return fmt.Errorf("read the authority's head: %w", err)
	}
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := j.loadTree(ctx, conn); err != nil {
			return err
		}
		fork := ForkError{Ours: Head{j.tree.Size(), j.tree.Root()}, Theirs: Head{c.Size, c.Root}}
		if c.Size > j.tree.Size() {
			fork.Err = errors.New("this journal was cut or restored")
			return &fork
		}
		root, err := rootAt(ctx, conn, c.Size)
		if err != nil {
			return err
		}
		if root != c.Root {
			fork.Err = fmt.Errorf("its root at %d is not ours", c.Size)
			return &fork
		}
		return inTransaction(ctx, conn, func() error {
			return j.storeCheckpoint(ctx, conn, c.Size, signed)
		})
	})
	if err != nil {
		return err
	}
	j.setAcked(c.Size)
	return nil
}

// headOf returns the head that the authority signed last; the zero Head if that
// cannot be had.
func (j *Journal) headOf(ctx context.Context, remote Remote) Head {
	signed, err := remote.Head(ctx)
	if err != nil || len(signed) == 0 {
		return Head{}
	}
	c, err := evidence.ReadCheckpoint(signed) // for people to compare: nothing is done by it
	if err != nil {
		return Head{}
	}
	return Head{c.Size, c.Root}
}

// batch is one push.
type batch struct {
	from       int64
	events     [][]byte
	head       Head // at the end of the batch
	checkpoint []byte
}

// nextBatch reads the events after the cursor, up to size and MaxBatch, and
// signs the head at their end. It is empty if there is nothing to send.
func (j *Journal) nextBatch(ctx context.Context, size int64) (b batch, err error) {
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var acked int64
		if err := conn.QueryRowContext(ctx, "SELECT acked FROM sync").Scan(&acked); err != nil {
			return fmt.Errorf("read cursor: %w", err)
		}
		if acked >= size {
			return nil
		}
		b, err = readBatch(ctx, conn, acked+1, size)
		return err
	})
	if err != nil || len(b.events) == 0 {
		return b, err
	}
	b.checkpoint, err = j.sign(b.head)
	return b, err
}

// batchFrom is nextBatch wherever the cursor is.
func (j *Journal) batchFrom(ctx context.Context, from, size int64) (b batch, err error) {
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		b, err = readBatch(ctx, conn, from, size)
		return err
	})
	if err != nil {
		return b, err
	}
	b.checkpoint, err = j.sign(b.head)
	return b, err
}

// readBatch reads a batch without its checkpoint.
func readBatch(ctx context.Context, conn *sql.Conn, from, size int64) (batch, error) {
	page, err := readEvents(ctx, conn, from, size, MaxBatch)
	if err != nil {
		return batch{}, err
	}
	b := batch{from: from}
	for _, e := range page {
		b.events = append(b.events, e.Body)
	}
	b.head.Size = from - 1 + int64(len(page))
	root, err := rootAt(ctx, conn, b.head.Size)
	b.head.Root = root
	return b, err
}

// nextUnheld reads the next part, behind the one with the id last, that the
// authority is not known to hold, of events up to the given one.
func (j *Journal) nextUnheld(ctx context.Context, conn *sql.Conn, last, to int64) (p sealedPart, opening []byte, err error) {
	p, err = scanPart(conn.QueryRowContext(ctx, selectPart+
		"WHERE held = 0 AND sealed IS NOT NULL AND id > ? AND seq <= ? ORDER BY id LIMIT 1", last, to))
	if err != nil {
		return p, nil, err
	}
	opening, err = j.keys.open(p)
	return p, opening, err
}

// acknowledge verifies the countersigned checkpoint and stores it, the cursor,
// and which parts the authority misses, in one transaction.
func (j *Journal) acknowledge(ctx context.Context, b batch, countersigned []byte, missing [][32]byte) error {
	c, err := j.openCountersigned(countersigned)
	if err != nil {
		return fmt.Errorf("read countersigned checkpoint: %w", err)
	}
	if c.Size != b.head.Size || c.Root != b.head.Root || !evidence.Extends(countersigned, b.checkpoint) {
		return fmt.Errorf("read countersigned checkpoint: %w: not the one that was sent", evidence.ErrCheckpoint)
	}
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return inTransaction(ctx, conn, func() error {
			if err := j.storeCheckpoint(ctx, conn, c.Size, countersigned); err != nil {
				return err
			}
			// Only what the answer names is taken from it: its list may be
			// cut, so what it does not name need not be held.
			for _, sum := range missing[:min(len(missing), maxMissing)] {
				_, err := conn.ExecContext(ctx, "UPDATE person SET held = 0 WHERE commitment = ?", sum[:])
				if err != nil {
					return fmt.Errorf("mark missing part: %w", err)
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	j.setAcked(c.Size)
	return nil
}

// storeCheckpoint keeps a verified countersigned checkpoint and moves the
// cursor to it.
func (j *Journal) storeCheckpoint(ctx context.Context, conn *sql.Conn, size int64, signed []byte) error {
	if size > 0 {
		_, err := conn.ExecContext(ctx, "INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			size, signed, j.config.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("store checkpoint: %w", err)
		}
	}
	if _, err := conn.ExecContext(ctx, "UPDATE sync SET acked = ?", size); err != nil {
		return fmt.Errorf("move cursor: %w", err)
	}
	return nil
}

// rewind moves the cursor back to what the authority holds.
func (j *Journal) rewind(ctx context.Context, held int64) error {
	return j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, "UPDATE sync SET acked = ? WHERE acked > ?", held, held); err != nil {
			return fmt.Errorf("move cursor back: %w", err)
		}
		return j.loadSyncState(ctx, conn)
	})
}

// sendParts sends the openings the authority is not known to hold, of events it
// holds. Each is read in a turn of its own and sent without holding it.
func (j *Journal) sendParts(ctx context.Context, remote Remote) error {
	for last := int64(0); ; {
		var p sealedPart
		var opening []byte
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			var acked int64
			if err := conn.QueryRowContext(ctx, "SELECT acked FROM sync").Scan(&acked); err != nil {
				return fmt.Errorf("read cursor: %w", err)
			}
			p, opening, err = j.nextUnheld(ctx, conn, last, acked)
			return err
		})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		last = p.id
		err = remote.PutBlob(ctx, p.commitment.sum, opening)
		clear(opening)
		if err != nil {
			return fmt.Errorf("send part %q: %w", p.commitment.name, err)
		}
		err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, "UPDATE person SET held = 1 WHERE id = ?", p.id)
			return err
		})
		if err != nil {
			return fmt.Errorf("mark part: %w", err)
		}
	}
}

// forkOf says whether an error of a Remote tells of a fork.
func forkOf(err error) bool {
	var f interface{ Fork() bool }
	return errors.As(err, &f) && f.Fork()
}

// gapOf returns the head that an error of a Remote tells, if it tells of a gap.
func gapOf(err error) (head int64, ok bool) {
	var g interface{ Gap() (int64, bool) }
	if !errors.As(err, &g) {
		return 0, false
	}
	head, ok = g.Gap()
	return head, ok && head >= 0
}
