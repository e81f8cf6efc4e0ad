package main

import (
	"context"
	"errors"

	"salter/app/procedure"
	"salter/ca"
	"salter/store"
)

// journal joins the journal of package store to the port of the core.
type journal struct {
	j      *store.Journal
	remote store.Remote
}

func (j journal) Append(ctx context.Context, events [][]byte, parts []procedure.Part) error {
	sealed := make([]store.Part, len(parts))
	for i, p := range parts {
		sealed[i] = store.Part{Case: string(p.Case), Name: p.Name, Opening: p.Opening}
	}
	return storeError(j.j.Append(ctx, events, sealed))
}

func (j journal) Replay(ctx context.Context, fn func(seq int64, event []byte) error) error {
	return storeError(j.j.Replay(ctx, fn))
}

func (j journal) Part(ctx context.Context, c procedure.CaseID, name string) ([]byte, error) {
	opening, err := j.j.Part(ctx, string(c), name)
	return opening, storeError(err)
}

func (j journal) Sync(ctx context.Context) error {
	return storeError(j.j.Sync(ctx, j.remote))
}

func (j journal) SyncState() procedure.SyncState {
	s := j.j.SyncState()
	out := procedure.SyncState{Total: s.Total, Acked: s.Acked, LastSuccess: s.LastSuccess, Attempts: s.Attempts}
	if s.Err != nil {
		out.Problem = asProblem(storeError(s.Err))
	}
	return out
}

func (j journal) Head(ctx context.Context) (procedure.Head, error) {
	h, err := j.j.Head(ctx)
	return procedure.Head(h), storeError(err)
}

func (j journal) Sealed(ctx context.Context) ([]procedure.CaseID, error) {
	ids, err := j.j.Sealed(ctx)
	cases := make([]procedure.CaseID, len(ids))
	for i, id := range ids {
		cases[i] = procedure.CaseID(id)
	}
	return cases, storeError(err)
}

func (j journal) Purge(ctx context.Context, ended ...procedure.CaseID) error {
	ids := make([]string, len(ended))
	for i, id := range ended {
		ids[i] = string(id)
	}
	_, err := j.j.Purge(ctx, ids...)
	return storeError(err)
}

func (j journal) Room(ctx context.Context) (bool, error) {
	s, err := j.j.Space(ctx)
	return s.Enough(), storeError(err)
}

// storeCodes is how the errors of package store are called in the core.
var storeCodes = []struct {
	err  error
	code procedure.Code
}{
	{store.ErrInUse, procedure.CodeInUse},
	{store.ErrTampered, procedure.CodeTampered},
	{store.ErrCorrupt, procedure.CodeTampered},
	{store.ErrForeign, procedure.CodeTampered},
	{store.ErrFork, procedure.CodeFork},
	{store.ErrErased, procedure.CodeErased},
	{store.ErrFull, procedure.CodeDiskFull},
}

// storeError gives an error of package store its code in the core. An error
// of the authority that came through a sync keeps its own.
func storeError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var own *procedure.Error
	if errors.As(err, &own) { // of the core's function that a replay called
		return own
	}
	var fork *store.ForkError
	if errors.As(err, &fork) {
		return &procedure.Error{Code: procedure.CodeFork, Err: err,
			Fork: &procedure.Fork{Ours: procedure.Head(fork.Ours), Theirs: procedure.Head(fork.Theirs)}}
	}
	for _, c := range storeCodes {
		if errors.Is(err, c.err) {
			return &procedure.Error{Code: c.code, Err: err}
		}
	}
	var remote *ca.Error
	if errors.As(err, &remote) {
		return authorityError(err)
	}
	return &procedure.Error{Code: procedure.CodeJournal, Err: err}
}

// asProblem returns err as an error of the core.
func asProblem(err error) *procedure.Error {
	var p *procedure.Error
	if errors.As(err, &p) {
		return p
	}
	return &procedure.Error{Code: procedure.CodeInternal, Err: err}
}
