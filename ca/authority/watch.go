package authority

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/authority/heads"
)

// Kinds of alarms about a workstation.
const (
	// AlarmFork: a workstation sent a journal that contradicts the one held.
	AlarmFork = "fork"
	// AlarmGap: a workstation sent events that do not follow those held; it
	// clears itself when the missing ones come.
	AlarmGap = "gap"
	// AlarmSilence: nothing was heard of an active workstation for
	// Config.Silence.
	AlarmSilence = "silence"
	// AlarmOlder: the database holds less of a journal than was countersigned,
	// or another one. Nothing is countersigned for the workstation, and no
	// certificate issued at it, until AcceptJournal.
	AlarmOlder = "older-than-heads"
)

// watch is what the authority remembers of journals outside its database.
type watch struct {
	heads *heads.Log

	mu    sync.Mutex
	older map[string]string // mu; by workstation: in what the database is behind
}

// blocked says in what the database is behind the heads of a workstation; empty
// if it is not.
func (w *watch) blocked(workstation string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.older[workstation]
}

// openHeads compares the database with the heads that were written down beside
// it. A database that is ahead is what a crash leaves, and written down now.
func (a *Authority) openHeads(ctx context.Context) (err error) {
	var fresh bool
	if a.watch.heads, fresh, err = heads.Open(filepath.Join(a.cfg.Dir, "heads"), a.now); err != nil {
		return err
	}
	var roots map[string]heads.Head // that the database holds, all countersigned
	logged := a.watch.heads.All()
	err = a.db.Do(ctx, func(tx db.Tx) error {
		a.watch.older, roots = make(map[string]string), make(map[string]heads.Head)
		all, err := tx.Workstations()
		if err != nil {
			return err
		}
		names := slices.Collect(maps.Keys(logged)) // some of which the database may not know
		for _, w := range all {
			names = append(names, w.Name) // some of which may have no head yet
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if roots[name], err = a.compareHead(tx, name, logged[name]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compare heads: %w", err)
	}
	for name, held := range roots {
		if held.Size == 0 || a.watch.blocked(name) != "" {
			continue
		}
		if fresh {
			a.log.Warn("there were no heads outside the database; they begin with what it holds", "workstation", name, "size", held.Size)
		}
		if err := a.watch.heads.Put(name, held.Size, held.Root); err != nil {
			return err
		}
	}
	return nil
}

// behind says that the database holds less than was countersigned.
func behind(held int64, logged heads.Head) string {
	return fmt.Sprintf("the database holds %d events, %d were countersigned at %s", held, logged.Size, logged.At.Format(time.RFC3339))
}

// block keeps a workstation out until AcceptJournal.
func (w *watch) block(workstation, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.older[workstation] = reason
}

// compareHead returns what the database holds of a journal, and remembers if
// that contradicts the head written down.
func (a *Authority) compareHead(tx db.Tx, name string, logged heads.Head) (held heads.Head, err error) {
	if held.Size, err = tx.JournalSize(name); err != nil {
		return held, err
	}
	if held.Root, err = headRoot(tx, name, held.Size); err != nil {
		return held, err
	}
	reason := ""
	if logged.Size > held.Size {
		reason = behind(held.Size, logged)
	} else if logged.Size > 0 {
		root, err := tlog.TreeHash(logged.Size, nodeReader(tx, name))
		if err != nil {
			return held, err
		}
		if root != logged.Root {
			reason = fmt.Sprintf("the first %d events are not those that were countersigned at %s", logged.Size, logged.At.Format(time.RFC3339))
		}
	}
	if reason != "" {
		a.watch.older[name] = reason
		a.log.Error("database is older than its heads", "workstation", name, "detail", reason)
	}
	return held, nil
}

// checkHeads refuses a workstation whose journal the database is behind with.
// It is told to wait, not that its journal is wrong: nothing is known about
// that until somebody has looked.
func (a *Authority) checkHeads(workstation string) error {
	if a.watch.blocked(workstation) == "" {
		return nil
	}
	return withhold("the database is older than the heads of %s", workstation)
}

// AcceptJournal says that what the database holds of a workstation's journal is
// right, whatever stands in the heads, and clears the workstation's alarms. It
// is for an operator who has found out what happened.
func (a *Authority) AcceptJournal(ctx context.Context, workstation string) error {
	var size int64
	err := a.db.Do(ctx, func(tx db.Tx) error {
		if _, err := a.registered(tx, workstation); err != nil {
			return err
		}
		var err error
		if size, err = tx.JournalSize(workstation); err != nil {
			return err
		}
		root, err := headRoot(tx, workstation, size)
		if err != nil {
			return err
		}
		// Inside the transaction, so that no push comes between.
		if a.watch.blocked(workstation) != "" {
			if err := a.watch.heads.Accept(workstation, size, root); err != nil {
				return err
			}
		}
		return errors.Join(tx.ClearAlarm(workstation, AlarmFork, a.now()), tx.ClearAlarm(workstation, AlarmGap, a.now()),
			a.record(ctx, tx, actionAccept, workstation))
	})
	if err != nil {
		return fmt.Errorf("accept journal: %w", err)
	}
	a.watch.mu.Lock()
	delete(a.watch.older, workstation)
	a.watch.mu.Unlock()
	a.log.Warn("journal accepted as it is", "workstation", workstation, "size", size)
	return nil
}

// noteRefusal raises the alarm for a push that was refused. The refusal is the
// answer, whether the alarm could be stored or not.
func (a *Authority) noteRefusal(ctx context.Context, workstation string, err error) {
	kinds := map[string]string{ca.ProblemFork: AlarmFork, ca.ProblemGap: AlarmGap}
	var refusal *Refusal
	if workstation == "" || !errors.As(err, &refusal) || kinds[refusal.Name()] == "" {
		return
	}
	kind := kinds[refusal.Name()]
	a.log.Warn("alarm", "workstation", workstation, "kind", kind, "detail", refusal.Problem.Detail)
	if err := a.db.Do(context.WithoutCancel(ctx), func(tx db.Tx) error {
		return errors.Join(a.heard(tx, workstation), tx.RaiseAlarm(workstation, kind, refusal.Problem.Detail, a.now()))
	}); err != nil {
		a.log.Error("alarm could not be stored", "workstation", workstation, "kind", kind, "error", err)
	}
}

// contactStep is how exactly the last contact is kept: a commit for every
// question would cost more than it tells.
const contactStep = 5 * time.Minute

// heard notes that a workstation was here.
func (a *Authority) heard(tx db.Tx, workstation string) error {
	last, err := tx.Contact(workstation)
	if err != nil || a.now().Sub(last).Abs() < contactStep {
		return err
	}
	return tx.SetContact(workstation, a.now())
}
