package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"

	"salter/app/procedure"
	"salter/ca/catest"
	"salter/card/virtual"
)

// The mishaps of a counter's day, each at every place where it can strike: a
// seeded sample of the places, or all of them with SALTER_TORTURE=1.

func torture() bool { return os.Getenv("SALTER_TORTURE") != "" }

// places draws n of the numbers from 1 to total, in order.
func places(total, n int) []int {
	all := rand.New(rand.NewPCG(7, uint64(total))).Perm(total)
	if !torture() {
		all = all[:min(n, total)]
	}
	slices.Sort(all)
	for i := range all {
		all[i]++
	}
	return all
}

// TestPulledAnywhere pulls the card at a command of the work after the PIN,
// before or after the command took effect, with and without a restart of the
// program before the card comes back.
func TestPulledAnywhere(t *testing.T) {
	v := newVisit(t, seams{})
	v.await("the portrait", func(s procedure.Snapshot) bool { return s.Reader.Portrait != nil && !s.Reader.Reading })
	v.toPIN()
	before := v.card.Stats().APDUs
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	v.await("the hand-over", inPhase(procedure.PhaseHandOver))
	total := v.card.Stats().APDUs - before
	v.play()
	v.checkEnd()
	t.Logf("the work after the PIN takes %d commands", total)
	for i, n := range places(total, 10) {
		for j, kind := range []virtual.FaultKind{virtual.RemoveBefore, virtual.RemoveAfter} {
			if !torture() && i%2 != j {
				continue
			}
			restart := (i/2+j)%2 == 0
			t.Run(fmt.Sprintf("%s command %d, restart %t", kind, n, restart), func(t *testing.T) {
				v.t = t
				v.nextCitizen()
				v.toPIN()
				v.card.SetFault(virtual.Fault{Kind: kind, When: virtual.When{N: v.card.Stats().APDUs + n}})
				_ = v.enterPIN(virtual.PresetPIN) // the card may be gone before it answers
				v.awaitPull()
				if restart {
					v.stop()
					v.open()
				}
				v.play()
				v.checkEnd()
			})
		}
	}
}

// network is the way to the authority, with the faults of one row.
type network struct {
	mu     sync.Mutex
	next   http.RoundTripper
	faults *catest.Faults // nil: none
}

func (n *network) wrap(next http.RoundTripper) http.RoundTripper {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next = next
	return n
}

// set makes the nth exchange from now on suffer; 0: none does.
func (n *network) set(fault catest.Fault, nth int) *catest.Faults {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = catest.NewFaults(n.next, 1)
	if nth > 0 {
		n.faults.Script = append(make([]catest.Fault, nth-1), fault)
	}
	return n.faults
}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	var way http.RoundTripper = n.next
	if n.faults != nil {
		way = n.faults
	}
	n.mu.Unlock()
	return way.RoundTrip(r)
}

// TestLostAnywhere lets an exchange with the authority fail in every way that
// networks know, before or after it was processed there.
func TestLostAnywhere(t *testing.T) {
	var n network
	v := newVisit(t, seams{wrap: n.wrap})
	v.await("the sync", func(s procedure.Snapshot) bool { return s.Sync.Total > 0 && s.Sync.Acked == s.Sync.Total })
	seen := n.set(catest.None, 0)
	v.play()
	v.checkEnd()
	total := seen.Seen()
	t.Logf("a case takes %d exchanges", total)
	struck := 0
	for i, nth := range places(total, 5) {
		for j, fault := range []catest.Fault{catest.RequestLost, catest.ResponseLost, catest.Duplicated, catest.Unavailable, catest.Truncated} {
			if !torture() && i%5 != j {
				continue
			}
			t.Run(fmt.Sprintf("exchange %d, fault %d", nth, fault), func(t *testing.T) {
				v.t = t
				v.nextCitizen()
				seen := n.set(fault, nth)
				v.play()
				v.checkEnd()
				if seen.Seen() >= nth {
					struck++
				}
				n.set(catest.None, 0)
			})
		}
	}
	// Syncs in the background may be one fewer than in the first case.
	if struck == 0 {
		t.Error("no exchange was lost: the test proves nothing")
	}
}

// errCrash is what a program sees of its own crash in these tests: nothing can
// be written or read any more.
var errCrash = errors.New("crashed")

// crashes stands before the journal and stops everything at one commit.
type crashes struct {
	procedure.Journal

	mu    sync.Mutex
	left  int  // commits until the crash; 0: none comes
	after bool // the commit reaches the disk
	count int
	dead  chan struct{} // closed by the crash
}

func (c *crashes) wrap(j procedure.Journal) procedure.Journal {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Journal, c.count = j, 0
	return c
}

// plan makes the nth commit from now on the last one; 0: none.
func (c *crashes) plan(nth int, after bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.after, c.dead = nth, after, make(chan struct{})
}

// commits counts those since the program was started.
func (c *crashes) commits() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

func (c *crashes) alive() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.dead:
		return errCrash
	default:
		return nil
	}
}

// Append implements procedure.Journal.
func (c *crashes) Append(ctx context.Context, events [][]byte, parts []procedure.Part) error {
	if err := c.alive(); err != nil {
		return err
	}
	c.mu.Lock()
	c.count++
	c.left--
	now, after := c.left == 0, c.after
	c.mu.Unlock()
	if now && !after {
		close(c.dead)
		return errCrash
	}
	err := c.Journal.Append(ctx, events, parts)
	if now {
		close(c.dead)
		return errCrash
	}
	return err
}

// Replay implements procedure.Journal.
func (c *crashes) Replay(ctx context.Context, fn func(int64, []byte) error) error {
	if err := c.alive(); err != nil {
		return err
	}
	return c.Journal.Replay(ctx, fn)
}

// Part implements procedure.Journal.
func (c *crashes) Part(ctx context.Context, id procedure.CaseID, name string) ([]byte, error) {
	if err := c.alive(); err != nil {
		return nil, err
	}
	return c.Journal.Part(ctx, id, name)
}

// Sync implements procedure.Journal.
func (c *crashes) Sync(ctx context.Context) error {
	if err := c.alive(); err != nil {
		return err
	}
	return c.Journal.Sync(ctx)
}

// Head implements procedure.Journal.
func (c *crashes) Head(ctx context.Context) (procedure.Head, error) {
	if err := c.alive(); err != nil {
		return procedure.Head{}, err
	}
	return c.Journal.Head(ctx)
}

// TestCrashAnywhere ends the program at a commit of its journal, before or
// after the commit reached the disk, and goes on with what the file holds.
func TestCrashAnywhere(t *testing.T) {
	var c crashes
	c.plan(0, false)
	v := newVisit(t, seams{journal: c.wrap})
	v.play()
	v.checkEnd()
	total := c.commits()
	t.Logf("a case takes %d commits, with the start of the program", total)
	for i, nth := range places(total, 8) {
		for j, after := range []bool{false, true} {
			if !torture() && i%2 != j {
				continue
			}
			t.Run(fmt.Sprintf("commit %d, stored %t", nth, after), func(t *testing.T) {
				v.t = t
				v.nextCitizen()
				v.stop()
				c.plan(nth, after)
				v.start()
				v.playUntil(c.dead)
				if c.alive() == nil {
					t.Fatal("the case was closed without a crash")
				}
				v.stop()
				c.plan(0, false)
				v.start()
				v.play()
				v.checkEnd()
			})
		}
	}
}
