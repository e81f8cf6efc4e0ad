package procedure

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// book is the whole journal folded: what the engine knows, and nothing that
// the journal does not.
type book struct {
	size      int64
	run       int64     // of the last event
	lastAt    time.Time // of the last event
	lastMono  time.Duration
	cases     map[CaseID]Case
	order     []CaseID // as opened
	contracts map[int]int
	numbers   map[int]int // cases opened, by year in Belgrade
	revoked   []string    // serials, hex
}

func newBook() *book {
	return &book{cases: map[CaseID]Case{}, contracts: map[int]int{}, numbers: map[int]int{}}
}

// clone copies the book so that a failed batch leaves nothing half folded.
func (b *book) clone() *book {
	c := *b
	c.cases, c.contracts, c.numbers = maps.Clone(b.cases), maps.Clone(b.contracts), maps.Clone(b.numbers)
	c.order, c.revoked = slices.Clone(b.order), slices.Clone(b.revoked)
	return &c
}

// add folds one event as stored.
func (b *book) add(raw []byte) error {
	e, err := DecodeEvent(raw)
	if err != nil {
		return fmt.Errorf("event %d: %w", b.size+1, err)
	}
	b.size++
	b.run, b.lastAt, b.lastMono = e.Run, e.At, e.Mono
	if e.Case == "" || e.Body == nil {
		return nil
	}
	if err := b.addToCase(e); err != nil {
		return &Error{Code: CodeTampered, Detail: fmt.Sprintf("event %d", b.size), Err: err}
	}
	return nil
}

func (b *book) addToCase(e Event) error {
	c, known := b.cases[e.Case]
	if opened, ok := e.Body.(*CaseOpened); ok {
		if known {
			return fmt.Errorf("case %s opened twice", e.Case)
		}
		b.cases[e.Case] = openCase(e, opened)
		b.order = append(b.order, e.Case)
		b.numbers[Today(e.At).Year]++
		return nil
	}
	if !known {
		return fmt.Errorf("%s of an unknown case", e.Kind)
	}
	next, err := c.apply(e)
	if err != nil {
		return err
	}
	if next.Contract.Number != c.Contract.Number {
		b.contracts[Today(e.At).Year]++
	}
	if e.Kind == KindRevoked {
		b.revoked = append(b.revoked, c.Attempt.Serial)
	}
	b.cases[e.Case] = next
	return nil
}

// caseNumber is the next number of the pattern office-counter-year-sequence.
func (b *book) caseNumber(counter string, now time.Time) string {
	year := Today(now).Year
	return fmt.Sprintf("%s-%d-%06d", counter, year, b.numbers[year]+1)
}

// contractNumber follows the same pattern in a row of its own; the prefix
// keeps the two rows apart.
func (b *book) contractNumber(counter string, now time.Time) string {
	year := Today(now).Year
	return fmt.Sprintf("U-%s-%d-%06d", counter, year, b.contracts[year]+1)
}

// open lists the cases that have not ended, oldest first.
func (b *book) open() []Case {
	var open []Case
	for _, id := range b.order {
		if c := b.cases[id]; !c.Over() {
			open = append(open, c)
		}
	}
	return open
}

// counts are the numbers of one day.
func (b *book) counts(day Date) DayCounts {
	var n DayCounts
	for _, c := range b.cases {
		switch {
		case !c.Over():
			n.Open++
		case Today(c.Ended) != day:
		case c.Closed:
			n.Issued++
		default:
			n.Refused++
		}
	}
	return n
}
