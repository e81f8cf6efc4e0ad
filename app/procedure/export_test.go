package procedure

import (
	"context"
	"time"
)

// Inline makes background work run where it is started, so that a test that
// calls one method after the other is deterministic.
func (e *Engine) Inline() { e.spawn = func(f func()) { f() } }

// CardEvent delivers what the watcher saw, without Run.
func (e *Engine) CardEvent(ctx context.Context, ev CardEvent) { e.onCard(ctx, ev) }

// Folded gives a case as folded from the journal.
func (e *Engine) Folded(id CaseID) Case {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.book.cases[id]
}

// BodyOf gives an empty body of the kind.
func BodyOf(k Kind) any { return bodyOf(k) }

// Jitter is the random wait after n failures.
var Jitter = jitter

// Duties does what is due, as Run would when its timer fires.
func (e *Engine) Duties(ctx context.Context) { e.duties(ctx) }

// UntilDuty is how long Run would sleep.
func (e *Engine) UntilDuty() time.Duration { return e.untilDuty() }
