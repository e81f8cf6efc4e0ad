package authority_test

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"salter/ca/authority"
	"salter/ca/catest"
)

// issueHold issues one certificate, which stays on hold, and returns its serial.
func issueHold(t *testing.T, s *catest.Server) string {
	t.Helper()
	cards := catest.NewCardCA(t)
	s.AddAnchor(cards.Anchor)
	c := s.Enrol("BG-017-03").Open(s.AddClerk("1001"), cards, catest.Citizen())
	chain, problem, err := c.Enrol(nil)
	if err != nil || problem != nil {
		t.Fatalf("enrol: problem %+v, error %v", problem, err)
	}
	return chain[0].SerialNumber.Text(16)
}

func status(t *testing.T, a *authority.Authority) string {
	t.Helper()
	list, err := a.Certificates(t.Context(), 0)
	if err != nil || len(list) != 1 {
		t.Fatalf("certificates: got %v, %v, want one", list, err)
	}
	return list[0].Status
}

// recorded reports whether an operation stands in the record.
func recorded(t *testing.T, a *authority.Authority, operator, action, subject string) bool {
	t.Helper()
	list, err := a.Operations(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if o.Operator == operator && o.Action == action && o.Subject == subject {
			return true
		}
	}
	return false
}

func TestRevokeCertificate(t *testing.T) {
	s := catest.Start(t, catest.Config{})
	serial := issueHold(t, s)
	for _, tt := range []struct {
		name string
		r    authority.Revocation
	}{
		{"no serial", authority.Revocation{Serial: "X", Reason: 1, Why: "order 7"}},
		{"unknown serial", authority.Revocation{Serial: "4711", Reason: 1, Why: "order 7"}},
		{"a hold is no revocation", authority.Revocation{Serial: serial, Reason: 6, Why: "order 7"}},
		{"no reason in words", authority.Revocation{Serial: serial, Reason: 1, Why: " "}},
		{"a novel", authority.Revocation{Serial: serial, Reason: 1, Why: strings.Repeat("x", 300)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := s.Authority.RevokeCertificate(t.Context(), tt.r); err == nil {
				t.Error("revoked")
			}
			if got := status(t, s.Authority); got != "hold" {
				t.Errorf("status %s, want hold", got)
			}
		})
	}
	ctx := authority.WithOperator(t.Context(), "uid 7")
	printed := strings.ToUpper(serial[:2] + ":" + serial[2:])
	if err := s.Authority.RevokeCertificate(ctx, authority.Revocation{Serial: printed, Reason: 1, Why: "order 7"}); err != nil {
		t.Fatal(err)
	}
	if got := status(t, s.Authority); got != "revoked" {
		t.Errorf("status %s, want revoked", got)
	}
	if !recorded(t, s.Authority, "uid 7", "certificate-revoked", serial+" reason 1: order 7") {
		t.Error("the revocation is not recorded")
	}
	list, err := s.Authority.CRL(t.Context(), "citizen-sign")
	if err != nil || !listed(t, list.DER, serial) {
		t.Errorf("the list does not name it: %v", err)
	}
	if err := s.Authority.RevokeCertificate(ctx, authority.Revocation{Serial: serial, Reason: 1, Why: "again"}); !errors.Is(err, authority.ErrRegister) {
		t.Errorf("again: got %v, want %v", err, authority.ErrRegister)
	}
}

// TestSweepHolds: what nobody activates is shown after a day, and revoked after
// thirty, with a record.
func TestSweepHolds(t *testing.T) {
	clock := time.Now()
	s := catest.Start(t, catest.Config{Now: func() time.Time { return clock }})
	start := clock
	serial := issueHold(t, s)
	for _, tt := range []struct {
		name   string
		age    time.Duration
		shown  int
		status string
	}{
		{"fresh", 23 * time.Hour, 0, "hold"},
		{"a day", 25 * time.Hour, 1, "hold"},
		{"29 days", 29 * 24 * time.Hour, 1, "hold"},
		{"30 days", 30*24*time.Hour + time.Minute, 0, "revoked"},
		{"later", 40 * 24 * time.Hour, 0, "revoked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock = start.Add(tt.age)
			swept, err := s.Authority.SweepHolds(t.Context())
			if err != nil || swept > 1 {
				t.Fatalf("swept %d, %v", swept, err)
			}
			o, err := s.Authority.Overview(t.Context())
			if err != nil || len(o.Holds) != tt.shown {
				t.Errorf("shown: got %v, %v, want %d", o.Holds, err, tt.shown)
			}
			if got := status(t, s.Authority); got != tt.status {
				t.Errorf("status %s, want %s", got, tt.status)
			}
		})
	}
	if !recorded(t, s.Authority, "policy", "hold-swept", serial) {
		t.Error("the sweep is not recorded")
	}
}

// listed reports whether a list names a serial number.
func listed(t *testing.T, der []byte, serial string) bool {
	t.Helper()
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Text(16) == serial {
			return true
		}
	}
	return false
}
