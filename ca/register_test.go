package ca_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// TestContractThenRequest: an authority that demands a contract gets it before
// the request, asks for the journal if it comes too early, and knows both
// afterwards.
func TestContractThenRequest(t *testing.T) {
	c := newCounter(t, nil)
	c.server.Stop()
	policy := `{"roles.revocation":["clerk"],"contract.required":true}`
	if err := os.WriteFile(filepath.Join(c.server.Dir, "policy.json"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	c.server.Start()
	ctx := context.Background()
	if p, err := c.client.Policy(ctx); err != nil || !p.ContractRequired || !p.OverrideRequired || p.SupervisorBelowAge != 18 {
		t.Fatalf("policy: got %+v, %v", p, err)
	}
	r, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	contract := ca.ContractRequest{ID: "0193a5f0-0000-7000-8000-0000000000c1", Number: r.Contract, Concluded: "2026-01-15",
		Text: sha256.Sum256([]byte("text")), Case: r.Case, ChipFiles: r.ChipFiles, Clerk: c.clerk}
	var e *ca.Error
	if _, err := c.client.PutContract(ctx, contract); !errors.As(err, &e) || e.Problem.Name() != ca.ProblemCardFiles || ca.KindOf(err) != ca.NotAnchored {
		t.Errorf("before anything is shipped: got %v, want %s", err, ca.ProblemCardFiles)
	}
	j, from := c.client.Journal(), int64(len(c.events))
	if _, _, err := j.Push(ctx, from, c.events[from-1:], c.checkpoint()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.PutContract(ctx, contract); !errors.As(err, &e) || e.Problem.Name() != ca.ProblemCardFiles || ca.KindOf(err) != ca.NotAnchored {
		t.Errorf("before the card files are uploaded: got %v, want %s", err, ca.ProblemCardFiles)
	}
	if err := j.PutBlob(ctx, r.ChipFiles, opening); err != nil {
		t.Fatal(err)
	}
	if out := c.client.Enrol(ctx, r); out.Verdict != ca.Refused || !errors.As(out.Err, &e) || e.Problem.Name() != ca.ProblemContract {
		t.Errorf("without a contract: got %v, %v, want refused, %s", out.Verdict, out.Err, ca.ProblemContract)
	}
	if got, err := c.client.PutContract(ctx, contract); err != nil || got.State != ca.ContractValid {
		t.Fatalf("register: got %+v, %v", got, err)
	}
	out := c.client.Enrol(ctx, r)
	if out.Verdict != ca.Issued {
		t.Fatalf("got %v, %v, want issued", out.Verdict, out.Err)
	}
	h := catest.Citizen()
	found, err := c.client.Register(ctx, ca.RegisterQuery{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Contract: r.Contract,
		Case: r.Case, Clerk: c.clerk})
	if err != nil || len(found.Contracts) != 1 || !found.Contracts[0].Covers || len(found.Certificates) != 1 ||
		found.Certificates[0].Serial != out.Serial || found.Certificates[0].Contract != r.Contract {
		t.Errorf("register: got %+v, %v, want the contract and the certificate", found, err)
	}
}

// TestOverrideIsSent: a second certificate beside one that stands needs a
// supervisor's signature, which the client passes on as it was made.
func TestOverrideIsSent(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	first, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	c.ship(first, opening)
	out := c.client.Enrol(ctx, first)
	if out.Verdict != ca.Issued {
		t.Fatalf("first: got %v, %v", out.Verdict, out.Err)
	}
	change := ca.StatusRequest{ID: "0193a5f0-0000-7000-8000-0000000000a1", Op: ca.OpActivate, Serial: out.Serial, Case: first.Case,
		ReadBack: sha256.Sum256(out.Chain[0].Raw), Clerk: c.clerk}
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Fatal(err)
	}
	second, opening := c.open("0193a5f0-0000-7000-8000-000000000002")
	c.ship(second, opening)
	out = c.client.Enrol(ctx, second)
	var e *ca.Error
	if out.Verdict != ca.Refused || !errors.As(out.Err, &e) || e.Problem.Name() != ca.ProblemOverride || ca.KindOf(out.Err) != ca.ClerkRight {
		t.Fatalf("without: got %v, %v, want refused, %s", out.Verdict, out.Err, ca.ProblemOverride)
	}
	supervisor := c.server.AddClerk("2001", authority.RoleSupervisor)
	sign := func(caseID, choice string) []byte {
		return []byte(supervisor.Sign(ca.OverrideClaims{Version: 1, Case: caseID, Facts: json.RawMessage(`{"certificate":"valid"}`),
			Proposal: "none", Choice: choice, Needs: []string{ca.NeedCertificateValid}, Reason: "разлог", IssuedAt: time.Now().Unix()}))
	}
	second.Action, second.Override = ca.ActionRenew, sign(second.Case, ca.ActionRenew)
	if out = c.client.Enrol(ctx, second); out.Verdict != ca.Issued {
		t.Errorf("with: got %v, %v, want issued", out.Verdict, out.Err)
	}
	change = ca.StatusRequest{ID: "0193a5f0-0000-7000-8000-0000000000a2", Op: ca.OpSuspend, Serial: change.Serial, Case: second.Case,
		Reason: ca.ReasonHold, Received: time.Now(), Clerk: c.clerk, Override: sign(first.Case, ca.OpSuspend)}
	if err := c.client.ChangeStatus(ctx, change); !errors.As(err, &e) || e.Problem.Name() != ca.ProblemOverrideInvalid || ca.KindOf(err) != ca.ClerkRight {
		t.Errorf("status change with another case's override: got %v, want %s", err, ca.ProblemOverrideInvalid)
	}
	change.Override = sign(second.Case, ca.OpSuspend)
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Errorf("status change: %v", err)
	}
	change.Override = make([]byte, ca.MaxOverride+1)
	if err := c.client.ChangeStatus(ctx, change); ca.KindOf(err) != ca.Defect {
		t.Errorf("override without end: got %v, want it unsent", err)
	}
}

// TestRegisterAnswers: an answer to another question is none, and neither is
// one that could be taken for an empty register.
func TestRegisterAnswers(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	ctx := context.Background()
	person := ca.RegisterQuery{PersonalNumber: "0101900710004", CardNumber: "012345678", Contract: "1", Clerk: s.clerk}
	number := ca.RegisterQuery{Contract: "1", Clerk: s.clerk}
	const held = `{"contracts":[],"certificates":[{"serial":"40","label":"l","status":"active","not_before":1,"not_after":2}]}`
	for _, tt := range []struct {
		name   string
		query  ca.RegisterQuery
		status int
		body   string
		kind   ca.Kind
	}{
		{"nothing found", person, 200, `{"contracts":[],"certificates":[]}`, ""},
		{"a certificate", person, 200, held, ""},
		{"another person's contract", person, 200, `{"contracts":[{"number":"1","state":"other"}],"certificates":[]}`, ""},
		{"another contract", number, 200, `{"contracts":[{"number":"2","state":"valid"}],"certificates":[]}`, ca.BadAnswer},
		{"another's, without a person", number, 200, `{"contracts":[{"number":"1","state":"other"}],"certificates":[]}`, ca.BadAnswer},
		{"another's, not asked for", person, 200, `{"contracts":[{"number":"2","state":"other"}],"certificates":[]}`, ca.BadAnswer},
		{"another's, and more", person, 200, `{"contracts":[{"id":"x","number":"1","state":"other"}],"certificates":[]}`, ca.BadAnswer},
		{"no lists", person, 200, `{}`, ca.BadAnswer},
		{"contracts only", person, 200, `{"contracts":[]}`, ca.BadAnswer},
		{"status nobody knows", person, 200, `{"contracts":[],"certificates":[{"serial":"40","status":"fine"}]}`, ca.BadAnswer},
		{"no serial", person, 200, `{"contracts":[],"certificates":[{"serial":"","status":"active"}]}`, ca.BadAnswer},
		{"serial in capitals", person, 200, `{"contracts":[],"certificates":[{"serial":"4A","status":"active"}]}`, ca.BadAnswer},
		{"validity upside down", person, 200, `{"contracts":[],"certificates":[{"serial":"40","status":"active","not_before":3,"not_after":2}]}`, ca.BadAnswer},
		{"no JSON", person, 200, `OK`, ca.BadAnswer},
		{"no such route", person, 404, ``, ca.Unsupported},
		{"server fails", person, 500, ``, ca.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.before = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
				return true
			}
			if _, err := c.Register(ctx, tt.query); ca.KindOf(err) != tt.kind {
				t.Errorf("got %v (%s), want %q", err, ca.KindOf(err), tt.kind)
			}
		})
	}
	if _, err := c.Register(ctx, ca.RegisterQuery{Contract: "1"}); err == nil {
		t.Error("a search without a clerk was sent")
	}
}
