package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// Rekey changes the key that signs checkpoints, by an event that the present key
// and the new one have signed: from that event on only the new one counts. Both
// must be kept for good before the call, the present one because the authority
// may ask for smaller sizes again: see Config.Further. Config.Verifier must be
// set.
//
// It is for a program that has the journal for itself: nobody else may be
// appending. After an error the key may have changed or not; the journal goes by
// what is in the file.
func (j *Journal) Rekey(ctx context.Context, next note.Signer, verifier string) (seq int64, err error) {
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := j.loadTree(ctx, conn); err != nil {
			return err
		}
		seq = j.tree.Size() + 1
		event, epochs, err := j.keyChange(ctx, conn, seq, next, verifier)
		if err != nil {
			return err
		}
		j.setEpochs(j.keyring(), next)
		err = j.commit(ctx, conn, []record{event}, nil)
		if err != nil { // whether it happened the file tells, now or when it is opened again
			if epochs, unread := loadEpochs(ctx, conn, j.origin(), j.config.Verifier); unread == nil {
				j.setEpochs(epochs, nil)
			}
			return err
		}
		j.setEpochs(epochs, nil)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("change checkpoint key: %w", err)
	}
	return seq, nil
}

// KeyChanges returns the changes of the checkpoint key, in order.
func (j *Journal) KeyChanges() []evidence.KeyChange { return j.keyring().Changes() }

// keyChange makes the event, and the epochs as they are with it.
func (j *Journal) keyChange(ctx context.Context, conn *sql.Conn, seq int64, next note.Signer, verifier string) (record, evidence.Epochs, error) {
	epochs := j.keyring()
	if epochs.Last() == "" {
		return record{}, epochs, errors.New("the verifier of the present key is not configured")
	}
	present, err := j.signerAt(seq - 1)
	if err != nil {
		return record{}, epochs, err
	}
	change := evidence.KeyChange{Origin: j.origin(), Seq: seq, Old: epochs.Last(), New: verifier}
	body, err := change.Sign(present, next)
	if err != nil {
		return record{}, epochs, err
	}
	event, err := j.ownEvent(ctx, conn, evidence.KindCheckpointKey, body)
	if err != nil {
		return event, epochs, err
	}
	epochs, err = epochs.Add(j.origin(), seq, event.body)
	return event, epochs, err
}

// selectKeyEvents finds the events that change a key. It has the words of the
// index, which holds these alone.
const selectKeyEvents = "SELECT seq, case_id, kind, at, body FROM event" +
	" WHERE kind IN ('checkpoint-key', 'data-key') ORDER BY seq"

// loadEpochs reads the keys of the journal's checkpoints. The first one is
// first, encoded; empty: not known. With an error it returns those before the
// change that does not hold.
func loadEpochs(ctx context.Context, conn *sql.Conn, origin, first string) (epochs evidence.Epochs, err error) {
	if first != "" {
		if epochs, err = evidence.NewEpochs(first); err != nil {
			return epochs, err
		}
	}
	rows, err := conn.QueryContext(ctx, selectKeyEvents)
	if err != nil {
		return epochs, fmt.Errorf("read checkpoint keys: %w", err)
	}
	changes, err := scanEvents(rows, 0)
	if err != nil {
		return epochs, fmt.Errorf("read checkpoint keys: %w", err)
	}
	for _, c := range changes {
		if c.Kind != evidence.KindCheckpointKey {
			continue
		}
		if epochs, err = epochs.Add(origin, c.Seq, c.Body); err != nil {
			return epochs, tampered(c.Seq, "%v", err)
		}
	}
	return epochs, nil
}

// signerAt returns the signer for checkpoints of a size.
func (j *Journal) signerAt(size int64) (note.Signer, error) {
	key := j.keyring().At(size)
	if key == nil {
		return j.config.Signer, nil
	}
	for _, s := range append(j.laterSigners(), j.config.Signer) {
		if s.Name() == key.Name() && s.KeyHash() == key.KeyHash() {
			return s, nil
		}
	}
	return nil, fmt.Errorf("sign checkpoint at %d: its key %s+%08x is not among those configured", size, key.Name(), key.KeyHash())
}

// keyring returns the keys of the checkpoints.
func (j *Journal) keyring() evidence.Epochs {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.epochs
}

// laterSigners returns those that came after config.Signer.
func (j *Journal) laterSigners() []note.Signer {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clip(j.further)
}

// setEpochs puts keys into force, and keeps a signer, unless it is nil, among
// those that may be asked to sign.
func (j *Journal) setEpochs(epochs evidence.Epochs, signer note.Signer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.epochs = epochs
	if signer != nil {
		j.further = append(slices.Clip(j.further), signer)
	}
}
