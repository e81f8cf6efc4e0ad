package procedure

import (
	"context"
	"crypto/rand"
	"math/big"
	"time"
)

// maxBackoff bounds the wait between two tries.
const maxBackoff = 5 * time.Minute

// backoff is a wait with full jitter: random in [0, min(5 min, 1 s << n)], so
// that the counters of a country do not come back all at once.
type backoff struct {
	attempts int
	armed    bool
	due      time.Duration // on the monotonic clock
}

// failed plans the next try; atLeast is what the other side asked for.
func (b *backoff) failed(mono, atLeast time.Duration) {
	b.plan(mono + max(jitter(b.attempts), atLeast))
	b.attempts++
}

func (b *backoff) plan(due time.Duration) { b.armed, b.due = true, due }

func (b *backoff) reset() { *b = backoff{} }

// jitter is a random wait after n failures in a row.
func jitter(n int) time.Duration {
	ceiling := maxBackoff
	if n < 9 { // 1 s << 9 is more than five minutes
		ceiling = time.Second << n
	}
	r, err := rand.Int(rand.Reader, big.NewInt(int64(ceiling)+1))
	if err != nil {
		return ceiling
	}
	return time.Duration(r.Int64())
}

// untilDuty is how long Run may sleep.
func (e *Engine) untilDuty() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	wait := time.Hour
	mono := e.cfg.Mono()
	if e.backoff.armed {
		wait = min(wait, e.backoff.due-mono)
	}
	if e.cur != nil && e.cur.retry.armed && !e.working {
		wait = min(wait, e.cur.retry.due-mono)
	}
	return max(wait, 0)
}

// duties does what is due: a sync, a repetition of the work.
func (e *Engine) duties(ctx context.Context) {
	mono := e.cfg.Mono()
	e.mu.Lock()
	syncDue := e.backoff.armed && e.backoff.due <= mono
	if syncDue {
		e.backoff.armed = false
	}
	retryDue := e.cur != nil && e.cur.retry.armed && e.cur.retry.due <= mono && !e.working
	if retryDue {
		e.cur.retry.armed = false
	}
	e.mu.Unlock()
	if syncDue {
		e.spawn(func() { _ = e.syncOnce(ctx) }) // its outcome is in the snapshot
	}
	if retryDue {
		e.goOn()
	}
}

// wakeSync plans a sync, unless an earlier one is planned already or a failure
// is being waited out.
func (e *Engine) wakeSync(delay time.Duration) {
	due := e.cfg.Mono() + delay
	e.mu.Lock()
	if e.backoff.attempts == 0 && (!e.backoff.armed || due < e.backoff.due) {
		e.backoff.plan(due)
	}
	e.mu.Unlock()
	e.wake()
}

// syncOnce ships the journal, and erases what need not be here any more. A fork
// or a damaged journal stops everything.
func (e *Engine) syncOnce(ctx context.Context) error {
	e.smu.Lock()
	defer e.smu.Unlock()
	err := e.cfg.Journal.Sync(ctx)
	if err == nil {
		err = e.purge(ctx)
	}
	if err == nil {
		e.update(func() { e.backoff.reset() })
		if s := e.cfg.Journal.SyncState(); s.Acked < s.Total {
			e.wakeSync(e.cfg.Settings.SyncDelay) // events came in during the sync
		}
		return nil
	}
	problem := asError(CodeNoLink, "sync journal", err)
	e.update(func() {
		switch problem.Code {
		case CodeFork, CodeTampered:
			e.stop = problem
			e.backoff.reset()
		default:
			e.backoff.failed(e.cfg.Mono(), 0)
		}
	})
	e.wake()
	return problem
}

// SyncNow starts a sync at once.
func (e *Engine) SyncNow(ctx context.Context) error {
	if err := e.load(ctx); err != nil {
		return err
	}
	if !e.begin() {
		return &Error{Code: CodeNotNow, Detail: "the program ends"}
	}
	defer e.running.Done()
	e.update(func() { e.backoff.reset() })
	return e.syncOnce(ctx)
}

// syncView adds the plan of the engine to what the journal knows; e.mu is held.
func (e *Engine) syncView() SyncState {
	s := e.cfg.Journal.SyncState()
	s.Attempts = e.backoff.attempts
	s.NextTry = time.Time{}
	if e.backoff.armed && s.Acked < s.Total {
		s.NextTry = e.cfg.Now().Add(e.backoff.due - e.cfg.Mono())
	}
	return s
}
