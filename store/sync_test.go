package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"salter/store/evidence"
)

// checkShipped compares what the authority holds with the journal.
func checkShipped(t *testing.T, j *Journal, l *ledger) {
	t.Helper()
	want := replay(t, j)
	if !bytes.Equal(bytes.Join(l.events, []byte("\n")), bytes.Join(want, []byte("\n"))) {
		t.Errorf("authority holds %d events that are not our %d", len(l.events), len(want))
	}
	head, err := j.Head(context.Background())
	fatal(t, err)
	if [32]byte(l.tree.Root()) != head.Root {
		t.Error("authority's root is not ours")
	}
	if missing := l.missing(); len(missing) > 0 {
		t.Errorf("authority misses %d parts", len(missing))
	}
	if s := j.SyncState(); s.Total != head.Size || s.Acked != head.Size || s.Err != nil || s.Attempts != 0 {
		t.Errorf("SyncState = %+v, want all of %d acknowledged", s, head.Size)
	}
}

func TestSync(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	l := newLedger(b.authority)
	fatal(t, j.Sync(ctx, l))
	if l.pushes != 0 {
		t.Errorf("%d pushes of an empty journal", l.pushes)
	}
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fill(t, j, 3)
	if s := j.SyncState(); s.Total != 4 || s.Acked != 0 || !s.LastSuccess.IsZero() {
		t.Errorf("SyncState before = %+v", s)
	}
	fatal(t, j.Sync(ctx, l))
	checkShipped(t, j, l)
	fatal(t, j.Sync(ctx, l))
	if l.pushes != 1 || l.puts != 1 {
		t.Errorf("%d pushes and %d blobs, want 1 of each", l.pushes, l.puts)
	}
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	j = b.open()
	if s := j.SyncState(); s.Acked != 4 || !s.LastSuccess.Equal(testTime) {
		t.Errorf("SyncState after a restart = %+v", s)
	}
	fill(t, j, 2)
	fatal(t, j.Sync(ctx, l))
	checkShipped(t, j, l)
}

// TestSyncBatches ships more than one batch holds.
func TestSyncBatches(t *testing.T) {
	b := newBench(t)
	j := b.open()
	var batch [][]byte
	for range 30 {
		batch = append(batch, event("large", "", strings.Repeat("x", 50<<10)))
	}
	fatal(t, j.Append(context.Background(), batch, nil))
	l := newLedger(b.authority)
	fatal(t, j.Sync(context.Background(), l))
	checkShipped(t, j, l)
	if l.pushes != 6 { // five events of 50 KiB fit into 256 KiB
		t.Errorf("%d pushes, want 6", l.pushes)
	}
}

// TestSyncFaulty ships through a network that loses requests and answers, with
// restarts, and asks for exactly one of everything at the end.
func TestSyncFaulty(t *testing.T) {
	var done harm
	faults := 0
	for seed := range uint64(12 * torture()) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			ctx := context.Background()
			l := newLedger(b.authority)
			fault := weather(seed, 0.45)
			l.fault = func(call string, done bool) error {
				err := fault(call, done)
				if err != nil {
					faults++
				}
				return err
			}
			for i := range 12 {
				p := part(t, caseA, fmt.Sprint("part-", i), "content")
				fatal(t, j.Append(ctx, [][]byte{event("step", caseA, fmt.Sprint(i), p)}, []Part{p}))
				err := j.Sync(ctx, l)
				if s := j.SyncState(); (err != nil) != (s.Attempts > 0) || s.Err != err {
					t.Errorf("Sync = %v, but SyncState = %+v", err, s)
				}
				if i%4 == 3 {
					fatal(t, j.Close())
					j = b.open()
				}
			}
			for tries := 0; ; tries++ {
				err := j.Sync(ctx, l)
				if err == nil {
					break
				}
				if errors.Is(err, ErrFork) || tries > 1000 {
					t.Fatalf("Sync = %v after %d tries", err, tries)
				}
			}
			checkShipped(t, j, l)
			done.compare(l.events, replay(t, j), 0)
			fatal(t, j.Verify(ctx))
		})
	}
	done.tell(t, "network faults", faults)
}

// TestSyncWhileAppending: a slow network holds up no one who appends, reads or
// verifies.
func TestSyncWhileAppending(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	fill(t, j, 1)
	l := newLedger(b.authority)
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	l.before = func() {
		once.Do(func() { close(entered) })
		<-leave
	}
	done := make(chan error, 1)
	go func() { done <- j.Sync(ctx, l) }()
	<-entered
	fill(t, j, 3)
	if got := len(replay(t, j)); got != 4 {
		t.Errorf("%d events, want 4", got)
	}
	fatal(t, j.Verify(ctx))
	short, cancel := context.WithCancel(ctx)
	cancel()
	if err := j.Sync(short, l); !errors.Is(err, context.Canceled) {
		t.Errorf("Sync beside another = %v, want context.Canceled", err)
	}
	close(leave)
	fatal(t, <-done)
	if s := j.SyncState(); s.Acked != 1 || s.Total != 4 {
		t.Errorf("SyncState = %+v: Sync ships what was there when it was called", s)
	}
	fatal(t, j.Sync(ctx, l))
	checkShipped(t, j, l)
}

// TestSyncCatchesUp: an answer was lost, or the authority lost data.
func TestSyncCatchesUp(t *testing.T) {
	tests := []struct {
		name   string
		reopen bool
		spoil  func(*testing.T, *bench, *Journal, *ledger)
	}{
		{"answer lost, restart", true, func(t *testing.T, b *bench, j *Journal, l *ledger) {
			l.fault = func(call string, done bool) error {
				if call == "push" && done {
					return errors.New("answer lost")
				}
				return nil
			}
			fill(t, j, 2)
			if err := j.Sync(context.Background(), l); err == nil {
				t.Error("Sync succeeded without an answer")
			}
			l.fault = nil
		}},
		{"authority restored from a copy, restart", true, forget(2)},
		{"authority empty, restart", true, forget(0)},
		{"authority restored from a copy", false, forget(2)},
		{"authority empty", false, forget(0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			l := newLedger(b.authority)
			for i := range 4 {
				p := part(t, caseA, "record", fmt.Sprint(i))
				fatal(t, j.Append(context.Background(), [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
				fatal(t, j.Sync(context.Background(), l))
			}
			tt.spoil(t, b, j, l)
			if tt.reopen {
				fatal(t, j.Close())
				j = b.open()
			}
			fill(t, j, 1)
			fatal(t, j.Sync(context.Background(), l))
			checkShipped(t, j, l)
			fatal(t, j.Verify(context.Background()))
		})
	}
}

// forget makes the authority lose all events but the first n, and all blobs.
func forget(n int) func(*testing.T, *bench, *Journal, *ledger) {
	return func(t *testing.T, b *bench, j *Journal, l *ledger) {
		old := l.events[:n]
		l.events, l.tree, l.head = nil, new(evidence.Tree), nil
		l.blobs = make(map[[32]byte][]byte)
		if n == 0 {
			return
		}
		tree := new(evidence.Tree)
		for _, e := range old {
			tree.Append(evidence.Leaf(e))
		}
		signed, err := j.sign(Head{tree.Size(), tree.Root()})
		fatal(t, err)
		_, _, err = l.take(1, old, signed)
		fatal(t, err)
	}
}

// restored puts yesterday's copy in place of a journal that went on and was
// shipped since.
func restored(t *testing.T, b *bench, j *Journal, l *ledger) *Journal {
	t.Helper()
	fatal(t, j.Close())
	copyFile(t, b.path, b.path+".old")
	j = b.open()
	fill(t, j, 2)
	fatal(t, j.Sync(context.Background(), l))
	fatal(t, j.Close())
	copyFile(t, b.path+".old", b.path)
	return b.open()
}

func TestSyncFork(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		name  string
		spoil func(*testing.T, *bench, *Journal, *ledger) *Journal
	}{
		{"journal restored from an older copy", restored},
		{"journal restored and gone on", func(t *testing.T, b *bench, j *Journal, l *ledger) *Journal {
			j = restored(t, b, j, l)
			for i := range 5 {
				fatal(t, j.Append(ctx, [][]byte{event("other", caseB, fmt.Sprint(i))}, nil))
			}
			return j
		}},
		{"another journal under our name", func(t *testing.T, b *bench, j *Journal, l *ledger) *Journal {
			fatal(t, j.Sync(ctx, l)) // compared; then the other one pushes
			e := event("other", caseB, "")
			tree := l.tree.Clone()
			tree.Append(evidence.Leaf(e))
			signed, err := j.sign(Head{tree.Size(), tree.Root()})
			fatal(t, err)
			_, _, err = l.take(tree.Size(), [][]byte{e}, signed)
			fatal(t, err)
			fill(t, j, 2)
			return j
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			l := newLedger(b.authority)
			fill(t, j, 3)
			fatal(t, j.Sync(ctx, l))
			j = tt.spoil(t, b, j, l)
			for range 2 {
				if err := j.Sync(ctx, l); !errors.Is(err, ErrFork) {
					t.Fatalf("Sync = %v, want ErrFork", err)
				}
			}
			fork := (*ForkError)(nil)
			if s := j.SyncState(); !errors.Is(s.Err, ErrFork) || !errors.As(s.Err, &fork) {
				t.Fatalf("SyncState = %+v, want ErrFork", s)
			}
			ours, err := j.Head(ctx)
			fatal(t, err)
			if theirs := (Head{l.tree.Size(), l.tree.Root()}); fork.Ours != ours || fork.Theirs != theirs {
				t.Errorf("heads %+v and %+v, want %+v and %+v", fork.Ours, fork.Theirs, ours, theirs)
			}
			pushes := l.pushes
			_ = j.Sync(ctx, l)
			if l.pushes != pushes {
				t.Error("something was sent after the fork was known")
			}
			fill(t, j, 1) // the clerk's case is not lost meanwhile
		})
	}
}

// liar is an authority that answers something else than it should.
type liar struct {
	*ledger
	push func(signed []byte) ([]byte, error)
	head []byte
}

func (l *liar) Push(ctx context.Context, from int64, events [][]byte, checkpoint []byte) ([]byte, [][32]byte, error) {
	signed, missing, err := l.ledger.Push(ctx, from, events, checkpoint)
	if err != nil {
		return nil, nil, err
	}
	signed, err = l.push(signed)
	return signed, missing, err
}

func (l *liar) Head(ctx context.Context) ([]byte, error) { return l.head, nil }

// TestSyncTrustsSignaturesOnly: a 200 alone proves nothing.
func TestSyncTrustsSignaturesOnly(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	impostor := newBench(t)
	j := b.open()
	fill(t, j, 2)
	first, err := j.Checkpoint(ctx)
	fatal(t, err)
	old, err := evidence.Cosign(first, b.authority)
	fatal(t, err)
	fill(t, j, 2)
	gap := func(head int64) func([]byte) ([]byte, error) {
		return func([]byte) ([]byte, error) { return nil, gapError{head} }
	}
	tests := []struct {
		name string
		push func(signed []byte) ([]byte, error)
		want error
	}{
		{"nothing", func([]byte) ([]byte, error) { return nil, nil }, evidence.ErrCheckpoint},
		{"our own note back", func(s []byte) ([]byte, error) { i := bytes.LastIndex(s, []byte("— ")); return s[:i], nil }, evidence.ErrCheckpoint},
		{"another authority's signature", func(s []byte) ([]byte, error) {
			i := bytes.LastIndex(s, []byte("— "))
			return evidence.Cosign(s[:i], impostor.authority)
		}, evidence.ErrCheckpoint},
		{"an older checkpoint", func([]byte) ([]byte, error) { return old, nil }, evidence.ErrCheckpoint},
		{"without our signature", func([]byte) ([]byte, error) {
			head, err := j.Head(ctx)
			fatal(t, err)
			return evidence.Checkpoint{Origin: j.origin(), Size: head.Size, Root: head.Root}.Sign(b.authority)
		}, evidence.ErrCheckpoint},
		{"a gap that is none", gap(99), gapError{99}},
		{"a gap at the cursor", gap(0), gapError{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &liar{ledger: newLedger(b.authority), push: tt.push}
			if err := j.Sync(ctx, l); !errors.Is(err, tt.want) {
				t.Errorf("Sync = %v, want %v", err, tt.want)
			}
			if s := j.SyncState(); s.Acked != 0 {
				t.Errorf("%d events acknowledged", s.Acked)
			}
		})
	}
	t.Run("head without signature", func(t *testing.T) {
		j.compared = false
		l := &liar{ledger: newLedger(b.authority), head: first}
		if err := j.Sync(ctx, l); !errors.Is(err, evidence.ErrCheckpoint) || errors.Is(err, ErrFork) {
			t.Errorf("Sync = %v, want ErrCheckpoint", err)
		}
	})
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
}

// TestFormerKey: the authority changed its key; what it signed before counts.
func TestFormerKey(t *testing.T) {
	b, next := newBench(t), newBench(t)
	j := b.open()
	fill(t, j, 2)
	fatal(t, j.Sync(context.Background(), newLedger(b.authority)))
	fatal(t, j.Close())
	b.config.Former = append(b.config.Former, b.config.Authority)
	b.config.Authority = next.config.Authority
	j = b.open()
	fatal(t, j.Verify(context.Background()))
	fill(t, j, 1)
	fatal(t, j.Sync(context.Background(), newLedger(next.authority)))
	fatal(t, j.Verify(context.Background()))
}

// TestSyncPartFails: the events arrive, their part does not.
func TestSyncPartFails(t *testing.T) {
	b := newBench(t)
	now := testTime
	b.config.Now = func() time.Time { return now }
	j := b.open()
	ctx := context.Background()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	l := newLedger(b.authority)
	broken := errors.New("blob store is away")
	l.fault = func(call string, _ bool) error {
		if call == "blob" {
			return broken
		}
		return nil
	}
	now = now.Add(time.Minute)
	if err := j.Sync(ctx, l); !errors.Is(err, broken) {
		t.Errorf("Sync = %v, want the blob store's error", err)
	}
	s := j.SyncState()
	if s.Acked != 1 || s.Attempts != 1 || !s.LastSuccess.Equal(now) {
		t.Errorf("SyncState = %+v: a missing part does not hold up the events", s)
	}
	l.fault = nil
	fatal(t, j.Sync(ctx, l))
	checkShipped(t, j, l)
}

// TestSyncLastSuccess: the last countersignature is the one of the largest
// size, also when the clock stood wrong before.
func TestSyncLastSuccess(t *testing.T) {
	b := newBench(t)
	now := testTime.AddDate(10, 0, 0)
	b.config.Now = func() time.Time { return now }
	j := b.open()
	l := newLedger(b.authority)
	fill(t, j, 1)
	fatal(t, j.Sync(context.Background(), l))
	now = testTime
	fill(t, j, 1)
	fatal(t, j.Sync(context.Background(), l))
	fatal(t, j.Close())
	if s := b.open().SyncState(); !s.LastSuccess.Equal(now) {
		t.Errorf("LastSuccess = %v, want %v", s.LastSuccess, now)
	}
}

// greedy is an authority that says it misses what it does not.
type greedy struct {
	*ledger
	missing [][32]byte
}

func (g *greedy) Push(ctx context.Context, from int64, events [][]byte, checkpoint []byte) ([]byte, [][32]byte, error) {
	signed, _, err := g.ledger.Push(ctx, from, events, checkpoint)
	return signed, g.missing, err
}

// TestSyncEndlessMissing: of an endless list only the beginning is looked up.
func TestSyncEndlessMissing(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	g := &greedy{ledger: newLedger(b.authority)}
	fatal(t, j.Sync(ctx, g))
	for _, tt := range []struct {
		name string
		at   int
		puts int
	}{{"last taken", maxMissing - 1, 2}, {"first not taken", maxMissing, 2}} {
		g.missing = make([][32]byte, 100_000)
		g.missing[tt.at] = evidence.Commitment(p.Opening)
		fill(t, j, 1)
		fatal(t, j.Sync(ctx, g))
		if g.puts != tt.puts {
			t.Errorf("%s: %d blobs were sent, want %d", tt.name, g.puts, tt.puts)
		}
	}
}
