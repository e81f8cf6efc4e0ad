package ca_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/catest"
)

// TestContracts walks through the life of a contract with the reference
// authority at the other end.
func TestContracts(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	r, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	c.ship(r, opening)
	contract := ca.ContractRequest{ID: "0193a5f0-0000-7000-8000-0000000000c1", Number: "U/1", Concluded: "2026-01-15",
		Text: sha256.Sum256([]byte("text")), Case: r.Case, ChipFiles: r.ChipFiles, Clerk: c.clerk}
	for range 2 {
		if got, err := c.client.PutContract(ctx, contract); err != nil || got.State != ca.ContractValid {
			t.Fatalf("register: got %+v, %v", got, err)
		}
	}
	other := contract
	other.Concluded = "2026-01-16"
	var e *ca.Error
	if _, err := c.client.PutContract(ctx, other); !errors.As(err, &e) || e.Problem.Name() != ca.ProblemConflict || ca.KindOf(err) != ca.Refuses {
		t.Errorf("another contract under the id: got %v, want a conflict", err)
	}
	h := catest.Citizen()
	query := ca.ContractQuery{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Case: r.Case, Clerk: c.clerk}
	found, err := c.client.SearchContracts(ctx, query)
	if err != nil || len(found) != 1 || found[0].Number != "U/1" || !found[0].Covers {
		t.Errorf("search: got %+v, %v, want the contract, covering", found, err)
	}
	query.PersonalNumber = "0101900715006"
	if found, err := c.client.SearchContracts(ctx, query); err != nil || len(found) != 0 {
		t.Errorf("search for another person: got %+v, %v, want none and no error", found, err)
	}
	end := ca.ContractEndRequest{ID: "0193a5f0-0000-7000-8000-0000000000c2", Number: "U/1", Case: r.Case, Received: time.Now(), Clerk: c.clerk}
	for range 2 {
		if err := c.client.EndContract(ctx, end); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.client.Contract(ctx, "U/1"); err != nil || got.State != ca.ContractTerminated {
		t.Errorf("by number: got %+v, %v, want terminated", got, err)
	}
	if _, err := c.client.Contract(ctx, "U/2"); !errors.As(err, &e) || e.Problem.Name() != ca.ProblemNotFound {
		t.Errorf("unknown number: got %v, want not-found", err)
	}
}

// TestContractAnswers: an answer about something else is none.
func TestContractAnswers(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	ctx := context.Background()
	calls := map[string]func() error{
		"register": func() error {
			_, err := c.PutContract(ctx, ca.ContractRequest{ID: "id", Number: "1", Clerk: s.clerk})
			return err
		},
		"find": func() error { _, err := c.Contract(ctx, "1"); return err },
		"search": func() error {
			_, err := c.SearchContracts(ctx, ca.ContractQuery{Number: "1", Clerk: s.clerk})
			return err
		},
		"end": func() error { return c.EndContract(ctx, ca.ContractEndRequest{ID: "id", Number: "1", Clerk: s.clerk}) },
	}
	for _, tt := range []struct {
		name   string
		status int
		body   string
		kind   ca.Kind
	}{
		{"another number", 200, `{"id":"id","number":"2","state":"terminated","contracts":[{"number":"2","state":"valid"}]}`, ca.BadAnswer},
		{"a state nobody knows", 200, `{"id":"id","number":"1","state":"fine","contracts":[{"number":"1","state":"fine"}]}`, ca.BadAnswer},
		{"ended and covering", 200, `{"id":"id","number":"1","state":"terminated","covers":true,
			"contracts":[{"number":"1","state":"terminated","covers":true}]}`, ca.BadAnswer},
		{"no JSON", 200, `OK`, ca.BadAnswer},
		{"no such route", 404, ``, ca.Unsupported},
		{"server fails", 500, ``, ca.Busy},
	} {
		s.before = func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
			return true
		}
		for name, call := range calls {
			if err := call(); ca.KindOf(err) != tt.kind {
				t.Errorf("%s, %s: got %v (%s), want %s", name, tt.name, err, ca.KindOf(err), tt.kind)
			}
		}
	}
	if _, err := c.SearchContracts(ctx, ca.ContractQuery{Number: "1"}); err == nil {
		t.Error("a search without a clerk was sent")
	}
}
