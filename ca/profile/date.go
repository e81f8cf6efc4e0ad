package profile

import (
	"fmt"
	"sync"
	"time"
)

// Date is a calendar day without time or zone, as printed on the card. The
// zero value is "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// belgrade is the zone of the dates on the card. Loaded once; read only.
var belgrade = sync.OnceValues(func() (*time.Location, error) {
	return time.LoadLocation("Europe/Belgrade")
})

// lastSecond returns the last second of the day d in Belgrade: a card is valid
// on its "valid until" day too.
func (d Date) lastSecond() (time.Time, error) {
	loc, err := belgrade()
	if err != nil {
		return time.Time{}, fmt.Errorf("load time zone: %w", err)
	}
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, loc).Add(-time.Second).UTC(), nil
}

// valid reports whether d exists in the calendar.
func (d Date) valid() bool {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	y, m, day := t.Date()
	return y == d.Year && m == d.Month && day == d.Day && d.Year >= 1900 && d.Year <= 9999
}
