package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/db/pgtest"
	"salter/ca/catest"
)

// longestAnswer is what no request may take, on a machine that has little time
// for us: longer than the database waits for a program that does not go on.
const longestAnswer = 45 * time.Second

// TestTwoServers lets two processes serve one PostgreSQL database to 16
// counters, each of whose requests goes to either, and many to both at the same
// moment, while one of the two is killed and started again. What TestKill asks
// for has to hold, and no request may be stuck.
func TestTwoServers(t *testing.T) {
	duration, clients := 4*time.Second, 16
	if os.Getenv("SALTER_TORTURE") != "" {
		duration *= 30
	}
	survivor, victim := newServers(t)
	server, cards := catest.Attach(t, survivor.dir), catest.NewCardCA(t)
	server.AddAnchor(cards.Anchor)
	clerk := server.AddClerk("1001")
	count, balancer := new(counts), &balancer{hosts: []string{survivor.api, victim.api}}
	var counters []*killedCounter
	for i := range clients {
		counters = append(counters, newKilledCounter(t, server, fmt.Sprintf("BG-%03d-01", i+1), clerk, cards, count, balancer.over))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var working sync.WaitGroup
	for _, c := range counters {
		working.Go(func() {
			for ctx.Err() == nil && c.serve() {
			}
		})
	}
	for start := time.Now(); !t.Failed(); {
		spent := time.Since(start)
		if spent > duration && (enough(victim, count) || spent > duration+time.Minute) {
			break
		}
		victim.waitServing()
		victim.killWithin(200*time.Millisecond + victim.startTime)
		victim.start()
	}
	stop()
	working.Wait()
	for _, c := range counters {
		for _, done := range c.done {
			c.check(done)
		}
		c.checkHead()
	}
	checkRegister(t, server, counters, victim.kills)
	victim.waitServing()
	victim.end()
	survivor.end()
	checkInventory(t, survivor.dir, counters)
	longest := time.Duration(balancer.longest.Load())
	t.Logf("%d kills, %d certificates answered by two servers to %d counters; of %d sent requests %d were not answered, the slowest answer took %v",
		victim.kills, count.issued.Load(), clients, count.sent.Load(), count.lost.Load(), longest.Round(time.Millisecond))
	if longest > longestAnswer {
		t.Errorf("a request took %v", longest)
	}
	if !enough(victim, count) {
		t.Error("too little happened for a result")
	}
}

// newServers starts two processes on one database, each with a folder of its
// own.
func newServers(t *testing.T) (first, second *victim) {
	t.Helper()
	first, second = newVictim(t), newVictim(t)
	if out, err := exec.Command("salter-ca", "init", "-dir", first.dir, "-db", pgtest.Database(t), "-issuer-key", "rsa2048").CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	second.dir = catest.AnotherFolder(t, first.dir)
	for _, v := range []*victim{first, second} {
		v.start()
		v.waitServing()
	}
	return first, second
}

// checkInventory verifies everything that the database holds, and that it holds
// each journal to its last event.
func checkInventory(t *testing.T, dir string, counters []*killedCounter) {
	t.Helper()
	held, err := authority.TakeInventory(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	sizes := make(map[string]int64)
	for _, j := range held.Journals {
		sizes[j.Workstation] = j.Size
	}
	for _, c := range counters {
		if got, want := sizes[c.Name], int64(len(c.Journal)); got != want {
			t.Errorf("journal of %s: %d events are held, %d were answered for", c.Name, got, want)
		}
	}
}

// balancer sends each request to one of several hosts, and keeps how long the
// slowest answer took.
type balancer struct {
	hosts   []string
	longest atomic.Int64 // nanoseconds
}

// over is the balancer's transport over that of one counter.
func (b *balancer) over(next http.RoundTripper) http.RoundTripper { return balanced{b, next} }

type balanced struct {
	*balancer
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b balanced) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = b.hosts[rand.N(len(b.hosts))]
	start := time.Now()
	answer, err := b.next.RoundTrip(r)
	for took := int64(time.Since(start)); ; {
		longest := b.longest.Load()
		if took <= longest || b.longest.CompareAndSwap(longest, took) {
			return answer, err
		}
	}
}
