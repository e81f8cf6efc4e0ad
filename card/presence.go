package card

import (
	"context"
	"errors"
	"time"
)

// removalLag is how long a removal may stay unseen: a service that polls its
// readers has been seen to need up to 1.2 s.
const removalLag = 1500 * time.Millisecond

// settle returns after a turn that began after the call: what is known then is
// not older than the call.
func (w *watcher) settle(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	target := w.begun + 1
	if w.asked < target {
		w.asked = target
		w.interrupt()
	}
	for w.done < target {
		if err := w.sleep(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits for the end of a turn; the caller holds mu, which is released
// meanwhile.
func (w *watcher) sleep(ctx context.Context) error {
	turned := w.turned
	w.mu.Unlock()
	defer w.mu.Lock()
	select {
	case <-turned:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.ended:
		return ErrClosed
	}
}

// inserted returns the insertion of the card in the reader, or why there is
// none. It waits until the readers have been seen once.
func (w *watcher) inserted(ctx context.Context, reader string) (uint64, []byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.status(reader)
	for w.trouble == StateUnknown || r != nil && r.state == StateUnknown {
		if err := w.sleep(ctx); err != nil {
			return 0, nil, err
		}
		r = w.status(reader)
	}
	switch {
	case w.trouble == StateNoService:
		return 0, nil, ErrNoService
	case r == nil || r.state == StateNoReader:
		return 0, nil, ErrNoReader
	case r.state == StateEmpty:
		return 0, nil, ErrNoCard
	case r.state == StateMute:
		return 0, nil, ErrMute
	}
	return r.insertion, r.atr, nil
}

// still returns ErrRemoved if the card of that insertion is not in the reader
// any more, by a report younger than the call.
func (w *watcher) still(ctx context.Context, reader string, insertion uint64) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	now, _, err := w.inserted(ctx, reader)
	if err != nil || now != insertion {
		return gone(err)
	}
	return nil
}

// gone tells a card that left from a reader or service that left. err is what
// inserted says now.
func gone(err error) error {
	if err == nil || errors.Is(err, ErrNoCard) || errors.Is(err, ErrMute) {
		return ErrRemoved
	}
	return err
}

// explain is still with time for a removal to be noticed: for a failure that
// may come from one.
func (w *watcher) explain(ctx context.Context, reader string, insertion uint64) error {
	ctx, cancel := context.WithTimeout(ctx, w.lag)
	defer cancel()
	for {
		if err := w.still(ctx, reader, insertion); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}
		w.mu.Lock()
		err := w.sleep(ctx)
		w.mu.Unlock()
		if err != nil {
			return nil
		}
	}
}
