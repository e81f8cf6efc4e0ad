package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"salter/app/procedure"
	"salter/app/serbian"
	"salter/ca"
	"salter/store"
)

// archive joins the journal of package store, as people look into it, to the
// port of the core.
type archive struct {
	j         *store.Journal
	path      string // of the journal
	copies    string // folder
	handovers string // folder
	counter   string // its name
	recipient string // age recipient of the authority; empty: there is none
	now       func() time.Time
}

// terms is how the journal calls the fields of a search.
var terms = map[procedure.SearchField]string{
	procedure.SearchPersonal: termPersonalNumber,
	procedure.SearchCard:     termCard,
	procedure.SearchContract: termContract,
	procedure.SearchNumber:   termCaseNumber,
}

func (a archive) Places(ctx context.Context, q procedure.PlaceQuery) ([]int64, error) {
	out := store.CaseQuery{After: q.After}
	if q.Only != nil {
		out.IDs = make([]string, len(q.Only))
		for i, id := range q.Only {
			out.IDs[i] = string(id)
		}
	}
	switch field, exact := terms[q.Search.By]; {
	case exact:
		out.Term = store.Term{Field: field, Value: q.Search.Text}
	case q.Search.By == procedure.SearchName:
		out.Name = serbian.SearchKey(q.Search.Text)
	}
	places, err := a.j.Places(ctx, out)
	return places, storeError(err)
}

func (a archive) At(ctx context.Context, places []int64) ([]procedure.ArchivedCase, error) {
	found, err := a.j.At(ctx, places...)
	cases := make([]procedure.ArchivedCase, len(found))
	for i, c := range found {
		cases[i] = procedure.ArchivedCase{ID: procedure.CaseID(c.ID), Place: c.Opened, Last: c.Last}
	}
	return cases, storeError(err)
}

func (a archive) CaseEvents(ctx context.Context, id procedure.CaseID) ([]procedure.ArchivedEvent, error) {
	found, err := a.j.CaseEvents(ctx, string(id))
	return archivedEvents(found), storeError(err)
}

func (a archive) Unsent(ctx context.Context, limit int) ([]procedure.ArchivedEvent, error) {
	found, err := a.j.Unsent(ctx, limit)
	return archivedEvents(found), storeError(err)
}

func archivedEvents(found []store.Event) []procedure.ArchivedEvent {
	events := make([]procedure.ArchivedEvent, len(found))
	for i, e := range found {
		events[i] = procedure.ArchivedEvent{Seq: e.Seq, Raw: e.Body}
	}
	return events
}

// HandOver writes a new file into its folder: what is there may be on its way
// to the authority.
func (a archive) HandOver(ctx context.Context) (procedure.HandedOverFile, error) {
	if a.recipient == "" {
		return procedure.HandedOverFile{}, &procedure.Error{Code: procedure.CodeSetup, Detail: "no recipient", Err: errNoRecipient}
	}
	if err := os.MkdirAll(a.handovers, 0o700); err != nil {
		return procedure.HandedOverFile{}, storeError(fmt.Errorf("hand over: %w", err))
	}
	head, err := a.j.Head(ctx)
	if err != nil {
		return procedure.HandedOverFile{}, storeError(err)
	}
	name := fmt.Sprintf("%s-%012d-%s.age", a.counter, head.Size, a.now().UTC().Format("20060102T150405"))
	path := filepath.Join(a.handovers, name)
	handed, err := writeHandover(ctx, a.j, path, a.recipient)
	return procedure.HandedOverFile{Path: path, From: handed.From, To: handed.To, Parts: handed.Parts}, storeError(err)
}

func (a archive) Copy(ctx context.Context) (procedure.JournalCopy, error) {
	path, err := copyJournal(ctx, a.j, a.path, a.copies)
	if errors.Is(err, errNoRoom) {
		err = &procedure.Error{Code: procedure.CodeDiskFull, Err: err}
	}
	return procedure.JournalCopy{Path: path, Events: a.j.SyncState().Total}, storeError(err)
}

// SearchCases asks the authority for cases of all counters in the name of the
// signed-in clerk.
func (a authority) SearchCases(ctx context.Context, inquiry string, s procedure.CaseSearch) ([]procedure.RemoteCase, bool, error) {
	clerk, err := a.keyring.signer()
	if err != nil {
		return nil, false, err
	}
	q := ca.CaseQuery{Case: inquiry, Clerk: clerk}
	for by, field := range map[procedure.SearchField]*string{
		procedure.SearchName: &q.Name, procedure.SearchPersonal: &q.PersonalNumber, procedure.SearchCard: &q.CardNumber,
		procedure.SearchContract: &q.Contract, procedure.SearchNumber: &q.Number,
	} {
		if by == s.By {
			*field = s.Text
		}
	}
	found, more, err := a.client.SearchCases(ctx, q)
	if err != nil {
		return nil, false, authorityError(err)
	}
	cases := make([]procedure.RemoteCase, len(found))
	for i, c := range found {
		cases[i] = remoteCase(c)
	}
	return cases, more, nil
}

func remoteCase(c ca.CaseEntry) procedure.RemoteCase {
	out := procedure.RemoteCase{
		ID: procedure.CaseID(c.Case), Number: c.Number, Counter: c.Workstation, At: time.Unix(c.At, 0), Surname: c.Surname, GivenName: c.GivenName,
		PersonalNumber: procedure.PersonalNumber(c.PersonalNumber), CardNumber: procedure.CardNumber(c.CardNumber), Contract: c.Contract,
	}
	for _, held := range c.Certificates {
		out.Certificates = append(out.Certificates, procedure.RemoteCertificate{
			Serial: held.Serial, State: certStates[held.Status], Since: time.Unix(held.Since, 0),
		})
	}
	return out
}
