package procedure

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// DaySheet is what one counter did on one day (E30).
type DaySheet struct {
	Day     Date
	Counter string
	Office  string

	Issued      int
	Renewed     int
	Unblocked   int // alone or before another action
	Revoked     int
	Suspended   int
	Reactivated int
	Open        int // unfinished now

	Refused []RefusedCount  // by reason, most frequent first
	Minutes []ActionMinutes // of the closed cases
	// RetireSkipped lists the numbers of the cases that left an old signing
	// certificate on the card.
	RetireSkipped []string
}

// RefusedCount says how often a case or a card was refused for one reason.
type RefusedCount struct {
	Reason Code
	Count  int
}

// ActionMinutes says how long the cases of one action took, from the opening
// to the end.
type ActionMinutes struct {
	Action Action
	Count  int
	Mean   time.Duration
	Median time.Duration
}

// dayTally is what the book keeps of a day. It is replaced, never changed.
type dayTally struct {
	counts                          DayCounts
	revoked, suspended, reactivated int
	refused                         map[Code]int
	took                            map[Action][]time.Duration
	retireSkipped                   []string
}

// with counts one more case that ended.
func (t dayTally) with(c Case) dayTally {
	if c.Refused != "" {
		t.counts.Refused++
		t.refused = maps.Clone(t.refused)
		if t.refused == nil {
			t.refused = map[Code]int{}
		}
		t.refused[c.Refused]++
		return t
	}
	switch c.Action {
	case ActionIssue:
		t.counts.Issued++
	case ActionRenew:
		t.counts.Renewed++
	case ActionRevoke:
		t.counts.Status++
		t.revoked++
	case ActionSuspend:
		t.counts.Status++
		t.suspended++
	case ActionReactivate:
		t.counts.Status++
		t.reactivated++
	}
	if c.Unblocked {
		t.counts.Unblocked++
	}
	if c.RetireSkipped {
		t.retireSkipped = append(slices.Clip(t.retireSkipped), c.Number)
	}
	t.took = maps.Clone(t.took)
	if t.took == nil {
		t.took = map[Action][]time.Duration{}
	}
	t.took[c.Action] = append(slices.Clip(t.took[c.Action]), c.Ended.Sub(c.Opened))
	return t
}

// DaySheet counts what this counter did on one day (E30).
func (e *Engine) DaySheet(ctx context.Context, day Date) (DaySheet, error) {
	if err := e.load(ctx); err != nil {
		return DaySheet{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clerk == nil {
		return DaySheet{}, &Error{Code: CodeSignedOut}
	}
	t := e.book.days[day]
	sheet := DaySheet{
		Day: day, Counter: e.cfg.Counter, Office: e.cfg.Office,
		Issued: t.counts.Issued, Renewed: t.counts.Renewed, Unblocked: t.counts.Unblocked,
		Revoked: t.revoked, Suspended: t.suspended, Reactivated: t.reactivated,
		Open: len(e.book.order), RetireSkipped: slices.Clone(t.retireSkipped),
	}
	for reason, n := range t.refused {
		sheet.Refused = append(sheet.Refused, RefusedCount{reason, n})
	}
	slices.SortFunc(sheet.Refused, func(a, b RefusedCount) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Reason, b.Reason))
	})
	for _, a := range []Action{ActionIssue, ActionRenew, ActionUnblock, ActionRevoke, ActionSuspend, ActionReactivate} {
		if took := t.took[a]; len(took) > 0 {
			sheet.Minutes = append(sheet.Minutes, minutes(a, took))
		}
	}
	return sheet, nil
}

func minutes(a Action, took []time.Duration) ActionMinutes {
	took = slices.Sorted(slices.Values(took))
	n := len(took)
	m := ActionMinutes{Action: a, Count: n, Median: (took[(n-1)/2] + took[n/2]) / 2}
	for _, d := range took {
		m.Mean += d / time.Duration(n)
	}
	return m
}
