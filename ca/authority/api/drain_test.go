package api_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/catest"
	"salter/store/evidence"
)

// backlog is what a workstation that was offline has to send: pushes of at most
// ca.MaxBatch bytes.
type backlog struct {
	ws     *catest.Workstation
	pushes []ca.JournalPush
	events int
}

// journalEvent is an event as long as most are, which commits to an opening in
// every tenth.
func journalEvent(n int) []byte {
	commits := ""
	if n%10 == 0 {
		commits = fmt.Sprintf(`"commits":{"record":"%064x"},`, n)
	}
	return fmt.Appendf(nil, `{"v":1,"kind":"pin-verified","case":"0193a5f0-0000-7000-8000-%012x","at":%d,"run":7,"mono":%d,"clerk":"PS-1042",%s"body":{"text":"%s"}}`,
		n/20, 1_790_000_000_000+n, n, commits, strings.Repeat("x", 200))
}

// newBacklog makes the pushes of n events.
func newBacklog(w *catest.Workstation, n int) *backlog {
	b := &backlog{ws: w, events: n}
	var tree evidence.Tree
	p, size := ca.JournalPush{From: 1}, 0
	for i := range n {
		body := journalEvent(i)
		if size+len(body) > ca.MaxBatch {
			p.Checkpoint = string(w.CheckpointOf(tree.Size(), tree.Root()))
			b.pushes = append(b.pushes, p)
			p, size = ca.JournalPush{From: int64(i + 1)}, 0
		}
		tree.Append(evidence.Leaf(body))
		p.Events, size = append(p.Events, body), size+len(body)
	}
	p.Checkpoint = string(w.CheckpointOf(tree.Size(), tree.Root()))
	b.pushes = append(b.pushes, p)
	return b
}

// drain sends it over mutual TLS and counts the pushes that were taken in; a
// server that is busy is asked again.
func (b *backlog) drain() (pushes int64, err error) {
	for _, p := range b.pushes {
		for {
			problem := b.ws.JSON(http.MethodPost, ca.PathJournal+b.ws.Name, p, nil)
			if problem == nil {
				pushes++
				break
			}
			if problem.Type != ca.ProblemPrefix+ca.ProblemBusy {
				return pushes, fmt.Errorf("push from %d: %+v", p.From, problem)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return pushes, nil
}

// peak samples the memory in use until stop is called, which returns the
// largest growth since the beginning in bytes.
func peak() (stop func() uint64) {
	use := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	runtime.GC()
	idle, done := use(), make(chan struct{})
	var top atomic.Uint64
	var sampling sync.WaitGroup
	sampling.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			top.Store(max(top.Load(), use()))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() uint64 {
		close(done)
		sampling.Wait()
		return max(top.Load(), idle) - idle
	}
}

// commitRate is how many transactions of one row a second the disk allows, with
// the settings of the authority's database.
func commitRate(b *testing.B, dir string) float64 {
	b.Helper()
	d, err := db.OpenSQLite(b.Context(), filepath.Join(dir, "commits.db"), true)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	const n = 300
	start := time.Now()
	for i := range n {
		if err := d.Do(context.Background(), func(tx db.Tx) error { return tx.SetMeta("n", strconv.Itoa(i)) }); err != nil {
			b.Fatal(err)
		}
	}
	return n / time.Since(start).Seconds()
}

// BenchmarkBacklog drains 10,000 events of one workstation over loopback: at
// least 2,000 events a second, with not more than 32 MB above idle, counter and
// authority in one process.
func BenchmarkBacklog(b *testing.B) {
	const events = 10_000
	s := start(b, catest.Config{})
	var took time.Duration
	var most uint64
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		backlog := newBacklog(s.Enrol(fmt.Sprintf("BG-%03d-01", i+1)), events)
		stop := peak()
		b.StartTimer()
		start := time.Now()
		if _, err := backlog.drain(); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		b.StopTimer()
		most = max(most, stop())
		b.StartTimer()
	}
	rate := events * float64(b.N) / took.Seconds()
	b.ReportMetric(rate, "events/s")
	b.ReportMetric(rate/2000, "of-2000/s")
	b.ReportMetric(float64(most)/(32<<20), "of-32MB")
}

// BenchmarkOfflineDay drains a day of every workstation at once: 480 events
// each, of 40 workstations, or of as many as SALTER_WORKSTATIONS says. Beside
// the time it tells what part of it the commits alone would take on this disk:
// each push is one in the database and one sync of the heads.
func BenchmarkOfflineDay(b *testing.B) {
	const events = 480
	workstations := 40
	if text := os.Getenv("SALTER_WORKSTATIONS"); text != "" {
		var err error
		if workstations, err = strconv.Atoi(text); err != nil || workstations < 1 || workstations > 999 {
			b.Fatalf("SALTER_WORKSTATIONS is %q, want 1 to 999", text)
		}
	}
	commits := commitRate(b, b.TempDir())
	var took time.Duration
	var pushes atomic.Int64
	for b.Loop() {
		b.StopTimer()
		s := start(b, catest.Config{})
		days := make([]*backlog, workstations)
		for i := range days {
			days[i] = newBacklog(s.Enrol(fmt.Sprintf("BG-%03d-01", i+1)), events)
		}
		b.StartTimer()
		start := time.Now()
		var draining sync.WaitGroup
		for _, day := range days {
			draining.Go(func() {
				n, err := day.drain()
				if err != nil {
					b.Error(err)
				}
				pushes.Add(n)
			})
		}
		draining.Wait()
		took += time.Since(start)
		b.StopTimer()
		s.Stop()
		b.StartTimer()
	}
	all := float64(events * workstations * b.N)
	b.ReportMetric(took.Seconds()/float64(b.N), "s/day")
	b.ReportMetric(all/took.Seconds(), "events/s")
	b.ReportMetric(float64(pushes.Load())/commits/took.Seconds(), "of-it-commits")
	b.ReportMetric(230_000/(all/took.Seconds()), "s/230000-events")
}
