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

// sign signs a head with the key for its size.
func (j *Journal) sign(h Head) ([]byte, error) {
	signer, err := j.signerAt(h.Size)
	if err != nil {
		return nil, err
	}
	return evidence.Checkpoint{Origin: j.origin(), Size: h.Size, Root: h.Root}.Sign(signer)
}

// origin is the first line of the journal's checkpoints.
func (j *Journal) origin() string { return evidence.Origin(j.config.Workstation) }

// openCountersigned verifies a checkpoint of this journal: that the authority
// signed it, with its present key or a former one, and the workstation with its
// key for the size. What is signed with a key that is not known is only read.
func (j *Journal) openCountersigned(signed []byte) (evidence.Checkpoint, error) {
	c, err := evidence.ReadCheckpoint(signed)
	if err != nil {
		return c, err
	}
	if own := j.keyring().At(c.Size); own != nil {
		if c, err = evidence.OpenCheckpoint(signed, j.origin(), own); err != nil {
			return c, err
		}
	}
	if j.config.Authority == nil {
		return c, nil
	}
	c, err = evidence.OpenCheckpoint(signed, j.origin(), j.config.Authority)
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
