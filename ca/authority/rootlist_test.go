package authority_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/crl"
	"salter/ca/authority/keys"
	"salter/ca/catest"
)

// importRootList brings a list of the demonstration's root.
func importRootList(t *testing.T, s *catest.Server, number int64, life time.Duration, revoked ...*x509.Certificate) {
	t.Helper()
	chain, err := s.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		t.Fatal(err)
	}
	store, err := keys.Open(filepath.Join(s.Dir, "pki"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := store.Load("root")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	list := crl.List{Number: number, ThisUpdate: now, NextUpdate: now.Add(life), KeptSince: chain[1].NotBefore}
	for _, c := range revoked {
		list.Entries = append(list.Entries, crl.Entry{Serial: c.SerialNumber, At: now, Reason: 1})
	}
	der, err := crl.Sign(list, chain[1], key)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Authority.PutRootCRL(t.Context(), der); err != nil {
		t.Fatal(err)
	}
}

// TestIssuerRevokedByRoot: from the import of the list on nothing is signed
// under the issuer, what was prepared neither, also after a start; the counters
// wait, and what is issued can be looked up, activated and revoked.
func TestIssuerRevokedByRoot(t *testing.T) {
	o := newCounter(t)
	issued, prepared, fresh := o.open(), o.open(), o.open()
	chain, problem, err := issued.Enrol(nil)
	if problem != nil || err != nil {
		t.Fatal(problem, err)
	}
	if err := o.Authority.Accept(t.Context(), o.ws.Caller(), enrolment(prepared)); err != nil {
		t.Fatal(err)
	}
	importRootList(t, o.Server, 1, 30*24*time.Hour)
	wantOwnAlarms(t, o.Authority)
	importRootList(t, o.Server, 2, 30*24*time.Hour, chain[1])
	for range 2 {
		wantOwnAlarms(t, o.Authority, authority.AlarmIssuer)
		for name, c := range map[string]*catest.Case{"prepared": prepared, "fresh": fresh} {
			_, problem, err := c.Enrol(nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			wantRefused(t, problem, ca.ProblemBusy)
		}
		wantRefused(t, o.ws.JSON(http.MethodGet, ca.PathIssuances+prepared.SumCSR(), nil, new(ca.Issuance)), ca.ProblemBusy)
		if got := fresh.Lookup(); got.State != ca.IssuanceUnknown {
			t.Errorf("fresh: %s is stored, want nothing", got.State)
		}
		if again, problem, err := issued.Enrol(nil); problem != nil || err != nil || !again[0].Equal(chain[0]) {
			t.Errorf("what was issued is not answered: %+v, %v", problem, err)
		}
		if n := o.Issued(); n != 1 {
			t.Errorf("%d certificates, want the one of before", n)
		}
		o.Stop()
		o.Start()
	}
	for _, step := range []struct {
		op     string
		reason int
	}{{ca.OpActivate, 0}, {ca.OpRevoke, 1}} {
		id := catest.NewUUID()
		if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, issued.Change(id, step.op, chain[0], step.reason), nil); p != nil {
			t.Errorf("%s: %+v", step.op, p)
		}
	}
	if err := o.Authority.PublishCRLs(t.Context()); err != nil {
		t.Errorf("lists: %v", err)
	}
	if _, err := o.Authority.Enrol(t.Context(), o.ws.Caller(), authority.Enrolment{Label: ca.LabelInterop, CSR: strangersRequest(t)}); err != nil {
		t.Errorf("an issuer that the root knows nothing of: %v", err)
	}
	importRootList(t, o.Server, 3, 30*24*time.Hour)
	wantOwnAlarms(t, o.Authority)
	for name, c := range map[string]*catest.Case{"prepared": prepared, "fresh": fresh} {
		if _, problem, err := c.Enrol(nil); problem != nil || err != nil {
			t.Errorf("%s, by a list without the issuer: %+v, %v", name, problem, err)
		}
	}
}

// TestLateAlarms: lists and CAs that end are announced, and nothing is issued by
// an issuer at its end, nor does anything outlive it.
func TestLateAlarms(t *testing.T) {
	o := newCounter(t)
	importRootList(t, o.Server, 1, 15*24*time.Hour)
	wantOwnAlarms(t, o.Authority)
	at := func(when time.Time) {
		o.Authority.Elapse(time.Until(when))
		o.Authority.SetClock(func() time.Time { return when })
	}
	at(time.Now().Add(2 * 24 * time.Hour))
	wantOwnAlarms(t, o.Authority, authority.AlarmList)
	chain, err := o.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		t.Fatal(err)
	}
	end := chain[0].NotAfter
	at(end.AddDate(-1, 0, 1))
	wantOwnAlarms(t, o.Authority, authority.AlarmEnds, authority.AlarmEnds, authority.AlarmEnds, authority.AlarmEnds, authority.AlarmList)
	at(end.AddDate(0, 0, -3))
	if clerk := o.AddClerk("1002"); clerk.Certificate.NotAfter.After(clerk.Issuer.NotAfter) {
		t.Errorf("clerk until %v, his issuer until %v", clerk.Certificate.NotAfter, clerk.Issuer.NotAfter)
	}
	ws := o.Enrol("BG-017-04")
	at(end.Add(-time.Hour))
	_, err = o.Authority.Enrol(t.Context(), ws.Caller(), authority.Enrolment{Label: ca.LabelInterop, CSR: strangersRequest(t)})
	wantBusy(t, err)
}

// wantBusy wants a refusal by which the counter waits.
func wantBusy(t *testing.T, err error) {
	t.Helper()
	var refusal *authority.Refusal
	if !errors.As(err, &refusal) || refusal.Name() != ca.ProblemBusy || refusal.RetryAfter == 0 {
		t.Errorf("got %v, want to wait", err)
	}
}
