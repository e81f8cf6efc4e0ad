package authority

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"salter/ca/authority/db"
	"salter/store/evidence"
)

// Overview is how the authority stands with its workstations.
type Overview struct {
	Authority    string              `json:"authority"`
	At           time.Time           `json:"at"`
	Workstations []WorkstationStatus `json:"workstations"` // by name
	Holds        []HeldCertificate   `json:"holds"`        // for longer than the policy expects, held longest first, at most a hundred
	Lists        []ListStatus        `json:"lists"`
	Alarms       []Alarm             `json:"alarms"` // about the authority itself
}

// ListStatus is a published list of revoked certificates.
type ListStatus struct {
	Name   string    `json:"name"` // a label, infrastructure or root
	Number int64     `json:"number"`
	Ends   time.Time `json:"ends"`
	Late   bool      `json:"late"` // it ends soon, and no other one came
}

// rootListNotice is how long before its end the root's list has to be replaced:
// somebody has to travel.
const rootListNotice = 14 * 24 * time.Hour

// listStatuses reads those that are published.
func (a *Authority) listStatuses(tx db.Tx) ([]ListStatus, error) {
	list := []ListStatus{}
	for _, name := range append(a.listed(), listInfra, listRoot) {
		present, notice := tx.CRLHead, crlLife-crlEvery-time.Hour
		if name == listRoot {
			present, notice = func(string) (db.CRL, error) { return a.presentRootCRL(tx) }, rootListNotice
		}
		head, err := present(name)
		if errors.Is(err, db.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, ListStatus{Name: name, Number: head.Number, Ends: head.NextUpdate.UTC(), Late: head.NextUpdate.Sub(a.now()) < notice})
	}
	return list, nil
}

// WorkstationStatus is one workstation in it.
type WorkstationStatus struct {
	Name          string    `json:"name"`
	State         string    `json:"state"`                  // active, revoked, or unknown: only the heads know it
	LastContact   time.Time `json:"last_contact,omitzero"`  // to five minutes; zero: never
	Events        int64     `json:"events"`                 // held
	Countersigned time.Time `json:"countersigned,omitzero"` // when the last checkpoint was
	Alarms        []Alarm   `json:"alarms"`
}

// StateUnknown is the state of a workstation that only the heads know.
const StateUnknown = "unknown"

// Alarm is what somebody should look at.
type Alarm struct {
	Kind   string    `json:"kind"`
	Detail string    `json:"detail"`
	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
	Times  int64     `json:"times,omitempty"`
}

// Overview reads it.
func (a *Authority) Overview(ctx context.Context) (Overview, error) {
	o := Overview{Authority: a.pki.ID, At: a.now().UTC()}
	var behind map[string]string
	err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		o.Workstations, behind = []WorkstationStatus{}, a.watch.behind()
		if o.Holds, err = a.oldHolds(tx); err != nil {
			return err
		}
		if o.Lists, err = a.listStatuses(tx); err != nil {
			return err
		}
		if o.Alarms, err = a.alarms(tx, o.Lists); err != nil {
			return err
		}
		all, err := tx.Workstations()
		if err != nil {
			return err
		}
		for _, w := range all {
			s, err := a.workstationStatus(tx, w, behind[w.Name])
			if err != nil {
				return err
			}
			delete(behind, w.Name)
			o.Workstations = append(o.Workstations, s)
		}
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(behind)) {
		o.Workstations = append(o.Workstations, WorkstationStatus{Name: name, State: StateUnknown,
			Alarms: []Alarm{{Kind: AlarmOlder, Detail: behind[name]}}})
	}
	return o, err
}

// behind is a copy of what blocked looks into.
func (w *watch) behind() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.older)
}

func (a *Authority) workstationStatus(tx db.Tx, w db.Workstation, behind string) (s WorkstationStatus, err error) {
	s = WorkstationStatus{Name: w.Name, State: w.State, Alarms: []Alarm{}}
	if s.LastContact, err = tx.Contact(w.Name); err != nil {
		return s, err
	}
	if s.Events, err = tx.JournalSize(w.Name); err != nil {
		return s, err
	}
	if s.Countersigned, err = a.lastCountersigned(tx, w.Name); err != nil {
		return s, err
	}
	open, err := tx.OpenAlarms(w.Name)
	if err != nil {
		return s, err
	}
	for _, alarm := range open {
		s.Alarms = append(s.Alarms, Alarm{Kind: alarm.Kind, Detail: alarm.Detail, First: alarm.First.UTC(), Last: alarm.Last.UTC(), Times: alarm.Times})
	}
	if behind != "" {
		s.Alarms = append(s.Alarms, Alarm{Kind: AlarmOlder, Detail: behind})
	}
	since := s.LastContact
	if since.IsZero() {
		since = w.At
	} else {
		s.LastContact = since.UTC()
	}
	if quiet := a.now().Sub(since); w.State == db.Active && quiet > a.silence() {
		s.Alarms = append(s.Alarms, Alarm{Kind: AlarmSilence, Detail: fmt.Sprintf("nothing was heard for %v", quiet.Truncate(time.Minute)), First: since.UTC()})
	}
	return s, nil
}

// lastCountersigned is the authority's own time on the last checkpoint of a
// journal; zero if there is none.
func (a *Authority) lastCountersigned(tx db.Tx, workstation string) (time.Time, error) {
	last, err := tx.LastCheckpoint(workstation)
	if errors.Is(err, db.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	v, err := evidence.NewVerifier(a.pki.verifier)
	if err != nil {
		return time.Time{}, err
	}
	at, err := evidence.CosignedAt(last.Note, v)
	return at.UTC(), err
}

// silence is after how long without a word an active workstation is an alarm.
func (a *Authority) silence() time.Duration {
	if a.cfg.Silence > 0 {
		return a.cfg.Silence
	}
	return 72 * time.Hour // a weekend
}

// watchPause is how often KeepWatching looks.
const watchPause = 10 * time.Minute

// KeepWatching logs every workstation that falls silent, and every alarm about
// the authority itself, once, until ctx ends. The other alarms are logged as
// they happen.
func (a *Authority) KeepWatching(ctx context.Context) {
	var known map[string]bool
	tick := time.NewTicker(watchPause)
	defer tick.Stop()
	for {
		o, err := a.Overview(ctx)
		if err == nil {
			known = a.logNew(o, known)
		} else if ctx.Err() == nil {
			a.log.Error("alarms could not be watched", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// logNew logs the alarms that are not known yet, and returns all.
func (a *Authority) logNew(o Overview, known map[string]bool) map[string]bool {
	all := make(map[string]bool)
	for _, w := range o.Workstations {
		if !slices.ContainsFunc(w.Alarms, func(alarm Alarm) bool { return alarm.Kind == AlarmSilence }) {
			continue
		}
		key := AlarmSilence + " " + w.Name
		if all[key] = true; !known[key] {
			a.log.Warn("alarm", "workstation", w.Name, "kind", AlarmSilence, "last_contact", w.LastContact)
		}
	}
	for _, alarm := range o.Alarms {
		key := alarm.Kind + " " + alarm.Detail
		if all[key] = true; !known[key] {
			a.log.Error("alarm", "kind", alarm.Kind, "detail", alarm.Detail)
		}
	}
	return all
}
