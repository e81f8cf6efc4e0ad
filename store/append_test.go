package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"salter/store/evidence"
)

func TestAppendReplay(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	var want [][]byte
	for i := range 50 {
		batch := [][]byte{event("a", caseA, fmt.Sprint("first ", i)), event("b", "", fmt.Sprint("second ", i))}
		fatal(t, j.Append(ctx, batch, nil))
		want = append(want, batch...)
	}
	check := func(j *Journal) {
		t.Helper()
		if got := replay(t, j); !bytes.Equal(bytes.Join(got, nil), bytes.Join(want, nil)) {
			t.Errorf("Replay gave %d events that are not the %d appended", len(got), len(want))
		}
		tree := new(evidence.Tree)
		for _, e := range want {
			tree.Append(evidence.Leaf(e))
		}
		if head, err := j.Head(ctx); err != nil || head != (Head{tree.Size(), tree.Root()}) {
			t.Errorf("Head = %+v, %v, want size %d", head, err, tree.Size())
		}
	}
	check(j)
	fatal(t, j.Close())
	j = b.open()
	check(j)
	fatal(t, j.Verify(ctx))
}

// TestReplayUsesTheJournal: whoever folds events may ask for parts meanwhile.
func TestReplayUsesTheJournal(t *testing.T) {
	j := newBench(t).open()
	ctx := context.Background()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fatal(t, j.Replay(ctx, func(int64, []byte) error {
		_, err := j.Part(ctx, caseA, "record")
		return errors.Join(err, j.Append(ctx, [][]byte{event("later", "", "")}, nil))
	}))
	if got := len(replay(t, j)); got != 2 {
		t.Errorf("%d events, want 2: Replay ends at the head of its start", got)
	}
}

func TestReplayStops(t *testing.T) {
	j := newBench(t).open()
	fill(t, j, 3)
	stop := errors.New("stop")
	calls := 0
	err := j.Replay(context.Background(), func(int64, []byte) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("Replay = %v after %d calls, want the callback's error after 1", err, calls)
	}
}

func TestPage(t *testing.T) {
	j := newBench(t).open()
	fill(t, j, 7)
	var seen []int64
	for before := int64(0); ; {
		page, err := j.Page(context.Background(), before, 3)
		fatal(t, err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			seen = append(seen, e.Seq)
			if e.Kind != "step" || e.Case != caseA || e.At != testTime.UnixMilli() {
				t.Errorf("event %d listed as %+v", e.Seq, e)
			}
		}
		before = page[len(page)-1].Seq
	}
	if fmt.Sprint(seen) != "[7 6 5 4 3 2 1]" {
		t.Errorf("pages hold %v", seen)
	}
}

// TestPageBytes reads events that are larger together than a page.
func TestPageBytes(t *testing.T) {
	j := newBench(t).open()
	const n = 40
	for i := range n {
		e := event("large", "", strings.Repeat(string(rune('a'+i%26)), 60<<10))
		fatal(t, j.Append(context.Background(), [][]byte{e}, nil))
	}
	if got := len(replay(t, j)); got != n {
		t.Errorf("%d events, want %d", got, n)
	}
	fatal(t, j.Verify(context.Background()))
}

func TestParts(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	record := part(t, caseA, "record", "the record")
	first, second := part(t, caseA, "email", "a@example.rs"), part(t, caseA, "email", "b@example.rs")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", record), event("email", caseA, "", first)}, []Part{record, first}))
	fatal(t, j.Append(ctx, [][]byte{event("email", caseA, "", second)}, []Part{second}))
	// A later event may commit to the same part again.
	fatal(t, j.Append(ctx, [][]byte{event("summary", caseA, "", record, second)}, nil))
	fatal(t, j.Close())
	j = b.open()
	for _, want := range []Part{record, second} {
		got, err := j.Part(ctx, caseA, want.Name)
		if err != nil || !bytes.Equal(got, want.Opening) {
			t.Errorf("Part(%s) = %q, %v", want.Name, got, err)
		}
	}
	if _, err := j.Part(ctx, caseB, "record"); !errors.Is(err, ErrNoPart) {
		t.Errorf("Part of another case = %v, want ErrNoPart", err)
	}
	fatal(t, j.Verify(ctx))
}

func TestPartsAreSealed(t *testing.T) {
	b := newBench(t)
	j := b.open()
	p := part(t, caseA, "record", "0101990710006")
	fatal(t, j.Append(context.Background(), [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fatal(t, j.Close())
	if findInFiles(t, b, []byte("0101990710006")) {
		t.Error("the content of a part stands in a file in clear")
	}
	if findInFiles(t, b, p.Opening[:evidence.SaltSize]) {
		t.Error("the salt of a part stands in a file in clear")
	}
}

func TestErased(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	erase := func() error {
		return j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, "UPDATE person SET sealed = NULL")
			return err
		})
	}
	if err := erase(); err == nil {
		t.Error("a part was erased that the authority does not hold")
	}
	l := newLedger(b.authority)
	fatal(t, j.Sync(ctx, l))
	fatal(t, erase())
	if _, err := j.Part(ctx, caseA, "record"); !errors.Is(err, ErrErased) {
		t.Errorf("Part = %v, want ErrErased", err)
	}
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	j = b.open()
	// The authority that lost the blob asks in vain; the journal goes on.
	l.blobs = make(map[[32]byte][]byte)
	l.events, l.tree, l.head = nil, new(evidence.Tree), nil
	fatal(t, j.Sync(ctx, l))
}

func TestAppendRefuses(t *testing.T) {
	a, bad := part(t, caseA, "record", "a"), part(t, caseA, "record", "b")
	moved := a
	moved.Case = caseB
	renamed := a
	renamed.Name = "email"
	short := Part{Case: caseA, Name: "record", Opening: []byte("no salt")}
	large := Part{Case: caseA, Name: "record", Opening: make([]byte, MaxOpening+1)}
	commit := event("card-read", caseA, "", a)
	tests := []struct {
		name   string
		events [][]byte
		parts  []Part
		want   error
	}{
		{"not an event", [][]byte{[]byte("{}")}, nil, evidence.ErrHeader},
		{"second is not an event", [][]byte{commit, []byte("x")}, []Part{a}, evidence.ErrHeader},
		{"event too large", [][]byte{event("a", "", strings.Repeat("x", MaxEvent))}, nil, ErrTooLarge},
		{"opening too large", [][]byte{event("a", caseA, "", large)}, []Part{large}, ErrTooLarge},
		{"opening without salt", [][]byte{event("a", caseA, "", short)}, []Part{short}, ErrCommitment},
		{"opening nobody commits to", [][]byte{commit}, []Part{a, bad}, ErrCommitment},
		{"opening of another case", [][]byte{commit}, []Part{moved}, ErrCommitment},
		{"opening under another name", [][]byte{commit}, []Part{renamed}, ErrCommitment},
		{"commitment without opening", [][]byte{commit}, nil, ErrCommitment},
		{"same opening in two cases", [][]byte{commit, event("card-read", caseB, "", moved)}, []Part{a, moved}, ErrCommitment},
		{"opening without event", nil, []Part{a}, ErrCommitment},
	}
	b := newBench(t)
	j := b.open()
	fill(t, j, 1)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := j.Append(context.Background(), tt.events, tt.parts); !errors.Is(err, tt.want) {
				t.Errorf("Append = %v, want %v", err, tt.want)
			}
			if got := len(replay(t, j)); got != 1 {
				t.Errorf("%d events afterwards, want 1", got)
			}
		})
	}
	fill(t, j, 1)
	fatal(t, j.Verify(context.Background()))
}

// TestClock: order and verification do not depend on any clock.
func TestClock(t *testing.T) {
	b := newBench(t)
	l := newLedger(b.authority)
	for _, offset := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour, -50 * 365 * 24 * time.Hour} {
		at := testTime.Add(offset)
		b.config.Now = func() time.Time { return at }
		j := b.open()
		e := bytes.Replace(event("step", caseA, offset.String()), fmt.Append(nil, testTime.UnixMilli()), fmt.Append(nil, at.UnixMilli()), 1)
		fatal(t, j.Append(context.Background(), [][]byte{e}, nil))
		fatal(t, j.Sync(context.Background(), l))
		fatal(t, j.Verify(context.Background()))
		fatal(t, j.Close())
	}
	if got := len(replay(t, b.open())); got != 4 {
		t.Errorf("%d events, want 4", got)
	}
}

func TestCheckpoint(t *testing.T) {
	b := newBench(t)
	j := b.open()
	for size := range int64(4) {
		signed, err := j.Checkpoint(context.Background())
		fatal(t, err)
		c, err := evidence.OpenCheckpoint(signed, evidence.Origin(testWorkstation), b.counter)
		fatal(t, err)
		head, err := j.Head(context.Background())
		fatal(t, err)
		if c.Size != size || c.Size != head.Size || c.Root != head.Root {
			t.Errorf("checkpoint %+v at head %+v, want size %d", c, head, size)
		}
		fill(t, j, 1)
	}
}

// TestConcurrent lets everybody use the journal at once.
func TestConcurrent(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	l := newLedger(b.authority)
	const writers, each = 4, 15
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				p := part(t, caseA, fmt.Sprintf("part-%d-%d", w, i), "content")
				if err := j.Append(ctx, [][]byte{event("step", caseA, fmt.Sprint(w, " ", i), p)}, []Part{p}); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	for _, use := range []func() error{
		func() error { return j.Sync(ctx, l) },
		func() error { return j.Verify(ctx) },
		func() error { _, err := j.Checkpoint(ctx); return err },
		func() error { return j.Replay(ctx, func(int64, []byte) error { _ = j.SyncState(); return nil }) },
	} {
		wg.Go(func() {
			for range 5 {
				if err := use(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	fatal(t, j.Sync(ctx, l))
	checkShipped(t, j, l)
	if got := len(replay(t, j)); got != writers*each {
		t.Errorf("%d events, want %d", got, writers*each)
	}
	fatal(t, j.Verify(ctx))
}
