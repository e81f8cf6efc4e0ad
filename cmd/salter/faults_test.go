package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/ca/catest"
	"salter/card/virtual"
)

// The mishaps of a counter's day, each at every place where it can strike, for
// each way through the procedure: one generated list, of which a seeded sample
// is played, or all of it with SALTER_TORTURE=1.

func torture() bool { return os.Getenv("SALTER_TORTURE") != "" }

// outOfTime says whether the time is over that SALTER_TORTURE_END, in Unix
// seconds, leaves for the sweep; without it all of it is played.
func outOfTime() bool {
	end, err := strconv.ParseInt(os.Getenv("SALTER_TORTURE_END"), 10, 64)
	return err == nil && time.Now().Unix() > end
}

// harm is what mishaps did that they must not: a certificate that was issued and
// does not serve, more than one that does, a journal that does not verify.
type harm struct{ lost, duplicated, undetected int }

// tell writes a row of the table that make torture prints (cmd/demo/torture.awk).
func (h *harm) tell(t *testing.T, fault string, struck int) {
	t.Helper()
	t.Logf("torture: %s %d, lost %d, duplicated %d, undetected %d", fault, struck, h.lost, h.duplicated, h.undetected)
}

// route is one way through the procedure.
type route struct {
	name  string
	first func(v *visit) // what goes before, once
	next  func(v *visit) // the next citizen comes
	check func(v *visit) // what must hold at the end, besides checkEnd
	same  bool           // it is one card all the time
}

func routes() []route {
	return []route{
		{"issuing", func(*visit) {}, func(v *visit) { v.comes(virtual.Citizen, wantsCertificate) }, func(*visit) {}, false},
		{"renewal", makeRenewable, func(v *visit) { v.comesBack(wantsCertificate) }, checkRenewed, true},
		{"unblock and issuing", func(*visit) {}, func(v *visit) { v.comes(virtual.Blocked, wantsNewPIN) }, checkUnblocked, false},
	}
}

// checkRenewed: nothing was left of the certificate before.
func checkRenewed(v *visit) {
	v.t.Helper()
	if n := v.count(procedure.KindRetireSkipped); n != 0 {
		v.t.Errorf("the removal of the old certificate was given up %d times", n)
	}
}

// checkUnblocked: the card has the PIN that the citizen chose, and no PIN was
// set without an intent in the journal.
func checkUnblocked(v *visit) {
	v.t.Helper()
	if got := v.secret(); got != (secret{chosenPIN, 3}) {
		v.t.Errorf("the card has another PIN than the citizen chose, or %d tries left, want 3", got.Tries)
	}
}

// checkJournalled: what was done to the card that lies in the reader after a
// mishap was announced in the journal before.
func checkJournalled(v *visit) {
	v.t.Helper()
	if v.wish.newPIN != "" && v.secret().Value == v.wish.newPIN && v.count(procedure.KindUnblock) == 0 {
		v.t.Error("the card has a new PIN of which the journal knows nothing")
	}
}

// mishap is one thing that goes wrong at one place of a route.
type mishap struct {
	kind string
	at   int // the command, exchange or commit that it strikes, from 1
	how  int // which of the ways in which it can strike there
}

// The kinds of mishap, with the ways in which each can strike.
const (
	cardPulled    = "card pulled"    // at a command after the PIN was asked for
	authorityLost = "authority lost" // at an exchange with it
	programKilled = "program killed" // at a commit of the journal
)

var (
	pulls  = []virtual.FaultKind{virtual.RemoveBefore, virtual.RemoveAfter}
	losses = []catest.Fault{catest.RequestLost, catest.ResponseLost, catest.Duplicated, catest.Unavailable, catest.Truncated}
)

// places counts where the mishaps of a route can strike.
type places struct{ commands, exchanges, commits int }

// mishaps is the whole list for a route, or a sample of n.
func mishaps(p places, n int) []mishap {
	var all []mishap
	for _, k := range []struct {
		kind      string
		at, forms int
	}{
		{cardPulled, p.commands, len(pulls)},
		{authorityLost, p.exchanges, len(losses)},
		{programKilled, p.commits, 2},
	} {
		var some []mishap
		for at := range k.at {
			for how := range k.forms {
				some = append(some, mishap{k.kind, at + 1, how})
			}
		}
		if !torture() {
			some = draw(some, n)
		}
		all = append(all, some...)
	}
	if os.Getenv("SALTER_TORTURE_END") != "" { // what there is no time for is drawn, too
		all = draw(all, len(all))
	}
	return all
}

// draw returns n of the mishaps in a seeded order.
func draw(all []mishap, n int) []mishap {
	order := rand.New(rand.NewPCG(7, uint64(len(all)))).Perm(len(all))
	drawn := make([]mishap, 0, n)
	for _, i := range order[:min(n, len(all))] {
		drawn = append(drawn, all[i])
	}
	return drawn
}

// TestMishaps plays each route with each mishap, and looks at card, authority
// and journal when the case has ended.
func TestMishaps(t *testing.T) {
	for _, r := range routes() {
		t.Run(r.name, func(t *testing.T) {
			var p places
			t.Run("no mishap", func(t *testing.T) { p = newDay(t, r).measure() })
			t.Logf("places: %d commands after the PIN page, %d exchanges, %d commits", p.commands, p.exchanges, p.commits)
			all := mishaps(p, 3)
			struck, done := map[string]int{}, map[string]*harm{cardPulled: {}, authorityLost: {}, programKilled: {}}
			for some := range slices.Chunk(all, mishapsADay) {
				if len(struck) > 0 && outOfTime() {
					break
				}
				t.Run("a day", func(t *testing.T) { newDay(t, r).suffer(t, some, struck, done) })
			}
			done[cardPulled].tell(t, "card tears", struck[cardPulled])
			done[authorityLost].tell(t, "network faults", struck[authorityLost])
			done[programKilled].tell(t, "kills", struck[programKilled])
			played := struck[cardPulled] + struck[authorityLost] + struck[programKilled]
			t.Logf("%d of %d places and ways", played, len(all))
		})
	}
}

// fewestMishaps are played on each route even where there is no time left.
const fewestMishaps = 10

// mishapsADay is how many one counter is put through. Between two visits of a
// citizen its clock goes on by more than a day, and its own certificate ends
// after ninety days.
const mishapsADay = 50

// calmAfter is after how many mishaps to one card a visit goes without: a
// removal that was torn leaves keys without a certificate, for which nobody has
// to type a PIN; the next renewal takes them along.
const calmAfter = 4

// day is a counter on one route, with all that can strike it.
type day struct {
	*visit
	r route
	n network
	c crashes
}

func newDay(t *testing.T, r route) *day {
	t.Helper()
	d := &day{r: r}
	d.c.plan(0, false)
	d.visit = newVisit(t, seams{wrap: d.n.wrap, journal: d.c.wrap})
	r.first(d.visit)
	return d
}

// suffer plays the route with each of the mishaps, until one is not mended:
// that leaves the counter in the middle of a case. It counts what struck, and
// what harm came of it.
func (d *day) suffer(t *testing.T, ms []mishap, struck map[string]int, done map[string]*harm) {
	defer func() { d.t = t }()
	for i, m := range ms {
		if i >= fewestMishaps && outOfTime() {
			return
		}
		struck[m.kind]++
		d.harm = done[m.kind]
		before := *d.harm
		mended := t.Run(fmt.Sprintf("%s at %d, %d", m.kind, m.at, m.how), func(t *testing.T) {
			d.t = t
			d.r.next(d.visit)
			switch m.kind {
			case cardPulled:
				d.playPulled(m)
			case authorityLost:
				d.n.set(losses[m.how], m.at)
				d.play()
				d.n.set(catest.None, 0)
			case programKilled:
				d.playKilled(m, &d.c)
			}
			d.checkEnd()
			d.r.check(d.visit)
		})
		if !mended {
			if *d.harm == before { // the case came to no end
				d.harm.lost++
			}
			return
		}
		if d.r.same && i%calmAfter == calmAfter-1 && !t.Run("none", d.calm) {
			return
		}
	}
}

// calm plays the route once without a mishap.
func (d *day) calm(t *testing.T) {
	d.t = t
	d.r.next(d.visit)
	d.play()
	d.checkEnd()
	d.r.check(d.visit)
}

// measure plays the route once without a mishap.
func (d *day) measure() (p places) {
	v, r, n, c := d.visit, d.r, &d.n, &d.c
	v.t.Helper()
	r.next(v)
	v.await("the sync", func(s procedure.Snapshot) bool { return s.Sync.Total > 0 && s.Sync.Acked == s.Sync.Total })
	v.stop()
	v.open()
	seen := n.set(catest.None, 0)
	v.playTo("the PIN page", pinOpen)
	before := v.card.Stats().APDUs
	v.playTo("the hand-over", inPhase(procedure.PhaseHandOver))
	p.commands = v.card.Stats().APDUs - before
	v.play()
	v.checkEnd()
	r.check(v)
	p.exchanges, p.commits = seen.Seen(), c.commits()
	return p
}

func pinOpen(s procedure.Snapshot) bool {
	return s.Case != nil && s.Case.Phase == procedure.PhasePIN && s.Case.PIN.Open
}

// playPulled pulls the card at a command of the work that begins with the PIN.
// Later PIN pages of a case may come before the place.
func (v *visit) playPulled(m mishap) {
	v.t.Helper()
	v.playTo("the PIN page", pinOpen)
	v.card.SetFault(virtual.Fault{Kind: pulls[m.how], When: virtual.When{N: v.card.Stats().APDUs + m.at}})
	s := v.playTo("the pull", func(s procedure.Snapshot) bool {
		return v.pulled() || s.Case != nil && s.Case.Phase == procedure.PhaseClosed
	})
	if !v.pulled() {
		v.card.ClearFaults()
		v.t.Logf("this time the work took fewer commands: %s", describe(s))
	}
	if (m.at+m.how)%2 == 0 { // every other time the program is started anew, too
		v.stop()
		v.open()
	}
	checkJournalled(v)
	v.play()
}

// playKilled ends the program at a commit, before or after it reached the disk,
// and goes on with what the file holds.
func (v *visit) playKilled(m mishap, c *crashes) {
	v.t.Helper()
	v.stop()
	c.plan(m.at, m.how == 1)
	v.start()
	v.playUntil(c.dead)
	if c.alive() == nil {
		v.t.Fatal("the case was closed without a crash")
	}
	v.stop()
	c.plan(0, false)
	v.start()
	checkJournalled(v)
	v.play()
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
