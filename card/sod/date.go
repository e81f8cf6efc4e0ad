package sod

import (
	"fmt"
	"time"
)

// Date is a calendar day as the chip holds it. The zero value is "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// DateOf returns the day of t in its location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// ParseDate reads the chip's form DDMMYYYY. ok is false for anything that is
// no day of the calendar, for instance a birth date of which only the year is
// known (00001980).
func ParseDate(s string) (d Date, ok bool) {
	t, err := time.Parse("02012006", s)
	if err != nil {
		return Date{}, false
	}
	return DateOf(t), true
}

// String gives the chip's form DDMMYYYY; empty for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d%02d%04d", d.Day, d.Month, d.Year)
}
