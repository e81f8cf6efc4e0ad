package procedure

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // counters on Windows have no zone files
)

// Date is a calendar day without time or zone. The zero value is "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Belgrade returns the zone in which calendar days are counted (procedure,
// section 5.4).
var Belgrade = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		panic("procedure: the embedded zone database has no Europe/Belgrade: " + err.Error())
	}
	return loc
})

// DateOf returns the day of t in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return Date{y, m, d}
}

// Today returns the day of t at the counter.
func Today(t time.Time) Date { return DateOf(t, Belgrade()) }

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Exists reports whether the calendar has this day: the 29th of February only
// in leap years.
func (d Date) Exists() bool {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return !d.IsZero() && t.Year() == d.Year && t.Month() == d.Month && t.Day() == d.Day
}

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

// AddYears returns the same day n years later; the 29th of February becomes
// the 1st of March where there is none.
func (d Date) AddYears(n int) Date {
	return DateOf(time.Date(d.Year+n, d.Month, d.Day, 0, 0, 0, 0, time.UTC), time.UTC)
}

// AgeOn returns the full years of a person born on d, on the given day.
func (d Date) AgeOn(day Date) int {
	age := day.Year - d.Year
	if day.Before(Date{day.Year, d.Month, d.Day}) {
		age--
	}
	return age
}

// String gives the Serbian form DD.MM.YYYY. of screens and papers.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d.%02d.%04d.", d.Day, d.Month, d.Year)
}
