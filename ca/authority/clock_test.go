package authority_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db"
	"salter/ca/catest"
)

// wantOwnAlarms compares the alarms about the authority itself.
func wantOwnAlarms(t *testing.T, a *authority.Authority, want ...string) {
	t.Helper()
	o, err := a.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, alarm := range o.Alarms {
		got = append(got, alarm.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("alarms of the authority: got %+v, want %q", o.Alarms, want)
	}
	n, err := a.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range want {
		if n.Alarms[kind] == 0 {
			t.Errorf("numbers: %v, want %s in them", n.Alarms, kind)
		}
	}
}

// TestClockLeapt: under a clock that leapt, serving or not, nothing is revoked
// for its age; set right, all is well, and otherwise an operator decides.
func TestClockLeapt(t *testing.T) {
	const days = 24 * time.Hour
	for _, tt := range []struct {
		name    string
		restart bool
		leap    time.Duration // from a hold of 28 days on
		leapt   bool
	}{
		{"serving, by minutes", false, 50 * time.Minute, false},
		{"serving, by days", false, 3 * days, true},
		{"while it was stopped, over a weekend", true, 3 * days, false},
		{"while it was stopped, by a month", true, 30 * days, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := time.Now()
			s := catest.Start(t, catest.Config{Now: func() time.Time { return clock }})
			serial := issueHold(t, s)
			wantOwnAlarms(t, s.Authority) // the time is noted
			clock = clock.Add(28 * days)
			s.Authority.Elapse(28 * days)
			wantOwnAlarms(t, s.Authority)
			right := clock
			if tt.restart {
				s.Stop()
			}
			clock = clock.Add(tt.leap)
			if tt.restart {
				s.Start()
			}
			if !tt.leapt {
				swept, err := s.Authority.SweepHolds(t.Context())
				if want := int(tt.leap / (3 * days)); err != nil || swept != want {
					t.Errorf("swept %d, %v, want %d", swept, err, want)
				}
				wantOwnAlarms(t, s.Authority)
				return
			}
			for range 2 { // looking makes it no better
				if swept, err := s.Authority.SweepHolds(t.Context()); err != nil || swept != 0 {
					t.Errorf("swept %d, %v, want none", swept, err)
				}
				wantOwnAlarms(t, s.Authority, authority.AlarmClock)
			}
			ahead := clock
			clock = right
			wantOwnAlarms(t, s.Authority)
			clock = ahead
			for _, today := range []string{right.Format(time.DateOnly), "today"} {
				if _, err := s.Authority.AcceptClock(t.Context(), today); err == nil || today != "today" && !errors.Is(err, authority.ErrClock) {
					t.Errorf("accepted as %s: got %v, want an error", today, err)
				}
			}
			if got := status(t, s.Authority); got != "hold" {
				t.Fatalf("status %s before the operator's word, want hold", got)
			}
			if swept, err := s.Authority.AcceptClock(t.Context(), clock.Format(time.DateOnly)); err != nil || swept != 1 {
				t.Errorf("accepted: swept %d, %v, want 1", swept, err)
			}
			wantOwnAlarms(t, s.Authority)
			uid := fmt.Sprintf("uid %d", os.Getuid())
			if !recorded(t, s.Authority, uid, "clock-accepted", clock.UTC().Format(time.RFC3339)) || !recorded(t, s.Authority, "policy", "hold-swept", serial) {
				t.Error("the operator's word or what followed from it is not recorded")
			}
		})
	}
}

// TestManyHoldsAtOnce: more than a hundred that fall due at once are what a clock
// looks like that crept ahead.
func TestManyHoldsAtOnce(t *testing.T) {
	clock := time.Now()
	s := catest.Start(t, catest.Config{Now: func() time.Time { return clock }})
	wantOwnAlarms(t, s.Authority)
	s.Authority.WrapDB(func(d db.DB) db.DB {
		if err := d.Do(t.Context(), func(tx db.Tx) error {
			for n := range authority.SweepBound + 1 {
				sum := sha256.Sum256([]byte{byte(n)})
				i := db.Issuance{CSRSHA256: sum, Case: catest.NewUUID(), Attempt: 1, Label: ca.LabelCitizen, State: db.Prepared,
					Serial: fmt.Sprintf("%x", 0x4000+n), SPKI: sum, CSR: sum[:], TBS: sum[:], At: clock}
				if err := tx.InsertIssuance(i); err != nil {
					return err
				}
				if _, err := tx.CompleteIssuance(sum, sum[:], clock); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return d
	})
	clock = clock.Add(31 * 24 * time.Hour)
	s.Authority.Elapse(31 * 24 * time.Hour)
	if swept, err := s.Authority.SweepHolds(t.Context()); err != nil || swept != 0 {
		t.Errorf("swept %d, %v, want none", swept, err)
	}
	wantOwnAlarms(t, s.Authority, authority.AlarmClock)
	if swept, err := s.Authority.AcceptClock(t.Context(), clock.Format(time.DateOnly)); err != nil || swept != authority.SweepBound+1 {
		t.Errorf("accepted: swept %d, %v, want all", swept, err)
	}
	wantOwnAlarms(t, s.Authority)
}

// TestCountersUnderALeaptClock: what counters sign by the right clock is not
// their fault; they wait. Where both clocks agree, they go on.
func TestCountersUnderALeaptClock(t *testing.T) {
	o := newCounter(t)
	first, c := o.open(), o.open()
	chain, problem, err := first.Enrol(nil)
	if problem != nil || err != nil {
		t.Fatal(problem, err)
	}
	wantOwnAlarms(t, o.Authority)
	const leap = 26 * time.Hour
	ahead := func() time.Time { return time.Now().Add(leap) }
	o.Authority.SetClock(ahead)
	_, problem, err = c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, problem, ca.ProblemBusy)
	id := catest.NewUUID()
	change := first.Change(id, ca.OpActivate, chain[0], 0)
	wantRefused(t, o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, change, nil), ca.ProblemBusy)
	c.Now = ahead
	if _, problem, err := c.Enrol(nil); problem != nil || err != nil {
		t.Errorf("both clocks agree: %+v, %v", problem, err)
	}
	o.Authority.SetClock(time.Now)
	if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, change, nil); p != nil {
		t.Errorf("the same change under the right clock: %+v", p)
	}
}

// TestCertificateOfTheFuture: a workstation's certificate that a clock ahead has
// made is useless to it until then; the same request gets another one.
func TestCertificateOfTheFuture(t *testing.T) {
	o := newCounter(t)
	o.Authority.SetClock(func() time.Time { return time.Now().Add(24 * time.Hour) })
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	uri, err := url.Parse(o.ws.Caller().URI)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{uri}}, key)
	if err != nil {
		t.Fatal(err)
	}
	early, err := o.Authority.Reenrol(t.Context(), o.ws.Caller(), csr)
	if err != nil {
		t.Fatal(err)
	}
	o.Authority.SetClock(time.Now)
	for range 2 {
		again, err := o.Authority.Reenrol(t.Context(), o.ws.Caller(), csr)
		if err != nil || again[0].NotBefore.After(time.Now()) || !early[0].NotBefore.After(time.Now()) {
			t.Errorf("got one from %v on, %v, want one that is valid in place of that from %v on", again[0].NotBefore, err, early[0].NotBefore)
		}
	}
}
