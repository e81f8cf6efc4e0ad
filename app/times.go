package app

import (
	"fmt"
	"strings"
	"time"

	"salter/app/procedure"
)

// The forms in which days and moments are typed, whatever the language: as on
// the papers.
const (
	dayFormat    = "2.1.2006."
	momentFormat = "2.1.2006. 15:04"
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
	return time.ParseInLocation(momentFormat, strings.Join(strings.Fields(s), " "), a.cfg.Zone)
}

// moment is a time with its day.
func (a *App) moment(t time.Time) string {
	return t.In(a.cfg.Zone).Format(a.words.say("format.moment"))
}

// clock is a time of today as hours and minutes, or else with its date.
func (a *App) clock(t time.Time) string { return a.clockAs(t, "15:04") }

// clockToSecond is clock with seconds, for what may be done again at once.
func (a *App) clockToSecond(t time.Time) string { return a.clockAs(t, "15:04:05") }

func (a *App) clockAs(t time.Time, format string) string {
	if procedure.DateOf(t, a.cfg.Zone) == procedure.DateOf(a.cfg.Now(), a.cfg.Zone) {
		return t.In(a.cfg.Zone).Format(format)
	}
	return a.moment(t)
}

// day is the date of a time in the zone of the counter.
func (a *App) day(t time.Time) string { return a.date(procedure.DateOf(t, a.cfg.Zone)) }

// date is a day in the form of the language; empty if there is none.
func (a *App) date(d procedure.Date) string { return a.words.date(d) }

// date is a day in the form of the language; empty if there is none.
func (m *messages) date(d procedure.Date) string {
	if d.IsZero() {
		return ""
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Format(m.say("format.day"))
}

// minutes gives minutes with one decimal.
func (a *App) minutes(d time.Duration) string { return a.decimal(d, time.Minute) }

// tenths gives seconds with one decimal.
func (a *App) tenths(d time.Duration) string { return a.decimal(d, time.Second) }

// decimal is a duration in the unit, rounded to one decimal.
func (a *App) decimal(d, unit time.Duration) string {
	n := d.Round(unit/10) / (unit / 10)
	return a.words.fill("format.decimal", with{"Whole": int64(n / 10), "Tenth": int64(n % 10)})
}

// clockOf is the time t as hours and minutes if it is of the same day as the
// one before it, else with its date.
func (a *App) clockOf(before, t time.Time) string {
	if procedure.DateOf(t, a.cfg.Zone) == procedure.DateOf(before, a.cfg.Zone) {
		return t.In(a.cfg.Zone).Format("15:04")
	}
	return a.moment(t)
}
