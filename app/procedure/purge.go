package procedure

import (
	"context"
	"slices"
)

// purge erases the sealed parts of the cases that have ended, as far as the
// authority holds them (journal.purge_after_ack).
func (e *Engine) purge(ctx context.Context) error {
	if !e.cfg.Settings.PurgeAfterAck {
		return nil
	}
	ended, err := e.endedCases(ctx)
	if err != nil || len(ended) == 0 {
		return err
	}
	if err := e.cfg.Journal.Purge(ctx, ended...); err != nil {
		return journalError("purge", err)
	}
	return nil
}

// endedCases lists those of which something is still sealed here, but for the
// one on the screen, whose papers may still be printed. No case can be opened
// meanwhile: one that is not known to be open is taken for ended.
func (e *Engine) endedCases(ctx context.Context) ([]CaseID, error) {
	e.jmu.Lock()
	defer e.jmu.Unlock()
	if err := e.loadLocked(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	sealed, err := e.cfg.Journal.Sealed(ctx)
	if err != nil {
		return nil, journalError("look for sealed parts", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(sealed, func(id CaseID) bool {
		_, open := e.book.cases[id]
		return open || id == "" || e.cur != nil && e.cur.id == id
	}), nil
}
