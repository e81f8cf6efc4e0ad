package card

import (
	"context"
	"errors"
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
	// listLag is how long the list of readers may go on naming one that left.
	listLag = 100 * time.Millisecond
	// removalLag is how long a removal may stay unseen: a service that polls
	// its readers has been seen to need up to 1.2 s.
	removalLag = 1500 * time.Millisecond
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
	state     State
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
	defer context.AfterFunc(ctx, w.interrupt)()
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

// wait returns when run has ended.
func (w *watcher) wait() { <-w.ended }

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

// interrupt ends the present wait, if there is one.
func (w *watcher) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.context != nil {
		_ = w.context.Cancel() // lost at worst; the wait is bounded
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
	all, known := len(names), len(w.readers)
	names = slices.DeleteFunc(names, w.ignore)
	w.readers = slices.DeleteFunc(w.readers, func(r readerStatus) bool { return !slices.Contains(names, r.name) })
	states := make([]scard.ReaderState, 0, len(names)+1)
	for _, n := range names {
		states = append(states, scard.ReaderState{Reader: n, CurrentState: w.status(n).flags})
	}
	pnp := scard.ReaderState{Reader: pnpName}
	if runtime.GOOS == "windows" { // there the upper half is the known number of readers
		pnp.CurrentState = scard.StateFlag(all << 16)
	}
	patience := waitTurn
	if w.asked >= w.begun || len(w.readers) < known || w.trouble != StateNoReader {
		patience = 0 // there is something to publish
	}
	return append(states, pnp), patience
}

// status returns what is known of a reader; the zero value for a new one. The
// caller holds mu.
func (w *watcher) status(name string) readerStatus {
	for _, r := range w.readers {
		if r.name == name {
			return r
		}
	}
	return readerStatus{name: name}
}

// publish takes over the states reported and ends the turn.
func (w *watcher) publish(states []scard.ReaderState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = StateNoReader // unless there is one
	for _, s := range states {
		w.set(w.next(w.status(s.Reader), s))
	}
	w.endTurn()
}

// set replaces or adds a reader; the caller holds mu.
func (w *watcher) set(r readerStatus) {
	for i := range w.readers {
		if w.readers[i].name == r.name {
			w.readers[i] = r
			return
		}
	}
	w.readers = append(w.readers, r)
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

// lose notes that the service broke the watch. Windows ends the service with
// the last reader, which is no trouble of the service.
func (w *watcher) lose(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun++
	w.readers = nil
	switch {
	case errors.Is(err, scard.ErrServiceStopped):
		w.trouble = StateNoReader
	case runtime.GOOS == "windows" && w.trouble == StateNoReader:
		// the service has not come back since the last reader left
	default:
		w.trouble = StateNoService
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
	if e.State == StateNoReader {
		e.Reader = ""
	}
	return e
}

// settle returns after a turn that began after the call: what is known then is
// not older than the call.
func (w *watcher) settle(ctx context.Context) error {
	w.mu.Lock()
	target := w.begun + 1
	w.asked = max(w.asked, target)
	if w.context != nil {
		_ = w.context.Cancel() // lost at worst; the wait is bounded
	}
	defer w.mu.Unlock()
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
	for w.trouble == StateUnknown {
		if err := w.sleep(ctx); err != nil {
			return 0, nil, err
		}
	}
	r := w.status(reader)
	switch r.state {
	case StateCard:
		return r.insertion, r.atr, nil
	case StateMute:
		return 0, nil, ErrMute
	case StateEmpty:
		return 0, nil, ErrNoCard
	}
	if w.trouble == StateNoService {
		return 0, nil, ErrNoService
	}
	return 0, nil, ErrNoReader
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

// gone tells a card that left from a reader or service that left.
func gone(err error) error {
	if errors.Is(err, ErrNoService) || errors.Is(err, ErrNoReader) {
		return err
	}
	return ErrRemoved
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
