package store

import (
	"context"
	"database/sql"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"salter/store/evidence"
)

// Head names one state of the journal: the number of events, which is also the
// number of the last one, and the root of the Merkle tree over them (RFC 6962).
type Head struct {
	Size int64
	Root [32]byte
}

// Head returns the present head.
func (j *Journal) Head(ctx context.Context) (Head, error) {
	var head Head
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := j.loadTree(ctx, conn); err != nil {
			return err
		}
		head = Head{j.tree.Size(), j.tree.Root()}
		return nil
	})
	if err != nil {
		return Head{}, fmt.Errorf("read head: %w", err)
	}
	return head, nil
}

// Checkpoint returns a note over the present head, signed by the workstation.
func (j *Journal) Checkpoint(ctx context.Context) ([]byte, error) {
	head, err := j.Head(ctx)
	if err != nil {
		return nil, err
	}
	return j.sign(head)
}

// sign signs a head.
func (j *Journal) sign(h Head) ([]byte, error) {
	return evidence.Checkpoint{Origin: j.origin(), Size: h.Size, Root: h.Root}.Sign(j.config.Signer)
}

// origin is the first line of the journal's checkpoints.
func (j *Journal) origin() string { return evidence.Origin(j.config.Workstation) }

// openCountersigned verifies a checkpoint of this journal that the authority
// signed, with its present key or a former one. Where no key is known, it is
// only read.
func (j *Journal) openCountersigned(signed []byte) (evidence.Checkpoint, error) {
	if j.config.Authority == nil {
		return evidence.ReadCheckpoint(signed)
	}
	c, err := evidence.OpenCheckpoint(signed, j.origin(), j.config.Authority)
	for _, former := range j.config.Former {
		if err == nil {
			break
		}
		c, err = evidence.OpenCheckpoint(signed, j.origin(), former)
	}
	return c, err
}

// rootAt returns the root of the tree as it was at an earlier size.
func rootAt(ctx context.Context, conn *sql.Conn, size int64) (tlog.Hash, error) {
	return tlog.TreeHash(size, nodeReader(ctx, conn))
}
