package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// caseNumber is the UUID of the n-th case of a test.
func caseNumber(n int) string { return fmt.Sprintf("0192f0c1-2b3c-7d4e-8f50-%012d", n) }

// person is what the parts of these tests hold.
type person struct{ Number, Card, Name string }

// searchable makes a journal whose parts "record" hold a person and whose events
// "opened" hold the case's number.
func searchable(t testing.TB) *bench {
	b := newBench(t)
	b.config.PartTerms = map[string]func([]byte) Terms{"record": func(content []byte) Terms {
		var p person
		if err := json.Unmarshal(content, &p); err != nil {
			return Terms{}
		}
		name := strings.ToLower(p.Name)
		surname, given, _ := strings.Cut(name, " ")
		return Terms{Exact: []Term{{"person", p.Number}, {"card", p.Card}}, Names: []string{name, given + " " + surname}}
	}}
	b.config.EventTerms = func(kind string, body []byte) []Term {
		var e struct{ Body struct{ Text string } }
		if kind != "opened" || json.Unmarshal(body, &e) != nil {
			return nil
		}
		return []Term{{"number", e.Body.Text}}
	}
	return b
}

// openCase appends the first event of the n-th case, with its person.
func openCase(t testing.TB, j *Journal, n int, p person) {
	t.Helper()
	content, err := json.Marshal(p)
	fatal(t, err)
	record := part(t, caseNumber(n), "record", string(content))
	e := event("opened", caseNumber(n), fmt.Sprintf("BG-%d", n), record)
	fatal(t, j.Append(context.Background(), [][]byte{e}, []Part{record}))
}

// step appends an event of the n-th case.
func step(t testing.TB, j *Journal, n int, kind string) {
	t.Helper()
	fatal(t, j.Append(context.Background(), [][]byte{event(kind, caseNumber(n), "")}, nil))
}

// list returns the numbers of the cases that a query finds.
func list(t testing.TB, j *Journal, q CaseQuery) []int {
	t.Helper()
	page, err := j.Cases(context.Background(), q)
	fatal(t, err)
	numbers := []int{}
	for _, c := range page {
		var n int
		_, err := fmt.Sscanf(c.ID[24:], "%d", &n)
		fatal(t, err)
		numbers = append(numbers, n)
	}
	return numbers
}

// family fills a journal with seven cases, the even ones closed.
func family(t testing.TB, b *bench) *Journal {
	j := b.open()
	for n := 1; n <= 7; n++ {
		openCase(t, j, n, person{fmt.Sprint("number-", n), fmt.Sprint("card-", n%2), []string{"Petrović Ana", "Perić Jovan"}[n%2]})
		fill(t, j, 1) // caseA, in between
		step(t, j, n, "read")
		if n%2 == 0 {
			step(t, j, n, "closed")
		}
	}
	return j
}

func TestCases(t *testing.T) {
	j := family(t, searchable(t))
	tests := []struct {
		name string
		q    CaseQuery
		want []int
	}{
		{"number", CaseQuery{Term: Term{"number", "BG-4"}}, []int{4}},
		{"person", CaseQuery{Term: Term{"person", "number-4"}}, []int{4}},
		{"another field", CaseQuery{Term: Term{"number", "number-4"}}, []int{}},
		{"not all of it", CaseQuery{Term: Term{"person", "number-"}}, []int{}},
		{"card of several", CaseQuery{Term: Term{"card", "card-0"}}, []int{6, 4, 2}},
		{"card, second page", CaseQuery{Term: Term{"card", "card-0"}, Limit: 2}, []int{6, 4}},
		{"name", CaseQuery{Name: "petrović"}, []int{6, 4, 2}},
		{"given name", CaseQuery{Name: "jov"}, []int{7, 5, 3, 1}},
		{"beginning of both", CaseQuery{Name: "pe"}, []int{7, 6, 5, 4, 3, 2, 1}},
		{"no such name", CaseQuery{Name: "x"}, []int{}},
		{"name and card", CaseQuery{Name: "pe", Term: Term{"card", "card-1"}}, []int{7, 5, 3, 1}},
		{"name and another's number", CaseQuery{Name: "ana", Term: Term{"person", "number-1"}}, []int{}},
		{"closed", CaseQuery{Kinds: []string{"closed"}}, []int{6, 4, 2}},
		{"read or closed", CaseQuery{Kinds: []string{"closed", "read"}, Limit: 3}, []int{7, 6, 5}},
		{"closed, of the person", CaseQuery{Kinds: []string{"closed"}, Term: Term{"person", "number-4"}}, []int{4}},
		{"open, of the person", CaseQuery{Kinds: []string{"read"}, Term: Term{"person", "number-4"}}, []int{}},
		{"clerk", CaseQuery{Clerk: "PS-1", Limit: 1}, []int{7}},
		{"another clerk", CaseQuery{Clerk: "PS-2"}, []int{}},
		{"since", CaseQuery{From: testTime.UnixMilli(), Limit: 1}, []int{7}},
		{"later", CaseQuery{From: testTime.UnixMilli() + 1}, []int{}},
		{"until", CaseQuery{To: testTime.UnixMilli()}, []int{}},
		{"named", CaseQuery{IDs: []string{caseNumber(2), caseNumber(5)}}, []int{5, 2}},
		{"nobody named", CaseQuery{IDs: []string{}}, []int{}},
		{"named, of the name", CaseQuery{IDs: []string{caseNumber(2), caseNumber(5)}, Name: "ana"}, []int{2}},
		{"moved since", CaseQuery{After: 20, Term: Term{"card", "card-0"}}, []int{6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := list(t, j, tt.q); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
			if tt.q.Limit == 0 {
				checkPlaces(t, j, tt.q)
			}
		})
	}
	fatal(t, j.Verify(context.Background()))
}

// checkPlaces asks for places and rows what Cases gives at once.
func checkPlaces(t *testing.T, j *Journal, q CaseQuery) {
	t.Helper()
	want, err := j.Cases(context.Background(), q)
	fatal(t, err)
	places, err := j.Places(context.Background(), q)
	fatal(t, err)
	got, err := j.At(context.Background(), places...)
	fatal(t, err)
	if len(places) != len(want) || !slices.Equal(got, want) {
		t.Errorf("at places %v are %v, want %v", places, got, want)
	}
}

// TestUnsent: what the authority has not countersigned, from its beginning.
func TestUnsent(t *testing.T) {
	b := newBench(t)
	j := b.open()
	fill(t, j, 3)
	fatal(t, j.Sync(context.Background(), countersigner{key: b.authority}))
	fill(t, j, 4)
	for limit, want := range map[int][]int64{10: {4, 5, 6, 7}, 2: {4, 5}} {
		events, err := j.Unsent(context.Background(), limit)
		fatal(t, err)
		var got []int64
		for _, e := range events {
			got = append(got, e.Seq)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the first %d are %v, want %v", limit, got, want)
		}
	}
}

// TestCasePages walks down the list page by page, and reads the events of each.
func TestCasePages(t *testing.T) {
	ctx := context.Background()
	j := family(t, searchable(t))
	var seen []string
	for before := int64(0); ; {
		page, err := j.Cases(ctx, CaseQuery{Before: before, Limit: 3})
		fatal(t, err)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			seen = append(seen, c.ID)
			events, err := j.CaseEvents(ctx, c.ID)
			fatal(t, err)
			first, last := events[0], events[len(events)-1]
			got := Case{ID: c.ID, Opened: first.Seq, Last: last.Seq, Events: int64(len(events)), OpenedAt: first.At, LastAt: last.At, Kind: last.Kind, Clerk: "PS-1"}
			if got != c {
				t.Errorf("case %s is listed as %+v, its events say %+v", c.ID, c, got)
			}
		}
		before = page[len(page)-1].Opened
	}
	want := []string{caseNumber(7), caseNumber(6), caseNumber(5), caseNumber(4), caseNumber(3), caseNumber(2), caseA, caseNumber(1)}
	if !slices.Equal(seen, want) {
		t.Errorf("list is %v, want %v", seen, want)
	}
	if events, err := j.CaseEvents(ctx, caseB); err != nil || len(events) > 0 {
		t.Errorf("unknown case: %d events, %v", len(events), err)
	}
}

// TestCasesTampered: the list is derived from the events, and Verify compares.
func TestCasesTampered(t *testing.T) {
	for _, edit := range []string{
		"UPDATE cases SET kind = 'closed' WHERE case_id = '" + caseNumber(3) + "'",
		"UPDATE cases SET last = last - 1 WHERE case_id = '" + caseNumber(3) + "'",
		"DELETE FROM cases WHERE case_id = '" + caseNumber(3) + "'",
		"UPDATE cases SET case_id = 'x' WHERE case_id = '" + caseNumber(3) + "'",
		"UPDATE case_event SET case_id = '" + caseA + "' WHERE seq = 1",
		"DELETE FROM case_event WHERE seq = 5",
		"INSERT INTO case_event VALUES ('" + caseNumber(3) + "', 1)",
		"UPDATE search SET listed = listed + 1",
		"INSERT INTO cases SELECT seq, 'x', seq, 1, at, at, kind, '' FROM event WHERE seq = 3",
	} {
		t.Run(edit, func(t *testing.T) {
			b := searchable(t)
			j := family(t, b)
			fatal(t, j.List(context.Background()))
			fill(t, j, 1) // not listed yet
			fatal(t, j.Verify(context.Background()))
			fatal(t, j.Close())
			b.edit(edit)
			if err := b.open().Verify(context.Background()); !errors.Is(err, ErrTampered) {
				t.Errorf("Verify = %v, want ErrTampered", err)
			}
		})
	}
}

// TestSearchAcrossRuns: what is found does not depend on when it was stored, and
// no file holds a name or a number in clear.
func TestSearchAcrossRuns(t *testing.T) {
	b := searchable(t)
	j := family(t, b)
	fatal(t, j.LoadNames(context.Background()))
	openCase(t, j, 8, person{"number-8", "card-8", "Petrov Petar"}) // the names are in memory already
	check := func() {
		t.Helper()
		if got := list(t, j, CaseQuery{Name: "petro"}); !slices.Equal(got, []int{8, 6, 4, 2}) {
			t.Errorf("found %v by name, want 8, 6, 4, 2", got)
		}
		if got := list(t, j, CaseQuery{Term: Term{"person", "number-8"}}); !slices.Equal(got, []int{8}) {
			t.Errorf("found %v by number, want 8", got)
		}
	}
	check()
	fatal(t, j.Close())
	for _, secret := range []string{"number-8", "card-8", "Petrov", "petrov"} {
		if findInFiles(t, b, []byte(secret)) {
			t.Errorf("%q stands in a file", secret)
		}
	}
	j = b.open()
	check()
}

// TestLoadNamesDuringPurge: a part that is erased while the names are loaded is
// not found afterwards.
func TestLoadNamesDuringPurge(t *testing.T) {
	ctx := context.Background()
	b := searchable(t)
	j := b.open()
	for n := range namesStep + 10 {
		openCase(t, j, n, person{fmt.Sprint(n), fmt.Sprint(n), "Petrović Ana"})
	}
	fatal(t, j.Sync(ctx, countersigner{key: b.authority}))
	// The reader of the names is called while a page is loaded, and has the
	// purge done before the next one.
	terms, once := b.config.PartTerms["record"], sync.Once{}
	purged := make(chan error, 1)
	j.config.PartTerms = map[string]func([]byte) Terms{"record": func(content []byte) Terms {
		once.Do(func() {
			go func() {
				_, err := j.Purge(ctx, caseNumber(0))
				purged <- err
			}()
		})
		return terms(content)
	}}
	fatal(t, j.LoadNames(ctx))
	fatal(t, <-purged)
	page, err := j.Cases(ctx, CaseQuery{Name: "ana", Term: Term{"number", "BG-0"}})
	if err != nil || len(page) > 0 {
		t.Errorf("found %v, %v after the purge", page, err)
	}
	if got := list(t, j, CaseQuery{Name: "ana", Limit: 1}); !slices.Equal(got, []int{namesStep + 9}) {
		t.Errorf("found %v, want the last", got)
	}
}

// TestIndex: cases of an earlier version are found once they were indexed.
func TestIndex(t *testing.T) {
	ctx := context.Background()
	b := searchable(t)
	fatal(t, family(t, b).Close())
	b.edit("DELETE FROM term", "UPDATE search SET todo = (SELECT max(seq) FROM event)")
	j := b.open()
	q := CaseQuery{Term: Term{"person", "number-4"}}
	if got := list(t, j, q); len(got) > 0 {
		t.Errorf("found %v before", got)
	}
	for range 2 { // the second time there is nothing to do
		fatal(t, j.Index(ctx))
		if got := list(t, j, q); !slices.Equal(got, []int{4}) {
			t.Errorf("found %v, want 4", got)
		}
		if got := list(t, j, CaseQuery{Term: Term{"number", "BG-1"}}); !slices.Equal(got, []int{1}) {
			t.Errorf("found %v by the number of the case, want 1", got)
		}
	}
}
