package authority_test

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/db"
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
		{"two lines", authority.Revocation{Serial: serial, Reason: 1, Why: "order 7\n8\tuid 0"}},
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
	serial := issueHold(t, s)
	for _, tt := range []struct {
		name   string
		wait   time.Duration // after the one before
		shown  int
		status string
	}{
		{"fresh", 23 * time.Hour, 0, "hold"},
		{"a day", 2 * time.Hour, 1, "hold"},
		{"29 days", 28 * 24 * time.Hour, 1, "hold"},
		{"30 days", 24 * time.Hour, 0, "revoked"},
		{"later", 10 * 24 * time.Hour, 0, "revoked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock = clock.Add(tt.wait)
			s.Authority.Elapse(tt.wait)
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

// rivalDB has another server publish first, once, without the last change.
type rivalDB struct {
	db.DB
	rival db.CRL // what it published
}

// Do implements db.DB.
func (d *rivalDB) Do(ctx context.Context, fn func(db.Tx) error) error {
	late := &lateTx{late: d.rival.Number == 0}
	err := d.DB.Do(ctx, func(tx db.Tx) error {
		late.Tx = tx
		return fn(late)
	})
	if late.list.Number == 0 {
		return err
	}
	d.rival = late.list
	d.rival.Changes--
	return errors.Join(err, d.DB.Do(ctx, func(tx db.Tx) error { return tx.PutCRL(d.rival) }))
}

// lateTx comes too late with its list.
type lateTx struct {
	db.Tx
	late bool
	list db.CRL
}

// PutCRL implements db.Tx.
func (t *lateTx) PutCRL(c db.CRL) error {
	if !t.late {
		return t.Tx.PutCRL(c)
	}
	t.list = c
	return db.ErrSuperseded
}

// TestRevokedBesideAnotherServer: where another server publishes a list at the
// same moment that does not know of the revocation yet, one more follows.
func TestRevokedBesideAnotherServer(t *testing.T) {
	s := catest.Start(t, catest.Config{})
	serial := issueHold(t, s)
	other := new(rivalDB)
	s.Authority.WrapDB(func(d db.DB) db.DB {
		other.DB = d
		return other
	})
	if err := s.Authority.RevokeCertificate(t.Context(), authority.Revocation{Serial: serial, Reason: 1, Why: "order 7"}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Authority.CRL(t.Context(), other.rival.Label)
	if err != nil || other.rival.Number == 0 || list.Number != other.rival.Number+1 || list.Changes != other.rival.Changes+1 || !listed(t, list.DER, serial) {
		t.Errorf("list %d with %d changes, %v, want the one after %d with one more than %d", list.Number, list.Changes, err,
			other.rival.Number, other.rival.Changes)
	}
}
