package procedure

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// book is the journal folded: what the engine knows, and nothing that the
// journal does not. It keeps the cases that have not ended, so that it stays
// small over the years.
type book struct {
	size      int64
	run       int64     // of the last event
	lastAt    time.Time // of the last event
	lastMono  time.Duration
	cases     map[CaseID]Case // not ended
	order     []CaseID        // of cases, as opened
	ended     Case            // the last one that ended
	days      map[Date]dayTally
	numbers   map[int]int       // cases opened, by year in Belgrade
	contracts map[int]int       // contract numbers given out, by year
	revoked   []string          // serials, hex
	refused   []CaseID          // as ended
	settings  map[string]string // of the last start, replaced and never changed
	crash     string            // the last record of a defect that a start has named
}

func newBook() *book {
	return &book{cases: map[CaseID]Case{}, days: map[Date]dayTally{}, numbers: map[int]int{}, contracts: map[int]int{}}
}

// trial copies the book, so that events can be tried on it. Cases are values
// and never changed in place.
func (b *book) trial() *book {
	c := *b
	c.cases, c.days = maps.Clone(b.cases), maps.Clone(b.days)
	c.numbers, c.contracts = maps.Clone(b.numbers), maps.Clone(b.contracts)
	c.order, c.revoked = slices.Clone(b.order), slices.Clip(b.revoked)
	c.refused = slices.Clip(b.refused)
	return &c
}

// find gives a case that has not ended, or the last one that has.
func (b *book) find(id CaseID) (Case, bool) {
	if b.ended.ID == id {
		return b.ended, true
	}
	c, ok := b.cases[id]
	return c, ok
}

// add folds one event as stored.
func (b *book) add(raw []byte) error {
	e, err := DecodeEvent(raw)
	if err != nil {
		return fmt.Errorf("event %d: %w", b.size+1, err)
	}
	b.size++
	b.run, b.lastAt, b.lastMono = e.Run, e.At, e.Mono
	switch body := e.Body.(type) {
	case *SettingsChanged:
		b.settings = body.in(b.settings)
	case *AppStarted:
		if body.Crash != "" {
			b.crash = body.Crash
		}
	}
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
	if !known && b.ended.ID == e.Case {
		// Papers may be made when the case is over: the slip of a refusal is.
		after, err := b.ended.apply(e)
		b.ended = after
		return err
	}
	if !known {
		if e.reprints() {
			return nil // of a case that ended long ago, of which nothing is kept here
		}
		return fmt.Errorf("%s of an unknown case", e.Kind)
	}
	next, err := c.apply(e)
	if err != nil {
		return err
	}
	if next.Own.Number != c.Own.Number {
		b.contracts[Today(e.At).Year]++
	}
	if next.Attempt.Revoked && !c.Attempt.Revoked { // by us, or by the operator as he says
		b.revoked = append(b.revoked, c.Attempt.Serial)
	}
	b.cases[e.Case] = next
	if next.Over() {
		b.end(next)
	}
	return nil
}

// end counts a case and lets it go.
func (b *book) end(c Case) {
	day := Today(c.Ended)
	b.days[day] = b.days[day].with(c)
	b.ended = c
	if c.Refused != "" {
		b.refused = append(b.refused, c.ID)
	}
	delete(b.cases, c.ID)
	b.order = slices.DeleteFunc(b.order, func(id CaseID) bool { return id == c.ID })
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
	open := make([]Case, 0, len(b.order))
	for _, id := range b.order {
		open = append(open, b.cases[id])
	}
	return open
}

// counts are the numbers of one day.
func (b *book) counts(day Date) DayCounts {
	n := b.days[day].counts
	n.Open = len(b.order)
	return n
}
