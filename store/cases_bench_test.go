package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// What a counter has after some years, with nothing erased.
const (
	manyCases     = 100_000
	eventsPerCase = 10
)

// countersigner is an authority that signs whatever it is sent, and takes every
// opening, or none if it is full.
type countersigner struct {
	key  note.Signer
	full bool
}

func (countersigner) Head(context.Context) ([]byte, error) { return nil, nil }

func (c countersigner) Push(_ context.Context, _ int64, _ [][]byte, checkpoint []byte) ([]byte, [][32]byte, error) {
	signed, err := evidence.Cosign(checkpoint, c.key)
	return signed, nil, err
}

func (c countersigner) PutBlob(context.Context, [32]byte, []byte) error {
	if c.full {
		return errors.New("507 full")
	}
	return nil
}

// crowd makes a journal of that many cases, the last 200 events not yet
// countersigned.
func crowd(b *testing.B) (*bench, *Journal) {
	b.Helper()
	ctx := context.Background()
	w := searchable(b)
	j := w.open()
	surnames := []string{"Jovanović", "Petrović", "Nikolić", "Marković", "Đorđević", "Stojanović", "Ilić", "Stanković", "Pavlović", "Milošević"}
	for n := 0; n < manyCases; {
		var events [][]byte
		var parts []Part
		for range 200 {
			content, err := json.Marshal(person{fmt.Sprintf("%013d", n), fmt.Sprintf("%09d", n), fmt.Sprintf("%s %c%05d", surnames[n%10], 'A'+n%26, n)})
			fatal(b, err)
			p := part(b, caseNumber(n), "record", string(content))
			events = append(events, event("opened", caseNumber(n), fmt.Sprint("BG-", n), p))
			parts = append(parts, p)
			for i := range eventsPerCase - 1 {
				events = append(events, event([]string{"read", "closed"}[i%2], caseNumber(n), fmt.Sprintf("%0120d", i)))
			}
			n++
		}
		fatal(b, j.Append(ctx, events, parts))
		if n == manyCases-200 {
			_ = j.Sync(ctx, countersigner{w.authority, true}) // fails at the openings: nothing is erased here
			if s := j.SyncState(); s.Acked != s.Total {
				b.Fatalf("state %+v", s)
			}
		}
	}
	return w, j
}

// BenchmarkCases measures what the journal page does, at 100,000 cases and
// 1,000,000 events; the ratios are to a list page. What is slow once, the first
// list and the first search by name after years without one, is told apart.
func BenchmarkCases(b *testing.B) {
	w, j := crowd(b)
	ctx := context.Background()
	once := func(name string, do func() error) {
		started := time.Now()
		fatal(b, do())
		b.Logf("once: %s in %v", name, time.Since(started).Round(time.Millisecond))
	}
	once("list of all cases", func() error { return j.List(ctx) })
	once("names of all parts", func() error { return j.LoadNames(ctx) })
	once("verify everything", func() error { return j.Verify(ctx) })
	middle, err := j.Cases(ctx, CaseQuery{Term: Term{"number", fmt.Sprint("BG-", manyCases/2)}})
	fatal(b, err)
	var page time.Duration
	queries := []struct {
		name string
		q    CaseQuery
		want int
	}{
		{"page", CaseQuery{Before: middle[0].Opened}, 50},
		{"person", CaseQuery{Term: Term{"person", fmt.Sprintf("%013d", 4711)}}, 1},
		{"card", CaseQuery{Term: Term{"card", fmt.Sprintf("%09d", 99)}}, 1},
		{"number", CaseQuery{Term: Term{"number", "BG-77777"}}, 1},
		{"name of one", CaseQuery{Name: "jovanović a00000"}, 1},
		{"name of 10,000", CaseQuery{Name: "jovanović"}, 50},
		{"name of nobody", CaseQuery{Name: "?"}, 0},
		{"kind of the last event", CaseQuery{Kinds: []string{"read"}}, 50},
		{"kind of none", CaseQuery{Kinds: []string{"refused"}}, 0},
		{"clerk of none", CaseQuery{Clerk: "PS-2"}, 0},
	}
	for _, q := range queries {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				got, err := j.Cases(ctx, q.q)
				fatal(b, err)
				if len(got) != q.want {
					b.Fatalf("found %d, want %d", len(got), q.want)
				}
			}
			if q.name == "page" {
				page = b.Elapsed() / time.Duration(b.N)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(page), "×page")
		})
	}
	b.Run("events of a case", func(b *testing.B) {
		for b.Loop() {
			events, err := j.CaseEvents(ctx, middle[0].ID)
			fatal(b, err)
			if len(events) != eventsPerCase {
				b.Fatalf("%d events", len(events))
			}
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(page), "×page")
	})
	benchPlaces(b, j)
	fatal(b, j.Close())
	b.Run("open to first page", func(b *testing.B) {
		for b.Loop() {
			j, err := Open(ctx, w.path, w.config)
			fatal(b, err)
			if _, err := j.Cases(ctx, CaseQuery{}); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			fatal(b, j.Close())
			b.StartTimer()
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(page), "×page")
	})
}

// benchPlaces measures what a long list asks for: all places once, and the rows
// that are looked at.
func benchPlaces(b *testing.B, j *Journal) {
	ctx := context.Background()
	var places []int64
	b.Run("places of all", func(b *testing.B) {
		for b.Loop() {
			var err error
			places, err = j.Places(ctx, CaseQuery{})
			fatal(b, err)
		}
		if len(places) != manyCases {
			b.Fatalf("%d places", len(places))
		}
	})
	b.Run("places of what is not sent", func(b *testing.B) {
		for b.Loop() {
			if _, err := j.Places(ctx, CaseQuery{After: j.SyncState().Acked - 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("50 rows in the middle", func(b *testing.B) {
		for b.Loop() {
			rows, err := j.At(ctx, places[manyCases/2:manyCases/2+50]...)
			fatal(b, err)
			if len(rows) != 50 {
				b.Fatalf("%d rows", len(rows))
			}
		}
	})
}
