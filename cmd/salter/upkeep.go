package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"salter/app/procedure"
	"salter/store"
)

// How often a counter looks after itself.
const (
	upkeepEvery = time.Minute // looks whether something is due
	copyEvery   = 24 * time.Hour
	renewEvery  = time.Hour
	// closePatience bounds the copy that is made when the program ends.
	closePatience = 30 * time.Second
)

// upkeep is what a counter does for its journal and its certificate while
// nobody waits for it: between two cases.
type upkeep struct {
	engine  *procedure.Engine
	journal *store.Journal
	path    string                          // of the journal
	copies  string                          // folder
	renew   func(ctx context.Context) error // the workstation's certificate, if it is due
	now     func() time.Time
	log     io.Writer // for support; no personal data

	prepared, verified bool
	copied, renewed    time.Time // when it was tried last
}

func (c *counter) upkeep(log io.Writer) *upkeep {
	return &upkeep{
		engine: c.engine, journal: c.journal, path: c.settings.file(fileJournal), copies: c.settings.file(dirCopies),
		renew: func(ctx context.Context) error { return c.rotation.Renew(ctx, c.client) },
		now:   c.now, log: log,
	}
}

// run looks after the counter until ctx ends.
func (u *upkeep) run(ctx context.Context) {
	if err := u.journal.KeyState().Err; err != nil {
		fmt.Fprintf(u.log, "salter: look after data key: %v\n", err)
	}
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		u.turn(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn does what is due, unless a case is on the screen. What failed is tried
// again when it is due again.
func (u *upkeep) turn(ctx context.Context) {
	for _, duty := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"prepare journal", u.prepare},
		{"renew certificate", u.renewDue},
		{"verify journal", u.verify},
		{"copy journal", u.copyDue},
	} {
		if s := u.engine.Snapshot(); ctx.Err() != nil || s.Case != nil || s.Stop != nil {
			return
		}
		if err := duty.do(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(u.log, "salter: %s: %v\n", duty.name, err)
		}
	}
}

// prepare does what would make the first clerk wait: the reserve on the disk,
// and the words of cases that an older version left without.
func (u *upkeep) prepare(ctx context.Context) error {
	if u.prepared {
		return nil
	}
	_, err := u.journal.Space(ctx)
	err = errors.Join(err, u.journal.Index(ctx), u.journal.List(ctx))
	u.prepared = err == nil
	return err
}

// verify reads the whole journal, once in each run. One that does not hold
// stops the counter.
func (u *upkeep) verify(ctx context.Context) error {
	if u.verified {
		return nil
	}
	err := u.journal.Verify(ctx)
	if err != nil {
		if problem := asProblem(storeError(err)); problem.Code == procedure.CodeTampered {
			u.engine.Halt(problem)
		}
		return err
	}
	u.verified = true
	return nil
}

// renewDue has the certificate renewed when its time has come.
func (u *upkeep) renewDue(ctx context.Context) error {
	if u.now().Sub(u.renewed) < renewEvery {
		return nil
	}
	u.renewed = u.now()
	return u.renew(ctx)
}

// copyDue makes the daily copy. The last one may be of an earlier run.
func (u *upkeep) copyDue(ctx context.Context) error {
	last := u.copied
	if info, err := os.Stat(store.LatestCopy(u.copies)); err == nil && info.ModTime().After(last) {
		last = info.ModTime()
	}
	if age := u.now().Sub(last); age >= 0 && age < copyEvery {
		return nil
	}
	return u.copy(ctx)
}

// errNoRoom is why no copy is made.
var errNoRoom = errors.New("the disk has no room for a copy beside what the next case needs")

// copy makes a copy, unless that would take the room that cases need.
func (u *upkeep) copy(ctx context.Context) error {
	u.copied = u.now()
	_, err := copyJournal(ctx, u.journal, u.path, u.copies)
	return err
}

// copyJournal makes a verified copy of the journal at path in the folder
// copies; errNoRoom if cases need the room.
func copyJournal(ctx context.Context, j *store.Journal, path, copies string) (string, error) {
	space, err := j.Space(ctx)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !space.Enough() || space.Free-info.Size() < space.MinFree {
		return "", errNoRoom
	}
	if err := os.MkdirAll(copies, 0o700); err != nil {
		return "", err
	}
	return j.Backup(ctx, copies)
}

// end makes the last copy of this run, when the engine has ended.
func (u *upkeep) end() {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if u.engine.Snapshot().Stop != nil {
		return // a copy of a journal that does not hold would push out a good one
	}
	if err := u.copy(ctx); err != nil {
		fmt.Fprintf(u.log, "salter: copy journal: %v\n", err)
	}
}
