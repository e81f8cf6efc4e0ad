package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
	"salter/ca/est"
)

// office is what most tests need: an authority that knows one anchor, one
// clerk and one workstation.
type office struct {
	*catest.Server
	cards *catest.CardCA
	clerk *catest.Clerk
	ws    *catest.Workstation
}

func newOffice(t *testing.T, cfg catest.Config) *office {
	t.Helper()
	o := &office{Server: start(t, cfg), cards: catest.NewCardCA(t)}
	o.AddAnchor(o.cards.Anchor)
	o.clerk = o.AddClerk("1001")
	o.ws = o.Enrol("BG-017-03")
	return o
}

func (o *office) open() *catest.Case { return o.ws.Open(o.clerk, o.cards, catest.Citizen()) }

func issue(t *testing.T, c *catest.Case) []*x509.Certificate {
	t.Helper()
	chain, problem, err := c.Enrol(nil)
	if err != nil || problem != nil {
		t.Fatalf("enrol: problem %+v, error %v", problem, err)
	}
	return chain
}

func wantProblem(t *testing.T, got *ca.Problem, name string) {
	t.Helper()
	if got == nil {
		t.Fatalf("accepted, want problem %s", name)
	}
	if got.Type != ca.ProblemPrefix+name {
		t.Fatalf("got problem %s (%s), want %s", got.Type, got.Detail, name)
	}
}

func TestIssueAndActivate(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	if got := c.Lookup(); got.State != ca.IssuanceUnknown {
		t.Errorf("before: state %s, want unknown", got.State)
	}
	chain := issue(t, c)
	if !chain[0].PublicKey.(*ecdsa.PublicKey).Equal(c.Key.Public()) {
		t.Error("certificate is for another key")
	}
	if len(chain) < 2 {
		t.Fatalf("chain of %d certificates, want leaf and issuer", len(chain))
	}
	held := c.Lookup()
	if held.State != ca.IssuanceIssued || held.Status != "hold" || !bytes.Equal(held.Chain[0], chain[0].Raw) {
		t.Errorf("after: state %s, status %s, want issued on hold with the same certificate", held.State, held.Status)
	}
	id := catest.NewUUID()
	var reply ca.StatusReply
	if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, ca.OpActivate, chain[0], 0), &reply); p != nil {
		t.Fatalf("activate: %+v", p)
	}
	if reply.Status != "active" {
		t.Errorf("activated: status %s, want active", reply.Status)
	}
	if got := c.Lookup(); got.Status != "active" {
		t.Errorf("look-up after activation: %s, want active", got.Status)
	}
}

func TestSameRequestSameCertificate(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	first := issue(t, c)
	for range 3 {
		if again := issue(t, c); !again[0].Equal(first[0]) {
			t.Fatal("the same request got another certificate")
		}
	}
	o.Stop()
	o.Start()
	if again := issue(t, c); !again[0].Equal(first[0]) {
		t.Fatal("after a restart the same request got another certificate")
	}
}

func TestSameRequestAtTheSameTime(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	tokens := make([]string, 6)
	for i := range tokens {
		tokens[i] = c.Assertion()
	}
	serials := make(chan string, len(tokens))
	for _, token := range tokens {
		go func() { serials <- post(o, c, token) }()
	}
	first := <-serials
	for range len(tokens) - 1 {
		if s := <-serials; s != first || s == "" {
			t.Errorf("got %q and %q, want one certificate", first, s)
		}
	}
}

// post enrols with a given assertion and returns the serial, or "".
func post(o *office, c *catest.Case, token string) string {
	r, err := http.NewRequest(http.MethodPost, o.API+est.Path(c.Label, est.OpSimpleEnroll), bytes.NewReader(est.EncodeBase64(c.CSR)))
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", est.TypePKCS10)
	r.Header.Set(ca.HeaderAssertion, token)
	answer, err := o.ws.HTTP.Do(r)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	der, err := est.DecodeBase64(answer.Body, est.MaxCertsOnly)
	if err != nil {
		return ""
	}
	chain, err := est.ParseCertsOnly(der)
	if err != nil {
		return ""
	}
	return chain[0].SerialNumber.Text(16)
}

func TestIssueRefusals(t *testing.T) {
	o := newOffice(t, catest.Config{})
	foreign := catest.NewCardCA(t)
	stranger := *o.clerk
	strangerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger.Key = strangerKey
	other := start(t, catest.Config{}).AddClerk("1001")
	supervisor := o.AddClerk("1002", authority.RoleSupervisor)
	gone := o.AddClerk("1003")
	if err := o.Authority.RevokeClerk(t.Context(), "1003"); err != nil {
		t.Fatal(err)
	}
	citizen := catest.Citizen()

	tests := []struct {
		name    string
		break_  func(c *catest.Case)
		problem string
		fields  string // space separated; empty: not compared
	}{
		{"assertion for another request", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.CSR = strings.Repeat("0", 64) }
		}, ca.ProblemAssertion, "csr_sha256"},
		{"assertion for another authority", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Audience = "other" }
		}, ca.ProblemAssertion, "aud"},
		{"assertion of another workstation", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Issuer = "urn:mup:ws:NS-001:01" }
		}, ca.ProblemAssertion, "iss"},
		{"assertion that lives too long", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Expires = a.IssuedAt + 301 }
		}, ca.ProblemAssertion, "exp"},
		{"assertion with a life that overflows", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Expires = a.IssuedAt + 100 + 1<<55 }
		}, ca.ProblemAssertion, "exp"},
		{"assertion that ends before it begins", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Expires = a.IssuedAt }
		}, ca.ProblemAssertion, "exp"},
		{"assertion under another label", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Label = ca.LabelForeigner }
		}, ca.ProblemAssertion, "label"},
		{"case that is no UUID", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Case = "../x" }
		}, ca.ProblemAssertion, "case"},
		{"attempt zero", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Attempt = 0 }
		}, ca.ProblemAssertion, "att"},
		{"no contract", func(c *catest.Case) {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Contract = "" }
		}, ca.ProblemContract, ""},
		{"clock ahead", func(c *catest.Case) {
			c.Now = func() time.Time { return time.Now().Add(6 * time.Minute) }
		}, ca.ProblemClock, ""},
		{"clock behind", func(c *catest.Case) {
			c.Now = func() time.Time { return time.Now().Add(-6 * time.Minute) }
		}, ca.ProblemClock, ""},
		{"clerk's signature by another key", func(c *catest.Case) { c.Clerk = &stranger }, ca.ProblemAssertion, ""},
		{"clerk of another authority", func(c *catest.Case) { c.Clerk = other }, ca.ProblemClerk, ""},
		{"supervisor who is no clerk", func(c *catest.Case) { c.Clerk = supervisor }, ca.ProblemClerk, ""},
		{"revoked clerk", func(c *catest.Case) { c.Clerk = gone }, ca.ProblemClerk, ""},
		{"clerk signed another case", func(c *catest.Case) {
			c.EditClerk = func(s *ca.ClerkClaims) { s.Case = catest.NewUUID() }
		}, ca.ProblemAssertion, ""},
		{"clerk's signature too old", func(c *catest.Case) {
			c.EditClerk = func(s *ca.ClerkClaims) { s.IssuedAt -= 25 * 3600 }
		}, ca.ProblemAssertion, ""},
		{"clerk's signature from the future", func(c *catest.Case) {
			c.EditClerk = func(s *ca.ClerkClaims) { s.IssuedAt += 3600 }
		}, ca.ProblemAssertion, ""},
		{"journal ahead of the authority", func(c *catest.Case) { o.ws.Append([]byte(`{"not":"pushed"}`)) }, ca.ProblemNotAnchored, ""},
		{"no event commits to the card files", func(c *catest.Case) { c.ChipFiles = [32]byte{1} }, ca.ProblemCardData, ""},
		{"card files of another case", func(c *catest.Case) { c.ChipFiles = o.open().ChipFiles }, ca.ProblemCardData, ""},
		{"card files signed by a home-made CA", func(c *catest.Case) { c.Upload(foreign.Files(citizen).Encode()) }, ca.ProblemCardData, ""},
		{"card files changed after signing", func(c *catest.Case) {
			b := o.cards.Files(citizen)
			b.Personal = bytes.Replace(b.Personal, []byte("МАРИЈА"), []byte("МАРИНА"), 1)
			c.Upload(b.Encode())
		}, ca.ProblemCardData, ""},
		{"card files without signature", func(c *catest.Case) {
			b := o.cards.Files(citizen)
			b.SOD = nil
			c.Upload(b.Encode())
		}, ca.ProblemCardData, ""},
		{"card files that are garbage", func(c *catest.Case) { c.Upload([]byte("garbage")) }, ca.ProblemCardData, ""},
		{"card that has expired", func(c *catest.Case) {
			h := citizen
			h.ValidUntil = time.Now().AddDate(0, 0, -2)
			c.Upload(o.cards.Files(h).Encode())
		}, ca.ProblemCardData, ""},
		{"residence permit", func(c *catest.Case) {
			h := citizen
			h.DocType = "RP"
			c.Upload(o.cards.Files(h).Encode())
		}, ca.ProblemSubject, "documentType"},
		{"citizen under the foreigners' label", func(c *catest.Case) { c.Label = ca.LabelForeigner }, ca.ProblemSubject, "documentType"},
		{"other names than on the card", func(c *catest.Case) {
			h := citizen
			h.GivenName, h.Surname = "ДРУГА", "ОСОБА"
			c.CSR = c.Request(h, "")
		}, ca.ProblemSubject, "givenName surname"},
		{"other personal number than on the card", func(c *catest.Case) {
			h := citizen
			h.PersonalNumber = "0101904715005"
			c.CSR = c.Request(h, "")
		}, ca.ProblemSubject, "personalNumber"},
		{"request that is not one", func(c *catest.Case) { c.CSR = []byte("garbage") }, ca.ProblemCSRInvalid, ""},
		{"request with a broken signature", func(c *catest.Case) { c.CSR[len(c.CSR)-1] ^= 1 }, ca.ProblemCSRInvalid, ""},
		{"request too large", func(c *catest.Case) { c.CSR = make([]byte, ca.MaxCSR+1) }, ca.ProblemTooLarge, ""},
		{"label that does not exist", func(c *catest.Case) { c.Label = "other" }, ca.ProblemNotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := o.open()
			good := slices.Clone(c.CSR)
			tt.break_(c)
			_, p, err := c.Enrol(nil)
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, p, tt.problem)
			if got := strings.Join(p.Fields, " "); tt.fields != "" && got != tt.fields {
				t.Errorf("got fields %q, want %q", got, tt.fields)
			}
			for _, secret := range []string{citizen.Surname, citizen.GivenName, citizen.PersonalNumber, "ОСОБА"} {
				if strings.Contains(p.Detail, secret) {
					t.Errorf("detail holds personal data: %q", p.Detail)
				}
			}
			// Whatever was wrong, it was not the request: set right, it is issued.
			if _, p := o.ws.Push(int64(len(o.ws.Journal))); p != nil {
				t.Fatalf("push: %+v", p)
			}
			repaired := o.open()
			repaired.Key, repaired.CSR = c.Key, good
			issue(t, repaired)
		})
	}
}

func TestKeyRejectedIsFinal(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.Key = key
	c.CSR = c.Request(c.Holder, "")
	for range 2 {
		_, p, err := c.Enrol(nil)
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, p, ca.ProblemKeyRejected)
	}
	got := c.Lookup()
	if got.State != ca.IssuanceRefused || got.Problem == nil || got.Problem.Type != ca.ProblemPrefix+ca.ProblemKeyRejected {
		t.Errorf("look-up: got %+v, want refused for the key", got)
	}
	fresh := o.open()
	fresh.ID, fresh.Attempt = c.ID, 2
	fresh.Upload(o.cards.Files(c.Holder).Encode())
	issue(t, fresh)
}

func TestProfileRefusal(t *testing.T) {
	o := newOffice(t, catest.Config{})
	h := catest.Citizen()
	h.PersonalNumber = "0101900710005" // wrong check digit, on card and request alike
	c := o.ws.Open(o.clerk, o.cards, h)
	_, p, err := c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemProfile)
	if !slices.Contains(p.Fields, "P09") {
		t.Errorf("got findings %v, want P09", p.Fields)
	}
}

func TestForeignerWithoutCheckDigit(t *testing.T) {
	o := newOffice(t, catest.Config{})
	h := catest.Citizen()
	h.DocType, h.PersonalNumber = "IF", "1234567890123"
	c := o.ws.Open(o.clerk, o.cards, h)
	c.Label = ca.LabelForeigner
	c.CSR = c.Request(h, "marija@example.com")
	cert := issue(t, c)[0]
	if len(cert.EmailAddresses) != 1 || cert.EmailAddresses[0] != "marija@example.com" {
		t.Errorf("e-mail addresses: got %v", cert.EmailAddresses)
	}
}

func TestAttemptAndKeyReuse(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	cert := issue(t, c)[0]

	again := o.open()
	again.ID = c.ID
	again.Upload(o.cards.Files(c.Holder).Encode())
	_, p, err := again.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemAttempt)

	again.Attempt = 2
	if _, p, err = again.Enrol(nil); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemConflict)

	used := o.open()
	used.Key = c.Key
	used.CSR = used.Request(used.Holder, "x@example.com") // other bytes, same key
	if _, p, err = used.Enrol(nil); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemKeyReused)
	if want := cert.SerialNumber.Text(16); p.Serial != want {
		t.Errorf("got serial %q, want %q", p.Serial, want)
	}

	moved := o.open()
	moved.CSR = c.CSR
	if _, p, err = moved.Enrol(nil); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemConflict)

	// After revocation the case may go on with its second attempt.
	id := catest.NewUUID()
	if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, ca.OpRevoke, cert, 5), nil); p != nil {
		t.Fatalf("revoke: %+v", p)
	}
	issue(t, again)
}

func TestRepeatedAssertion(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	jti := catest.NewUUID()
	c.EditClaims = func(a *ca.AssertionClaims) { a.ID = jti }
	issue(t, c)
	c.EditClaims = func(a *ca.AssertionClaims) { a.ID, a.Contract = jti, "2/2026" }
	_, p, err := c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemAssertion)
}

func TestRSAClerkAndRSAKey(t *testing.T) {
	o := newOffice(t, catest.Config{})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := o.ws.Open(o.AddClerkKey("1009", key), o.cards, catest.Citizen())
	citizen, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c.Key = citizen
	c.CSR = c.Request(c.Holder, "")
	issue(t, c)
}

func TestUpgradeRequired(t *testing.T) {
	o := newOffice(t, catest.Config{MinClient: "1.2.0"})
	c := o.open() // its push and blob pass: syncing is never refused
	for _, tt := range []struct {
		agent string
		ok    bool
	}{{"", false}, {"Salter/1.1.9", false}, {"Salter/garbage", false}, {"Salter/1.2.0", true}} {
		client := &http.Client{Transport: agent{o.ws.HTTP.Transport, tt.agent}}
		_, p, err := c.Enrol(client)
		switch {
		case err != nil:
			t.Fatal(err)
		case tt.ok && p != nil:
			t.Errorf("%q: refused: %+v", tt.agent, p)
		case !tt.ok:
			wantProblem(t, p, ca.ProblemUpgrade)
		}
	}
}

// agent sets User-Agent.
type agent struct {
	next http.RoundTripper
	name string
}

func (a agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", a.name)
	return a.next.RoundTrip(r)
}

func TestOtherOffice(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	cert := issue(t, c)[0]
	neighbour, stranger := o.Enrol("BG-017-04"), o.Enrol("NS-001-01")
	var answer ca.Issuance
	if p := neighbour.JSON(http.MethodGet, ca.PathIssuances+c.SumCSR(), nil, &answer); p != nil || answer.State != ca.IssuanceIssued {
		t.Errorf("same office: got %+v, %+v, want issued", answer.State, p)
	}
	p := stranger.JSON(http.MethodGet, ca.PathIssuances+c.SumCSR(), nil, nil)
	wantProblem(t, p, ca.ProblemAssertion)
	id := catest.NewUUID()
	p = stranger.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, ca.OpRevoke, cert, 1), nil)
	wantProblem(t, p, ca.ProblemAssertion)
}
