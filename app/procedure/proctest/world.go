package proctest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"salter/app/procedure"
)

// Trust is what the counters of a World say of their trust bundle.
const Trust = "9f3b1c5d7e2a4f6081b3d5f7092b4d6f8193a5c7e90b2d4f6183a5c7e90b2d4f"

// World is a counter with everything around it. It outlives its engines: a
// second one begins where the journal of the first ended.
type World struct {
	Faults    *Faults
	Clock     *Clock
	Card      *Card // a good card, not inserted yet
	Reader    *Reader
	Authority *Authority
	Journal   *Journal
	Keyring   *Keyring
	Settings  procedure.Settings
	File      []procedure.Setting // empty: no settings file
}

// NewWorld makes a counter with an empty reader, a working authority and an
// empty journal.
func NewWorld() *World {
	f := &Faults{}
	clock := NewClock()
	j := NewJournal(f, clock.Now)
	w := &World{
		Faults: f, Clock: clock, Card: NewCard(), Reader: NewReader(f), Journal: j,
		Authority: NewAuthority(f, j, clock.Now), Keyring: NewKeyring(f), Settings: procedure.DefaultSettings(),
	}
	w.Authority.supervisor = w.Keyring.SupervisorPublic()
	return w
}

// Config joins an engine to this world. It waits nowhere.
func (w *World) Config() procedure.Config {
	return procedure.Config{
		Cards: w.Reader, Authority: w.Authority, Journal: w.Journal, Keyring: w.Keyring, Archive: w.Journal, Search: w.Authority,
		Counter: "BG-017-03", Office: "ПУ за град Београд, Савски венац", Version: "test", Trust: Trust, Demo: true,
		Settings: w.Settings, File: w.File, Now: w.Clock.Now, Mono: w.Clock.Mono,
		Pause: func(context.Context, time.Duration) {},
	}
}

// Start starts an engine that runs until the test ends, or until the returned
// stop, which waits for its end, is called.
func (w *World) Start(t testing.TB) (engine *procedure.Engine, stop func()) {
	t.Helper()
	e, err := procedure.New(w.Config())
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return e, stop
}

// Clock starts at a fixed working hour and runs with real time; Advance sets
// it forward, Set changes the wall clock alone.
type Clock struct {
	mu      sync.Mutex
	started time.Time
	wall    time.Duration // set by hand
	mono    time.Duration
}

// begin is a Monday morning.
var begin = time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)

// NewClock makes a clock.
func NewClock() *Clock { return &Clock{started: time.Now()} }

// Now is the wall clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return begin.Add(time.Since(c.started) + c.mono + c.wall)
}

// Mono is the clock that nobody sets.
func (c *Clock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.started) + c.mono
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mono += d
}

// Jump sets the wall clock by d.
func (c *Clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += d
}
