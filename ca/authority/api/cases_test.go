package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/catest"
)

// searchCases asks in the case, whose clerk signs.
func (o *office) searchCases(c *catest.Case, s ca.CaseSearch) (ca.CasesFound, *ca.Problem) {
	var found ca.CasesFound
	p := o.ws.JSON(http.MethodPost, ca.PathCaseSearch, c.SearchCases(s), &found)
	return found, p
}

func openedEvent(caseID, body string) []byte {
	return fmt.Appendf(nil, `{"v":1,"kind":"case-opened","case":"%s","at":1790000000123,"run":1,"mono":1,"body":%s}`, caseID, body)
}

func TestCaseSearch(t *testing.T) {
	w := newTown(t)
	h, other := catest.Citizen(), another()
	c := w.open()
	lone := catest.NewUUID()
	from := int64(len(w.ws.Journal) + 1)
	w.ws.Append(openedEvent(lone, `{"number":"BG-017-03-2026-000007"}`))
	w.ws.Append(openedEvent(c.ID, `{"number":5}`)) // nothing to be known by, and stored all the same
	w.ws.Append(openedEvent(c.ID, `"cut`+"\x01"))
	if _, p := w.ws.Push(from); p != nil {
		t.Fatal(p)
	}
	for _, tt := range []struct {
		name  string
		terms ca.CaseSearch
		want  string // surname, card, contract, number of certificates
	}{
		{"surname", ca.CaseSearch{Name: "ТУЂИН"}, "ТУЂИНИЋ 987654321 U-9 1"},
		{"surname in Latin without marks", ca.CaseSearch{Name: "tudjin"}, "ТУЂИНИЋ 987654321 U-9 1"},
		{"given name first", ca.CaseSearch{Name: other.GivenName + " туђ"}, "ТУЂИНИЋ 987654321 U-9 1"},
		{"whole name", ca.CaseSearch{Name: "туђинић " + other.GivenName}, "ТУЂИНИЋ 987654321 U-9 1"},
		{"middle of a name", ca.CaseSearch{Name: "ђинић"}, ""},
		{"end of the alphabet", ca.CaseSearch{Name: "\U0010FFFF\U0010FFFF"}, ""},
		{"personal number", ca.CaseSearch{PersonalNumber: h.PersonalNumber},
			h.Surname + " 333333333 U-0 1, " + h.Surname + " 012345678 U-2 1, " + h.Surname + " 111111111 U-1 1"},
		{"card", ca.CaseSearch{CardNumber: "111111111"}, h.Surname + " 111111111 U-1 1"},
		{"contract", ca.CaseSearch{Contract: "U-2"}, h.Surname + " 012345678 U-2 1"},
		{"number of a case that came to nothing", ca.CaseSearch{Number: "BG-017-03-2026-000007"}, "   0"},
		{"nobody", ca.CaseSearch{PersonalNumber: "0101904715005"}, ""},
		{"a pattern is no pattern", ca.CaseSearch{Name: "%%"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, p := w.searchCases(c, tt.terms)
			if p != nil {
				t.Fatalf("refused: %+v", p)
			}
			var got []string
			for _, e := range found.Cases {
				got = append(got, fmt.Sprintf("%s %s %s %d", e.Surname, e.CardNumber, e.Contract, len(e.Certificates)))
				if e.Case == "" || e.Workstation != w.ws.Name || e.At == 0 {
					t.Errorf("case without id, workstation or time: %+v", e)
				}
			}
			if strings.Join(got, ", ") != tt.want || found.More {
				t.Errorf("got %q, more %v, want %q", strings.Join(got, ", "), found.More, tt.want)
			}
		})
	}
	checkSearchRecord(t, w, c)
}

// checkSearchRecord: every search stands in the record, and neither there nor
// in the log stands what was looked for.
func checkSearchRecord(t *testing.T, w *town, c *catest.Case) {
	t.Helper()
	before, err := w.Authority.Searches(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	search := c.SearchCases(ca.CaseSearch{Name: "Туђинић"})
	var found ca.CasesFound
	if p := w.ws.JSON(http.MethodPost, ca.PathCaseSearch, search, &found); p != nil || len(found.Cases) != 1 {
		t.Fatalf("search: %+v, %+v", found, p)
	}
	after, err := w.Authority.Searches(t.Context(), int64(len(before)))
	if err != nil || len(after) != 1 || after[0].Found != found.Cases[0].Case || after[0].Terms != search.Terms() || after[0].Clerk != "1001" {
		t.Errorf("record: %+v, %v", after, err)
	}
	for _, secret := range []string{"уђин", "udjin", another().PersonalNumber, another().CardNumber} {
		if strings.Contains(strings.ToLower(w.log.String()), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestCaseSearchRefused(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	for _, tt := range []struct {
		name    string
		edit    func(s *ca.CaseSearch)
		problem string
	}{
		{"nothing asked", func(s *ca.CaseSearch) { s.Name = "" }, ca.ProblemBadRequest},
		{"two things asked", func(s *ca.CaseSearch) { s.CardNumber = "1" }, ca.ProblemBadRequest},
		{"one letter", func(s *ca.CaseSearch) { s.Name = "п" }, ca.ProblemBadRequest},
		{"one letter and blanks", func(s *ca.CaseSearch) { s.Name = " п  " }, ca.ProblemBadRequest},
		{"no salt", func(s *ca.CaseSearch) { s.Salt = nil }, ca.ProblemBadRequest},
		{"another name than was signed", func(s *ca.CaseSearch) { s.Name = "марк" }, ca.ProblemAssertion},
		{"no signature", func(s *ca.CaseSearch) { s.Clerk = "" }, ca.ProblemAssertion},
		{"signed yesterday", func(s *ca.CaseSearch) {
			s.Clerk = o.clerk.Sign(ca.SearchClaims{Case: c.ID, Terms: s.Terms(), IssuedAt: time.Now().Add(-24 * time.Hour).Unix()})
		}, ca.ProblemClock},
		{"signed for contracts", func(s *ca.CaseSearch) {
			s.Clerk = c.Search(ca.ContractSearch{Number: "U-1"}).Clerk
		}, ca.ProblemAssertion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := c.SearchCases(ca.CaseSearch{Name: "пет"})
			tt.edit(&s)
			wantProblem(t, o.ws.JSON(http.MethodPost, ca.PathCaseSearch, s, nil), tt.problem)
		})
	}
	if list, err := o.Authority.Searches(t.Context(), 0); err != nil || len(list) != 0 {
		t.Errorf("refused searches in the record: %+v, %v", list, err)
	}
}

// TestCasesOfBefore: cases of a database that did not file them yet are found
// after the next start, as are those that only came to a contract.
func TestCasesOfBefore(t *testing.T) {
	o := newOffice(t, catest.Config{})
	issue(t, o.open())
	second := o.ws.Open(o.clerk, o.cards, another())
	id := catest.NewUUID()
	if p := o.ws.JSON(http.MethodPut, ca.PathContracts+id, second.Contract(id, "U-9", "2026-01-03", nil), nil); p != nil {
		t.Fatal(p)
	}
	o.Stop()
	o.exec(t, "DELETE FROM case_name", "DELETE FROM case_file")
	o.Start()
	for _, tt := range []struct{ name, contract string }{{"петровић мар", "1/2026"}, {"tudjin", "U-9"}} {
		found, p := o.searchCases(second, ca.CaseSearch{Name: tt.name})
		if p != nil || len(found.Cases) != 1 || found.Cases[0].Contract != tt.contract {
			t.Errorf("%s: %+v, %+v, want the case under contract %s", tt.name, found, p, tt.contract)
		}
	}
}
