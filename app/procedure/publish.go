package procedure

import (
	"context"
	"sync"
)

// subscriber is one listener with the snapshots it has not seen yet.
type subscriber struct {
	mu      sync.Mutex
	waiting []Snapshot
	wake    chan struct{}
}

func (s *subscriber) put(v Snapshot) {
	s.mu.Lock()
	s.waiting = append(s.waiting, v)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscriber) take() []Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.waiting
	s.waiting = nil
	return all
}

// Subscribe returns at once; f is called from a goroutine of its own.
func (e *Engine) Subscribe(ctx context.Context, f func(Snapshot)) {
	s := &subscriber{wake: make(chan struct{}, 1)}
	e.mu.Lock()
	s.put(e.snapshot())
	e.subs[s] = true
	e.mu.Unlock()
	e.cfg.Go(func() {
		defer func() {
			e.mu.Lock()
			delete(e.subs, s)
			e.mu.Unlock()
		}()
		for {
			for _, v := range s.take() {
				if ctx.Err() != nil {
					return
				}
				f(v)
			}
			select {
			case <-s.wake:
			case <-ctx.Done():
				return
			}
		}
	})
}

// update changes the state in memory and publishes what it looks like then.
// Snapshots are queued under the same lock, so their order is that of the
// changes.
func (e *Engine) update(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
	if len(e.subs) == 0 {
		return
	}
	v := e.snapshot()
	for s := range e.subs {
		s.put(v)
	}
}

// Snapshot is the present picture, for those who need it once.
func (e *Engine) Snapshot() Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.snapshot()
}
