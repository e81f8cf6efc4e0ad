package db

import (
	"fmt"
	"strings"
	"time"
)

// JournalSize implements Journals.
func (t tx) JournalSize(workstation string) (int64, error) {
	var size int64
	err := t.row("read journal size", "SELECT coalesce(max(seq), 0) FROM journal_event WHERE workstation = ?",
		[]any{workstation}, &size)
	return size, err
}

// AppendEvent implements Journals.
func (t tx) AppendEvent(workstation string, seq int64, body []byte) error {
	return t.exec("append event", "INSERT INTO journal_event(workstation, seq, body) VALUES(?,?,?)", workstation, seq, body)
}

// Event implements Journals.
func (t tx) Event(workstation string, seq int64) ([]byte, error) {
	var body []byte
	err := t.row("find event", "SELECT body FROM journal_event WHERE workstation = ? AND seq = ?",
		[]any{workstation, seq}, &body)
	return body, err
}

// Events implements Journals.
func (t tx) Events(workstation string, from, to int64) ([][]byte, error) {
	return collect(t, "list events", "SELECT body FROM journal_event WHERE workstation = ? AND seq BETWEEN ? AND ? ORDER BY seq",
		[]any{workstation, from, to}, func(r scanner) (body []byte, err error) {
			err = r.Scan(&body)
			return body, err
		})
}

// PutNodes implements Journals.
func (t tx) PutNodes(workstation string, first int64, hashes [][32]byte) error {
	if len(hashes) == 0 {
		return nil
	}
	var args []any
	for i, h := range hashes {
		args = append(args, workstation, first+int64(i), h[:])
	}
	return t.exec("write tree nodes", "INSERT INTO journal_node(workstation, idx, hash) VALUES "+
		strings.TrimSuffix(strings.Repeat("(?,?,?),", len(hashes)), ","), args...)
}

// Nodes implements Journals.
func (t tx) Nodes(workstation string, indexes []int64) ([][32]byte, error) {
	hashes := make([][32]byte, len(indexes))
	for i, idx := range indexes {
		if err := t.row(fmt.Sprintf("find tree node %d", idx),
			"SELECT hash FROM journal_node WHERE workstation = ? AND idx = ?", []any{workstation, idx},
			sum32{&hashes[i]}); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

// PutKeyChange implements Journals.
func (t tx) PutKeyChange(workstation string, seq int64) error {
	return t.exec("note change of key", "INSERT INTO journal_key(workstation, seq) VALUES(?,?)", workstation, seq)
}

// KeyChanges implements Journals.
func (t tx) KeyChanges(workstation string) ([]int64, error) {
	return collect(t, "list changes of key", "SELECT seq FROM journal_key WHERE workstation = ? ORDER BY seq",
		[]any{workstation}, func(r scanner) (seq int64, err error) {
			err = r.Scan(&seq)
			return seq, err
		})
}

// PutCheckpoint implements Journals.
func (t tx) PutCheckpoint(c Checkpoint) error {
	return t.exec("write checkpoint", "INSERT INTO checkpoint(workstation, size, note) VALUES(?,?,?) ON CONFLICT DO NOTHING",
		c.Workstation, c.Size, c.Note)
}

const selectCheckpoint = "SELECT workstation, size, note FROM checkpoint WHERE workstation = ? "

func scanCheckpoint(r scanner) (c Checkpoint, err error) {
	err = r.Scan(&c.Workstation, &c.Size, &c.Note)
	return c, err
}

func (t tx) checkpoint(rest string, args ...any) (Checkpoint, error) {
	return one(t, "find checkpoint", selectCheckpoint+rest, args, scanCheckpoint)
}

// Checkpoints implements Journals.
func (t tx) Checkpoints(workstation string, from, to int64) ([]Checkpoint, error) {
	return collect(t, "list checkpoints", selectCheckpoint+"AND size BETWEEN ? AND ? ORDER BY size",
		[]any{workstation, from, to}, scanCheckpoint)
}

// LastCheckpoint implements Journals.
func (t tx) LastCheckpoint(workstation string) (Checkpoint, error) {
	return t.checkpoint("ORDER BY size DESC LIMIT 1", workstation)
}

// CheckpointAt implements Journals.
func (t tx) CheckpointAt(workstation string, size int64) (Checkpoint, error) {
	return t.checkpoint("AND size = ?", workstation, size)
}

// PutCommitment implements Journals.
func (t tx) PutCommitment(c Commitment) error {
	return t.exec("write commitment",
		`INSERT INTO commitment(workstation, seq, name, case_id, sha256, held)
		 VALUES(?1, ?2, ?3, ?4, ?5, CASE WHEN EXISTS(SELECT 1 FROM blob WHERE sha256 = ?5) THEN 1 ELSE 0 END)`,
		c.Workstation, c.Seq, c.Name, c.Case, c.SHA256[:])
}

// Committed implements Journals.
func (t tx) Committed(workstation, caseID string, sum [32]byte) (bool, error) {
	var found bool
	err := t.row("find commitment",
		"SELECT EXISTS(SELECT 1 FROM commitment WHERE sha256 = ? AND workstation = ? AND case_id = ?)",
		[]any{sum[:], workstation, caseID}, &found)
	return found, err
}

// MissingBlobs implements Journals.
func (t tx) MissingBlobs(workstation string, limit int) ([][32]byte, error) {
	return collect(t, "list missing blobs",
		"SELECT sha256 FROM commitment WHERE workstation = ? AND held = 0 GROUP BY sha256 ORDER BY min(seq) LIMIT ?",
		[]any{workstation, limit}, scanSum)
}

// PutBlob implements Blobs.
func (t tx) PutBlob(sum [32]byte, content []byte, workstation string, at time.Time) (bool, error) {
	n, err := t.run("INSERT INTO blob(sha256, content, workstation, at) VALUES(?,?,?,?) ON CONFLICT DO NOTHING",
		sum[:], content, workstation, at.UnixMilli())
	if err != nil {
		return false, fmt.Errorf("write blob: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	return true, t.exec("mark commitments held", "UPDATE commitment SET held = 1 WHERE sha256 = ?", sum[:])
}

// Blob implements Blobs.
func (t tx) Blob(sum [32]byte) ([]byte, error) {
	var content []byte
	err := t.row("find blob", "SELECT content FROM blob WHERE sha256 = ?", []any{sum[:]}, &content)
	return content, err
}
