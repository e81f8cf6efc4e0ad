package proctest

import (
	"context"
	"slices"
	"strings"

	"salter/app/procedure"
)

// caseOf is what the archive knows of one case.
type caseOf struct {
	id          procedure.CaseID
	place, last int64
	words       map[procedure.CaseSearch]bool
	names       []string
	person      procedure.Words
}

// found reports whether the search finds the case. Names are compared in one
// script only.
func (c caseOf) found(s procedure.CaseSearch) bool {
	if s.By == procedure.SearchName {
		return slices.ContainsFunc(c.names, func(n string) bool { return strings.HasPrefix(strings.ToUpper(n), strings.ToUpper(s.Text)) })
	}
	return s == (procedure.CaseSearch{}) || c.words[s]
}

// cases reads the journal. What was purged is found no more, but by the
// authority.
func (j *Journal) cases(authority bool) []caseOf {
	var list []caseOf
	for i, raw := range j.Events() {
		e, err := procedure.DecodeEvent(raw)
		if err != nil || e.Case == "" {
			continue
		}
		at := slices.IndexFunc(list, func(c caseOf) bool { return c.id == e.Case })
		if at < 0 {
			at = len(list)
			list = append(list, caseOf{id: e.Case, place: int64(i + 1), words: map[procedure.CaseSearch]bool{}})
		}
		c := &list[at]
		c.last = int64(i + 1)
		switch b := e.Body.(type) {
		case *procedure.CaseOpened:
			c.words[procedure.CaseSearch{By: procedure.SearchNumber, Text: b.Number}] = true
			j.addPerson(c, authority)
		case *procedure.ActionChosen:
			c.words[procedure.CaseSearch{By: procedure.SearchContract, Text: b.Contract}] = true
		}
	}
	return list
}

// addPerson adds the words of the record, if it can be opened.
func (j *Journal) addPerson(c *caseOf, authority bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	k := partKey{c.id, procedure.PartRecord}
	opening, there := j.parts[k]
	if !there || j.purged[k] && !authority {
		return
	}
	w := procedure.RecordWords(opening[32:]) // behind the salt
	c.person = w
	c.words[procedure.CaseSearch{By: procedure.SearchPersonal, Text: string(w.PersonalNumber)}] = true
	c.words[procedure.CaseSearch{By: procedure.SearchCard, Text: string(w.CardNumber)}] = true
	c.names = []string{w.Surname + " " + w.GivenName, w.GivenName + " " + w.Surname}
}

// Places implements procedure.Archive.
func (j *Journal) Places(_ context.Context, q procedure.PlaceQuery) ([]int64, error) {
	var places []int64
	for _, c := range j.cases(false) {
		if c.found(q.Search) && c.last > q.After && (q.Only == nil || slices.Contains(q.Only, c.id)) {
			places = append(places, c.place)
		}
	}
	slices.Reverse(places)
	return places, nil
}

// At implements procedure.Archive.
func (j *Journal) At(_ context.Context, places []int64) ([]procedure.ArchivedCase, error) {
	var list []procedure.ArchivedCase
	for _, c := range j.cases(false) {
		if slices.Contains(places, c.place) {
			list = append(list, procedure.ArchivedCase{ID: c.id, Place: c.place, Last: c.last})
		}
	}
	slices.Reverse(list)
	return list, nil
}

// CaseEvents implements procedure.Archive.
func (j *Journal) CaseEvents(_ context.Context, id procedure.CaseID) ([]procedure.ArchivedEvent, error) {
	var list []procedure.ArchivedEvent
	for i, raw := range j.Events() {
		if e, err := procedure.DecodeEvent(raw); err == nil && e.Case == id {
			list = append(list, procedure.ArchivedEvent{Seq: int64(i + 1), Raw: raw})
		}
	}
	return list, nil
}

// Unsent implements procedure.Archive.
func (j *Journal) Unsent(_ context.Context, limit int) ([]procedure.ArchivedEvent, error) {
	var list []procedure.ArchivedEvent
	acked := j.Acked()
	for i, raw := range j.Events() {
		if int64(i) >= acked && len(list) < limit {
			list = append(list, procedure.ArchivedEvent{Seq: int64(i + 1), Raw: raw})
		}
	}
	return list, nil
}

// HandOver implements procedure.Archive; the file is only counted.
func (j *Journal) HandOver(context.Context) (procedure.HandedOverFile, error) {
	s := j.SyncState()
	return procedure.HandedOverFile{Path: "counter.age", From: s.Acked + 1, To: s.Total}, nil
}

// Copy implements procedure.Archive; the copy is only counted.
func (j *Journal) Copy(context.Context) (procedure.JournalCopy, error) {
	return procedure.JournalCopy{Path: "journal.db", Events: j.SyncState().Total}, nil
}

// SearchCases implements procedure.CaseSearcher: the authority knows what was
// ever sealed here, purged or not.
func (a *Authority) SearchCases(_ context.Context, inquiry string, s procedure.CaseSearch) (found []procedure.RemoteCase, more bool, err error) {
	err = a.faults.around(OpSearch, func() error {
		a.mu.Lock()
		a.inquiries = append(a.inquiries, inquiry)
		a.mu.Unlock()
		for _, c := range a.journal.cases(true) {
			if c.found(s) {
				found = append(found, procedure.RemoteCase{
					ID: c.id, Counter: "BG-017-03", Surname: c.person.Surname, GivenName: c.person.GivenName,
					PersonalNumber: c.person.PersonalNumber, CardNumber: c.person.CardNumber,
				})
			}
		}
		return nil
	})
	return found, false, err
}

// Inquiries lists the searches for cases that came here.
func (a *Authority) Inquiries() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.inquiries)
}
