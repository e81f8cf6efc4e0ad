package card

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/ebfe/scard"
)

const (
	// pnpName is the pseudo reader through which PC/SC tells that readers came
	// or went.
	pnpName = `\\?PnP?\Notification`
	// waitTurn bounds one wait: on Windows a Cancel that comes just before the
	// wait is lost.
	waitTurn = time.Second
	// retryAfter is the pause before the service is tried again.
	retryAfter = time.Second
	// retryCancel is the pause before a wait is cancelled again.
	retryCancel = 50 * time.Millisecond
	// listLag is how long the list of readers may go on naming one that left.
	listLag = 100 * time.Millisecond
)

// watcher knows what is in which reader. It alone decides whether a card is
// there: after a removal the other calls of PC/SC go on succeeding for a while.
//
// It uses a PC/SC context of its own, because every call on a context waits
// while another sits in GetStatusChange, and it is the only caller of
// GetStatusChange, because the binding keeps reader names in a table that two
// callers would overwrite.
type watcher struct {
	ignore func(string) bool
	lag    time.Duration // removalLag, less in tests without removals
	ended  chan struct{} // closed when run returns

	mu          sync.Mutex
	context     *scard.Context // in use by run; nil while there is none
	trouble     State          // StateNoService while the service is away; StateUnknown at first
	stopped     bool           // the service said that it stops, and has not come back
	listed      []string       // all readers of the service, ignored ones too
	readers     []readerStatus // in the order of the service
	insertions  uint64         // the last number given
	front       Event          // what was published last
	subscribers map[*subscriber]bool
	begun, done uint64        // turns of run begun and published
	asked       uint64        // the turn that somebody waits for
	turned      chan struct{} // closed and replaced after every turn
}

// readerStatus is one reader as last reported.
type readerStatus struct {
	name      string
	flags     scard.StateFlag // with the event counter in the upper half
	state     State           // StateUnknown: listed, but not reported yet
	atr       []byte
	insertion uint64
}

// newWatcher returns a watcher that has seen nothing yet.
func newWatcher(ignore func(string) bool) *watcher {
	return &watcher{
		ignore:      ignore,
		lag:         removalLag,
		ended:       make(chan struct{}),
		subscribers: make(map[*subscriber]bool),
		turned:      make(chan struct{}),
	}
}

// run watches until ctx ends and survives every trouble of the service.
func (w *watcher) run(ctx context.Context) {
	defer close(w.ended)
	defer context.AfterFunc(ctx, w.interruptUntilEnded)()
	for ctx.Err() == nil {
		err := w.watch(ctx)
		if ctx.Err() != nil {
			return
		}
		w.lose(err)
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
		}
	}
}

// wait returns when run has ended, or ErrBusy if the service holds it for
// longer than limit.
func (w *watcher) wait(limit time.Duration) error {
	select {
	case <-w.ended:
		return nil
	case <-time.After(limit):
		return fmt.Errorf("end watching: %w", ErrBusy)
	}
}

// watch establishes a context and watches until something breaks.
func (w *watcher) watch(ctx context.Context) error {
	c, err := scard.EstablishContext()
	if err != nil {
		return err
	}
	w.use(c)
	defer func() {
		w.use(nil)
		_ = c.Release() // the service may be gone; nothing is left to undo
	}()
	for ctx.Err() == nil {
		if err := w.turn(c); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// use makes c the context that interrupt ends the wait of.
func (w *watcher) use(c *scard.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.context = c
}

// interrupt ends the present wait, if there is one. The caller holds mu, under
// which nobody may wait for a service that hangs.
func (w *watcher) interrupt() {
	if c := w.context; c != nil {
		go func() { _ = c.Cancel() }() // lost at worst; the wait is bounded
	}
}

// interruptUntilEnded ends the last wait. A cancellation that comes before the
// wait begins is lost, and the wait is long: so it is repeated.
func (w *watcher) interruptUntilEnded() {
	for {
		w.mu.Lock()
		c := w.context
		w.mu.Unlock()
		if c != nil {
			_ = c.Cancel() // outside of mu: a service that hangs holds up nobody else
		}
		select {
		case <-w.ended:
			return
		case <-time.After(retryCancel):
		}
	}
}

// turn lists the readers, waits for a change and publishes it.
func (w *watcher) turn(c *scard.Context) error {
	names, err := listReaders(c)
	if err != nil {
		return err
	}
	states, patience := w.begin(names)
	switch err := c.GetStatusChange(states, patience); {
	case err == nil:
		w.publish(states[:len(states)-1])
	case errors.Is(err, scard.ErrTimeout), errors.Is(err, scard.ErrCancelled):
		w.publish(nil)
	case errors.Is(err, scard.ErrUnknownReader), errors.Is(err, scard.ErrReaderUnavailable):
		time.Sleep(listLag) // it left between list and wait; the next list shows it
		w.publish(nil)
	default:
		return err
	}
	return nil
}

// listReaders returns the names of all readers, none without error.
func listReaders(c *scard.Context) ([]string, error) {
	for {
		names, err := c.ListReaders()
		switch {
		case errors.Is(err, scard.ErrInsufficientBuffer): // one came between size and list
			continue
		case errors.Is(err, scard.ErrNoReadersAvailable):
			return nil, nil
		}
		return names, err
	}
}

// begin starts a turn over the readers named and returns what to ask: one
// state for each that is not ignored, the notification of the list last.
func (w *watcher) begin(names []string) ([]scard.ReaderState, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun++
	w.listed = names
	known := len(w.readers)
	names = slices.DeleteFunc(slices.Clone(names), w.ignore)
	w.readers = slices.DeleteFunc(w.readers, func(r readerStatus) bool { return !slices.Contains(names, r.name) })
	left := len(w.readers) < known
	states := make([]scard.ReaderState, 0, len(names)+1)
	for _, n := range names {
		r := w.status(n)
		if r == nil {
			w.readers = append(w.readers, readerStatus{name: n})
			r = w.status(n)
		}
		states = append(states, scard.ReaderState{Reader: n, CurrentState: r.flags})
	}
	pnp := scard.ReaderState{Reader: pnpName}
	if runtime.GOOS == "windows" { // there the upper half is the known number of readers
		pnp.CurrentState = scard.StateFlag(len(w.listed) << 16)
	}
	patience := waitTurn
	if w.asked >= w.begun || left || w.trouble != StateNoReader {
		patience = 0 // there is something to publish
	}
	w.trouble, w.stopped = StateNoReader, false // unless there is one
	return append(states, pnp), patience
}

// confusable reports whether a slot of the module can stand for this reader or
// for another one: in which of them the card would be written, nobody knows.
func (w *watcher) confusable(reader string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.listed, func(name string) bool { return name != reader && alike(name, reader) })
}

// status returns what is known of a reader, nil if it is not listed. The caller
// holds mu.
func (w *watcher) status(name string) *readerStatus {
	for i := range w.readers {
		if w.readers[i].name == name {
			return &w.readers[i]
		}
	}
	return nil
}

// publish takes over the states reported and ends the turn.
func (w *watcher) publish(states []scard.ReaderState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range states {
		if r := w.status(s.Reader); r != nil {
			*r = w.next(*r, s)
		}
	}
	w.endTurn()
}

// next computes the state of a reader from what was known and what PC/SC
// reports. A card that was there before and is there now is another insertion
// if the event counter moved. The caller holds mu.
func (w *watcher) next(old readerStatus, s scard.ReaderState) readerStatus {
	r := readerStatus{name: old.name, flags: s.EventState &^ scard.StateChanged, state: stateOf(s)}
	if r.state != StateCard { // a removal still carries the old ATR
		return r
	}
	r.atr = s.Atr
	r.insertion = old.insertion
	if old.state != StateCard || old.flags>>16 != r.flags>>16 {
		w.insertions++
		r.insertion = w.insertions
	}
	return r
}

// stateOf reads the flags of PC/SC.
func stateOf(s scard.ReaderState) State {
	f := s.EventState
	switch {
	case f&(scard.StateUnknown|scard.StateIgnore|scard.StateUnavailable) != 0:
		return StateNoReader
	case f&scard.StatePresent == 0:
		return StateEmpty
	case f&scard.StateMute != 0 || len(s.Atr) == 0:
		return StateMute
	}
	return StateCard
}

// lose notes that the service broke the watch. Windows stops the service with
// the last reader and starts it with the next, which is no trouble of the
// service.
func (w *watcher) lose(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun++
	w.readers = nil
	w.stopped = w.stopped || errors.Is(err, scard.ErrServiceStopped)
	w.trouble = StateNoService
	if w.stopped {
		w.trouble = StateNoReader
	}
	w.endTurn()
}

// endTurn publishes the front event if it changed and wakes who waits for the
// turn. The caller holds mu.
func (w *watcher) endTurn() {
	if e := w.foremost(); !e.same(w.front) {
		w.front = e
		for s := range w.subscribers {
			s.put(e)
		}
	}
	w.done = w.begun
	close(w.turned)
	w.turned = make(chan struct{})
}

// foremost chooses the reader that matters. The caller holds mu.
func (w *watcher) foremost() Event {
	e := Event{State: w.trouble}
	for _, r := range w.readers {
		better := r.state > e.State ||
			r.state == StateCard && e.State == StateCard && r.insertion < e.Insertion
		if better {
			e = Event{State: r.state, Reader: r.name, ATR: r.atr, Insertion: r.insertion}
		}
	}
	unreported := slices.ContainsFunc(w.readers, func(r readerStatus) bool { return r.state == StateUnknown })
	if e.State == StateNoReader && unreported {
		return w.front // known in a moment
	}
	return e
}
