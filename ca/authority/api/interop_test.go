package api_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
	"salter/ca/est"
)

// stranger is an EST client made of programs that are not ours, with the
// certificate of a workstation.
type stranger struct {
	*office
	t   *testing.T
	dir string
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	s := &stranger{office: newOffice(t, catest.Config{}), t: t, dir: t.TempDir()}
	key, err := x509.MarshalPKCS8PrivateKey(s.ws.TLSKey)
	if err != nil {
		t.Fatal(err)
	}
	s.write("ws.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	s.write("ws.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.ws.Response.Chain[0]}))
	s.write("infra.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.ws.Response.Chain[1]}))
	return s
}

func (s *stranger) write(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stranger) read(name string) []byte {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return content
}

// run runs a program in the stranger's folder.
func (s *stranger) run(program string, args ...string) string {
	s.t.Helper()
	out, err := s.try(program, args...)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

func (s *stranger) try(program string, args ...string) (string, error) {
	s.t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		s.t.Fatalf("%s is needed (Debian package of that name)", program)
	}
	c := exec.Command(path, args...)
	c.Dir = s.dir
	out, err := c.CombinedOutput()
	return string(out), err
}

// curl asks the API port and returns the status; the answer is in name.
func (s *stranger) curl(name, label, op string, more ...string) string {
	s.t.Helper()
	args := []string{"-sS", "--cacert", "infra.pem", "--cert", "ws.pem", "--key", "ws.key", "-o", name, "-w", "%{http_code}"}
	return s.run("curl", append(append(args, more...), s.API+est.Path(label, op))...)
}

// enrol sends a request as base64 in lines of 64 with CRLF, as RFC 7030 had it.
func (s *stranger) enrol(name, label, op, csr string) string {
	s.t.Helper()
	text := s.run("openssl", "base64", "-in", csr)
	s.write("body", []byte(strings.ReplaceAll(text, "\n", "\r\n")))
	return s.curl(name, label, op, "-H", "Content-Type: application/pkcs10", "-H", "Content-Transfer-Encoding: base64",
		"-H", "X-Unknown: whatever", "--data-binary", "@body")
}

// certificates unpacks a certs-only answer into PEM.
func (s *stranger) certificates(answer, to string) {
	s.t.Helper()
	s.run("openssl", "base64", "-d", "-A", "-in", answer, "-out", answer+".p7")
	s.run("openssl", "pkcs7", "-inform", "DER", "-in", answer+".p7", "-print_certs", "-out", to)
}

// TestStrangerEnrols: curl and openssl get a test certificate, and everything
// that openssl can check about it is right.
func TestStrangerEnrols(t *testing.T) {
	s := newStranger(t)
	if got := s.curl("ca", ca.LabelInterop, est.OpCACerts); got != "200" {
		t.Fatalf("cacerts: %s", got)
	}
	s.certificates("ca", "issuer.pem")
	if got := s.curl("attrs", ca.LabelInterop, est.OpCSRAttrs); got != "204" {
		t.Errorf("csrattrs: %s, want 204: nothing is asked for", got)
	}
	for _, key := range []struct {
		name string
		args []string
	}{
		{"ec", []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}},
		{"rsa", []string{"-newkey", "rsa:2048"}},
	} {
		t.Run(key.name, func(t *testing.T) {
			s := &stranger{office: s.office, t: t, dir: s.dir}
			args := append([]string{"req", "-new", "-nodes", "-keyout", key.name + ".key", "-out", key.name + ".csr", "-outform", "DER",
				"-subj", "/C=RS/O=Stranger/CN=client " + key.name, "-addext", "subjectAltName=DNS:client.example.org"}, key.args...)
			s.run("openssl", args...)
			for i, name := range []string{"first", "again"} {
				if got := s.enrol(key.name+name, ca.LabelInterop, est.OpSimpleEnroll, key.name+".csr"); got != "200" {
					t.Fatalf("simpleenroll %d: status %s, %s", i, got, s.read(key.name+name))
				}
			}
			if !bytes.Equal(s.read(key.name+"first"), s.read(key.name+"again")) {
				t.Error("the same request got another answer")
			}
			s.certificates(key.name+"first", key.name+".pem")
			s.judge(key.name + ".pem")
		})
	}
	if n := s.Issued(); n != 2 {
		t.Errorf("%d certificates, want 2", n)
	}
}

// judge has openssl judge a certificate: chain, revocation by list and by
// OCSP, and that it does not look like a qualified one.
func (s *stranger) judge(leaf string) {
	s.t.Helper()
	if err := s.Authority.PublishCRLs(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.run("curl", "-sS", "-f", "-o", "list.der", s.Public+"/crl/interop.crl")
	s.run("openssl", "crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem")
	s.run("openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", "list.pem", "-CAfile", "issuer.pem", "-purpose", "sslclient", leaf)
	out := s.run("openssl", "ocsp", "-issuer", "issuer.pem", "-cert", leaf, "-CAfile", "issuer.pem", "-no_nonce", "-url", s.Public+"/ocsp/interop")
	if !strings.Contains(out, "Response verify OK") || !strings.Contains(out, leaf+": good") {
		s.t.Errorf("openssl ocsp: %s", out)
	}
	text := s.run("openssl", "x509", "-in", leaf, "-noout", "-text")
	for _, must := range []string{"DNS:client.example.org", "TLS Web Client Authentication", "CA:FALSE", "http://"} {
		if !strings.Contains(text, must) {
			s.t.Errorf("the certificate has no %q", must)
		}
	}
	for _, never := range []string{"qcStatements", "Non Repudiation", "0.4.0.194112", "CA:TRUE"} {
		if strings.Contains(text, never) {
			s.t.Errorf("the test certificate has %q", never)
		}
	}
	anchor, err := s.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: anchor[1].Raw}))
	if out, err := s.try("openssl", "verify", "-CAfile", "root.pem", "-untrusted", "issuer.pem", leaf); err == nil {
		s.t.Errorf("the citizens' root vouches for it: %s", out)
	}
}

// TestStrangerRenewsItself: simplereenroll by curl, and the renewed
// certificate opens the door.
func TestStrangerRenewsItself(t *testing.T) {
	s := newStranger(t)
	s.run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "next.key", "-out", "next.csr",
		"-outform", "DER", "-subj", "/CN=Salter workstation BG-017-03", "-addext", "subjectAltName=URI:urn:mup:ws:BG-017:03")
	if got := s.enrol("next", ca.LabelWorkstation, est.OpSimpleReenroll, "next.csr"); got != "200" {
		t.Fatalf("simplereenroll: status %s, %s", got, s.read("next"))
	}
	s.certificates("next", "ws.pem")
	s.write("ws.key", s.read("next.key"))
	if got := s.curl("ca", ca.LabelInterop, est.OpCACerts); got != "200" {
		t.Errorf("with the renewed certificate: %s", got)
	}
}

// TestStrangerIsRefused: what the label interop does not do.
func TestStrangerIsRefused(t *testing.T) {
	s := newStranger(t)
	request := func(name string, args ...string) string {
		s.run("openssl", append([]string{"req", "-new", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-outform", "DER"}, args...)...)
		return name + ".csr"
	}
	ec := []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}
	good := request("good", append(ec, "-subj", "/CN=good")...)
	if got := s.enrol("good", ca.LabelInterop, est.OpSimpleEnroll, good); got != "200" {
		t.Fatalf("good: %s %s", got, s.read("good"))
	}
	twice := filepath.Join(s.dir, "twice.csr")
	s.run("openssl", "req", "-new", "-key", "good.key", "-subj", "/CN=twice", "-outform", "DER", "-out", twice)
	for _, tt := range []struct{ name, label, op, csr, status, problem string }{
		{"no subject", ca.LabelInterop, est.OpSimpleEnroll, request("empty", append(ec, "-subj", "/")...), "422", ca.ProblemSubject},
		{"name of a workstation", ca.LabelInterop, est.OpSimpleEnroll,
			request("ws2", append(ec, "-subj", "/CN=x", "-addext", "subjectAltName=URI:urn:mup:ws:BG-017:04")...), "422", ca.ProblemSubject},
		{"RSA-1024", ca.LabelInterop, est.OpSimpleEnroll, request("short", "-newkey", "rsa:1024", "-subj", "/CN=x"), "422", ca.ProblemKeyRejected},
		{"key used before", ca.LabelInterop, est.OpSimpleEnroll, "twice.csr", "422", ca.ProblemKeyReused},
		{"address that is relative", ca.LabelInterop, est.OpSimpleEnroll,
			request("uri", append(ec, "-subj", "/CN=x", "-addext", "subjectAltName=URI:x")...), "422", ca.ProblemProfile},
		{"under the citizens' label", ca.LabelCitizen, est.OpSimpleEnroll, request("citizen", append(ec, "-subj", "/C=RS/CN=x")...), "403", ca.ProblemAssertion},
		{"renewal under interop", ca.LabelInterop, est.OpSimpleReenroll, good, "404", ca.ProblemNotFound},
		{"no request", ca.LabelInterop, est.OpSimpleEnroll, "ws.pem", "400", ca.ProblemCSRInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := s.enrol("answer", tt.label, tt.op, tt.csr)
			if text := string(s.read("answer")); got != tt.status || !strings.Contains(text, ca.ProblemPrefix+tt.problem) {
				t.Errorf("got %s %s, want %s %s", got, text, tt.status, tt.problem)
			}
		})
	}
	if n := s.Issued(); n != 1 {
		t.Errorf("%d certificates, want the good one", n)
	}
	if out, err := s.try("curl", "-sS", "--cacert", "infra.pem", s.API+est.Path(ca.LabelInterop, est.OpCACerts)); err == nil {
		t.Errorf("without a certificate curl got %q", out)
	}
}

// TestInteropSurvives: a restart finds the issuer, what was cut short, and
// folder and database in agreement.
func TestInteropSurvives(t *testing.T) {
	s := newStranger(t)
	s.run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k", "-out", "csr", "-outform", "DER", "-subj", "/CN=x")
	if got := s.enrol("one", ca.LabelInterop, est.OpSimpleEnroll, "csr"); got != "200" {
		t.Fatalf("simpleenroll: %s", got)
	}
	s.Stop()
	s.Start()
	if got := s.enrol("two", ca.LabelInterop, est.OpSimpleEnroll, "csr"); got != "200" || !bytes.Equal(s.read("one"), s.read("two")) {
		t.Errorf("after a restart: %s, or another certificate", got)
	}
	var found []authority.CertificateEntry
	for _, e := range s.Certificates() {
		if e.Label == ca.LabelInterop && e.Status == "active" {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d active test certificates are listed, want 1", len(found))
	}
	var got ca.Certificate
	if p := s.ws.JSON(http.MethodGet, ca.PathCertificates+found[0].Serial, nil, &got); p != nil || got.Supersedes != "" || got.SupersededBy != "" ||
		!regexp.MustCompile(`^[0-9a-f]+$`).MatchString(got.Serial) {
		t.Errorf("status: %+v, %+v", got, p)
	}
}
