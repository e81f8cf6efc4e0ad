package app

import (
	"fmt"
	"strings"
	"time"

	"salter/app/procedure"
)

// The forms in which days and times are typed and shown.
const (
	dayFormat    = "2.1.2006."
	momentFormat = "02.01.2006. 15:04"
)

// parseDay reads a day as it is written in Serbian, with or without the last
// dot.
func parseDay(s string) (procedure.Date, error) {
	s = strings.Join(strings.Fields(s), "")
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	t, err := time.Parse(dayFormat, s)
	if err != nil {
		return procedure.Date{}, err
	}
	return procedure.DateOf(t, time.UTC), nil
}

// dayName is a day for the name of a file or a print job.
func dayName(d procedure.Date) string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// parseMoment reads a day and a time of the counter.
func (a *App) parseMoment(s string) (time.Time, error) {
	return time.ParseInLocation("2.1.2006. 15:04", strings.Join(strings.Fields(s), " "), a.cfg.Zone)
}

// moment is a time with its day.
func (a *App) moment(t time.Time) string { return t.In(a.cfg.Zone).Format(momentFormat) }

// clock is a time of today as hours and minutes, or else with its date.
func (a *App) clock(t time.Time) string {
	if procedure.DateOf(t, a.cfg.Zone) == procedure.DateOf(a.cfg.Now(), a.cfg.Zone) {
		return t.In(a.cfg.Zone).Format("15:04")
	}
	return a.moment(t)
}

// day is the date of a time in the zone of the counter.
func (a *App) day(t time.Time) string { return procedure.DateOf(t, a.cfg.Zone).String() }
