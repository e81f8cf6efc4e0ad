package card

import "context"

// State says what the readers show.
type State int

// The states of the readers.
const (
	StateUnknown   State = iota // nothing reported yet
	StateNoService              // the PC/SC service does not answer
	StateNoReader               // the service runs, no reader is attached
	StateEmpty                  // a reader without a card
	StateMute                   // a card that does not answer
	StateCard                   // a card that answered with an ATR
)

// Event is the state of the one reader that matters at this moment: the one
// with the card that came first, else one with a card that does not answer,
// else an empty one.
type Event struct {
	State  State
	Reader string // empty for StateNoService and StateNoReader
	ATR    []byte // only with StateCard
	// Insertion counts the insertions since New, over all readers, and is 0
	// unless State is StateCard. When the service was away, the card found
	// afterwards counts as inserted again: nobody saw what happened meanwhile.
	Insertion uint64
}

// same reports whether two events say the same.
func (e Event) same(f Event) bool {
	return e.State == f.State && e.Reader == f.Reader && e.Insertion == f.Insertion
}

// Events reports the present state as soon as it is known and then every
// change, in order, until ctx ends or Readers is closed; then the channel is
// closed. A slow receiver delays nobody and misses nothing.
func (r *Readers) Events(ctx context.Context) <-chan Event {
	out := make(chan Event)
	s := r.watch.subscribe()
	r.cfg.Go(func() {
		defer close(out)
		defer r.watch.unsubscribe(s)
		for {
			select {
			case <-s.wake:
			case <-ctx.Done():
				return
			case <-r.watch.ended:
				return
			}
			for _, e := range r.watch.take(s) {
				select {
				case out <- e:
				case <-ctx.Done():
					return
				case <-r.watch.ended:
					return
				}
			}
		}
	})
	return out
}

// subscriber is one caller of Events.
type subscriber struct {
	queue []Event       // under watcher.mu
	wake  chan struct{} // holds a token while queue is not empty
}

// put adds e; the caller holds watcher.mu.
func (s *subscriber) put(e Event) {
	s.queue = append(s.queue, e)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// subscribe adds a subscriber and gives it the present state.
func (w *watcher) subscribe() *subscriber {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &subscriber{wake: make(chan struct{}, 1)}
	w.subscribers[s] = true
	if w.front.State != StateUnknown {
		s.put(w.front)
	}
	return s
}

// unsubscribe removes a subscriber.
func (w *watcher) unsubscribe(s *subscriber) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.subscribers, s)
}

// take empties the queue of s.
func (w *watcher) take(s *subscriber) []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := s.queue
	s.queue = nil
	return q
}
