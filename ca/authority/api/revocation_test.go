package api_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"salter/ca"
	"salter/ca/catest"
)

// judge is a stranger with openssl: he knows the root, the issuer and the
// public port.
type judge struct {
	*office
	t   *testing.T
	dir string
}

func newJudge(t *testing.T, o *office, chain []*x509.Certificate) *judge {
	t.Helper()
	j := &judge{office: o, t: t, dir: t.TempDir()}
	root := must(t)(x509.ParseCertificate(j.get("/ca/root.cer")))
	j.write("ca.pem", chain[1], root)
	j.write("issuer.pem", chain[1])
	return j
}

func must(t *testing.T) func(*x509.Certificate, error) *x509.Certificate {
	return func(c *x509.Certificate, err error) *x509.Certificate {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func (j *judge) file(name string) string { return filepath.Join(j.dir, name) }

func (j *judge) write(name string, certs ...*x509.Certificate) {
	j.t.Helper()
	var text []byte
	for _, c := range certs {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.WriteFile(j.file(name), text, 0o600); err != nil {
		j.t.Fatal(err)
	}
}

// get fetches from the public port.
func (j *judge) get(path string) []byte {
	j.t.Helper()
	answer, err := http.Get(j.Public + path)
	if err != nil {
		j.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		j.t.Fatalf("GET %s: status %d, %v", path, answer.StatusCode, err)
	}
	return body
}

// openssl runs the tool and returns all it says; failing is an answer, too.
func (j *judge) openssl(args ...string) string {
	j.t.Helper()
	out, err := exec.CommandContext(j.t.Context(), "openssl", args...).CombinedOutput()
	if len(out) == 0 && err != nil {
		j.t.Fatalf("openssl: %v", err)
	}
	return string(out)
}

// TestStatusInPublic: for each status, what the authority tells counters, its
// list and its OCSP answers say the same, and openssl understands both.
func TestStatusInPublic(t *testing.T) {
	o := newOffice(t, catest.Config{})
	o.withPolicy(t, `{"roles.revocation":["clerk"],"approval.status_changes":[],"override.required":false}`)
	for _, tt := range []struct {
		name    string
		steps   []string
		reason  int  // of a revocation
		old     bool // it came about two hours ago
		verify  string
		listed  string // what the list says of it; empty: nothing
		answers string // what OCSP says
	}{
		{"just issued, on hold", nil, 0, false, "OK", "", "revoked\n.*certificateHold"},
		{"on hold for long", nil, 0, true, "certificate revoked", "Certificate Hold", "revoked\n.*certificateHold"},
		{"active", []string{"activate"}, 0, false, "OK", "", "good"},
		{"suspended", []string{"activate", "suspend"}, 0, false, "certificate revoked", "Certificate Hold", "revoked\n.*certificateHold"},
		{"reactivated", []string{"activate", "suspend", "reactivate"}, 0, false, "OK", "", "good"},
		{"revoked, no reason", []string{"activate", "revoke"}, 0, false, "certificate revoked", "Serial", "revoked"},
		{"revoked, key", []string{"activate", "revoke"}, 1, false, "certificate revoked", "Key Compromise", "revoked\n.*keyCompromise"},
		{"revoked, data", []string{"revoke"}, 3, false, "certificate revoked", "Affiliation Changed", "revoked\n.*affiliationChanged"},
		{"revoked, superseded", []string{"revoke"}, 4, false, "certificate revoked", "Superseded", "revoked\n.*superseded"},
		{"revoked, given up", []string{"activate", "suspend", "revoke"}, 5, false, "certificate revoked", "Cessation Of Operation", "revoked\n.*cessationOfOperation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one := o.open()
			chain := issue(t, one)
			for _, step := range tt.steps {
				reason := map[string]int{ca.OpSuspend: ca.ReasonHold, ca.OpRevoke: tt.reason}[step]
				if p := o.put(one, step, chain[0], reason, nil); p != nil {
					t.Fatalf("%s: %+v", step, p)
				}
			}
			if tt.old {
				o.Stop()
				o.exec(t, "UPDATE status SET at = at - 7200000")
				o.Start()
			}
			if err := o.Authority.PublishCRLs(t.Context()); err != nil {
				t.Fatal(err)
			}
			newJudge(t, o, chain).judge(chain[0], tt.verify, tt.listed, tt.answers)
		})
	}
}

// judge compares what list and OCSP say of a certificate with what they should.
func (j *judge) judge(cert *x509.Certificate, verify, listed, answers string) {
	j.t.Helper()
	j.write("leaf.pem", cert)
	list, err := j.Authority.CRL(j.t.Context(), ca.LabelCitizen)
	if err != nil {
		j.t.Fatal(err)
	}
	if err := os.WriteFile(j.file("list.crl"), list.DER, 0o600); err != nil {
		j.t.Fatal(err)
	}
	text := j.openssl("crl", "-inform", "DER", "-in", j.file("list.crl"), "-CAfile", j.file("issuer.pem"), "-noout", "-text")
	if !strings.Contains(text, "verify OK") {
		j.t.Errorf("openssl crl:\n%s", text)
	}
	_, entry, found := strings.Cut(text, "Serial Number: "+strings.ToUpper(cert.SerialNumber.Text(16)))
	entry, _, _ = strings.Cut(entry, "Serial Number: ")
	if found != (listed != "") || listed != "Serial" && !strings.Contains(entry, listed) {
		j.t.Errorf("on the list: %v %q, want %q", found, entry, listed)
	}
	out := j.openssl("verify", "-crl_check", "-CRLfile", j.file("list.crl"), "-CAfile", j.file("ca.pem"), j.file("leaf.pem"))
	if !strings.Contains(out, verify) {
		j.t.Errorf("openssl verify:\n%s\nwant %s", out, verify)
	}
	out = j.openssl("ocsp", "-issuer", j.file("issuer.pem"), "-cert", j.file("leaf.pem"), "-url", j.Public+"/ocsp/citizen-sign",
		"-CAfile", j.file("ca.pem"), "-no_nonce")
	status, reason, _ := strings.Cut(answers, "\n.*")
	if !strings.Contains(out, "Response verify OK") || !strings.Contains(out, "leaf.pem: "+status) || !strings.Contains(out, reason) {
		j.t.Errorf("openssl ocsp:\n%s\nwant %s %s", out, status, reason)
	}
}

// TestOCSP: what is asked wrongly, and what is answered to it.
func TestOCSP(t *testing.T) {
	o := newOffice(t, catest.Config{})
	chain := issue(t, o.open())
	foreigners, err := o.Authority.Chain(ca.LabelForeigner)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(serial *big.Int, issuer *x509.Certificate, hash crypto.Hash) []byte {
		der, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: serial}, issuer, &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	mine := chain[0].SerialNumber
	never := big.NewInt(0x4711)
	const kind = "application/ocsp-request"
	for _, tt := range []struct {
		name, label, contentType string
		body                     []byte
		status                   int
		want                     string
	}{
		{"ours, SHA-1", ca.LabelCitizen, kind, ask(mine, chain[1], crypto.SHA1), 200, "revoked"},
		{"ours, SHA-256", ca.LabelCitizen, kind, ask(mine, chain[1], crypto.SHA256), 200, "revoked"},
		{"never issued", ca.LabelCitizen, kind, ask(never, chain[1], crypto.SHA1), 200, "unknown"},
		{"another issuer's certificate", ca.LabelForeigner, kind, ask(mine, foreigners[0], crypto.SHA1), 200, "unknown"},
		{"another issuer's responder", ca.LabelForeigner, kind, ask(mine, chain[1], crypto.SHA1), 200, "unauthorized"},
		{"no serial", ca.LabelCitizen, kind, ask(new(big.Int), chain[1], crypto.SHA1), 200, "unauthorized"},
		{"garbage", ca.LabelCitizen, kind, []byte("what is the status?"), 200, "malformed"},
		{"nothing", ca.LabelCitizen, kind, nil, 200, "malformed"},
		{"no such label", "clerks", kind, ask(mine, chain[1], crypto.SHA1), 404, ""},
		{"another type", ca.LabelCitizen, "text/plain", ask(mine, chain[1], crypto.SHA1), 400, ""},
		{"far too long", ca.LabelCitizen, kind, make([]byte, 5000), 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := http.Post(o.Public+"/ocsp/"+tt.label, tt.contentType, bytes.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := readOCSP(t, answer, tt.status, chain[1], foreigners[0]); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.status != http.StatusOK || len(tt.body) == 0 {
				return
			}
			// The same by GET; base64 of a request is full of what paths mean
			// something by.
			for name, path := range map[string]string{
				"as it is": base64.StdEncoding.EncodeToString(tt.body),
				"escaped":  url.PathEscape(base64.StdEncoding.EncodeToString(tt.body)),
			} {
				client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
				answer, err := client.Get(o.Public + "/ocsp/" + tt.label + "/" + path)
				if err != nil {
					t.Fatal(err)
				}
				keeps := strings.HasPrefix(answer.Header.Get("Cache-Control"), "public, max-age=")
				if got := readOCSP(t, answer, tt.status, chain[1], foreigners[0]); got != tt.want || keeps != (got == "revoked") {
					t.Errorf("by GET, %s: got %q, may be kept %v, want %q", name, got, keeps, tt.want)
				}
			}
		})
	}
}

// readOCSP says in a word what was answered; signed by either issuer's
// responder.
func readOCSP(t *testing.T, answer *http.Response, status int, issuers ...*x509.Certificate) string {
	t.Helper()
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("status %d, %v, want %d", answer.StatusCode, err, status)
	}
	switch {
	case status != http.StatusOK:
		return ""
	case bytes.Equal(body, ocsp.MalformedRequestErrorResponse):
		return "malformed"
	case bytes.Equal(body, ocsp.UnauthorizedErrorResponse):
		return "unauthorized"
	}
	for _, issuer := range issuers {
		if got, err := ocsp.ParseResponse(body, issuer); err == nil {
			return map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"}[got.Status]
		}
	}
	t.Fatal("answer is signed by no responder of ours")
	return ""
}

// TestOCSPSlashes asks by GET with a request whose base64 holds two slashes in
// a row.
func TestOCSPSlashes(t *testing.T) {
	o := newOffice(t, catest.Config{})
	chain, err := o.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		t.Fatal(err)
	}
	der, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: new(big.Int).SetBytes(bytes.Repeat([]byte{0x7f, 0xff, 0xff}, 5))}, chain[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(der)
	if !strings.Contains(text, "//") {
		t.Fatalf("%s has no two slashes", text)
	}
	answer, err := http.Get(o.Public + "/ocsp/citizen-sign/" + text)
	if err != nil {
		t.Fatal(err)
	}
	if got := readOCSP(t, answer, http.StatusOK, chain[0]); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
}

// TestOCSPAtOnce: an answer that is kept for others is dropped when the status
// changes.
func TestOCSPAtOnce(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	chain := issue(t, c)
	der, err := ocsp.CreateRequest(chain[0], chain[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() string {
		answer, err := http.Post(o.Public+"/ocsp/citizen-sign", "application/ocsp-request", bytes.NewReader(der))
		if err != nil {
			t.Fatal(err)
		}
		return readOCSP(t, answer, http.StatusOK, chain[1])
	}
	for _, step := range []struct {
		op     string
		reason int
		want   string
	}{{"", 0, "revoked"}, {ca.OpActivate, 0, "good"}, {ca.OpSuspend, ca.ReasonHold, "revoked"}, {ca.OpRevoke, 1, "revoked"}} {
		if step.op != "" {
			if p := o.put(c, step.op, chain[0], step.reason, nil); p != nil {
				t.Fatal(p)
			}
		}
		for range 2 {
			if got := ask(); got != step.want {
				t.Errorf("after %q: got %s, want %s", step.op, got, step.want)
			}
		}
	}
}

// TestListsFollow: a list is made at the start, after a change that alters it,
// and after a day; not for what it would not say.
func TestListsFollow(t *testing.T) {
	c := new(clock)
	o := newOffice(t, catest.Config{Now: c.now, CRLPause: 5 * time.Millisecond})
	number := func() int64 {
		t.Helper()
		list, err := o.Authority.CRL(t.Context(), ca.LabelCitizen)
		if err != nil {
			return 0
		}
		return list.Number
	}
	wait := func(what string, want int64) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); number() < want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: number %d, want %d", what, number(), want)
			}
		}
		if got := number(); got != want {
			t.Fatalf("%s: number %d, want %d", what, got, want)
		}
	}
	wait("at the start", 1)
	one := o.open()
	cert := issue(t, one)[0]
	for _, step := range []struct {
		op     string
		reason int
		want   int64
	}{{ca.OpActivate, 0, 1}, {ca.OpSuspend, ca.ReasonHold, 2}, {ca.OpRevoke, 1, 3}} {
		if p := o.put(one, step.op, cert, step.reason, nil); p != nil {
			t.Fatal(p)
		}
		wait("after "+step.op, step.want)
	}
	c.set(24 * time.Hour)
	wait("after a day", 4)
	list, err := o.Authority.CRL(t.Context(), ca.LabelCitizen)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseRevocationList(list.DER)
	if err != nil || len(parsed.RevokedCertificateEntries) != 1 || parsed.Number.Int64() != 4 {
		t.Errorf("list: %+v, %v, want number 4 with one entry", parsed, err)
	}
	c.set(0)
	wait("after the clock was set back", 5)
	answer, err := http.Get(o.Public + "/crl/citizen-sign.crl")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Header.Get("Content-Type") != "application/pkix-crl" || answer.Header.Get("ETag") != `"5"` ||
		!strings.HasPrefix(answer.Header.Get("Cache-Control"), "public, max-age=") {
		t.Errorf("headers: %v", answer.Header)
	}
	for path, want := range map[string]int{"/crl/citizen-sign": 404, "/crl/clerks.crl": 404, "/crl/foreigner-sign.crl": 200} {
		answer, err := http.Get(o.Public + path)
		if err != nil {
			t.Fatal(err)
		}
		if _ = answer.Body.Close(); answer.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, answer.StatusCode, want)
		}
	}
}

// TestInfrastructureList: openssl finds a revoked workstation by the list that
// its certificate names, and the others not.
func TestInfrastructureList(t *testing.T) {
	o := newOffice(t, catest.Config{})
	gone := o.Enrol("BG-017-04")
	if err := o.Authority.RevokeWorkstation(t.Context(), "BG-017-04"); err != nil {
		t.Fatal(err)
	}
	if err := o.Authority.PublishCRLs(t.Context()); err != nil {
		t.Fatal(err)
	}
	infra := must(t)(x509.ParseCertificate(o.ws.Response.Chain[1]))
	j := &judge{office: o, t: t, dir: t.TempDir()}
	j.write("infra.pem", infra)
	for name, ws := range map[string]*catest.Workstation{"active": o.ws, "revoked": gone} {
		leaf := must(t)(x509.ParseCertificate(ws.Response.Chain[0]))
		if len(leaf.CRLDistributionPoints) != 1 || leaf.CRLDistributionPoints[0] != o.Public+"/crl/infrastructure.crl" {
			t.Fatalf("%s: distribution points %v", name, leaf.CRLDistributionPoints)
		}
		j.write(name+".pem", leaf)
	}
	list := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: j.get("/crl/infrastructure.crl")})
	if err := os.WriteFile(j.file("list.pem"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"active": ": OK", "revoked": "certificate revoked"} {
		out := j.openssl("verify", "-CAfile", j.file("infra.pem"), "-CRLfile", j.file("list.pem"), "-crl_check", j.file(name+".pem"))
		if !strings.Contains(out, want) {
			t.Errorf("%s: openssl says %q, want %q", name, out, want)
		}
	}
}
