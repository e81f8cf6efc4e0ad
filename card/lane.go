package card

import (
	"context"
	"time"
)

// lane runs the calls to one reader one after the other. Calls into PC/SC and
// into a module have no timeout, so each runs in a goroutine of its own while
// the caller watches the clock; a call that hangs keeps its lane, and those
// behind it are told that the card is busy.
type lane struct {
	free  chan struct{}  // holds one token while nobody drives
	start func(f func()) // runs a call on a goroutine of its own
}

// plainly runs f on a goroutine of its own.
func plainly(f func()) { go f() }

// newLane returns a free lane.
func newLane() *lane {
	l := &lane{free: make(chan struct{}, 1), start: plainly}
	l.free <- struct{}{}
	return l
}

// enter waits until nobody else drives; who has entered has to leave.
func (l *lane) enter(ctx context.Context) error {
	select {
	case <-l.free:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave lets the next one in.
func (l *lane) leave() { l.free <- struct{}{} }

// drive runs f in l and returns what it returns, but no later than after
// limit (ErrBusy) or the end of ctx. f must look at its context wherever it
// comes back from a wait, and undo what it has got by then: nobody else will.
func drive[T any](ctx context.Context, l *lane, limit time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrBusy)
	defer cancel()
	var zero T
	if err := l.enter(ctx); err != nil {
		return zero, err
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	l.start(func() {
		defer l.leave()
		v, err := f(ctx)
		done <- result{v, err}
	})
	select {
	case res := <-done:
		return res.value, res.err
	case <-ctx.Done():
	}
	select {
	case res := <-done: // finished at the same moment: an answer is worth more
		return res.value, res.err
	default:
		return zero, context.Cause(ctx)
	}
}
