package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"salter/store/evidence"
)

// Verify checks everything that is in the journal: the file's structure, every
// event against its columns and the tree, every countersigned checkpoint, every
// commitment and every sealed part. Events appended meanwhile are included. It
// gives others their turn between pages.
func (j *Journal) Verify(ctx context.Context) error {
	if err := j.verify(ctx); err != nil {
		return fmt.Errorf("verify journal: %w", err)
	}
	return nil
}

// verify does the work of Verify.
func (j *Journal) verify(ctx context.Context) error {
	var checkpoints []countersigned
	var cases *caseAudit
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		if err := checkIntegrity(ctx, conn); err != nil {
			return err
		}
		if cases, err = newCaseAudit(ctx, conn); err != nil {
			return err
		}
		checkpoints, err = readCheckpoints(ctx, conn, allCheckpoints)
		return err
	})
	if err != nil {
		return err
	}
	a, err := j.newAudit(checkpoints)
	if err != nil {
		return err
	}
	a.commits, a.cases = make(map[commitment]int64), cases
	if err := j.pages(ctx, a.nextPage); err != nil {
		return err
	}
	if err := j.pages(ctx, cases.nextPage); err != nil {
		return err
	}
	parts := &partAudit{keys: j.keys, commits: a.commits, size: a.tree.Size()}
	if err := j.pages(ctx, parts.nextPage); err != nil {
		return err
	}
	return parts.finish()
}

// pages runs next in turns of its own until it is done.
func (j *Journal) pages(ctx context.Context, next func(context.Context, *sql.Conn) (bool, error)) error {
	for done := false; !done; {
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			done, err = next(ctx, conn)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkIntegrity lets SQLite look over its own structures.
func checkIntegrity(ctx context.Context, conn *sql.Conn) error {
	var report string
	if err := conn.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&report); err != nil {
		return fmt.Errorf("check file: %w", err)
	}
	if report != "ok" {
		return fmt.Errorf("%w: integrity check: %s", ErrCorrupt, report)
	}
	return nil
}

// countersigned is a row of the table checkpoint.
type countersigned struct {
	size int64
	note []byte
}

// Which checkpoints readCheckpoints reads.
const (
	lastCheckpoint = "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"
	allCheckpoints = "SELECT size, note FROM checkpoint ORDER BY size"
)

// readCheckpoints reads countersigned checkpoints and looks whether the cursor
// is covered by the last of them.
func readCheckpoints(ctx context.Context, conn *sql.Conn, query string) ([]countersigned, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	defer rows.Close()
	var list []countersigned
	var largest int64
	for rows.Next() {
		var c countersigned
		if err := rows.Scan(&c.size, &c.note); err != nil {
			return nil, fmt.Errorf("read checkpoints: %w", err)
		}
		list, largest = append(list, c), c.size
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	var acked int64
	if err := conn.QueryRowContext(ctx, "SELECT acked FROM sync").Scan(&acked); err != nil {
		return nil, fmt.Errorf("read cursor: %w", err)
	}
	if acked > largest {
		return list, tampered(0, "cursor at %d, but the last countersigned checkpoint is at %d", acked, largest)
	}
	return list, nil
}

// audit rebuilds the tree from the events and compares on the way.
type audit struct {
	tree *evidence.Tree
	good int64 // events checked, up to the first that is bad
	last int64 // number of the last event there is
	// checkpoints holds the roots that must come out, by size: those that the
	// authority countersigned, and the last one known in this run.
	checkpoints   map[int64]tlog.Hash
	largest       int64 // among them
	countersigned int64 // largest of those that the authority countersigned
	// commits collects the number of the first event that holds each
	// commitment; nil: not wanted.
	commits map[commitment]int64
	cases   *caseAudit // what the list of cases must say; nil: not wanted
}

// newAudit verifies the checkpoints to compare with. It needs no connection:
// there may be many.
func (j *Journal) newAudit(list []countersigned) (*audit, error) {
	a := &audit{tree: new(evidence.Tree), checkpoints: make(map[int64]tlog.Hash)}
	for _, row := range list {
		c, err := j.openCountersigned(row.note)
		if err != nil {
			return nil, tampered(row.size, "countersigned checkpoint does not verify: %v", err)
		}
		if c.Size != row.size {
			return nil, tampered(row.size, "countersigned checkpoint is of size %d", c.Size)
		}
		a.checkpoints[c.Size], a.largest = c.Root, max(a.largest, c.Size)
	}
	a.countersigned = a.largest
	return a, nil
}

// expect makes the audit want a head that was there before.
func (a *audit) expect(h Head) {
	if _, countersigned := a.checkpoints[h.Size]; h.Size > 0 && !countersigned {
		a.checkpoints[h.Size], a.largest = h.Root, max(a.largest, h.Size)
	}
}

// openVerifies is how many events Open looks at, if they are countersigned; a
// matter of 30 ms.
const openVerifies = 5000

// skip makes the audit begin later: behind the events that are covered by a
// countersigned checkpoint and not among the last ones. That the tree it
// continues is the right one shows at the checkpoint.
func (a *audit) skip(ctx context.Context, conn *sql.Conn) error {
	var size int64
	if err := conn.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM event").Scan(&size); err != nil {
		return fmt.Errorf("read head: %w", err)
	}
	start := min(size-openVerifies, a.countersigned)
	if start <= 0 {
		return nil
	}
	tree, err := evidence.LoadTree(start, nodeReader(ctx, conn))
	if err != nil {
		return err
	}
	for known, root := range a.checkpoints {
		if known > start {
			continue
		}
		stored, err := rootAt(ctx, conn, known)
		if err != nil {
			return err
		}
		if stored != root {
			return tampered(known, "history differs from its checkpoint")
		}
	}
	a.tree = tree
	return nil
}

// nextPage checks the next events; done after the last one.
func (a *audit) nextPage(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	var size int64
	if err := conn.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM event").Scan(&size); err != nil {
		return false, fmt.Errorf("read head: %w", err)
	}
	a.last = size
	if a.tree.Size() >= size {
		return true, a.finish(ctx, conn)
	}
	events, gap := readEvents(ctx, conn, a.tree.Size()+1, size, pageBytes)
	nodes, err := readNodes(ctx, conn, a.tree.NextNode(), tlog.StoredHashCount(a.tree.Size()+int64(len(events))))
	if err != nil {
		return false, err
	}
	for _, e := range events {
		if err := a.checkHeader(e); err != nil {
			return false, err
		}
		for _, want := range a.tree.Append(evidence.Leaf(e.Body)) {
			if !bytes.HasPrefix(nodes, want[:]) {
				return false, tampered(e.Seq, "tree does not match")
			}
			nodes = nodes[len(want):]
		}
		if root, ok := a.checkpoints[e.Seq]; ok && root != a.tree.Root() {
			return false, tampered(e.Seq, "history differs from its checkpoint")
		}
		a.good = e.Seq
	}
	return false, gap
}

// checkHeader compares the columns of an event with its body.
func (a *audit) checkHeader(e Event) error {
	h, err := evidence.ParseHeader(e.Body)
	if err != nil {
		return tampered(e.Seq, "%v", err)
	}
	if h.Case != e.Case || h.Kind != e.Kind || h.At != e.At {
		return tampered(e.Seq, "columns differ from the body")
	}
	if a.cases != nil {
		a.cases.count(e, h.Clerk)
	}
	if a.commits != nil {
		for name, sum := range h.Commits {
			c := commitment{h.Case, name, sum}
			if _, again := a.commits[c]; !again {
				a.commits[c] = e.Seq
			}
		}
	}
	return nil
}

// finish checks what only the end can tell.
func (a *audit) finish(ctx context.Context, conn *sql.Conn) error {
	if size := a.tree.Size(); a.largest > size {
		return tampered(size+1, "missing: there were %d events", a.largest)
	}
	var events, nodes int64
	err := conn.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM event WHERE seq < 1),"+
		" (SELECT count(*) FROM node WHERE idx < 0 OR idx >= ?)", a.tree.NextNode()).Scan(&events, &nodes)
	if err != nil {
		return fmt.Errorf("look for strays: %w", err)
	}
	if events+nodes > 0 {
		return tampered(0, "%d events and %d nodes stand outside the tree", events, nodes)
	}
	return nil
}

// readNodes reads the hashes from index first up to, not including, end, one
// behind the other.
func readNodes(ctx context.Context, conn *sql.Conn, first, end int64) ([]byte, error) {
	rows, err := conn.QueryContext(ctx, "SELECT hash FROM node WHERE idx >= ? AND idx < ? ORDER BY idx", first, end)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	defer rows.Close()
	nodes := make([]byte, 0, (end-first)*tlog.HashSize)
	for rows.Next() {
		var hash sql.RawBytes // there are two for every event: no copy of each
		if err := rows.Scan(&hash); err != nil {
			return nil, fmt.Errorf("read nodes: %w", err)
		}
		nodes = append(nodes, hash...)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	return nodes, nil
}

// partAudit compares the sealed parts with the commitments of the events.
type partAudit struct {
	keys    *dataKeys            // nil: parts are not opened
	commits map[commitment]int64 // those not met yet, of the events up to size
	size    int64
	last    int64 // row id of the part checked last
	// How many parts there were, and how many of them were opened.
	parts, opened int64
}

// nextPage checks the next part; done after the last one. A part may be large,
// so each has a turn of its own.
func (a *partAudit) nextPage(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	p, err := scanPart(conn.QueryRowContext(ctx, selectPart+"WHERE id > ? AND seq <= ? ORDER BY id LIMIT 1", a.last, a.size))
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	a.last = p.id
	if seq, ok := a.commits[p.commitment]; !ok || seq != p.seq {
		return false, tampered(p.seq, "does not commit to part %q", p.commitment.name)
	}
	delete(a.commits, p.commitment)
	a.parts++
	if p.sealed == nil || a.keys == nil {
		return false, nil
	}
	a.opened++
	opening, err := a.keys.open(p)
	clear(opening)
	return false, err
}

// finish reports a commitment whose part is not there, not even as erased.
func (a *partAudit) finish() error {
	var first int64
	for _, seq := range a.commits {
		if first == 0 || seq < first {
			first = seq
		}
	}
	if first != 0 {
		return tampered(first, "a part it commits to is missing")
	}
	return nil
}
