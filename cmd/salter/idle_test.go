package main

import (
	"testing"
	"time"
)

// loop turns an idle with a clock of its own: a turn takes a sixtieth of a
// second, a nap its time, or what the test says.
type loop struct {
	*idle
	time   time.Time
	event  time.Duration // after the begin of a nap; 0: none
	naps   int
	poked  int
	during func() // runs in a nap
}

func newLoop() *loop {
	l := &loop{time: time.Unix(1_800_000_000, 0)}
	l.idle = &idle{
		now:  func() time.Time { return l.time },
		poke: func() { l.poked++ },
		wait: func(seconds float64) {
			l.naps++
			if l.during != nil {
				l.during()
			}
			took := time.Duration(seconds * float64(time.Second))
			if l.event > 0 {
				took = l.event
			}
			l.time = l.time.Add(took)
		},
	}
	l.wake()
	return l
}

// run turns for d and counts the naps.
func (l *loop) run(d time.Duration) (naps int) {
	l.naps = 0
	for end := l.time.Add(d); l.time.Before(end); l.time = l.time.Add(time.Second / 60) {
		l.turn()
	}
	return l.naps
}

// TestIdleSleeps: the loop turns at its own pace as long as something happens,
// and seldom after that.
func TestIdleSleeps(t *testing.T) {
	l := newLoop()
	if naps := l.run(awake); naps != 0 {
		t.Errorf("%d naps right after the start, want none", naps)
	}
	if naps := l.run(10 * time.Second); naps < 80 || naps > 100 {
		t.Errorf("%d naps in 10 s in which nothing happens, want about 86", naps)
	}
	l.event = nap - early // no event: a system with a coarse clock
	if naps := l.run(10 * time.Second); naps < 80 {
		t.Errorf("%d naps in 10 s that end early, want about 100", naps)
	}
	l.event = time.Millisecond
	if naps := l.run(2 * awake); naps > 2 {
		t.Errorf("%d naps while events come, want 2", naps)
	}
}

// TestIdleWakes: what is posted ends a nap at once, and only a nap.
func TestIdleWakes(t *testing.T) {
	l := newLoop()
	if l.poked != 0 {
		t.Error("the loop was poked before it slept")
	}
	l.run(awake)
	l.during = l.wake
	l.event = time.Millisecond // the poke
	l.run(time.Second / 60)
	if l.poked != 1 {
		t.Errorf("poked %d times in a nap, want once", l.poked)
	}
	l.wake()
	if l.poked != 1 {
		t.Error("poked though awake")
	}
	if naps := l.run(awake); naps != 0 {
		t.Errorf("%d naps after something was posted, want none", naps)
	}
}
