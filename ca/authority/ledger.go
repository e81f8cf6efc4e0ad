package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// maxEvents bounds one push: the smallest event with a header fills a batch of
// ca.MaxBatch bytes with fewer, and others wait while they are stored.
const maxEvents = 8192

// maxMissing bounds the list of missing blobs in one reply; the rest is named
// with the next push.
const maxMissing = 500

// Push takes over events of a workstation's journal. The whole rule, in one
// transaction: what is held already must be the same, what follows the head is
// stored, and then the tree must have the root of the checkpoint that the
// workstation signed; the same checkpoint comes back with the authority's
// signature. Refusals: fork, gap, and those of identity and form.
//
// It never judges content: an event that nobody can read is stored like any
// other, so that no record can block the queue behind it.
func (a *Authority) Push(ctx context.Context, c Caller, workstation string, p ca.JournalPush) (ca.JournalReply, error) {
	_, reply, err := a.push(ctx, workstation, func(tx db.Tx) (db.Workstation, error) { return a.admitOwner(tx, c, workstation) }, p)
	return reply, err
}

// push takes over events for the workstation of this name that admit finds in
// the register; stored is how many of them were not held before.
func (a *Authority) push(ctx context.Context, name string, admit func(db.Tx) (db.Workstation, error), p ca.JournalPush) (stored int64, reply ca.JournalReply, err error) {
	if err := checkPush(p); err != nil {
		return 0, ca.JournalReply{}, err
	}
	logged := a.watch.heads.Held(name) // before the transaction, which must not find less
	var workstation string
	var checkpoint evidence.Checkpoint
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := admit(tx)
		if err != nil {
			return err
		}
		workstation = w.Name
		if err := a.checkHeads(w.Name); err != nil {
			return err
		}
		before, err := tx.JournalSize(w.Name)
		if err != nil {
			return err
		}
		if before < logged.Size { // an older database was put in place while this process served
			a.watch.block(w.Name, behind(before, logged))
			a.log.Error("database is older than its heads", "workstation", w.Name, "detail", behind(before, logged))
			return a.checkHeads(w.Name)
		}
		checkpoint, reply, err = a.ingest(tx, w, before, p)
		stored = max(0, checkpoint.Size-before)
		return err
	})
	if err != nil {
		a.noteRefusal(ctx, workstation, err)
		return 0, ca.JournalReply{}, err
	}
	// Before the answer: what a workstation was told is held outside, too.
	if err := a.watch.heads.Put(workstation, checkpoint.Size, checkpoint.Root); err != nil {
		return 0, ca.JournalReply{}, err
	}
	return stored, reply, nil
}

// checkPush checks form and size.
func checkPush(p ca.JournalPush) error {
	total := 0
	for _, e := range p.Events {
		if len(e) == 0 || len(e) > evidence.MaxEvent {
			return Refuse(ca.ProblemBadRequest, "event of %d bytes, want 1 to %d", len(e), evidence.MaxEvent)
		}
		total += len(e)
	}
	switch {
	case p.From < 1:
		return Refuse(ca.ProblemBadRequest, "first sequence number is %d", p.From)
	case len(p.Events) > maxEvents:
		return Refuse(ca.ProblemTooLarge, "%d events, at most %d allowed", len(p.Events), maxEvents)
	case total > ca.MaxBatch:
		return Refuse(ca.ProblemTooLarge, "events of %d bytes, at most %d allowed", total, ca.MaxBatch)
	}
	return nil
}

// admitOwner admits a caller to the journal named in the path: his own.
func (a *Authority) admitOwner(tx db.Tx, c Caller, workstation string) (db.Workstation, error) {
	w, err := a.admitWorkstation(tx, c)
	if err != nil {
		return w, err
	}
	if w.Name != workstation {
		return w, Refuse(ca.ProblemWorkstation, "journal of another workstation")
	}
	return w, nil
}

// ingest is the rule itself; head is the last sequence number held.
func (a *Authority) ingest(tx db.Tx, w db.Workstation, head int64, p ca.JournalPush) (evidence.Checkpoint, ca.JournalReply, error) {
	last := p.From + int64(len(p.Events)) - 1
	if last < 1 {
		return evidence.Checkpoint{}, ca.JournalReply{}, Refuse(ca.ProblemBadRequest, "events end at %d", last)
	}
	if p.From > head+1 { // before the signature: its key may be in the gap
		gap := Refuse(ca.ProblemGap, "events begin at %d, head is %d", p.From, head)
		gap.Problem.Head = &head
		return evidence.Checkpoint{}, ca.JournalReply{}, gap
	}
	keys, err := checkpointKeys(tx, w)
	if err != nil {
		return evidence.Checkpoint{}, ca.JournalReply{}, err
	}
	changes, err := newKeys(&keys, w.Name, head, p)
	if err != nil {
		return evidence.Checkpoint{}, ca.JournalReply{}, Refuse(ca.ProblemFork, "%w", err)
	}
	checkpoint, err := openCheckpoint(keys, w.Name, []byte(p.Checkpoint))
	if err != nil {
		return checkpoint, ca.JournalReply{}, Refuse(ca.ProblemBadRequest, "checkpoint: %w", err)
	}
	if checkpoint.Size != last {
		return checkpoint, ca.JournalReply{}, Refuse(ca.ProblemBadRequest, "checkpoint of size %d, events end at %d", checkpoint.Size, last)
	}
	known := min(int64(len(p.Events)), head-p.From+1)
	if err := checkHeld(tx, w.Name, p.From, p.Events[:known]); err != nil {
		return checkpoint, ca.JournalReply{}, err
	}
	root, err := a.extend(tx, w.Name, head, checkpoint.Size, p.Events[known:])
	if err != nil {
		return checkpoint, ca.JournalReply{}, err
	}
	if root != checkpoint.Root {
		return checkpoint, ca.JournalReply{}, Refuse(ca.ProblemFork, "root at %d differs from the checkpoint's", checkpoint.Size)
	}
	for _, seq := range changes {
		if err := tx.PutKeyChange(w.Name, seq); err != nil {
			return checkpoint, ca.JournalReply{}, err
		}
	}
	if err := tx.ClearAlarm(w.Name, AlarmGap, a.now()); err != nil {
		return checkpoint, ca.JournalReply{}, err
	}
	reply, err := a.countersign(tx, w.Name, checkpoint.Size, []byte(p.Checkpoint))
	return checkpoint, reply, err
}

// checkHeld compares events that are already held by their leaf hashes.
func checkHeld(tx db.Tx, workstation string, from int64, events [][]byte) error {
	if len(events) == 0 {
		return nil
	}
	indexes := make([]int64, len(events))
	for i := range events {
		indexes[i] = tlog.StoredHashIndex(0, from-1+int64(i))
	}
	held, err := tx.Nodes(workstation, indexes)
	if err != nil {
		return err
	}
	for i, e := range events {
		if evidence.Leaf(e) != tlog.Hash(held[i]) {
			return Refuse(ca.ProblemFork, "event %d differs from the one held", from+int64(i))
		}
	}
	return nil
}

// extend appends events behind head and returns the root of the tree at size.
func (a *Authority) extend(tx db.Tx, workstation string, head, size int64, events [][]byte) (tlog.Hash, error) {
	nodes := nodeReader(tx, workstation)
	if size <= head {
		root, err := tlog.TreeHash(size, nodes)
		if err != nil {
			return tlog.Hash{}, fmt.Errorf("compute root at %d: %w", size, err)
		}
		return root, nil
	}
	tree, err := evidence.LoadTree(head, nodes)
	if err != nil {
		return tlog.Hash{}, err
	}
	for i, body := range events {
		seq := head + 1 + int64(i)
		if err := tx.AppendEvent(workstation, seq, body); err != nil {
			return tlog.Hash{}, err
		}
		first := tree.NextNode()
		if err := tx.PutNodes(workstation, first, raw(tree.Append(evidence.Leaf(body)))); err != nil {
			return tlog.Hash{}, err
		}
		if err := commit(tx, workstation, seq, body); err != nil {
			return tlog.Hash{}, err
		}
	}
	return tree.Root(), nil
}

// commit notes the commitments of an event and the number of its case. One
// without a readable header commits to nothing.
func commit(tx db.Tx, workstation string, seq int64, body []byte) error {
	h, err := evidence.ParseHeader(body)
	if err != nil {
		return nil
	}
	for name, sum := range h.Commits {
		c := db.Commitment{Workstation: workstation, Seq: seq, Case: h.Case, Name: name, SHA256: sum}
		if err := tx.PutCommitment(c); err != nil {
			return err
		}
	}
	return numberCase(tx, workstation, h, body)
}

// countersign adds the authority's signature and lists missing blobs.
func (a *Authority) countersign(tx db.Tx, workstation string, size int64, signed []byte) (ca.JournalReply, error) {
	both, err := evidence.Cosign(signed, a.pki.cosigner)
	if err != nil {
		return ca.JournalReply{}, Refuse(ca.ProblemBadRequest, "checkpoint: %w", err)
	}
	if err := tx.PutCheckpoint(db.Checkpoint{Workstation: workstation, Size: size, Note: both}); err != nil {
		return ca.JournalReply{}, err
	}
	// The first countersignature of a size is the one that counts: it bears
	// the earlier time.
	kept, err := tx.CheckpointAt(workstation, size)
	if err != nil {
		return ca.JournalReply{}, err
	}
	if bytes.HasPrefix(kept.Note, signed) {
		both = kept.Note
	}
	missing, err := tx.MissingBlobs(workstation, maxMissing)
	if err != nil {
		return ca.JournalReply{}, err
	}
	reply := ca.JournalReply{Checkpoint: string(both), Missing: []string{}}
	for _, sum := range missing {
		reply.Missing = append(reply.Missing, hex.EncodeToString(sum[:]))
	}
	return reply, nil
}

// Head returns the last countersigned checkpoint of the caller's journal.
func (a *Authority) Head(ctx context.Context, c Caller, workstation string) (ca.JournalHead, error) {
	var head ca.JournalHead
	err := a.db.Do(ctx, func(tx db.Tx) error {
		if _, err := a.admitOwner(tx, c, workstation); err != nil {
			return err
		}
		last, err := tx.LastCheckpoint(workstation)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		head = ca.JournalHead{Size: last.Size, Checkpoint: string(last.Note)}
		return err
	})
	return head, err
}

// PutBlob stores content under its SHA-256; created is false if it was held.
func (a *Authority) PutBlob(ctx context.Context, c Caller, sum [32]byte, content []byte) (created bool, err error) {
	if len(content) > ca.MaxBlob {
		return false, Refuse(ca.ProblemTooLarge, "blob of %d bytes, at most %d allowed", len(content), ca.MaxBlob)
	}
	if sha256.Sum256(content) != sum {
		return false, Refuse(ca.ProblemBadRequest, "content does not have the hash of its name")
	}
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		created, err = tx.PutBlob(sum, content, w.Name, a.now())
		return err
	})
	return created, err
}

// headRoot is the root of the whole tree held.
func headRoot(tx db.Tx, workstation string, head int64) (tlog.Hash, error) {
	tree, err := evidence.LoadTree(head, nodeReader(tx, workstation))
	if err != nil {
		return tlog.Hash{}, err
	}
	return tree.Root(), nil
}

// nodeReader reads the stored tree of a journal.
func nodeReader(tx db.Tx, workstation string) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		held, err := tx.Nodes(workstation, indexes)
		if err != nil {
			return nil, err
		}
		hashes := make([]tlog.Hash, len(held))
		for i, h := range held {
			hashes[i] = tlog.Hash(h)
		}
		return hashes, nil
	})
}

func raw(hashes []tlog.Hash) [][32]byte {
	out := make([][32]byte, len(hashes))
	for i, h := range hashes {
		out[i] = h
	}
	return out
}
