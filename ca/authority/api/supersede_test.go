package api_test

import (
	"crypto"
	"crypto/x509"
	"net/http"
	"slices"
	"testing"

	"golang.org/x/crypto/ocsp"

	"salter/ca"
	"salter/ca/catest"
)

// TestSupersede: who becomes active is alone in force for his person and card,
// in public as well; other cards and other persons are left as they are, and a
// certificate that waits on hold is.
func TestSupersede(t *testing.T) {
	for _, tt := range []struct {
		name   string
		state  []string // steps of the first certificate after its issue
		holder catest.Holder
		want   string // its status afterwards
		reason int
	}{
		{"active", []string{ca.OpActivate}, catest.Citizen(), ca.StatusRevoked, ca.ReasonSuperseded},
		{"suspended", []string{ca.OpActivate, ca.OpSuspend}, catest.Citizen(), ca.StatusRevoked, ca.ReasonSuperseded},
		{"on hold", nil, catest.Citizen(), ca.StatusHold, 0},
		{"revoked for another reason", []string{ca.OpActivate, ca.OpRevoke}, catest.Citizen(), ca.StatusRevoked, 1},
		{"on another card", []string{ca.OpActivate}, newCard("222222222"), ca.StatusActive, 0},
		{"another person's", []string{ca.OpActivate}, otherPerson(), ca.StatusActive, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, catest.Config{})
			o.withPolicy(t, noOverride)
			old := o.ws.Open(o.clerk, o.cards, tt.holder)
			first := issue(t, old)
			reasons := map[string]int{ca.OpSuspend: ca.ReasonHold, ca.OpRevoke: 1}
			for _, step := range tt.state {
				if p := o.put(old, step, first[0], reasons[step], nil); p != nil {
					t.Fatalf("%s: %+v", step, p)
				}
			}
			if err := o.Authority.PublishCRLs(t.Context()); err != nil {
				t.Fatal(err)
			}
			asked := ask(t, o, first)
			c := o.open()
			second := issue(t, c)[0]
			id := catest.NewUUID()
			var want []string
			if len(tt.state) > 0 && tt.reason == ca.ReasonSuperseded {
				want = []string{first[0].SerialNumber.Text(16)}
			}
			for range 2 { // the repeat is signed afresh
				var reply ca.StatusReply
				p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, ca.OpActivate, second, 0), &reply)
				if p != nil || reply.Status != ca.StatusActive || !slices.Equal(reply.Superseded, want) {
					t.Fatalf("activate: got %+v, %+v, want active, superseded %v", reply, p, want)
				}
			}
			if got := o.status(t, first[0]); got.Status != tt.want || got.Reason != tt.reason {
				t.Errorf("first: %s for reason %d, want %s for %d", got.Status, got.Reason, tt.want, tt.reason)
			}
			if got := o.status(t, second); got.Status != ca.StatusActive {
				t.Errorf("second: %s, want active", got.Status)
			}
			if want == nil {
				return
			}
			if got := ask(t, o, first); got.Status != ocsp.Revoked || got.RevocationReason != ca.ReasonSuperseded {
				t.Errorf("OCSP: status %d for reason %d, was %d, want revoked for %d", got.Status, got.RevocationReason, asked.Status, ca.ReasonSuperseded)
			}
			if got := listedReason(t, o, first[0]); got != ca.ReasonSuperseded {
				t.Errorf("list: reason %d, want %d", got, ca.ReasonSuperseded)
			}
		})
	}
}

// TestSupersedeOnce: a second activation of what is active asks for nothing,
// and revokes nothing; neither does a refused one.
func TestSupersedeOnce(t *testing.T) {
	o := newOffice(t, catest.Config{})
	o.withPolicy(t, noOverride)
	one, two := o.open(), o.open()
	first, second := issue(t, one)[0], issue(t, two)[0]
	activate := func(c *catest.Case, cert *x509.Certificate, edit func(*ca.StatusChange)) *ca.Problem {
		return o.put(c, ca.OpActivate, cert, 0, edit)
	}
	if p := activate(one, first, nil); p != nil {
		t.Fatal(p)
	}
	wantProblem(t, activate(two, second, func(c *ca.StatusChange) { c.ReadBack = one.SumCSR() }), ca.ProblemConflict)
	if got := o.status(t, first); got.Status != ca.StatusActive {
		t.Fatalf("after a refused activation: %s, want active", got.Status)
	}
	if p := activate(two, second, nil); p != nil {
		t.Fatal(p)
	}
	wantProblem(t, activate(one, first, nil), ca.ProblemTransition)
	if p := activate(two, second, nil); p != nil {
		t.Fatal(p)
	}
	if a, b := o.status(t, first), o.status(t, second); a.Status != ca.StatusRevoked || b.Status != ca.StatusActive {
		t.Errorf("got %s and %s, want revoked and active", a.Status, b.Status)
	}
	// The counter's own revocation of what it removed is absorbed.
	if p := o.put(one, ca.OpRevoke, first, ca.ReasonSuperseded, nil); p != nil {
		t.Errorf("revoke what was superseded: %+v", p)
	}
}

const noOverride = `{"roles.revocation":["clerk","supervisor"],"approval.status_changes":[],"override.required":false}`

// otherPerson holds another card.
func otherPerson() catest.Holder {
	h := newCard("987654321")
	h.PersonalNumber = "0101900715006"
	return h
}

// ask asks the responder about the first certificate of a chain.
func ask(t *testing.T, o *office, chain []*x509.Certificate) *ocsp.Response {
	t.Helper()
	request, err := ocsp.CreateRequest(chain[0], chain[1], &ocsp.RequestOptions{Hash: crypto.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	der, _, err := o.Authority.OCSP(t.Context(), ca.LabelCitizen, request)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ocsp.ParseResponse(der, chain[1])
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// listedReason is the reason for which a certificate is on a list made now; -1
// if it is not on it.
func listedReason(t *testing.T, o *office, cert *x509.Certificate) int {
	t.Helper()
	if err := o.Authority.PublishCRLs(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, err := o.Authority.CRL(t.Context(), ca.LabelCitizen)
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(held.DER)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(cert.SerialNumber) == 0 {
			return entry.ReasonCode
		}
	}
	return -1
}
