package procedure

import "time"

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
