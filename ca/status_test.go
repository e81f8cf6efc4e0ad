package ca_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"salter/ca"
	"salter/ca/est"
)

func change(s *server, op string) ca.StatusRequest {
	return ca.StatusRequest{ID: "0193a5f0-0000-7000-8000-000000000002", Op: op, Serial: "4abc", Case: "c",
		ReadBack: sha256.Sum256([]byte("certificate")), Clerk: s.clerk}
}

func TestChangeStatus(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	ctx := context.Background()
	if err := c.ChangeStatus(ctx, change(s, ca.OpActivate)); err != nil {
		t.Fatal(err)
	}
	revoke := change(s, ca.OpRevoke)
	revoke.Reason = 5
	if err := c.ChangeStatus(ctx, revoke); err != nil {
		t.Fatal(err)
	}
	if s.requests[0] != "PUT /ra/v1/status-changes/0193a5f0-0000-7000-8000-000000000002" {
		t.Errorf("asked for %q", s.requests[0])
	}
	readBack := sha256.Sum256([]byte("certificate"))
	if got := s.statuses[0]; got.Op != ca.OpActivate || got.Serial != "4abc" || got.ReadBack != hex.EncodeToString(readBack[:]) {
		t.Errorf("activate: got %+v", got)
	}
	if got := s.statuses[1]; got.Op != ca.OpRevoke || got.Reason != 5 || got.ReadBack != "" {
		t.Errorf("revoke: got %+v", got)
	}
	signed, err := jose.ParseSignedCompact(s.statuses[1].Clerk, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := signed.Verify(s.clerk.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var claims ca.StatusClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	want := ca.StatusClaims{ID: revoke.ID, Op: ca.OpRevoke, Serial: "4abc", Reason: 5, IssuedAt: claims.IssuedAt}
	if claims != want {
		t.Errorf("clerk signed %+v, want %+v", claims, want)
	}
}

// TestCertificateAnswers: only an answer about the certificate asked for counts.
func TestCertificateAnswers(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	for _, tt := range []struct {
		name  string
		reply func(w http.ResponseWriter)
		kind  ca.Kind
	}{
		{"suspended", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"serial":"4abc","status":"suspended"}`)) }, ""},
		{"another certificate", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"serial":"4abd","status":"active"}`)) }, ca.BadAnswer},
		{"a status nobody knows", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"serial":"4abc","status":"fine"}`)) }, ca.BadAnswer},
		{"unknown", func(w http.ResponseWriter) { problem(w, 404, ca.ProblemNotFound) }, ca.Refuses},
		{"no such route", func(w http.ResponseWriter) { w.WriteHeader(404) }, ca.Unsupported},
		{"server fails", func(w http.ResponseWriter) { w.WriteHeader(500) }, ca.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.before = func(w http.ResponseWriter, _ *http.Request) bool { tt.reply(w); return true }
			if _, err := c.Certificate(context.Background(), "4abc"); ca.KindOf(err) != tt.kind {
				t.Errorf("got %v (%s), want %q", err, ca.KindOf(err), tt.kind)
			}
		})
	}
}

// TestApprovalAnswers: an answer about something else is none.
func TestApprovalAnswers(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	ctx := context.Background()
	request := hex.EncodeToString(make([]byte, 32))
	for _, tt := range []struct {
		name, body   string
		status       int
		list, decide ca.Kind
	}{
		{"as asked", `{"request":"` + request + `","state":"approved","pending":[{"request":"` + request + `","state":"pending"}]}`, 200, "", ""},
		{"another", `{"request":"00","state":"approved","pending":[{"request":"00","state":"pending"}]}`, 200, ca.BadAnswer, ca.BadAnswer},
		{"another state", `{"request":"` + request + `","state":"pending","pending":[{"request":"` + request + `","state":"approved"}]}`,
			200, ca.BadAnswer, ca.BadAnswer},
		{"no such route", ``, 404, ca.Unsupported, ca.Unsupported},
		{"server fails", ``, 500, ca.Busy, ca.Busy},
	} {
		s.before = func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
			return true
		}
		if _, err := c.Pending(ctx); ca.KindOf(err) != tt.list {
			t.Errorf("list, %s: got %v (%s), want %q", tt.name, err, ca.KindOf(err), tt.list)
		}
		_, err := c.Decide(ctx, ca.ApprovalRequest{ID: "id", Request: request, Decision: ca.DecisionApprove, Clerk: s.clerk})
		if ca.KindOf(err) != tt.decide {
			t.Errorf("decide, %s: got %v (%s), want %q", tt.name, err, ca.KindOf(err), tt.decide)
		}
	}
}

func TestChangeStatusFails(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	for _, tt := range []struct {
		name  string
		reply func(w http.ResponseWriter)
		kind  ca.Kind
	}{
		{"supersedes itself", func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"serial":"4abc","status":"active","superseded":["4abb","4abc"]}`))
		}, ca.BadAnswer},
		{"supersedes others", func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"serial":"4abc","status":"active","superseded":["4abb"]}`))
		}, ""},
		{"another status", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"serial":"4abc","status":"hold"}`)) }, ca.BadAnswer},
		{"another certificate", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"serial":"4abd","status":"active"}`)) }, ca.BadAnswer},
		{"no JSON", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`OK`)) }, ca.BadAnswer},
		{"four eyes", func(w http.ResponseWriter) { w.WriteHeader(202) }, ca.Pending},
		{"no such route", func(w http.ResponseWriter) { w.WriteHeader(404) }, ca.Unsupported},
		{"revoked already", func(w http.ResponseWriter) { problem(w, 409, ca.ProblemTransition) }, ca.Refuses},
		{"unknown certificate", func(w http.ResponseWriter) { problem(w, 404, ca.ProblemNotFound) }, ca.Refuses},
		{"server fails", func(w http.ResponseWriter) { w.WriteHeader(500) }, ca.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.before = func(w http.ResponseWriter, _ *http.Request) bool { tt.reply(w); return true }
			if err := c.ChangeStatus(context.Background(), change(s, ca.OpActivate)); ca.KindOf(err) != tt.kind {
				t.Errorf("got %v (%s), want %s", err, ca.KindOf(err), tt.kind)
			}
		})
	}
	r := change(s, ca.OpActivate)
	r.Clerk = nil
	if err := c.ChangeStatus(context.Background(), r); err == nil {
		t.Error("a change without a clerk was sent")
	}
}

func TestCACertsAndCSRAttrs(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	ctx := context.Background()
	chain, err := c.CACerts(ctx, ca.LabelCitizen)
	if err != nil || len(chain) != 2 {
		t.Errorf("got %d certificates, %v; want issuer and root", len(chain), err)
	}
	attrs, err := c.CSRAttrs(ctx, ca.LabelCitizen)
	if err != nil || attrs.Key.RSABits != 2048 {
		t.Errorf("got %+v, %v; want RSA-2048", attrs, err)
	}
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		_ = est.WriteCerts(w, []*x509.Certificate{s.issuer.cert, s.otherRoot.cert})
		return true
	}
	if _, err := c.CACerts(ctx, ca.LabelCitizen); !errors.Is(err, ca.ErrAnswer) {
		t.Errorf("a root that is not pinned: got %v, want ErrAnswer", err)
	}
	if _, err := c.CSRAttrs(ctx, ca.LabelCitizen); !errors.Is(err, ca.ErrAnswer) {
		t.Errorf("certificates for attributes: got %v, want ErrAnswer", err)
	}
	s.before = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(204); return true }
	if attrs, err := c.CSRAttrs(ctx, ca.LabelCitizen); err != nil || attrs.Key.RSABits != 0 {
		t.Errorf("204: got %+v, %v; want nothing", attrs, err)
	}
}
