package procedure_test

import (
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

func TestReadSearch(t *testing.T) {
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, typed string
		want        procedure.CaseSearch
		code        procedure.Code
	}{
		{"nothing", "  ", procedure.CaseSearch{}, ""},
		{"personal number", "0101900 715006", procedure.CaseSearch{By: procedure.SearchPersonal, Text: "0101900715006"}, ""},
		{"card", "004217633", procedure.CaseSearch{By: procedure.SearchCard, Text: "004217633"}, ""},
		{"contract", "u-bg-017-03-2026-000088", procedure.CaseSearch{By: procedure.SearchContract, Text: "U-BG-017-03-2026-000088"}, ""},
		{"case", "bg-017-03-2026-000123", procedure.CaseSearch{By: procedure.SearchNumber, Text: "BG-017-03-2026-000123"}, ""},
		{"end of a case number", "123", procedure.CaseSearch{By: procedure.SearchNumber, Text: "BG-017-03-2026-000123"}, ""},
		{"all of its digits", "000123", procedure.CaseSearch{By: procedure.SearchNumber, Text: "BG-017-03-2026-000123"}, ""},
		{"name", " Петровић   Ана ", procedure.CaseSearch{By: procedure.SearchName, Text: "Петровић Ана"}, ""},
		{"double name", "Петровић-Јовановић", procedure.CaseSearch{By: procedure.SearchName, Text: "Петровић-Јовановић"}, ""},
		{"one letter", "П", procedure.CaseSearch{}, procedure.CodeAnswerOpen},
		{"too few digits for anything", "12345678", procedure.CaseSearch{}, procedure.CodeAnswerOpen},
		{"no word at all", "--", procedure.CaseSearch{}, procedure.CodeAnswerOpen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := procedure.ReadSearch(tt.typed, "BG-017-03", now)
			if got != tt.want || codeOf(err) != tt.code {
				t.Errorf("got %v, %v, want %v, %q", got, err, tt.want, tt.code)
			}
		})
	}
}

// listed are the rows that a search finds.
func (h *harness) listed(typed string, f procedure.CaseFilter) []procedure.CaseRow {
	h.t.Helper()
	list, err := h.e.FindCases(ctx, procedure.CaseQuery{Typed: typed, Filter: f})
	h.must("FindCases", err)
	rows, err := h.e.CaseRows(ctx, list.Places)
	h.must("CaseRows", err)
	return rows
}

// threeCases closes one, refuses one, and leaves one waiting for its card.
func (h *harness) threeCases() (closed, refused, open procedure.CaseID) {
	h.t.Helper()
	h.toHandOver()
	closed = h.view().ID
	h.close()
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.must("SyncNow", h.e.SyncNow(ctx))
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	refused = h.view().ID
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.toPapers()
	h.toPINPage()
	open = h.view().ID
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.remove()
	return closed, refused, open
}

// TestCaseList: the list holds every case once, the newest first, each filter
// what it names, and names only where the personal data are still here.
func TestCaseList(t *testing.T) {
	h := testHarness(t)
	h.Settings.PurgeAfterAck = true
	h.restart()
	closed, refused, waiting := h.threeCases()
	for _, tt := range []struct {
		name   string
		typed  string
		filter procedure.CaseFilter
		want   []procedure.CaseID
	}{
		{"all", "", procedure.FilterAll, []procedure.CaseID{waiting, refused, closed}},
		{"open", "", procedure.FilterOpen, []procedure.CaseID{waiting}},
		{"authority", "", procedure.FilterAuthority, nil},
		{"card", "", procedure.FilterCard, []procedure.CaseID{waiting}},
		{"refused", "", procedure.FilterRefused, []procedure.CaseID{refused}},
		{"unsent", "", procedure.FilterUnsent, []procedure.CaseID{waiting, refused}},
		{"number of the first", "1", procedure.FilterAll, []procedure.CaseID{closed}},
		{"number and filter", "1", procedure.FilterOpen, nil},
		{"erased card", proctest.CardNumber, procedure.FilterAll, nil},
		{"card still here", "009999990", procedure.FilterAll, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []procedure.CaseID
			for _, r := range h.listed(tt.typed, tt.filter) {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	rows := h.listed("", procedure.FilterAll)
	if r := rows[2]; r.Phase != procedure.PhaseClosed || !r.Erased || r.Name != "" || !r.Sent || r.Action != procedure.ActionIssue {
		t.Errorf("the closed case: %+v", r)
	}
	if r := rows[1]; r.Refusal != procedure.CodeFace || r.Phase != procedure.PhaseRefused || r.Erased || r.Name == "" || r.Sent {
		t.Errorf("the refused case: %+v", r)
	}
	if r := rows[0]; r.WaitsFor != procedure.WaitsForCard || !r.Ended.IsZero() {
		t.Errorf("the open case: %+v", r)
	}
}

// TestCaseHistory tells every event of a case, with what the authority holds
// of it, and nothing of the person once it was erased.
func TestCaseHistory(t *testing.T) {
	h := testHarness(t)
	h.Settings.PurgeAfterAck = true
	h.restart()
	closed, refused, _ := h.threeCases()
	got, err := h.e.CaseHistory(ctx, closed)
	h.must("CaseHistory", err)
	if len(got.Serials) != 1 || !got.Active || got.Contract.Number == "" || got.Person != (procedure.Words{}) {
		t.Errorf("history %+v", got)
	}
	var kinds []procedure.Kind
	for _, e := range got.Entries {
		kinds = append(kinds, e.Kind)
		if !e.Sent || e.Clerk == "" || e.At.IsZero() {
			t.Errorf("entry %+v", e)
		}
	}
	for _, k := range []procedure.Kind{procedure.KindCaseOpened, procedure.KindPINVerified, procedure.KindCertificate, procedure.KindActive, procedure.KindCaseClosed} {
		if !slices.Contains(kinds, k) {
			t.Errorf("no %s in %v", k, kinds)
		}
	}
	got, err = h.e.CaseHistory(ctx, refused)
	h.must("CaseHistory", err)
	if last := got.Entries[len(got.Entries)-1]; last.Why != procedure.CodeFace || last.Sent || got.Person.Surname == "" {
		t.Errorf("refused: %+v", last)
	}
	_, err = h.e.CaseHistory(ctx, "unknown")
	h.wants("a case that is not there", err, procedure.CodeNoCase)
}

// TestUnsent tells what waits, by case, and why.
func TestUnsent(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	h.close()
	h.must("SyncNow", h.e.SyncNow(ctx))
	list, err := h.e.Unsent(ctx)
	h.must("Unsent", err)
	if len(list.Records) != 0 || list.More {
		t.Fatalf("%+v wait after a sync", list)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.must("SignOut", h.e.SignOut(ctx))
	h.must("SignIn", h.e.SignIn(ctx, []byte(proctest.Password)))
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.Faults.Add(proctest.Fault{Op: proctest.OpSync, When: proctest.Before, Err: &procedure.Error{Code: procedure.CodeNoLink}})
	h.wants("SyncNow", h.e.SyncNow(ctx), procedure.CodeNoLink)
	list, err = h.e.Unsent(ctx)
	h.must("Unsent", err)
	of := list.Records
	if list.More || len(of) != 2 || of[0].Case != "" || of[1].Number == "" || of[1].Events == 0 || of[1].Problem == nil || of[1].Problem.Code != procedure.CodeNoLink {
		t.Errorf("got %+v, want the counter's events and those of one case", list)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	for range 1000 { // a counter that was cut off for days
		h.must("SignOut", h.e.SignOut(ctx))
		h.must("SignIn", h.e.SignIn(ctx, []byte(proctest.Password)))
	}
	list, err = h.e.Unsent(ctx)
	h.must("Unsent", err)
	counted := 0
	for _, r := range list.Records {
		counted += r.Events
	}
	if !list.More || counted != 2000 {
		t.Errorf("counted %d of %d events, more %v", counted, len(h.Journal.Events()), list.More)
	}
}

// TestSearchAuthority: who looks for a person elsewhere leaves a record here
// before the question goes out.
func TestSearchAuthority(t *testing.T) {
	h := testHarness(t)
	h.Settings.PurgeAfterAck = true
	h.restart()
	closed, _, _ := h.threeCases()
	_, err := h.e.SearchAuthority(ctx, "")
	h.wants("no question", err, procedure.CodeAnswerOpen)
	found, err := h.e.SearchAuthority(ctx, proctest.CardNumber)
	h.must("SearchAuthority", err)
	if len(found.Cases) != 1 || found.Cases[0].ID != closed || found.Search.By != procedure.SearchCard {
		t.Errorf("found %+v, want the erased case", found)
	}
	h.Faults.Add(proctest.Fault{Op: proctest.OpSearch, When: proctest.Before, Err: &procedure.Error{Code: procedure.CodeNoLink}})
	_, err = h.e.SearchAuthority(ctx, proctest.CardNumber)
	h.wants("without a link", err, procedure.CodeNoLink)
	var recorded []string
	for _, e := range h.events() {
		if b, ok := e.Body.(*procedure.AuthoritySearched); ok {
			recorded = append(recorded, b.Inquiry)
		}
	}
	if len(recorded) != 2 || !slices.Equal(h.Authority.Inquiries(), recorded[:1]) {
		t.Errorf("recorded here %v, there %v", recorded, h.Authority.Inquiries())
	}
}

// TestLookingNeedsAClerk: nobody sees cases before he has signed in.
func TestLookingNeedsAClerk(t *testing.T) {
	h := testHarness(t)
	h.must("SignOut", h.e.SignOut(ctx))
	_, err := h.e.FindCases(ctx, procedure.CaseQuery{})
	h.wants("FindCases", err, procedure.CodeSignedOut)
	_, err = h.e.CaseRows(ctx, nil)
	h.wants("CaseRows", err, procedure.CodeSignedOut)
	_, err = h.e.CaseHistory(ctx, "x")
	h.wants("CaseHistory", err, procedure.CodeSignedOut)
	_, err = h.e.SearchAuthority(ctx, "петровић")
	h.wants("SearchAuthority", err, procedure.CodeSignedOut)
	_, err = h.e.HandOverJournal(ctx)
	h.wants("HandOverJournal", err, procedure.CodeSignedOut)
}
