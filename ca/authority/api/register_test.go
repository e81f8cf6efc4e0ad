package api_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// searchRegister asks in the case, whose clerk signs.
func (o *office) searchRegister(c *catest.Case, s ca.RegisterSearch) (ca.RegisterFound, *ca.Problem) {
	var found ca.RegisterFound
	p := o.ws.JSON(http.MethodPost, ca.PathRegisterSearch, c.SearchRegister(s), &found)
	return found, p
}

// another is a holder who is not the citizen.
func another() catest.Holder {
	h := catest.Citizen()
	h.PersonalNumber, h.CardNumber, h.Surname = "0101900715006", "987654321", "ТУЂИНИЋ"
	return h
}

// town is an office with a register: the citizen has contract U-1 for his old
// card, U-2 for the present one, a certificate under each, and one on hold
// under a number that nobody registered; another person has U-9 and a
// certificate under it.
type town struct {
	*office
	log *lockedBuffer
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{log: new(lockedBuffer)}
	w.office = newOffice(t, catest.Config{Log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	for _, one := range []struct {
		holder   catest.Holder
		number   string
		day      string
		register bool
	}{
		{newCard("111111111"), "U-1", "2026-01-01", true},
		{catest.Citizen(), "U-2", "2026-01-02", true},
		{another(), "U-9", "2026-01-03", true},
		{newCard("333333333"), "U-0", "", false},
	} {
		c := w.ws.Open(w.clerk, w.cards, one.holder)
		if one.register {
			id := catest.NewUUID()
			if p := w.ws.JSON(http.MethodPut, ca.PathContracts+id, c.Contract(id, one.number, one.day, nil), nil); p != nil {
				t.Fatalf("conclude %s: %+v", one.number, p)
			}
		}
		c.EditClaims = func(claims *ca.AssertionClaims) { claims.Contract = one.number }
		cert := issue(t, c)[0]
		if one.register {
			if p := w.put(c, ca.OpActivate, cert, 0, nil); p != nil {
				t.Fatalf("activate: %+v", p)
			}
		}
	}
	return w
}

func TestRegisterSearch(t *testing.T) {
	w := newTown(t)
	h, o := catest.Citizen(), another()
	c := w.open()
	for _, tt := range []struct {
		name         string
		terms        ca.RegisterSearch
		contracts    string // number, state, + if it covers
		certificates string // contract, card, status
	}{
		{"person and card", ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber},
			"U-2 valid+, U-1 superseded", "U-0 333333333 hold, U-2 012345678 active, U-1 111111111 active"},
		{"person and a card of before", ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: "111111111"},
			"U-2 valid, U-1 superseded", "U-0 333333333 hold, U-2 012345678 active, U-1 111111111 active"},
		{"with his own contract", ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Contract: "U-1"},
			"U-2 valid+, U-1 superseded", "U-0 333333333 hold, U-2 012345678 active, U-1 111111111 active"},
		{"with another person's contract", ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Contract: "U-9"},
			"U-2 valid+, U-1 superseded, U-9 other", "U-0 333333333 hold, U-2 012345678 active, U-1 111111111 active"},
		{"with a contract that does not exist", ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Contract: "U-5"},
			"U-2 valid+, U-1 superseded", "U-0 333333333 hold, U-2 012345678 active, U-1 111111111 active"},
		{"the other person", ca.RegisterSearch{PersonalNumber: o.PersonalNumber, CardNumber: o.CardNumber}, "U-9 valid+", "U-9 987654321 active"},
		{"a person without anything", ca.RegisterSearch{PersonalNumber: "0101904715005", CardNumber: h.CardNumber}, "", ""},
		{"a person without anything, another's contract", ca.RegisterSearch{PersonalNumber: "0101904715005", CardNumber: h.CardNumber, Contract: "U-9"},
			"U-9 other", ""},
		{"contract alone", ca.RegisterSearch{Contract: "U-2"}, "U-2 valid", "U-2 012345678 active"},
		{"superseded contract alone", ca.RegisterSearch{Contract: "U-1"}, "U-1 superseded", "U-1 111111111 active"},
		{"contract that stands in a request only", ca.RegisterSearch{Contract: "U-0"}, "", ""},
		{"contract that does not exist", ca.RegisterSearch{Contract: "U-5"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, p := w.searchRegister(c, tt.terms)
			if p != nil {
				t.Fatalf("got %+v", p)
			}
			if got := contractsOf(found); got != tt.contracts {
				t.Errorf("contracts: got %q, want %q", got, tt.contracts)
			}
			if got := certificatesOf(found); got != tt.certificates {
				t.Errorf("certificates: got %q, want %q", got, tt.certificates)
			}
			for _, e := range found.Contracts {
				if e.State == ca.ContractOther && e != (ca.ContractEntry{Number: "U-9", State: ca.ContractOther}) {
					t.Errorf("another person's contract: told %+v, want its number only", e)
				}
			}
		})
	}
}

func contractsOf(found ca.RegisterFound) string {
	var all []string
	for _, e := range found.Contracts {
		covers := ""
		if e.Covers {
			covers = "+"
		}
		all = append(all, e.Number+" "+e.State+covers)
	}
	return strings.Join(all, ", ")
}

func certificatesOf(found ca.RegisterFound) string {
	var all []string
	for _, c := range found.Certificates {
		all = append(all, c.Contract+" "+c.CardNumber+" "+c.Status)
	}
	return strings.Join(all, ", ")
}

// TestRegisterCertificate: what is told of a certificate, at once after a
// change of its status, and after an upgrade from a database that did not keep
// it yet.
func TestRegisterCertificate(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	cert := issue(t, c)[0]
	terms := ca.RegisterSearch{PersonalNumber: c.Holder.PersonalNumber, CardNumber: c.Holder.CardNumber}
	want := ca.HeldCertificate{Serial: cert.SerialNumber.Text(16), Label: ca.LabelCitizen, NotBefore: cert.NotBefore.Unix(),
		NotAfter: cert.NotAfter.Unix(), CardNumber: c.Holder.CardNumber, Contract: "1/2026", CommonName: cert.Subject.CommonName}
	check := func(when, status string, reason int) {
		t.Helper()
		found, p := o.searchRegister(c, terms)
		if p != nil || len(found.Certificates) != 1 {
			t.Fatalf("%s: got %+v, %+v, want one certificate", when, found, p)
		}
		want.Status, want.Reason, want.Since = status, reason, found.Certificates[0].Since
		if got := found.Certificates[0]; got != want || time.Since(time.Unix(got.Since, 0)).Abs() > time.Hour {
			t.Errorf("%s: got %+v, want %+v", when, got, want)
		}
		if got := o.status(t, cert); got.Status != status || got.Reason != reason {
			t.Errorf("%s, by serial: got %+v, want %s", when, got, status)
		}
	}
	check("issued", ca.StatusHold, 0)
	for _, step := range []struct {
		op     string
		reason int
		status string
	}{{ca.OpActivate, 0, ca.StatusActive}, {ca.OpSuspend, 6, ca.StatusSuspended}, {ca.OpRevoke, 4, ca.StatusRevoked}} {
		if p := o.put(c, step.op, cert, step.reason, nil); p != nil {
			t.Fatalf("%s: %+v", step.op, p)
		}
		check("after "+step.op, step.status, step.reason)
	}
	o.Stop()
	o.exec(t, "DELETE FROM holder")
	o.Start()
	check("after an upgrade", ca.StatusRevoked, 4)
}

func TestRegisterSearchRefused(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	h := c.Holder
	person := ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber}
	noSalt := c.SearchRegister(person)
	noSalt.Salt = nil
	others := c.SearchRegister(person)
	others.PersonalNumber = another().PersonalNumber
	asContracts := c.SearchRegister(person)
	asContracts.Clerk = c.Clerk.Sign(ca.SearchClaims{Case: c.ID, IssuedAt: time.Now().Unix(),
		Terms: ca.ContractSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Salt: asContracts.Salt}.Terms()})
	elsewhere := c.SearchRegister(person)
	elsewhere.Case = catest.NewUUID()
	auditor := *c
	auditor.Clerk = o.AddClerk("1003", authority.RoleAuditor)
	old := *c
	old.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	for _, tt := range []struct {
		name string
		body ca.RegisterSearch
		want string
	}{
		{"no terms", c.SearchRegister(ca.RegisterSearch{}), ca.ProblemBadRequest},
		{"person without card", c.SearchRegister(ca.RegisterSearch{PersonalNumber: "1", Contract: "U-1"}), ca.ProblemBadRequest},
		{"card without person", c.SearchRegister(ca.RegisterSearch{CardNumber: "1"}), ca.ProblemBadRequest},
		{"no salt", noSalt, ca.ProblemBadRequest},
		{"terms that nobody signed", others, ca.ProblemAssertion},
		{"signed for a search of contracts", asContracts, ca.ProblemAssertion},
		{"signed for another case", elsewhere, ca.ProblemAssertion},
		{"an auditor", auditor.SearchRegister(person), ca.ProblemClerk},
		{"of an hour ago", old.SearchRegister(person), ca.ProblemClock},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantProblem(t, o.ws.JSON(http.MethodPost, ca.PathRegisterSearch, tt.body, nil), tt.want)
		})
	}
	if records, err := o.Authority.Searches(t.Context(), 0); err != nil || len(records) != 0 {
		t.Errorf("recorded: got %+v, %v, want nothing: nothing was answered", records, err)
	}
}

// TestRegisterSearchPrivacy: neither the log nor the record says who was looked
// for, and an answer never holds another person's data.
func TestRegisterSearchPrivacy(t *testing.T) {
	w := newTown(t)
	h, o := catest.Citizen(), another()
	c := w.open()
	c.Override = c.SignOverride(w.AddClerk("2001", authority.RoleSupervisor), ca.ActionIssue, nil)
	issue(t, c)
	queries := []ca.RegisterSearch{
		{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Contract: "U-9"},
		{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber, Contract: "U-5"},
		{PersonalNumber: "0101904715005", CardNumber: "999999999"},
		{Contract: "U-2"},
	}
	for _, q := range queries {
		found, p := w.searchRegister(c, q)
		if p != nil {
			t.Fatal(p)
		}
		for _, cert := range found.Certificates {
			if cert.CardNumber == o.CardNumber || strings.Contains(cert.CommonName, o.Surname) {
				t.Errorf("told another person's certificate: %+v", cert)
			}
		}
	}
	records, err := w.Authority.Searches(t.Context(), 0)
	if err != nil || len(records) != len(queries) {
		t.Fatalf("recorded: got %+v, %v, want %d searches", records, err, len(queries))
	}
	if first := records[0]; first.Clerk != w.clerk.Number || first.Case != c.ID || strings.Count(first.Found, ",") != 5 {
		t.Errorf("first record: got %+v, want clerk, case, two contracts and four certificates", first)
	}
	if records[2].Found != "" {
		t.Errorf("search in vain: recorded %q", records[2].Found)
	}
	w.Stop()
	text := w.log.String()
	for _, r := range records {
		text += r.Terms + r.Found
	}
	for _, secret := range []string{h.PersonalNumber, h.CardNumber, h.Surname, o.PersonalNumber, o.CardNumber, o.Surname,
		"0101904715005", "999999999", "U-9", "U-5", "U-2", "стара картица"} {
		if strings.Contains(text, secret) {
			t.Errorf("log or record hold %q", secret)
		}
	}
}
