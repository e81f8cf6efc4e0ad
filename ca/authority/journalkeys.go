package authority

import (
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// checkpointKeys are the keys of a workstation's checkpoints: the one of its
// enrolment, and those that events of its journal put in its place.
func checkpointKeys(tx db.Tx, w db.Workstation) (evidence.Epochs, error) {
	keys, err := evidence.NewEpochs(w.Verifier)
	if err != nil {
		return keys, fmt.Errorf("read registered key: %w", err)
	}
	changes, err := tx.KeyChanges(w.Name)
	if err != nil {
		return keys, err
	}
	for _, seq := range changes {
		event, err := tx.Event(w.Name, seq)
		if err != nil {
			return keys, err
		}
		if keys, err = keys.Add(evidence.Origin(w.Name), seq, event); err != nil {
			return keys, fmt.Errorf("read key of event %d: %w", seq, err)
		}
	}
	return keys, nil
}

// newKeys adds the changes of the key among the events of a push behind head,
// and returns their numbers. The one kind of event whose content is judged: a
// change that the key in force did not sign is nobody's but a forger's.
func newKeys(keys *evidence.Epochs, workstation string, head int64, p ca.JournalPush) (changes []int64, err error) {
	for i, event := range p.Events {
		seq := p.From + int64(i)
		if seq <= head {
			continue
		}
		if h, err := evidence.ParseHeader(event); err != nil || h.Kind != evidence.KindCheckpointKey {
			continue
		}
		if *keys, err = keys.Add(evidence.Origin(workstation), seq, event); err != nil {
			return nil, fmt.Errorf("event %d: %w", seq, err)
		}
		changes = append(changes, seq)
	}
	return changes, nil
}

// openCheckpoint verifies a checkpoint that a workstation signed, with the key
// for its size; each of by must have signed it as well.
func openCheckpoint(keys evidence.Epochs, workstation string, signed []byte, by ...note.Verifier) (evidence.Checkpoint, error) {
	claimed, err := evidence.ReadCheckpoint(signed)
	if err != nil {
		return claimed, err
	}
	return evidence.OpenCheckpoint(signed, evidence.Origin(workstation), append(by, keys.At(claimed.Size))...)
}
