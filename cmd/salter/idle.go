package main

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// How the user interface sleeps while nothing happens.
const (
	// nap is the longest sleep. Fyne's own goroutines cannot end it, and
	// animations move no faster than that meanwhile.
	nap = 100 * time.Millisecond
	// awake is how long Fyne's loop keeps its own pace after something
	// happened, for what follows from it.
	awake = 200 * time.Millisecond
	// early is by how much a system may end a nap before its time: a tick of
	// the clock of Windows.
	early = 20 * time.Millisecond
)

// idle lets the goroutine of the user interface sleep. Fyne's loop looks for
// events 60 times a second, which costs more than all else that a counter does
// while it waits for a clerk. One turn of the loop takes the events, moves the
// animations and draws; between two turns it runs what was posted. So the sleep
// is an animation without end that waits for events: they end it at once, and
// what they change is drawn in the same turn.
type idle struct {
	now  func() time.Time
	wait func(seconds float64) // until an event of the window system, or poke
	poke func()                // ends wait; from any goroutine

	mu       sync.Mutex
	until    time.Time // awake until then; guarded by mu
	sleeping bool      // guarded by mu
}

func newIdle() *idle {
	return &idle{now: time.Now, wait: glfw.WaitEventsTimeout, poke: glfw.PostEmptyEvent}
}

// start begins to sleep. To be called on the goroutine of the user interface,
// when there is a window.
func (i *idle) start() {
	i.wake()
	turns := fyne.NewAnimation(time.Second, func(float32) { i.turn() })
	turns.RepeatCount = fyne.AnimationRepeatForever
	turns.Start()
}

// wake ends a sleep and puts off the next one. To be called before something is
// posted to Fyne: the loop may turn in between. Not after the end of the user
// interface.
func (i *idle) wake() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.until = i.now().Add(awake)
	if i.sleeping {
		i.poke()
	}
}

// turn is called in each turn of the loop.
func (i *idle) turn() {
	start := i.now()
	if !i.fallAsleep(start) {
		return
	}
	i.wait(nap.Seconds())
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sleeping = false
	if end := i.now(); end.Sub(start) < nap-early {
		i.until = end.Add(awake) // an event
	}
}

// fallAsleep reports whether nothing has happened lately; then sleep begins.
func (i *idle) fallAsleep(now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sleeping = !now.Before(i.until)
	return i.sleeping
}
