package card

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ebfe/scard"
)

// counted puts PC/SC's event counter into flags.
func counted(f scard.StateFlag, n int) scard.StateFlag { return f | scard.StateFlag(n<<16) }

// report is what PC/SC says of one reader; an ATR only of a card.
func report(reader string, f scard.StateFlag) scard.ReaderState {
	return scard.ReaderState{Reader: reader, EventState: f | scard.StateChanged, Atr: []byte{0x3B, 0x00}}
}

func TestWatchStates(t *testing.T) {
	card := scard.StatePresent
	for _, tt := range []struct {
		name  string
		turns [][]scard.ReaderState
		want  Event
	}{
		{"no reader", [][]scard.ReaderState{{}}, Event{State: StateNoReader}},
		{"empty; the removal carries the old ATR", [][]scard.ReaderState{{report("a", card)}, {report("a", scard.StateEmpty)}},
			Event{State: StateEmpty, Reader: "a"}},
		{"mute", [][]scard.ReaderState{{report("a", card|scard.StateMute)}}, Event{State: StateMute, Reader: "a"}},
		{"present without ATR", [][]scard.ReaderState{{{Reader: "a", EventState: card}}}, Event{State: StateMute, Reader: "a"}},
		{"card", [][]scard.ReaderState{{report("a", card)}}, Event{State: StateCard, Reader: "a", Insertion: 1}},
		{"card in use by another program", [][]scard.ReaderState{{report("a", counted(card, 1))}, {report("a", counted(card|scard.StateInuse, 1))}},
			Event{State: StateCard, Reader: "a", Insertion: 1}},
		{"taken out and put in between two looks", [][]scard.ReaderState{{report("a", counted(card, 1))}, {report("a", counted(card, 3))}},
			Event{State: StateCard, Reader: "a", Insertion: 2}},
		{"reader unknown to the service", [][]scard.ReaderState{{report("a", scard.StateUnknown)}}, Event{State: StateNoReader}},
		{"card before empty reader", [][]scard.ReaderState{{report("a", scard.StateEmpty), report("b", card)}},
			Event{State: StateCard, Reader: "b", Insertion: 1}},
		{"mute before empty", [][]scard.ReaderState{{report("a", scard.StateEmpty), report("b", card|scard.StateMute)}},
			Event{State: StateMute, Reader: "b"}},
		{"of two cards the one that came first", [][]scard.ReaderState{{report("b", card)}, {report("a", card), report("b", card)}},
			Event{State: StateCard, Reader: "b", Insertion: 1}},
		{"reader taken away", [][]scard.ReaderState{{report("a", card)}, {}}, Event{State: StateNoReader}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWatcher(func(string) bool { return false })
			for _, states := range tt.turns {
				var names []string
				for _, s := range states {
					names = append(names, s.Reader)
				}
				w.begin(names)
				w.publish(states)
			}
			if !w.front.same(tt.want) || (len(w.front.ATR) > 0) != (tt.want.State == StateCard) {
				t.Errorf("got %+v, want %+v", w.front, tt.want)
			}
		})
	}
}

func TestWatchIgnores(t *testing.T) {
	w := newWatcher(func(name string) bool { return name == "clerk" })
	states, _ := w.begin([]string{"clerk", "citizen"})
	if len(states) != 2 || states[0].Reader != "citizen" || states[1].Reader != pnpName {
		t.Errorf("asks for %+v", states)
	}
}

// What breaks the watch, and that the card found afterwards is a new insertion.
func TestWatchLoses(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want State
	}{
		{"service gone", scard.ErrNoService, StateNoService},
		{"connection to it broken", scard.ErrCommError, StateNoService},
		{"Windows stopped it with the last reader", scard.ErrServiceStopped, StateNoReader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWatcher(func(string) bool { return false })
			again := func() {
				w.begin([]string{"a"})
				w.publish([]scard.ReaderState{report("a", scard.StatePresent)})
			}
			again()
			w.lose(tt.err)
			if w.front.State != tt.want {
				t.Errorf("state %v, want %v", w.front.State, tt.want)
			}
			if w.lose(scard.ErrNoService); w.front.State != tt.want {
				t.Errorf("state %v while it stays away, want %v", w.front.State, tt.want)
			}
			if again(); w.front.Insertion != 2 {
				t.Errorf("insertion %d after it, want 2", w.front.Insertion)
			}
		})
	}
}

// A caller that is slow gets every change, in order.
func TestSubscriberMissesNothing(t *testing.T) {
	w := newWatcher(func(string) bool { return false })
	s := w.subscribe()
	for i := range 10 {
		w.begin([]string{"a"})
		w.publish([]scard.ReaderState{report("a", counted(scard.StatePresent, 2*i))})
	}
	got := w.take(s)
	if len(got) != 10 {
		t.Fatalf("%d events, want 10", len(got))
	}
	for i, e := range got {
		if e.Insertion != uint64(i+1) {
			t.Errorf("event %d: insertion %d", i, e.Insertion)
		}
	}
}

func TestSettleGivenUp(t *testing.T) {
	w := newWatcher(func(string) bool { return false })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := w.settle(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	close(w.ended)
	if err := w.settle(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v, want ErrClosed", err)
	}
}
