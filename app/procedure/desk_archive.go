package procedure

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// CaseFilter narrows the list of cases by how they stand.
type CaseFilter string

// The filters.
const (
	FilterAll       CaseFilter = ""
	FilterOpen      CaseFilter = "open"      // not ended
	FilterAuthority CaseFilter = "authority" // waits for the authority
	FilterCard      CaseFilter = "card"      // waits for the card
	FilterUnsent    CaseFilter = "unsent"    // the authority does not hold all of it
	FilterRefused   CaseFilter = "refused"
)

// CaseFilters lists them all.
var CaseFilters = []CaseFilter{FilterAll, FilterOpen, FilterAuthority, FilterCard, FilterUnsent, FilterRefused}

// CaseQuery asks for cases of this counter.
type CaseQuery struct {
	Typed  string // into the search field, see ReadSearch
	Filter CaseFilter
}

// CaseList is the answer: as many places as there are cases, so that a list
// can be long without being read.
type CaseList struct {
	Places []int64
	Search CaseSearch // how the typed text was understood
}

// CaseRow is a case in one line.
type CaseRow struct {
	ID       CaseID
	Place    int64
	Number   string
	Name     string // surname first; empty: not known here
	Erased   bool   // personal data were erased after the authority took them over
	NoCard   bool
	Action   Action // empty: not chosen yet
	Phase    Phase
	WaitsFor WaitsFor
	Refusal  Code
	Opened   time.Time
	Ended    time.Time // zero: not yet
	Clerk    string    // number of who opened it
	Sent     bool      // the authority holds all of it
}

// UnsentList is what the authority does not hold.
type UnsentList struct {
	Records []UnsentRecord
	More    bool // and later events, which are not counted here
}

// UnsentRecord is what the authority does not hold of one case, or of the
// counter itself.
type UnsentRecord struct {
	Case    CaseID // empty: of the counter
	Number  string
	Events  int
	Since   time.Time
	Problem *Error // why the last try failed; nil: its turn has not come
}

// RemoteCases is what the authority found.
type RemoteCases struct {
	Search CaseSearch
	Cases  []RemoteCase
	More   bool // there are more than were told
}

// maxUnsent bounds how many events are looked at for the list of what waits.
const maxUnsent = 2000

// look is the beginning of every method that shows what the journal holds.
func (e *Engine) look(ctx context.Context, there bool, what string) error {
	if err := e.load(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	stop, clerk := e.stop, e.clerk
	e.mu.Unlock()
	switch {
	case stop != nil:
		return stop
	case clerk == nil:
		return &Error{Code: CodeSignedOut}
	case !there:
		return &Error{Code: CodeSetup, Detail: what}
	}
	return nil
}

// FindCases lists the cases of this counter.
func (e *Engine) FindCases(ctx context.Context, q CaseQuery) (CaseList, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return CaseList{}, err
	}
	search, err := ReadSearch(q.Typed, e.cfg.Counter, e.cfg.Now())
	if err != nil {
		return CaseList{}, err
	}
	places, err := e.cfg.Archive.Places(ctx, e.placeQuery(search, q.Filter))
	if err != nil {
		return CaseList{}, journalError("find cases", err)
	}
	return CaseList{Places: places, Search: search}, nil
}

// placeQuery says which cases a filter leaves: those that have not ended are
// known here.
func (e *Engine) placeQuery(s CaseSearch, f CaseFilter) PlaceQuery {
	q := PlaceQuery{Search: s}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch f {
	case FilterUnsent:
		q.After = e.cfg.Journal.SyncState().Acked
	case FilterRefused:
		q.Only = append([]CaseID{}, e.book.refused...)
	case FilterOpen, FilterAuthority, FilterCard:
		q.Only = []CaseID{}
		for _, c := range e.book.open() {
			waits := e.summary(c).WaitsFor
			if f == FilterOpen || f == FilterAuthority && waits == WaitsForAuthority || f == FilterCard && waits == WaitsForCard {
				q.Only = append(q.Only, c.ID)
			}
		}
	}
	return q
}

// CaseRows gives the rows for some places of a list.
func (e *Engine) CaseRows(ctx context.Context, places []int64) ([]CaseRow, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return nil, err
	}
	found, err := e.cfg.Archive.At(ctx, places)
	if err != nil {
		return nil, journalError("list cases", err)
	}
	rows := make([]CaseRow, 0, len(found))
	for _, a := range found {
		c, _, err := e.archived(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		row, err := e.row(ctx, c)
		if err != nil {
			return nil, err
		}
		row.Place, row.Sent = a.Place, a.Last <= e.cfg.Journal.SyncState().Acked
		rows = append(rows, row)
	}
	return rows, nil
}

// archived folds a case from its events.
func (e *Engine) archived(ctx context.Context, id CaseID) (Case, []ArchivedEvent, error) {
	events, err := e.cfg.Archive.CaseEvents(ctx, id)
	if err != nil {
		return Case{}, nil, journalError("read case", err)
	}
	c, err := foldCase(id, events)
	return c, events, err
}

// foldCase folds the events of one case.
func foldCase(id CaseID, events []ArchivedEvent) (Case, error) {
	var c Case
	for i, a := range events {
		event, err := DecodeEvent(a.Raw)
		if err != nil {
			return c, err
		}
		if opened, ok := event.Body.(*CaseOpened); ok && i == 0 {
			c = openCase(event, opened)
			continue
		}
		if event.Body == nil {
			continue // of a later version
		}
		if c, err = c.apply(event); err != nil {
			return c, &Error{Code: CodeTampered, Detail: "case " + string(id), Err: err}
		}
	}
	if c.ID == "" {
		return c, &Error{Code: CodeNoCase}
	}
	return c, nil
}

// row says how a case stands.
func (e *Engine) row(ctx context.Context, c Case) (CaseRow, error) {
	r := CaseRow{
		ID: c.ID, Number: c.Number, NoCard: c.NoCard, Action: c.Action, Refusal: c.Refused,
		Opened: c.Opened, Ended: c.Ended, Phase: PhaseRefused,
	}
	if len(c.Clerks) > 0 {
		r.Clerk = c.Clerks[0]
	}
	switch {
	case c.Closed:
		r.Phase = PhaseClosed
	case !c.Over():
		e.mu.Lock()
		s := e.summary(c)
		e.mu.Unlock()
		r.Phase, r.WaitsFor = s.Phase, s.WaitsFor
	}
	words, erased, err := e.words(ctx, c.ID)
	r.Name, r.Erased = strings.TrimSpace(words.Surname+" "+words.GivenName), erased
	return r, err
}

// words are those by which the case is found, as far as they are still here.
func (e *Engine) words(ctx context.Context, id CaseID) (w Words, erased bool, err error) {
	content, err := e.part(ctx, id, PartRecord)
	if err != nil {
		if problem := journalError("record", err); problem.Code != CodeErased {
			return w, false, problem
		}
		return w, true, nil
	}
	if !json.Valid(content) {
		return w, false, &Error{Code: CodeTampered, Detail: "part " + PartRecord}
	}
	return RecordWords(content), false, nil
}

// SearchAuthority looks for cases at all counters.
func (e *Engine) SearchAuthority(ctx context.Context, typed string) (RemoteCases, error) {
	if err := e.look(ctx, e.cfg.Search != nil, "search"); err != nil {
		return RemoteCases{}, err
	}
	search, err := ReadSearch(typed, e.cfg.Counter, e.cfg.Now())
	if err == nil && search.By == "" {
		err = &Error{Code: CodeAnswerOpen, Fields: []string{FieldSearch}}
	}
	if err != nil {
		return RemoteCases{}, err
	}
	if !e.begin() {
		return RemoteCases{}, &Error{Code: CodeNotNow, Detail: "the program ends"}
	}
	defer e.running.Done()
	inquiry := newUUID(e.cfg.Now())
	if err := e.commit(ctx, draft{kind: KindAuthoritySearched, body: AuthoritySearched{inquiry, search.By}}); err != nil {
		return RemoteCases{}, err
	}
	found, more, err := e.cfg.Search.SearchCases(ctx, inquiry, search)
	if err != nil {
		return RemoteCases{}, asError(CodeNoLink, "search cases", err)
	}
	return RemoteCases{Search: search, Cases: found, More: more}, nil
}

// Unsent lists what the authority does not hold yet, by case.
func (e *Engine) Unsent(ctx context.Context) (UnsentList, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return UnsentList{}, err
	}
	events, err := e.cfg.Archive.Unsent(ctx, maxUnsent+1)
	if err != nil {
		return UnsentList{}, journalError("list unsent events", err)
	}
	more := len(events) > maxUnsent
	records, err := e.unsentByCase(ctx, events[:min(len(events), maxUnsent)])
	return UnsentList{Records: records, More: more}, err
}

// unsentByCase counts events by their case.
func (e *Engine) unsentByCase(ctx context.Context, events []ArchivedEvent) ([]UnsentRecord, error) {
	problem := e.cfg.Journal.SyncState().Problem
	var list []UnsentRecord
	for _, a := range events {
		event, err := DecodeEvent(a.Raw)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list, func(r UnsentRecord) bool { return r.Case == event.Case })
		if i < 0 {
			i = len(list)
			list = append(list, UnsentRecord{Case: event.Case, Since: event.At, Problem: problem})
		}
		list[i].Events++
	}
	for i := range list {
		if list[i].Case == "" {
			continue
		}
		c, _, err := e.archived(ctx, list[i].Case)
		if err != nil {
			return nil, err
		}
		list[i].Number = c.Number
	}
	return list, nil
}

// HandOverJournal writes what the authority does not hold into a sealed file.
func (e *Engine) HandOverJournal(ctx context.Context) (HandedOverFile, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return HandedOverFile{}, err
	}
	f, err := e.cfg.Archive.HandOver(ctx)
	if err != nil {
		return f, journalError("hand over journal", err)
	}
	return f, nil
}

// CopyJournal makes a verified copy of the journal.
func (e *Engine) CopyJournal(ctx context.Context) (JournalCopy, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return JournalCopy{}, err
	}
	c, err := e.cfg.Archive.Copy(ctx)
	if err != nil {
		return c, journalError("copy journal", err)
	}
	return c, nil
}

// SelfTest looks at every part of the counter.
func (e *Engine) SelfTest(ctx context.Context, tell func(Finding)) error {
	if e.cfg.Checkup == nil {
		return &Error{Code: CodeSetup, Detail: "checkup"}
	}
	e.cfg.Checkup.Check(ctx, tell)
	return ctx.Err()
}
