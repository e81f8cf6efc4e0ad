package proctest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"salter/app/procedure"
)

// Journal is a journal in memory. It implements procedure.Journal.
type Journal struct {
	faults *Faults
	now    func() time.Time

	mu     sync.Mutex
	events [][]byte
	parts  map[partKey][]byte // all there ever were: the authority gets them from here
	since  map[partKey]int64  // number of the event that commits to the part, or of a later one
	purged map[partKey]bool   // not here any more
	full   bool
	state  procedure.SyncState
}

type partKey struct {
	of   procedure.CaseID
	name string
}

// NewJournal makes an empty journal.
func NewJournal(f *Faults, now func() time.Time) *Journal {
	return &Journal{faults: f, now: now, parts: map[partKey][]byte{}, since: map[partKey]int64{}, purged: map[partKey]bool{}}
}

// Restore puts events and openings in place of what the journal holds.
func (j *Journal) Restore(events [][]byte, parts []procedure.Part) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events, j.parts = events, map[partKey][]byte{}
	clear(j.since)
	clear(j.purged)
	for _, p := range parts {
		j.parts[partKey{p.Case, p.Name}] = p.Opening
		j.since[partKey{p.Case, p.Name}] = int64(len(events))
	}
}

// Events gives a copy of the list of all events.
func (j *Journal) Events() [][]byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([][]byte(nil), j.events...)
}

// Parts gives all openings that there ever were.
func (j *Journal) Parts() []procedure.Part {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []procedure.Part
	for k, opening := range j.parts {
		all = append(all, procedure.Part{Case: k.of, Name: k.name, Opening: opening})
	}
	return all
}

// Erase forgets the parts of a case, as after their acknowledgement.
func (j *Journal) Erase(id procedure.CaseID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.parts {
		if k.of == id {
			delete(j.parts, k)
		}
	}
}

// Append implements procedure.Journal. A part that is already there is
// refused, because an event that cannot change commits to it.
func (j *Journal) Append(_ context.Context, events [][]byte, parts []procedure.Part) error {
	return j.faults.around(OpAppend, func() error {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, p := range parts {
			if _, there := j.parts[partKey{p.Case, p.Name}]; there {
				return &procedure.Error{Code: procedure.CodeJournal, Detail: "part " + p.Name + " is there already"}
			}
		}
		for _, p := range parts {
			j.parts[partKey{p.Case, p.Name}] = bytes.Clone(p.Opening)
			j.since[partKey{p.Case, p.Name}] = int64(len(j.events) + len(events))
		}
		for _, e := range events {
			j.events = append(j.events, bytes.Clone(e))
		}
		return nil
	})
}

// Replay implements procedure.Journal.
func (j *Journal) Replay(_ context.Context, fn func(seq int64, event []byte) error) error {
	return j.faults.around(OpReplay, func() error {
		for i, e := range j.Events() {
			if err := fn(int64(i+1), e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Part implements procedure.Journal.
func (j *Journal) Part(_ context.Context, c procedure.CaseID, name string) (opening []byte, err error) {
	err = j.faults.around(OpPart, func() error {
		j.mu.Lock()
		defer j.mu.Unlock()
		found, ok := j.parts[partKey{c, name}]
		if !ok || j.purged[partKey{c, name}] {
			return &procedure.Error{Code: procedure.CodeErased}
		}
		opening = bytes.Clone(found)
		return nil
	})
	return opening, err
}

// opening gives a part as the authority knows it.
func (j *Journal) opening(c procedure.CaseID, name string) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.parts[partKey{c, name}]
}

// Sync implements procedure.Journal.
func (j *Journal) Sync(context.Context) error {
	err := j.faults.around(OpSync, func() error {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.state = procedure.SyncState{Acked: int64(len(j.events)), LastSuccess: j.now()}
		return nil
	})
	if err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		problem, ok := err.(*procedure.Error)
		if !ok {
			problem = &procedure.Error{Code: procedure.CodeNoLink, Err: err}
		}
		j.state.Problem = problem
	}
	return err
}

// SyncState implements procedure.Journal.
func (j *Journal) SyncState() procedure.SyncState {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.state
	s.Total = int64(len(j.events))
	return s
}

// Acked is how many events the authority has.
func (j *Journal) Acked() int64 { return j.SyncState().Acked }

// Head implements procedure.Journal. The root is a chain of hashes here, not a
// tree: it only has to change with every event.
func (j *Journal) Head(context.Context) (procedure.Head, error) {
	h := procedure.Head{}
	for _, e := range j.Events() {
		h.Size++
		h.Root = sha256.Sum256(append(h.Root[:], e...))
	}
	return h, nil
}

// Fill makes the disk full for new cases, or empty again.
func (j *Journal) Fill(full bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.full = full
}

// Room implements procedure.Journal.
func (j *Journal) Room(context.Context) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.full, nil
}

// Sealed implements procedure.Journal.
func (j *Journal) Sealed(context.Context) ([]procedure.CaseID, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var ids []procedure.CaseID
	for k := range j.parts {
		if !j.purged[k] && !slices.Contains(ids, k.of) {
			ids = append(ids, k.of)
		}
	}
	return ids, nil
}

// Purge implements procedure.Journal: what was not synced yet is kept.
func (j *Journal) Purge(_ context.Context, ended ...procedure.CaseID) error {
	return j.faults.around(OpPurge, func() error {
		j.mu.Lock()
		defer j.mu.Unlock()
		for k := range j.parts {
			if slices.Contains(ended, k.of) && j.since[k] <= j.state.Acked {
				j.purged[k] = true
			}
		}
		return nil
	})
}
