package ca_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
	"salter/ca/profile"
	"salter/store/evidence"
)

// counter is a workstation that was enrolled at the reference authority by the
// code under test, with a journal in memory.
type counter struct {
	t      *testing.T
	server *catest.Server
	client *ca.Client
	clerk  ca.ClerkKey
	keys   *ca.WorkstationKeys
	cards  *catest.CardCA
	cert   *tls.Certificate
	trust  string // its bundle
	events [][]byte
	tree   evidence.Tree
}

func newCounter(t *testing.T, wrap func(http.RoundTripper) http.RoundTripper) *counter {
	t.Helper()
	c := &counter{t: t, server: catest.Start(t, catest.Config{}), cards: catest.NewCardCA(t)}
	c.server.AddAnchor(c.cards.Anchor)
	clerk := c.server.AddClerk("1234")
	c.clerk = ca.ClerkKey{Certificate: clerk.Certificate, Key: clerk.Key}
	var err error
	if c.keys, err = ca.NewWorkstationKeys("BG-017-03"); err != nil {
		t.Fatal(err)
	}
	request, err := c.keys.Request()
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.server.Authority.SignWorkstation(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	cert, trust, err := c.keys.Accept(response, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c.cert, c.trust = cert, response.Bundle
	c.client, err = ca.NewClient(ca.Config{Trust: trust, Version: "1.0.0", Wrap: wrap,
		Certificate: func() (*tls.Certificate, error) { return cert, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
	return c
}

// caller is the counter as the authority sees it.
func (c *counter) caller() authority.Caller {
	c.t.Helper()
	caller, err := authority.CallerOf(c.cert.Leaf)
	if err != nil {
		c.t.Fatal(err)
	}
	return caller
}

// checkpoint signs the present head.
func (c *counter) checkpoint() []byte {
	c.t.Helper()
	signer, err := note.NewSigner(c.keys.Checkpoint)
	if err != nil {
		c.t.Fatal(err)
	}
	signed, err := evidence.Checkpoint{Origin: evidence.Origin("BG-017-03"), Size: c.tree.Size(), Root: c.tree.Root()}.Sign(signer)
	if err != nil {
		c.t.Fatal(err)
	}
	return signed
}

// open journals the card's files and makes a request; nothing is shipped yet.
func (c *counter) open(caseID string) (r ca.EnrolRequest, opening []byte) {
	c.t.Helper()
	h := catest.Citizen()
	opening, sum, err := evidence.Commit(rand.Reader, c.cards.Files(h).Encode())
	if err != nil {
		c.t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{"v": 1, "kind": "card-read", "case": caseID, "at": 1, "run": 1, "mono": 1,
		"commits": map[string]string{"chip-files": hex.EncodeToString(sum[:])}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.events = append(c.events, event)
	c.tree.Append(evidence.Leaf(event))
	year, month, day := h.ValidUntil.Date()
	holder := ca.Holder{
		Subject: profile.Subject{GivenName: h.GivenName, Surname: h.Surname, PersonalNumber: h.PersonalNumber,
			CardNumber: h.CardNumber, Email: "marija@primer.rs"},
		CardValidUntil: profile.Date{Year: year, Month: month, Day: day},
	}
	csr, err := c.client.Request(context.Background(), ca.LabelCitizen, holder, ecKey(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	return ca.EnrolRequest{Label: ca.LabelCitizen, CSR: csr, Holder: holder, Case: caseID, Attempt: 1, Contract: "2026/1",
		Token: "0123456789ABCDEF", ChipFiles: sum, Checkpoint: c.checkpoint(), Clerk: c.clerk, NotBefore: time.Now()}, opening
}

// ship pushes the last event and its opening.
func (c *counter) ship(r ca.EnrolRequest, opening []byte) {
	c.t.Helper()
	j, ctx := c.client.Journal(), context.Background()
	from := int64(len(c.events))
	if _, _, err := j.Push(ctx, from, c.events[from-1:], c.checkpoint()); err != nil {
		c.t.Fatal(err)
	}
	if err := j.PutBlob(ctx, r.ChipFiles, opening); err != nil {
		c.t.Fatal(err)
	}
}

// TestReferenceAuthority walks through the life of a certificate with the
// reference authority at the other end.
func TestReferenceAuthority(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	if _, err := c.client.Policy(ctx); err != nil {
		t.Fatal(err)
	}
	if head, err := c.client.Journal().Head(ctx); err != nil || head != nil {
		t.Fatalf("head of an empty journal: got %q, %v", head, err)
	}
	r, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	if out := c.client.Enrol(ctx, r); out.Verdict != ca.Unknown || ca.KindOf(out.Err) != ca.NotAnchored {
		t.Errorf("before the journal is shipped: got %v, %v; want unknown, not anchored", out.Verdict, out.Err)
	}
	c.ship(r, opening)
	if out, err := c.client.Lookup(ctx, r); err != nil || out.State != ca.IssuanceUnknown {
		t.Errorf("look-up before: got %q, %v", out.State, err)
	}
	out := c.client.Enrol(ctx, r)
	if out.Verdict != ca.Issued {
		t.Fatalf("got %v, %v, %v; want issued", out.Verdict, out.Err, out.Findings)
	}
	for name, again := range map[string]func() ca.Outcome{
		"resend":  func() ca.Outcome { return c.client.Enrol(ctx, r) },
		"look-up": func() ca.Outcome { o, _ := c.client.Lookup(ctx, r); return o },
	} {
		if got := again(); got.Verdict != ca.Issued || got.Serial != out.Serial {
			t.Errorf("%s: got %v, %v; want the same certificate", name, got.Verdict, got.Err)
		}
	}
	if n := c.server.Issued(); n != 1 {
		t.Errorf("%d certificates were issued, want 1", n)
	}
	change := ca.StatusRequest{ID: "0193a5f0-0000-7000-8000-00000000000a", Op: ca.OpActivate, Serial: out.Serial, Case: r.Case,
		ReadBack: sha256.Sum256(out.Chain[0].Raw), Clerk: c.clerk}
	for range 2 {
		if err := c.client.ChangeStatus(ctx, change); err != nil {
			t.Fatal(err)
		}
	}
	change.ID, change.Op, change.Reason, change.ReadBack = "0193a5f0-0000-7000-8000-00000000000c", ca.OpSuspend, ca.ReasonHold, [32]byte{}
	change.Received = time.Now().Add(-time.Minute)
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Fatal(err)
	}
	if got, err := c.client.Certificate(ctx, out.Serial); err != nil || got.Status != ca.StatusSuspended || got.ReceivedAt != change.Received.Unix() {
		t.Errorf("certificate: got %+v, %v; want suspended, received a minute ago", got, err)
	}
	change.ID, change.Op, change.Reason = "0193a5f0-0000-7000-8000-00000000000b", ca.OpRevoke, 5
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.CACerts(ctx, ca.LabelCitizen); err != nil {
		t.Error(err)
	}
	if _, err := c.client.CSRAttrs(ctx, ca.LabelCitizen); err != nil {
		t.Error(err)
	}
	if err := c.server.Authority.RevokeWorkstation(ctx, "BG-017-03"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.Policy(ctx); ca.KindOf(err) != ca.Counter {
		t.Errorf("revoked workstation: got %v, want counter", err)
	}
}

// TestFourEyes has a second clerk approve a reactivation at the reference
// authority.
func TestFourEyes(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	r, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	c.ship(r, opening)
	out := c.client.Enrol(ctx, r)
	change := ca.StatusRequest{ID: "0193a5f0-0000-7000-8000-00000000000a", Op: ca.OpActivate, Serial: out.Serial, Case: r.Case,
		ReadBack: sha256.Sum256(out.Chain[0].Raw), Clerk: c.clerk}
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Fatal(err)
	}
	change.ID, change.Op, change.Reason, change.Received = "0193a5f0-0000-7000-8000-00000000000b", ca.OpSuspend, ca.ReasonHold, time.Now()
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Fatal(err)
	}
	change.ID, change.Op, change.Reason = "0193a5f0-0000-7000-8000-00000000000c", ca.OpReactivate, 0
	if err := c.client.ChangeStatus(ctx, change); ca.KindOf(err) != ca.Pending {
		t.Fatalf("reactivate: got %v, want pending", err)
	}
	queue, err := c.client.Pending(ctx)
	if err != nil || len(queue) != 1 || queue[0].ID != change.ID {
		t.Fatalf("queue: got %+v, %v", queue, err)
	}
	second := c.server.AddClerk("1235")
	decision := ca.ApprovalRequest{ID: "0193a5f0-0000-7000-8000-0000000000d1", Request: queue[0].Request, Decision: ca.DecisionClaim,
		Clerk: ca.ClerkKey{Certificate: second.Certificate, Key: second.Key}}
	if p, err := c.client.Decide(ctx, decision); err != nil || p.ClaimedBy != "1235" {
		t.Fatalf("claim: got %+v, %v", p, err)
	}
	decision.ID, decision.Decision = "0193a5f0-0000-7000-8000-0000000000d2", ca.DecisionApprove
	for range 2 {
		if p, err := c.client.Decide(ctx, decision); err != nil || p.State != ca.ChangeApproved {
			t.Fatalf("approve: got %+v, %v", p, err)
		}
	}
	if err := c.client.ChangeStatus(ctx, change); err != nil {
		t.Errorf("sent again: %v", err)
	}
	own := decision
	own.Clerk = c.clerk
	own.ID = "0193a5f0-0000-7000-8000-0000000000d3"
	if _, err := c.client.Decide(ctx, own); ca.KindOf(err) != ca.ClerkRight {
		t.Errorf("first clerk: got %v, want clerk", err)
	}
}

// TestReferenceAuthorityRefuses has requests that the authority decides
// against, and the journal's one rule.
func TestReferenceAuthorityRefuses(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	r, opening := c.open("0193a5f0-0000-7000-8000-000000000001")
	c.ship(r, opening)

	other := r
	other.Holder.Subject.Surname = "ЈОВАНОВИЋ"
	var err error
	if other.CSR, err = c.client.Request(ctx, r.Label, other.Holder, ecKey(t)); err != nil {
		t.Fatal(err)
	}
	if out := c.client.Enrol(ctx, other); out.Verdict != ca.Refused || ca.KindOf(out.Err) != ca.Refuses {
		t.Errorf("another name than on the card: got %v, %v; want refused", out.Verdict, out.Err)
	}
	stranger := r
	stranger.Clerk = ca.ClerkKey{Certificate: c.clerk.Certificate, Key: ecKey(t)}
	if out := c.client.Enrol(ctx, stranger); out.Verdict != ca.Refused {
		t.Errorf("clerk's key of a stranger: got %v, %v; want refused", out.Verdict, out.Err)
	}
	if err := c.server.Authority.RevokeClerk(ctx, "1234"); err != nil {
		t.Fatal(err)
	}
	if out := c.client.Enrol(ctx, r); out.Verdict != ca.Refused || ca.KindOf(out.Err) != ca.ClerkRight {
		t.Errorf("revoked clerk: got %v, %v; want refused, clerk", out.Verdict, out.Err)
	}
	if n := c.server.Issued(); n != 0 {
		t.Errorf("%d certificates were issued, want none", n)
	}

	j := c.client.Journal()
	c.append("two")
	c.append("three")
	_, _, err = j.Push(ctx, 3, c.events[2:], c.checkpoint())
	var e *ca.Error
	if !errors.As(err, &e) {
		t.Fatalf("gap: got %v", err)
	}
	if head, isGap := e.Gap(); !isGap || head != 1 {
		t.Errorf("gap: got %v; want a gap after 1", err)
	}
	c.tree, c.events = evidence.Tree{}, nil
	c.append("another history")
	if _, _, err = j.Push(ctx, 1, c.events, c.checkpoint()); !errors.As(err, &e) || !e.Fork() {
		t.Errorf("other history: got %v; want a fork", err)
	}
}

// TestFaultyNetwork: whatever the network does, looking up and resending the
// same bytes ends with exactly one certificate for each request.
func TestFaultyNetwork(t *testing.T) {
	var faults *catest.Faults
	c := newCounter(t, func(next http.RoundTripper) http.RoundTripper {
		faults = catest.NewFaults(next, 7)
		return faults
	})
	ctx := context.Background()
	const requests = 25
	for i := range requests {
		faults.Rate = 0
		r, opening := c.open(fmt.Sprintf("0193a5f0-0000-7000-8000-%012d", i))
		c.ship(r, opening)
		faults.Rate = 0.5
		serial, tries := "", 0
		for ; serial == "" && tries < 100; tries++ {
			out := c.client.Enrol(ctx, r)
			if out.Verdict == ca.Unknown {
				if found, err := c.client.Lookup(ctx, r); err == nil {
					out = found
				}
			}
			switch out.Verdict {
			case ca.Issued:
				serial = out.Serial
			case ca.Refused, ca.Unusable:
				t.Fatalf("request %d: got %v, %v", i, out.Verdict, out.Err)
			}
		}
		if serial == "" {
			t.Fatalf("request %d: no certificate after %d tries", i, tries)
		}
	}
	if n := c.server.Issued(); n != requests {
		t.Errorf("%d certificates were issued for %d requests", n, requests)
	}
}

// append adds an event of the given kind.
func (c *counter) append(kind string) {
	c.t.Helper()
	event, err := json.Marshal(map[string]any{"v": 1, "kind": kind, "at": 1, "run": 1, "mono": 1})
	if err != nil {
		c.t.Fatal(err)
	}
	c.events = append(c.events, event)
	c.tree.Append(evidence.Leaf(event))
}
