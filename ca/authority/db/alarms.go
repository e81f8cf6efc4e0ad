package db

import (
	"errors"
	"time"
)

// Alarm is something that somebody should look at.
type Alarm struct {
	Workstation string
	Kind        string
	Detail      string
	First, Last time.Time
	Times       int64
}

// Alarms holds when workstations were heard of, and what is wrong with them.
type Alarms interface {
	// Contact is when the workstation was last heard of; zero: never.
	Contact(workstation string) (time.Time, error)
	// SetContact notes it.
	SetContact(workstation string, at time.Time) error
	// RaiseAlarm opens an alarm, or adds to the open one of the same kind.
	RaiseAlarm(workstation, kind, detail string, at time.Time) error
	// ClearAlarm ends the open one; without one nothing happens.
	ClearAlarm(workstation, kind string, at time.Time) error
	// OpenAlarms lists those of a workstation by kind.
	OpenAlarms(workstation string) ([]Alarm, error)
}

// Contact implements Alarms.
func (t tx) Contact(workstation string) (time.Time, error) {
	var at int64
	err := t.row("read contact", "SELECT at FROM contact WHERE workstation = ?", []any{workstation}, &at)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return time.UnixMilli(at), err
}

// SetContact implements Alarms.
func (t tx) SetContact(workstation string, at time.Time) error {
	return t.exec("write contact", "INSERT INTO contact(workstation, at) VALUES(?, ?) ON CONFLICT(workstation) DO UPDATE SET at = excluded.at",
		workstation, at.UnixMilli())
}

// RaiseAlarm implements Alarms.
func (t tx) RaiseAlarm(workstation, kind, detail string, at time.Time) error {
	return t.exec("raise alarm",
		`INSERT INTO alarm(workstation, kind, detail, first_at, last_at, times) VALUES(?1, ?2, ?3, ?4, ?4, 1)
		 ON CONFLICT(workstation, kind) WHERE cleared_at IS NULL
		 DO UPDATE SET detail = excluded.detail, last_at = excluded.last_at, times = alarm.times + 1`,
		workstation, kind, detail, at.UnixMilli())
}

// ClearAlarm implements Alarms.
func (t tx) ClearAlarm(workstation, kind string, at time.Time) error {
	return t.exec("clear alarm", "UPDATE alarm SET cleared_at = ? WHERE workstation = ? AND kind = ? AND cleared_at IS NULL",
		at.UnixMilli(), workstation, kind)
}

// OpenAlarms implements Alarms.
func (t tx) OpenAlarms(workstation string) ([]Alarm, error) {
	return collect(t, "list alarms",
		"SELECT kind, detail, first_at, last_at, times FROM alarm WHERE workstation = ? AND cleared_at IS NULL ORDER BY kind",
		[]any{workstation}, func(r scanner) (Alarm, error) {
			a := Alarm{Workstation: workstation}
			var first, last int64
			err := r.Scan(&a.Kind, &a.Detail, &first, &last, &a.Times)
			a.First, a.Last = time.UnixMilli(first), time.UnixMilli(last)
			return a, err
		})
}
