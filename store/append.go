package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"salter/store/evidence"
)

// MaxEvent is the largest event, in bytes.
const MaxEvent = evidence.MaxEvent

// MaxOpening is the largest opening of a part, salt included, in bytes.
const MaxOpening = evidence.MaxOpening

// Part is personal content of a case, kept beside the events. Opening is a
// 32-byte salt followed by the content; an event of the same case holds
// SHA-256(Opening) under Name in its commits.
type Part struct {
	Case    string // UUID, or empty as in the event
	Name    string
	Opening []byte
}

// commitment is one entry of the commits of an event of a case.
type commitment struct {
	caseID, name string
	sum          [32]byte
}

// record is an event on its way into the journal.
type record struct {
	body   []byte
	header evidence.Header
}

// Append stores events in this order, and the openings of the commitments they
// hold, in one transaction. nil means: on stable storage. Any error means
// "perhaps", but for ErrTooLarge, ErrCommitment, a malformed event
// (evidence.ErrHeader) and one that only Rekey makes (evidence.ErrKeyChange):
// then nothing was written.
//
// Each part must be committed to by one of the events. Each commitment of an
// event needs its opening among the parts, unless the journal has it already
// under the same case and name: an event may speak of a part again. A second
// part of the same case and name is its next version; Part returns the latest.
func (j *Journal) Append(ctx context.Context, events [][]byte, parts []Part) error {
	records, err := parseEvents(events)
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	openings, err := matchParts(records, parts)
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := j.loadTree(ctx, conn); err != nil {
			return err
		}
		size := j.tree.Size()
		err := j.commit(ctx, conn, records, openings)
		if sqliteCode(err) != codeFull || !j.releaseBallast() {
			return err
		}
		// With the reserve given up there is room; but only what did not
		// happen is done again.
		if err := j.loadTree(ctx, conn); err != nil || j.tree.Size() != size {
			return errors.Join(ErrFull, err)
		}
		return j.commit(ctx, conn, records, openings)
	})
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

// commit writes the records and openings in one transaction. j.tree is loaded,
// and it is nil after an error: whether it happened is not known.
func (j *Journal) commit(ctx context.Context, conn *sql.Conn, records []record, openings map[commitment][]byte) error {
	tree := j.tree.Clone()
	j.tree = nil
	var named []namedPart
	err := j.statements.inTransaction(ctx, func() (err error) {
		named, err = j.insert(ctx, conn, tree, records, openings)
		return err
	})
	if err != nil {
		return err
	}
	if j.names.loaded {
		for _, n := range named {
			j.names.add(n.names, n.caseID, n.id)
		}
	}
	j.tree, j.last = tree, Head{tree.Size(), tree.Root()}
	j.setTotal(tree.Size())
	return nil
}

// parseEvents reads the headers of the events.
func parseEvents(events [][]byte) ([]record, error) {
	records := make([]record, len(events))
	for i, body := range events {
		h, err := evidence.ParseHeader(body)
		if err != nil {
			return nil, err
		}
		if h.Kind == evidence.KindCheckpointKey {
			return nil, fmt.Errorf("%w: only Rekey makes one", evidence.ErrKeyChange)
		}
		records[i] = record{body, h}
	}
	return records, nil
}

// matchParts returns the openings by commitment. Each must be committed to by
// one of the records.
func matchParts(records []record, parts []Part) (map[commitment][]byte, error) {
	committed := make(map[commitment]bool)
	for _, r := range records {
		for name, sum := range r.header.Commits {
			committed[commitment{r.header.Case, name, sum}] = true
		}
	}
	openings := make(map[commitment][]byte, len(parts))
	for _, p := range parts {
		switch {
		case len(p.Opening) > MaxOpening:
			return nil, fmt.Errorf("part %q of %d bytes: %w", p.Name, len(p.Opening), ErrTooLarge)
		case len(p.Opening) < evidence.SaltSize:
			return nil, fmt.Errorf("%w: opening of part %q has no salt", ErrCommitment, p.Name)
		}
		c := commitment{p.Case, p.Name, evidence.Commitment(p.Opening)}
		if !committed[c] {
			return nil, fmt.Errorf("%w: no event commits to part %q", ErrCommitment, p.Name)
		}
		openings[c] = p.Opening
	}
	return openings, nil
}

// namedPart is a part with the names that it is found by.
type namedPart struct {
	names  []string
	caseID string
	id     int64
}

// insert writes the records, their nodes, their parts and the terms of both. It
// returns the parts that have names.
func (j *Journal) insert(ctx context.Context, conn *sql.Conn, tree *evidence.Tree, records []record, openings map[commitment][]byte) ([]namedPart, error) {
	var named []namedPart
	for _, r := range records {
		if err := j.statements.insertEvent(ctx, tree, r); err != nil {
			return nil, err
		}
		if err := j.indexEvent(ctx, conn, r.header.Case, r.header.Kind, r.body); err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(r.header.Commits)) {
			c := commitment{r.header.Case, name, r.header.Commits[name]}
			id, err := j.insertPart(ctx, conn, tree.Size(), c, openings[c])
			if err != nil {
				return nil, err
			}
			if id == 0 {
				continue
			}
			names, err := j.indexPart(ctx, conn, id, c, openings[c])
			if err != nil {
				return nil, err
			}
			named = append(named, namedPart{names, c.caseID, id})
		}
	}
	return named, nil
}

// insertPart seals and writes the opening of a commitment that the event seq
// holds, and returns the id of its row. A commitment the journal already has
// needs none; the id is 0 then.
func (j *Journal) insertPart(ctx context.Context, conn *sql.Conn, seq int64, c commitment, opening []byte) (int64, error) {
	var caseID, name string
	err := conn.QueryRowContext(ctx, "SELECT case_id, part FROM person WHERE commitment = ?", c.sum[:]).Scan(&caseID, &name)
	if err == nil && caseID == c.caseID && name == c.name {
		return 0, nil
	}
	if err == nil {
		return 0, fmt.Errorf("%w: opening of part %q is already that of another part", ErrCommitment, c.name)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("look for part: %w", err)
	}
	if opening == nil {
		return 0, fmt.Errorf("%w: opening of part %q is missing", ErrCommitment, c.name)
	}
	var version int64
	err = conn.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) + 1 FROM person WHERE case_id = ? AND part = ?",
		c.caseID, c.name).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("number part: %w", err)
	}
	keyID, sealed := j.keys.seal(opening, additionalData(c.caseID, c.name, version))
	row, err := conn.ExecContext(ctx,
		"INSERT INTO person (case_id, part, version, seq, commitment, key_id, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.caseID, c.name, version, seq, c.sum[:], keyID, sealed)
	if err != nil {
		return 0, fmt.Errorf("insert part: %w", err)
	}
	return row.LastInsertId()
}

// loadTree makes sure that j.tree is the growing end of the tree. After a
// write whose outcome is not known it is read from the file again.
func (j *Journal) loadTree(ctx context.Context, conn *sql.Conn) error {
	if j.tree != nil {
		return nil
	}
	var size int64
	if err := conn.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM event").Scan(&size); err != nil {
		return fmt.Errorf("read head: %w", err)
	}
	tree, err := evidence.LoadTree(size, nodeReader(ctx, conn))
	if err != nil {
		return err
	}
	j.tree = tree
	j.setTotal(size)
	return nil
}

// nodeReader reads stored nodes of the tree.
func nodeReader(ctx context.Context, conn *sql.Conn) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, idx := range indexes {
			var raw []byte
			err := conn.QueryRowContext(ctx, "SELECT hash FROM node WHERE idx = ?", idx).Scan(&raw)
			if errors.Is(err, sql.ErrNoRows) || err == nil && len(raw) != tlog.HashSize {
				return nil, tampered(0, "node %d is missing", idx)
			}
			if err != nil {
				return nil, fmt.Errorf("read node: %w", err)
			}
			hashes[i] = tlog.Hash(raw)
		}
		return hashes, nil
	})
}
