package api_test

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// standing is an office where a certificate of the citizen's card is active,
// so that a second one needs a supervisor.
type standing struct {
	*office
	supervisor *catest.Clerk
	cert       *x509.Certificate
}

func newStanding(t *testing.T, cfg catest.Config, policy string) *standing {
	t.Helper()
	o := newOffice(t, cfg)
	if policy != "" {
		o.withPolicy(t, policy)
	}
	s := &standing{office: o, supervisor: o.AddClerk("2001", authority.RoleSupervisor)}
	c := o.open()
	s.cert = issue(t, c)[0]
	if p := o.put(c, ca.OpActivate, s.cert, 0, nil); p != nil {
		t.Fatalf("activate: %+v", p)
	}
	return s
}

// TestOverrideRefused: one row for each way in which an override does not
// count. Nothing is stored, and the same request is issued when it is right.
func TestOverrideRefused(t *testing.T) {
	s := newStanding(t, catest.Config{}, "")
	twoRoles := s.AddClerk("2002", authority.RoleClerk, authority.RoleSupervisor)
	sameKey := s.AddClerkKey("2003", twoRoles.Key, authority.RoleSupervisor)
	sameNumber := s.AddClerk("2002", authority.RoleSupervisor)
	revoked := s.AddClerk("2004", authority.RoleSupervisor)
	if err := s.Authority.RevokeClerk(t.Context(), revoked.Number); err != nil {
		t.Fatal(err)
	}
	stranger := newOffice(t, catest.Config{}).AddClerk("2005", authority.RoleSupervisor)
	at := func(d time.Duration) func(*ca.OverrideClaims) {
		return func(o *ca.OverrideClaims) { o.IssuedAt = time.Now().Add(d).Unix() }
	}
	c := s.open()
	c.Clerk = twoRoles
	for _, tt := range []struct {
		name   string
		signer *catest.Clerk // nil: no override
		choice string
		edit   func(*ca.OverrideClaims)
		want   string
	}{
		{"none", nil, "", nil, ca.ProblemOverride},
		{"the clerk himself", twoRoles, ca.ActionIssue, nil, ca.ProblemClerk},
		{"the clerk under another certificate", sameNumber, ca.ActionIssue, nil, ca.ProblemClerk},
		{"another number with the clerk's key", sameKey, ca.ActionIssue, nil, ca.ProblemClerk},
		{"a clerk without the role", s.clerk, ca.ActionIssue, nil, ca.ProblemClerk},
		{"a supervisor who left", revoked, ca.ActionIssue, nil, ca.ProblemClerk},
		{"a supervisor nobody registered", stranger, ca.ActionIssue, nil, ca.ProblemClerk},
		{"another case", s.supervisor, ca.ActionIssue, func(o *ca.OverrideClaims) { o.Case = catest.NewUUID() }, ca.ProblemOverrideInvalid},
		{"another choice", s.supervisor, ca.ActionRenew, nil, ca.ProblemOverrideInvalid},
		{"of yesterday", s.supervisor, ca.ActionIssue, at(-ca.MaxOverrideAge - time.Minute), ca.ProblemOverrideInvalid},
		{"of tomorrow", s.supervisor, ca.ActionIssue, at(time.Hour), ca.ProblemOverrideInvalid},
		{"no reason", s.supervisor, ca.ActionIssue, func(o *ca.OverrideClaims) { o.Reason = " " }, ca.ProblemOverrideInvalid},
		{"no facts", s.supervisor, ca.ActionIssue, func(o *ca.OverrideClaims) { o.Facts = json.RawMessage(`{}`) }, ca.ProblemOverrideInvalid},
		{"another version", s.supervisor, ca.ActionIssue, func(o *ca.OverrideClaims) { o.Version = 2 }, ca.ProblemOverrideInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.Override = ""
			if tt.signer != nil {
				c.Override = c.SignOverride(tt.signer, tt.choice, tt.edit)
			}
			_, p, err := c.Enrol(nil)
			if err != nil || p.Name() != tt.want || p.Status != http.StatusForbidden {
				t.Fatalf("got %+v, %v, want %s", p, err, tt.want)
			}
			if got := c.Lookup(); got.State != ca.IssuanceUnknown {
				t.Errorf("stored: %+v", got)
			}
		})
	}
	good := c.SignOverride(s.supervisor, ca.ActionIssue, nil)
	for name, token := range map[string]string{"cut": good[:len(good)-2], "no signature at all": "a.b.c", "too long": strings.Repeat("a", ca.MaxOverride+1)} {
		c.Override = token
		want := ca.ProblemOverrideInvalid
		if len(token) > ca.MaxOverride {
			want = ca.ProblemTooLarge
		}
		if _, p, err := c.Enrol(nil); err != nil || p.Name() != want {
			t.Errorf("%s: got %+v, %v, want %s", name, p, err, want)
		}
	}
	if n := s.Issued(); n != 1 {
		t.Errorf("%d certificates after the refusals, want the first only", n)
	}
	c.Override = good
	issue(t, c)
	c.Override = "" // a resend is answered without
	issue(t, c)
}

// TestOverrideRenewal: the choice must be what is asked for, and only what
// this version knows can be asked for.
func TestOverrideRenewal(t *testing.T) {
	s := newStanding(t, catest.Config{}, "")
	for _, tt := range []struct{ name, action, choice, want string }{
		{"issue signed, renewal asked for", ca.ActionRenew, ca.ActionIssue, ca.ProblemOverrideInvalid},
		{"an action nobody knows", "replace", "replace", ca.ProblemAssertion},
		{"renewal signed and asked for", ca.ActionRenew, ca.ActionRenew, ""},
	} {
		c := s.open()
		c.Override = c.SignOverride(s.supervisor, tt.choice, nil)
		c.EditClaims = func(claims *ca.AssertionClaims) { claims.Action = tt.action }
		if _, p, err := c.Enrol(nil); err != nil || p.Name() != tt.want {
			t.Errorf("%s: got %+v, %v, want %q", tt.name, p, err, tt.want)
		}
	}
}

// TestOverrideDemanded: when the authority asks for a supervisor by itself.
func TestOverrideDemanded(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(zone) // where birthdays are counted
	birthday := func(years, days int) string { return today.AddDate(-years, 0, days).Format("02012006") }
	born := func(day, number string) catest.Holder {
		h := newCard("333333333")
		h.Born, h.PersonalNumber = day, number
		return h
	}
	foreigner := born("", "0101012710004")
	foreigner.DocType = "IF"
	const citizen = "0101900710004"
	for _, tt := range []struct {
		name   string
		policy string
		holder catest.Holder
		needs  []string
	}{
		{"the same card", "", catest.Citizen(), []string{ca.NeedCertificateValid}},
		{"another card", "", newCard("222222222"), nil},
		{"a minor", "", born(birthday(17, 0), citizen), []string{ca.NeedUnderAge}},
		{"eighteen tomorrow", "", born(birthday(18, 1), citizen), []string{ca.NeedUnderAge}},
		{"eighteen yesterday", "", born(birthday(18, -1), citizen), nil},
		{"no birth date, the JMBG says it", "", born("", "0101012710004"), []string{ca.NeedUnderAge}},
		{"only the year of birth, the JMBG says it", "", born("00002012", "0101012710004"), []string{ca.NeedUnderAge}},
		{"no birth date, an adult by JMBG", "", born("", citizen), nil},
		{"a foreigner whose number tells nothing", "", foreigner, nil},
		{"switched off, the same card", `{"roles.revocation":["clerk"],"override.required":false}`, catest.Citizen(), nil},
		{"switched off, a minor", `{"roles.revocation":["clerk"],"override.required":false}`, born(birthday(17, 0), citizen), nil},
		{"another age", `{"roles.revocation":["clerk"],"eligibility.supervisor_below_age":16}`, born(birthday(17, 0), citizen), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStanding(t, catest.Config{}, tt.policy)
			c := s.ws.Open(s.clerk, s.cards, tt.holder)
			if tt.holder.DocType == "IF" {
				c.Label = ca.LabelForeigner
				c.CSR = c.Request(tt.holder, "")
			}
			_, p, err := c.Enrol(nil)
			if err != nil || p.Name() != "" && p.Name() != ca.ProblemOverride || (p == nil) != (tt.needs == nil) {
				t.Fatalf("got %+v, %v, want needs %v", p, err, tt.needs)
			}
			if p == nil {
				return
			}
			if !slices.Equal(p.Fields, tt.needs) {
				t.Errorf("needs %v, want %v", p.Fields, tt.needs)
			}
			if names := slices.Contains(tt.needs, ca.NeedCertificateValid); names != (p.Serial == s.cert.SerialNumber.Text(16)) {
				t.Errorf("names certificate %q, want %v", p.Serial, names)
			}
			c.Override = c.SignOverride(s.supervisor, ca.ActionIssue, nil)
			issue(t, c)
		})
	}
}

// TestOverrideAfterStatus: what no longer stands needs nobody; what may come
// back does.
func TestOverrideAfterStatus(t *testing.T) {
	for _, tt := range []struct {
		name   string
		op     string
		reason int
		want   string
	}{{"suspended", ca.OpSuspend, ca.ReasonHold, ca.ProblemOverride}, {"revoked", ca.OpRevoke, 4, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStanding(t, catest.Config{}, "")
			if p := s.put(s.open(), tt.op, s.cert, tt.reason, nil); p != nil {
				t.Fatal(p)
			}
			if _, p, err := s.open().Enrol(nil); err != nil || p.Name() != tt.want {
				t.Errorf("got %+v, %v, want %q", p, err, tt.want)
			}
		})
	}
}

// TestOverrideExpired: a certificate past its end stands in nobody's way.
func TestOverrideExpired(t *testing.T) {
	c := new(clock)
	s := newStanding(t, catest.Config{Now: c.now}, "")
	c.set(5*365*24*time.Hour + 48*time.Hour)
	ws := s.Enrol("BG-017-04")
	transport := ws.Transport()
	transport.TLSClientConfig.Time = c.now
	defer transport.CloseIdleConnections()
	ws.HTTP = &http.Client{Transport: transport}
	one := ws.Open(s.AddClerk("1002"), s.cards, catest.Citizen())
	one.Now = c.now
	if _, p, err := one.Enrol(nil); err != nil || p != nil {
		t.Errorf("got %+v, %v, want a certificate", p, err)
	}
}

// TestOverrideOfStatusChange: a change brings along the supervisor who let it
// pass, and is checked like a request.
func TestOverrideOfStatusChange(t *testing.T) {
	s := newStanding(t, catest.Config{}, "")
	c := s.open() // another case: the card is lost
	for _, tt := range []struct {
		name   string
		op     string
		signer *catest.Clerk
		choice string
		edit   func(*ca.OverrideClaims)
		want   string
	}{
		{"the clerk himself", ca.OpSuspend, s.clerk, ca.OpSuspend, nil, ca.ProblemClerk},
		{"another choice", ca.OpSuspend, s.supervisor, ca.OpRevoke, nil, ca.ProblemOverrideInvalid},
		{"another case", ca.OpSuspend, s.supervisor, ca.OpSuspend, func(o *ca.OverrideClaims) { o.Case = catest.NewUUID() }, ca.ProblemOverrideInvalid},
		{"an activation", ca.OpActivate, s.supervisor, ca.OpActivate, nil, ca.ProblemBadRequest},
		{"as it should be", ca.OpSuspend, s.supervisor, ca.OpSuspend, nil, ""},
		{"a reactivation, which waits for a second clerk as well", ca.OpReactivate, s.supervisor, ca.OpReactivate, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.status(t, s.cert)
			reason := 0
			if tt.op == ca.OpSuspend {
				reason = ca.ReasonHold
			}
			p := s.put(c, tt.op, s.cert, reason, func(change *ca.StatusChange) {
				change.Override = c.SignOverride(tt.signer, tt.choice, tt.edit)
			})
			if p.Name() != tt.want {
				t.Fatalf("got %+v, want %q", p, tt.want)
			}
			if got := s.status(t, s.cert); tt.want != "" && got != before {
				t.Errorf("refused, and the status is %+v, was %+v", got, before)
			}
		})
	}
	if got := s.status(t, s.cert); got.Status != ca.StatusSuspended {
		t.Errorf("status %s, want suspended", got.Status)
	}
}

// TestOverrideForRole: where only supervisors may change a status, a clerk may
// with the override of one, and with no other.
func TestOverrideForRole(t *testing.T) {
	s := newStanding(t, catest.Config{}, `{"roles.revocation":["supervisor"],"approval.status_changes":[]}`)
	auditor := s.AddClerk("1003", authority.RoleAuditor)
	c := s.open()
	for _, tt := range []struct {
		name   string
		op     string
		clerk  *catest.Clerk
		signer *catest.Clerk // nil: no override
		choice string
		edit   func(*ca.OverrideClaims)
		want   string
	}{
		{"no override", ca.OpSuspend, s.clerk, nil, "", nil, ca.ProblemClerk},
		{"the clerk's own", ca.OpSuspend, s.clerk, s.clerk, ca.OpSuspend, nil, ca.ProblemClerk},
		{"for another choice", ca.OpSuspend, s.clerk, s.supervisor, ca.OpRevoke, nil, ca.ProblemOverrideInvalid},
		{"for another case", ca.OpSuspend, s.clerk, s.supervisor, ca.OpSuspend, func(o *ca.OverrideClaims) { o.Case = catest.NewUUID() },
			ca.ProblemOverrideInvalid},
		{"of two days ago", ca.OpSuspend, s.clerk, s.supervisor, ca.OpSuspend,
			func(o *ca.OverrideClaims) { o.IssuedAt = time.Now().Add(-2 * ca.MaxOverrideAge).Unix() }, ca.ProblemOverrideInvalid},
		{"of an auditor", ca.OpSuspend, auditor, s.supervisor, ca.OpSuspend, nil, ca.ProblemClerk},
		{"suspended", ca.OpSuspend, s.clerk, s.supervisor, ca.OpSuspend, nil, ""},
		{"reactivated", ca.OpReactivate, s.clerk, s.supervisor, ca.OpReactivate, nil, ""},
		{"revoked", ca.OpRevoke, s.clerk, s.supervisor, ca.OpRevoke, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.status(t, s.cert)
			c.Clerk = tt.clerk
			reason := map[string]int{ca.OpSuspend: ca.ReasonHold, ca.OpRevoke: 1}[tt.op]
			p := s.put(c, tt.op, s.cert, reason, func(change *ca.StatusChange) {
				if tt.signer != nil {
					change.Override = c.SignOverride(tt.signer, tt.choice, tt.edit)
				}
			})
			if p.Name() != tt.want {
				t.Fatalf("got %+v, want %q", p, tt.want)
			}
			after := map[string]string{ca.OpSuspend: ca.StatusSuspended, ca.OpReactivate: ca.StatusActive, ca.OpRevoke: ca.StatusRevoked}
			if got := s.status(t, s.cert); tt.want != "" && got != before || tt.want == "" && got.Status != after[tt.op] {
				t.Errorf("status is %+v, was %+v", got, before)
			}
		})
	}
}
