package api_test

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority/api"
	"salter/ca/catest"
	"salter/ca/est"
)

// clock is a clock that can be set while an authority runs under it.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

func (c *clock) set(offset time.Duration) { c.offset.Store(int64(offset)) }

// TestClerkExpired: a register that nobody tends admits no key for ever.
func TestClerkExpired(t *testing.T) {
	c := new(clock)
	o := newOffice(t, catest.Config{Now: c.now})
	c.set(2*365*24*time.Hour + time.Minute)
	ws := o.Enrol("BG-017-04")
	transport := ws.Transport()
	transport.TLSClientConfig.Time = c.now
	defer transport.CloseIdleConnections()
	ws.HTTP = &http.Client{Transport: transport}
	for _, tt := range []struct {
		name  string
		clerk *catest.Clerk
		want  string
	}{{"certified two years ago", o.clerk, ca.ProblemClerk}, {"certified today", o.AddClerk("1002"), ""}} {
		one := ws.Open(tt.clerk, o.cards, catest.Citizen())
		one.Now = c.now
		_, p, err := one.Enrol(nil)
		if err != nil || (p == nil) != (tt.want == "") || p != nil && p.Name() != tt.want {
			t.Errorf("clerk %s: got %+v, %v, want %q", tt.name, p, err, tt.want)
		}
	}
}

// TestClockSetBack: an authority that began under a clock ahead of time is
// reached again as soon as the clock is right.
func TestClockSetBack(t *testing.T) {
	c := new(clock)
	c.set(48 * time.Hour)
	o := newOffice(t, catest.Config{Now: c.now})
	if _, err := o.ws.HTTP.Get(o.API + ca.PathPolicy); err == nil {
		t.Error("a certificate from the day after tomorrow was accepted")
	}
	c.set(0)
	ws := o.Enrol("BG-017-04") // its certificate is of today
	if p := ws.JSON(http.MethodGet, ca.PathPolicy, nil, nil); p != nil {
		t.Errorf("policy: %+v", p)
	}
}

// TestRevokedOnEveryRoute: there is no route, public knowledge or not, that
// answers a revoked workstation.
func TestRevokedOnEveryRoute(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	encode := func(v any) []byte {
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	id := catest.NewUUID()
	push := encode(ca.JournalPush{From: 1, Events: o.ws.Journal, Checkpoint: string(o.ws.Checkpoint())})
	bodies := map[string][]byte{
		"POST " + ca.PathJournal + "{workstation}":      push,
		"PUT " + ca.PathStatusChange + "{uuid}":         []byte(`{"op":"revoke","serial":"40","case":"` + c.ID + `","clerk":"a.b.c"}`),
		"PUT " + ca.PathBlobs + "{sha256}":              {},
		"PUT " + ca.PathContracts + "{contract}":        encode(c.Contract(id, "U-1", day, nil)),
		"PUT " + ca.PathContractEnds + "{uuid}":         encode(c.End(id, "U-1")),
		"PUT " + ca.PathApprovals + "/{uuid}":           encode(c.Decision(o.clerk, id, c.SumCSR(), ca.DecisionClaim, "")),
		"POST " + ca.PathContractSearch:                 encode(c.Search(ca.ContractSearch{Number: "U-1"})),
		"POST " + ca.PathRegisterSearch:                 encode(c.SearchRegister(ca.RegisterSearch{Contract: "U-1"})),
		"POST " + ca.PathCaseSearch:                     encode(c.SearchCases(ca.CaseSearch{Contract: "U-1"})),
		"POST " + ca.PathEST + "{label}/simplereenroll": est.EncodeBase64(c.CSR),
		"POST " + ca.PathEST + "{label}/simpleenroll":   est.EncodeBase64(c.CSR),
	}
	if err := o.Authority.RevokeWorkstation(t.Context(), o.ws.Name); err != nil {
		t.Fatal(err)
	}
	values := strings.NewReplacer("{label}", ca.LabelCitizen, "{csr_sha256}", c.SumCSR(), "{workstation}", o.ws.Name,
		"{uuid}", id, "{contract}", id, "{sha256}", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
	for _, pattern := range api.PrivateRoutes() {
		method, path, _ := strings.Cut(pattern, " ")
		r, err := http.NewRequest(method, o.API+values.Replace(path), strings.NewReader(string(bodies[pattern])))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", est.TypePKCS10)
		r.Header.Set(ca.HeaderAssertion, c.Assertion())
		answer, err := o.ws.HTTP.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var p ca.Problem
		if err := errors.Join(json.NewDecoder(answer.Body).Decode(&p), answer.Body.Close()); err != nil || p.Name() != ca.ProblemWorkstationGone {
			t.Errorf("%s: status %d, %+v, %v, want %s", pattern, answer.StatusCode, p, err, ca.ProblemWorkstationGone)
		}
	}
}

// TestDoubledMembers: what is signed or sent must be readable in one way only.
func TestDoubledMembers(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	c.EditClaims = func(a *ca.AssertionClaims) {
		a.Clerk = o.clerk.Sign(json.RawMessage(`{"case":"` + catest.NewUUID() + `","Case":"` + c.ID + `","att":1,"csr_sha256":"` +
			c.SumCSR() + `","label":"` + c.Label + `","iat":` + big.NewInt(time.Now().Unix()).String() + `}`))
	}
	_, p, err := c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemAssertion)
	c.EditClaims = nil
	cert := issue(t, c)[0]
	id := catest.NewUUID()
	body, err := json.Marshal(c.Change(id, ca.OpActivate, cert, 0))
	if err != nil {
		t.Fatal(err)
	}
	doubled := strings.Replace(string(body), "{", `{"OP":"revoke",`, 1)
	wantProblem(t, o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, []byte(doubled), nil), ca.ProblemBadRequest)
	if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, body, nil); p != nil {
		t.Errorf("the same without the second member: %+v", p)
	}
}

// TestGiantKey: a key that takes a second to verify is not verified.
func TestGiantKey(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	n := new(big.Int).Lsh(big.NewInt(1), 100_000)
	key, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 1<<31 - 1})
	if err != nil {
		t.Fatal(err)
	}
	c.CSR = requestOf(t, key)
	_, p, err := c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemKeyRejected)
}

// requestOf makes a request (RFC 2986 4.2) for a key, with a signature that
// says nothing.
func requestOf(t *testing.T, spki []byte) []byte {
	t.Helper()
	type info struct {
		Version    int
		Subject    []int
		Key        asn1.RawValue
		Attributes []int `asn1:"tag:0"`
	}
	der, err := asn1.Marshal(struct {
		Info      info
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{
		Info:      info{Subject: []int{}, Key: asn1.RawValue{FullBytes: spki}, Attributes: []int{}},
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue},
		Signature: asn1.BitString{Bytes: make([]byte, 32), BitLength: 256},
	})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestManySmallEvents: a batch holds up the others no longer than a full one.
func TestManySmallEvents(t *testing.T) {
	o := newOffice(t, catest.Config{})
	for range 8192 {
		o.ws.Append([]byte("x"))
	}
	if _, p := o.ws.Push(1); p != nil {
		t.Errorf("8192 events: %+v", p)
	}
	o.ws.Append([]byte("x"))
	_, p := o.ws.Push(1)
	wantProblem(t, p, ca.ProblemTooLarge)
	if _, p := o.ws.Push(8193); p != nil {
		t.Errorf("the rest: %+v", p)
	}
}

// TestLargeHeader: on either version of HTTP a header that goes on and on is
// not read to its end.
func TestLargeHeader(t *testing.T) {
	o := newOffice(t, catest.Config{})
	for _, version := range []string{"h2", "http/1.1"} {
		transport := o.ws.Transport()
		transport.ForceAttemptHTTP2 = version == "h2"
		r, err := http.NewRequest(http.MethodGet, o.API+ca.PathPolicy, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(ca.HeaderAssertion, strings.Repeat("x", 1<<20))
		answer, err := (&http.Client{Transport: transport}).Do(r)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("%s: status %d, want 431", version, answer.StatusCode)
			}
		}
		transport.CloseIdleConnections()
	}
}

// TestHealthIsCheap: however many ask, the database is looked at once a second.
func TestHealthIsCheap(t *testing.T) {
	looks := 0
	broken := errors.New("broken")
	for i, err := range api.Check(100, func() error { looks++; return broken }) {
		if !errors.Is(err, broken) {
			t.Errorf("answer %d: got %v, want what the look found", i, err)
		}
	}
	if looks != 1 {
		t.Errorf("%d looks for 100 questions, want 1", looks)
	}
}
