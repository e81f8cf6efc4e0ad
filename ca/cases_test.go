package ca_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"salter/ca"
)

// TestSearchCases asks the real authority.
func TestSearchCases(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	r, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	c.ship(r, opening)
	out := c.client.Enrol(ctx, r)
	if out.Verdict != ca.Issued {
		t.Fatalf("got %v, %v, want issued", out.Verdict, out.Err)
	}
	cases, more, err := c.client.SearchCases(ctx, ca.CaseQuery{Contract: r.Contract, Case: r.Case, Clerk: c.clerk})
	if err != nil || more || len(cases) != 1 || cases[0].Case != r.Case || len(cases[0].Certificates) != 1 || cases[0].Certificates[0].Serial != out.Serial {
		t.Errorf("by contract: %+v, %v, %v", cases, more, err)
	}
	none, more, err := c.client.SearchCases(ctx, ca.CaseQuery{Name: "нема га", Case: r.Case, Clerk: c.clerk})
	if err != nil || more || none == nil || len(none) != 0 {
		t.Errorf("nobody: %+v, %v, %v", none, more, err)
	}
}

// TestCaseAnswers: an answer to another question is none, and neither is one
// that could be taken for an empty register.
func TestCaseAnswers(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	card := ca.CaseQuery{CardNumber: "012345678", Clerk: s.clerk}
	for _, tt := range []struct {
		name   string
		query  ca.CaseQuery
		status int
		body   string
		kind   ca.Kind
	}{
		{"nothing found", card, 200, `{"cases":[]}`, ""},
		{"a case", card, 200, `{"cases":[{"case":"c","card_number":"012345678","certificates":[{"serial":"4a","status":"active"}]}],"more":true}`, ""},
		{"no list", card, 200, `{}`, ca.BadAnswer},
		{"another card", card, 200, `{"cases":[{"case":"c","card_number":"1"}]}`, ca.BadAnswer},
		{"status nobody knows", card, 200, `{"cases":[{"case":"c","card_number":"012345678","certificates":[{"serial":"4a","status":"fine"}]}]}`, ca.BadAnswer},
		{"too many", ca.CaseQuery{Name: "пе", Clerk: s.clerk}, 200, `{"cases":[` + strings.Repeat(`{"case":"c"},`, ca.MaxCases) + `{"case":"c"}]}`, ca.BadAnswer},
		{"no such route", card, 404, ``, ca.Unsupported},
		{"server fails", card, 500, ``, ca.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.before = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
				return true
			}
			if _, _, err := c.SearchCases(context.Background(), tt.query); ca.KindOf(err) != tt.kind {
				t.Errorf("got %v (%s), want %q", err, ca.KindOf(err), tt.kind)
			}
		})
	}
	if _, _, err := c.SearchCases(context.Background(), ca.CaseQuery{Name: "пе"}); err == nil {
		t.Error("a search without a clerk was sent")
	}
}
