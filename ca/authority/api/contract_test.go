package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/api"
	"salter/ca/catest"
	"salter/ca/est"
)

// TestContract compares the routes with openapi.yaml, both ways. The document
// is written so that a path stands alone on a line, and a method below it.
func TestContract(t *testing.T) {
	var documented []string
	path := ""
	for line := range strings.Lines(string(api.OpenAPI)) {
		if m := regexp.MustCompile(`^  (/\S*):\s*$`).FindStringSubmatch(line); m != nil {
			path = m[1]
		}
		if m := regexp.MustCompile(`^    (get|put|post|delete|patch):\s*$`).FindStringSubmatch(line); m != nil {
			documented = append(documented, strings.ToUpper(m[1])+" "+path)
		}
	}
	routes := api.Routes()
	slices.Sort(routes)
	routes = slices.Compact(routes) // cacerts is on both ports
	slices.Sort(documented)
	if !slices.Equal(routes, documented) {
		t.Errorf("routes\n%s\ndocumented\n%s", strings.Join(routes, "\n"), strings.Join(documented, "\n"))
	}
}

// TestClientCertificates: no route of the API port answers a stranger.
func TestClientCertificates(t *testing.T) {
	o := newOffice(t, catest.Config{})
	clerkTLS := tls.Certificate{Certificate: [][]byte{o.clerk.Certificate.Raw, o.clerk.Issuer.Raw}, PrivateKey: o.clerk.Key}
	for _, tt := range []struct {
		name string
		edit func(c *tls.Config)
	}{
		{"no certificate", func(c *tls.Config) { c.Certificates = nil }},
		{"certificate made at home", func(c *tls.Config) { c.Certificates = []tls.Certificate{selfSigned(t)} }},
		{"a clerk's certificate", func(c *tls.Config) { c.Certificates = []tls.Certificate{clerkTLS} }},
		{"TLS 1.2", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			transport := o.ws.Transport()
			tt.edit(transport.TLSClientConfig)
			defer transport.CloseIdleConnections()
			for _, path := range []string{ca.PathPolicy, est.Path(ca.LabelCitizen, est.OpCACerts), "/healthz", "/"} {
				answer, err := (&http.Client{Transport: transport}).Get(o.API + path)
				if err == nil {
					t.Errorf("%s answered %d", path, answer.StatusCode)
					_ = answer.Body.Close()
				}
			}
		})
	}
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "BG-017-03"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestUnregisteredKey: a certificate by the right CA is not enough, the key
// must stand in the register.
func TestUnregisteredKey(t *testing.T) {
	o := newOffice(t, catest.Config{})
	other := newOffice(t, catest.Config{}) // the same keys, another register
	other.ws.HTTP = o.ws.HTTP
	wantProblem(t, other.ws.JSON(http.MethodGet, ca.PathPolicy, nil, nil), ca.ProblemWorkstation)
}

func TestPolicy(t *testing.T) {
	o := newOffice(t, catest.Config{})
	b := bundle(t, o.ws.Response.Bundle)
	answer, err := o.ws.HTTP.Get(o.API + ca.PathPolicy)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	token, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(b.PolicyKey)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(string(token), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		t.Fatalf("verify policy: %v", err)
	}
	var p ca.Policy
	if err := json.Unmarshal(payload, &p); err != nil {
		t.Fatal(err)
	}
	if p.Version != 1 || p.Authority != b.Authority || !p.Demo || len(p.Labels) != 2 || len(p.ServerPins) != 2 {
		t.Errorf("policy: %+v", p)
	}
	if off := time.Since(time.Unix(p.Issued, 0)); off > time.Minute || off < -time.Minute {
		t.Errorf("server time is off by %v", off)
	}
	r, err := http.NewRequest(http.MethodGet, o.API+ca.PathPolicy, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("If-None-Match", answer.Header.Get("ETag"))
	again, err := o.ws.HTTP.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Body.Close()
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("with the ETag: status %d, want 304", again.StatusCode)
	}
}

func TestBundle(t *testing.T) {
	o := newOffice(t, catest.Config{})
	b := bundle(t, o.ws.Response.Bundle)
	if b.Workstation != "BG-017-03" || b.URI != "urn:mup:ws:BG-017:03" || b.API != o.API || b.Public != o.Public {
		t.Errorf("identity: %s, %s, %s, %s", b.Workstation, b.URI, b.API, b.Public)
	}
	if !b.Demo || len(b.DemoClerks) != 1 || len(b.CardAnchors) != 1 || !bytes.Equal(b.CardAnchors[0], o.cards.Anchor) {
		t.Errorf("demo %v, clerks %d, anchors %d", b.Demo, len(b.DemoClerks), len(b.CardAnchors))
	}
	if len(b.Roots) != 1 || len(b.Issuers) != 2 || len(b.Infrastructure) != 1 {
		t.Errorf("%d roots, %d issuers, %d infrastructure", len(b.Roots), len(b.Issuers), len(b.Infrastructure))
	}
}

func TestPublicPort(t *testing.T) {
	o := newOffice(t, catest.Config{})
	chain, err := o.Authority.Chain(ca.LabelForeigner)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path   string
		status int
		body   []byte // nil: not compared
	}{
		{"/healthz", 200, []byte(`{"status":"ok"}` + "\n")},
		{"/ca/foreigner-sign.cer", 200, chain[0].Raw},
		{"/ca/root.cer", 200, chain[1].Raw},
		{"/ca/other.cer", 404, nil},
		{"/ca/root.key", 404, nil},
		{est.Path(ca.LabelCitizen, est.OpCACerts), 200, nil},
		{est.Path("other", est.OpCACerts), 404, nil},
		{est.Path(ca.LabelCitizen, est.OpSimpleEnroll), 404, nil},
		{ca.PathPolicy, 404, nil},
	} {
		answer, err := http.Get(o.Public + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.Body.Close() != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != tt.status || tt.body != nil && !bytes.Equal(body, tt.body) {
			t.Errorf("%s: status %d, %d bytes, want %d", tt.path, answer.StatusCode, len(body), tt.status)
		}
	}
}

func TestESTReads(t *testing.T) {
	o := newOffice(t, catest.Config{})
	get := func(op string) ([]byte, *http.Response) {
		t.Helper()
		answer, err := o.ws.HTTP.Get(o.API + est.Path(ca.LabelCitizen, op))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		der, err := est.DecodeBase64(answer.Body, est.MaxCertsOnly)
		if err != nil {
			t.Fatal(err)
		}
		return der, answer
	}
	der, answer := get(est.OpCACerts)
	certs, err := est.ParseCertsOnly(der)
	if err != nil || len(certs) != 2 || !est.IsCertsOnly(answer.Header.Get("Content-Type")) {
		t.Errorf("cacerts: %d certificates, %v, %s", len(certs), err, answer.Header.Get("Content-Type"))
	}
	der, _ = get(est.OpCSRAttrs)
	attrs, err := est.ParseCSRAttrs(der)
	if err != nil || len(attrs.Subject) != 5 {
		t.Errorf("csrattrs: %+v, %v, want five attributes of the subject", attrs, err)
	}
}

func TestUnknownRoutes(t *testing.T) {
	o := newOffice(t, catest.Config{})
	for _, r := range [][2]string{{"GET", "/"}, {"GET", "/ra/v1/other"}, {"DELETE", ca.PathPolicy},
		{"POST", ca.PathEST + "citizen-sign/serverkeygen"}, {"POST", ca.PathEST + "citizen-sign/fullcmc"}, {"POST", ca.PathEST + "simpleenroll"}} {
		wantProblem(t, o.ws.JSON(r[0], r[1], nil, nil), ca.ProblemNotFound)
	}
}

// TestGarbage sends broken bodies to every route that takes one: each is
// refused by name, none is an internal error.
func TestGarbage(t *testing.T) {
	o := newOffice(t, catest.Config{})
	id := catest.NewUUID()
	bodies := map[string][]byte{"nothing": nil, "zero bytes": make([]byte, 100), "not JSON": []byte("{"), "two values": []byte("{}{}"),
		"wrong types": []byte(`{"from":"x","events":5,"op":[]}`), "nulls": []byte(`{"from":null,"events":null,"checkpoint":null,"op":null}`),
		"deep": bytes.Repeat([]byte("["), 20000), "huge": bytes.Repeat([]byte(" "), 1<<20)}
	for _, r := range []struct{ method, path string }{
		{"POST", ca.PathJournal + o.ws.Name}, {"PUT", ca.PathStatusChange + id}, {"PUT", ca.PathBlobs + strings.Repeat("ab", 32)},
		{"PUT", ca.PathContracts + id}, {"POST", ca.PathContractSearch}, {"PUT", ca.PathContractEnds + id}, {"PUT", ca.PathApprovals + "/" + id},
		{"POST", est.Path(ca.LabelCitizen, est.OpSimpleEnroll)},
	} {
		for name, body := range bodies {
			p := o.ws.JSON(r.method, r.path, body, nil)
			if p == nil || p.Status >= 500 || !strings.HasPrefix(p.Type, ca.ProblemPrefix) {
				t.Errorf("%s with %s: got %+v, want a named refusal", r.path, name, p)
			}
		}
	}
}

// FuzzBodies drives the handlers with foreign bytes behind a true identity.
func FuzzBodies(f *testing.F) {
	server := start(f, catest.Config{})
	ws := server.Enrol("BG-017-03")
	routes := []struct{ method, path string }{
		{"POST", ca.PathJournal + ws.Name}, {"PUT", ca.PathStatusChange + catest.NewUUID()},
		{"PUT", ca.PathBlobs + strings.Repeat("ab", 32)}, {"POST", est.Path(ca.LabelCitizen, est.OpSimpleEnroll)},
		{"PUT", ca.PathContracts + catest.NewUUID()}, {"POST", ca.PathContractSearch}, {"PUT", ca.PathContractEnds + catest.NewUUID()},
		{"PUT", ca.PathApprovals + "/" + catest.NewUUID()},
		{"POST", ca.PathRegisterSearch}, {"POST", ca.PathCaseSearch}, {"POST", est.Path(ca.LabelInterop, est.OpSimpleEnroll)},
		{"POST", est.Path(ca.LabelWorkstation, est.OpSimpleReenroll)},
	}
	push, err := json.Marshal(ca.JournalPush{From: 1, Events: [][]byte{[]byte("x")}, Checkpoint: string(ws.CheckpointOf(1, [32]byte{}))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(0), push, "")
	f.Add(uint8(1), []byte(`{"op":"activate","serial":"40","case":"00000000-0000-0000-0000-000000000000","clerk":"a.b.c"}`), "")
	f.Add(uint8(2), []byte("blob"), "")
	f.Add(uint8(3), []byte("MIIBAA=="), "eyJhbGciOiJFUzI1NiJ9.e30.AAAA")
	f.Fuzz(func(t *testing.T, n uint8, body []byte, assertion string) {
		r := routes[int(n)%len(routes)]
		request, err := http.NewRequest(r.method, server.API+r.path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", est.TypePKCS10)
		request.Header.Set(ca.HeaderAssertion, regexp.MustCompile(`[^!-~]`).ReplaceAllString(assertion, ""))
		answer, err := ws.HTTP.Do(request)
		if err != nil {
			t.Skip("too large for the transport")
		}
		defer answer.Body.Close()
		if answer.StatusCode >= 500 {
			t.Errorf("status %d", answer.StatusCode)
		}
	})
}

// FuzzLabel asks under foreign labels: none is an internal error, and none but
// those there are has a chain.
func FuzzLabel(f *testing.F) {
	server := start(f, catest.Config{})
	ws := server.Enrol("BG-017-03")
	known := map[string]bool{ca.LabelCitizen: true, ca.LabelForeigner: true, ca.LabelWorkstation: true, ca.LabelInterop: true}
	for _, label := range []string{ca.LabelCitizen, "tenant/authority/profile", "..", "a%2fb", "\x00", "Ж", ""} {
		f.Add(label)
	}
	f.Fuzz(func(t *testing.T, label string) {
		for _, op := range []string{est.OpCACerts, est.OpCSRAttrs} {
			request, err := http.NewRequest(http.MethodGet, server.API+est.Path(label, op), nil)
			if err != nil {
				t.Skip("no URL")
			}
			answer, err := ws.HTTP.Do(request)
			if err != nil {
				t.Skip("too large for the transport")
			}
			defer answer.Body.Close()
			if answer.StatusCode >= 500 || answer.StatusCode < 300 && !known[label] {
				t.Errorf("label %q: status %d", label, answer.StatusCode)
			}
		}
	})
}

// FuzzClaims signs foreign claims with true keys: the verifier of the
// signature is satisfied, what it carries is not to be trusted.
func FuzzClaims(f *testing.F) {
	server := start(f, catest.Config{})
	cards, clerk := catest.NewCardCA(f), server.AddClerk("1001")
	server.AddAnchor(cards.Anchor)
	ws := server.Enrol("BG-017-03")
	c := ws.Open(clerk, cards, catest.Citizen())
	f.Add([]byte(`{"iss":"x","exp":1e99}`), []byte(`{}`))
	f.Add([]byte(`[]`), []byte(`null`))
	f.Add([]byte(`{"iat":-9223372036854775808,"exp":9223372036854775807}`), []byte(`{"iat":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, claims, signed []byte) {
		if !json.Valid(claims) || !json.Valid(signed) {
			t.Skip("signed claims are JSON")
		}
		e := authority.Enrolment{Label: c.Label, CSR: c.CSR, Assertion: ws.Sign(json.RawMessage(claims))}
		if _, err := server.Authority.Enrol(t.Context(), ws.Caller(), e); refusal(err) == nil {
			t.Errorf("assertion: got %v, want a refusal", err)
		}
		id := catest.NewUUID()
		change := ca.StatusChange{Op: ca.OpActivate, Serial: "40", Case: id, Clerk: clerk.Sign(json.RawMessage(signed))}
		if _, _, err := server.Authority.ChangeStatus(t.Context(), ws.Caller(), id, change); refusal(err) == nil {
			t.Errorf("status change: got %v, want a refusal", err)
		}
	})
}

func refusal(err error) *authority.Refusal {
	var r *authority.Refusal
	errors.As(err, &r)
	return r
}
