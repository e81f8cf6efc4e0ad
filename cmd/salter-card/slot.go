package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"salter/card/virtual"
)

// retryDelay is the pause between attempts to reach a reader that is away.
const retryDelay = 200 * time.Millisecond

// handDelay is how long a card stays out at least. pcscd looks every 400 ms: a
// card that is back before it has looked would be one that never left, with
// a state that the chip no longer has.
const handDelay = time.Second

// slot is the hand that puts the card into the reader and takes it out.
type slot struct {
	card *virtual.Card
	addr string
	out  io.Writer
	quit func() // ends run

	mu    sync.Mutex // guards everything below
	want  bool       // the card shall be in the reader
	in    bool       // it is
	pull  func()     // takes it out; nil while it is out
	moved *sync.Cond // want or in has changed
}

// newSlot returns a slot whose card is to be inserted.
func newSlot(card *virtual.Card, addr string, out io.Writer, quit func()) *slot {
	s := &slot{card: card, addr: addr, out: out, quit: quit, want: true}
	s.moved = sync.NewCond(&s.mu)
	return s
}

// run keeps the card where it is wanted until ctx ends. A reader that goes away
// gets the card back when it returns; a card pulled by a fault stays out until
// it is inserted again.
func (s *slot) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, s.wake)
	defer stop()
	complained := false
	var out time.Time // when the card last left the reader
	for s.awaitWanted(ctx) {
		sleep(ctx, handDelay-time.Since(out))
		inner, pull := context.WithCancel(ctx)
		s.set(func() { s.pull = pull })
		err := s.serve(inner)
		pull()
		s.set(func() { s.pull, s.in = nil, false })
		if err == nil || errors.Is(err, virtual.ErrRemoved) {
			out = time.Now()
		}
		switch {
		case errors.Is(err, virtual.ErrRemoved):
			s.set(func() { s.want = false })
			fmt.Fprintln(s.out, "removed by a fault")
		case err != nil:
			if !complained {
				fmt.Fprintf(s.out, "waiting for the reader at %s\n", s.addr)
			}
			complained = true
			sleep(ctx, retryDelay)
			continue
		case ctx.Err() == nil:
			fmt.Fprintln(s.out, "ejected")
		}
		complained = false
	}
}

// serve inserts the card and stays until it is out again.
func (s *slot) serve(ctx context.Context) error {
	conn, err := virtual.Dial(ctx, s.addr)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	s.set(func() { s.in = true })
	fmt.Fprintf(s.out, "inserted at %s\n", s.addr)
	return s.card.Serve(ctx, conn)
}

// awaitWanted waits until the card shall be in the reader; false: ctx ended.
func (s *slot) awaitWanted(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.want && ctx.Err() == nil {
		s.moved.Wait()
	}
	return ctx.Err() == nil
}

// set changes the fields under the mutex.
func (s *slot) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.moved.Broadcast()
}

// wake lets run see that ctx has ended.
func (s *slot) wake() { s.set(func() {}) }

// do executes one command and returns what to say about it.
func (s *slot) do(line string) string {
	words := strings.Fields(line)
	if len(words) == 0 {
		return ""
	}
	if argument := map[string]int{"fault": 1, "timing": 1}[words[0]]; len(words) != 1+argument {
		return fmt.Sprintf("error: %s takes %d arguments", words[0], argument)
	}
	switch words[0] {
	case "eject":
		return s.eject()
	case "insert":
		return s.insert()
	case "fault":
		f, err := virtual.ParseFault(words[1])
		if err != nil {
			return "error: " + err.Error()
		}
		s.card.SetFault(f)
	case "clear":
		s.card.ClearFaults()
	case "timing":
		t, err := parseTiming(words[1])
		if err != nil {
			return "error: " + err.Error()
		}
		s.card.SetTiming(t)
	case "status":
		return s.status()
	case "quit":
		s.quit()
	default:
		return fmt.Sprintf("error: unknown command %q", words[0])
	}
	return "ok"
}

// eject takes the card out and returns when it is out.
func (s *slot) eject() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want = false
	if s.pull != nil {
		s.pull()
	}
	for s.in {
		s.moved.Wait()
	}
	return "ok"
}

// insert puts the card in. It does not wait for a reader that is away.
func (s *slot) insert() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want = true
	s.moved.Broadcast()
	return "ok"
}

// status says in one line what is going on.
func (s *slot) status() string {
	s.mu.Lock()
	place := "out"
	switch {
	case s.in:
		place = "in"
	case s.want:
		place = "waiting"
	}
	s.mu.Unlock()
	counts := s.card.Stats()
	line := fmt.Sprintf("card=%s apdus=%d total=%d modelled=%s keygen=%s tries=%d",
		place, counts.APDUs, counts.Total, counts.Modeled.Round(time.Millisecond), counts.KeyGen.Round(time.Millisecond), s.card.TriesLeft())
	for _, f := range s.card.Faults() {
		line += " fault=" + f.String()
	}
	return line
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
