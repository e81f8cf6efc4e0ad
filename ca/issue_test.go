package ca_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/est"
	"salter/ca/profile"
)

// abort drops the connection in the middle of the answer.
func abort(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }

func TestEnrolIssues(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	r := s.request(c)
	out := c.Enrol(context.Background(), r)
	if out.Verdict != ca.Issued || out.Err != nil {
		t.Fatalf("got %v, %v; want issued", out.Verdict, out.Err)
	}
	if len(out.Chain) != 3 || !out.Chain[1].Equal(s.issuer.cert) || !out.Chain[2].Equal(s.root.cert) {
		t.Errorf("got a chain of %d, want leaf, issuer, root", len(out.Chain))
	}
	if want := out.Chain[0].SerialNumber.Text(16); out.Serial != want {
		t.Errorf("serial is %s, want %s", out.Serial, want)
	}
	for header, want := range map[string]string{"Content-Type": "application/pkcs10", "User-Agent": "Salter/1.2.3", "Idempotency-Key": ""} {
		if got := s.lastPost.Header.Get(header); got != want {
			t.Errorf("header %s is %q, want %q", header, got, want)
		}
	}
	if s.lastPost.ProtoMajor != 2 {
		t.Errorf("sent over %s, want HTTP/2", s.lastPost.Proto)
	}
	s.checkAssertion(t, r)
}

// checkAssertion compares the claims of the last assertion with the request.
func (s *server) checkAssertion(t *testing.T, r ca.EnrolRequest) {
	t.Helper()
	hexSum := func(b []byte) string {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:])
	}
	got := s.claims
	if life := got.Expires - got.IssuedAt; life != 300 || time.Since(time.Unix(got.IssuedAt, 0)).Abs() > time.Minute {
		t.Errorf("assertion of %d lives %d s, want now and 300 s", got.IssuedAt, life)
	}
	if got.ID == "" || len(strings.Split(got.Clerk, ".")) != 3 {
		t.Error("assertion has no id or no signature of the clerk")
	}
	want := ca.AssertionClaims{
		Issuer: "urn:mup:ws:BG-017:03", Audience: "demo", ID: got.ID, IssuedAt: got.IssuedAt, Expires: got.Expires,
		Case: r.Case, Attempt: 1, CSR: hexSum(r.CSR), Label: ca.LabelCitizen, Contract: "2026/1", Card: hexSum([]byte(r.Token)),
		ChipFiles: hexSum([]byte("files")), Checkpoint: base64.StdEncoding.EncodeToString(r.Checkpoint), Clerk: got.Clerk,
	}
	if got != want {
		t.Errorf("got claims %+v\nwant %+v", got, want)
	}
}

// TestEnrolUnderstands has correct answers in the forms of other servers.
func TestEnrolUnderstands(t *testing.T) {
	certs := func(chain [][]byte) []byte {
		parsed, err := x509.ParseCertificates(bytes.Join(chain, nil))
		if err != nil {
			t.Fatal(err)
		}
		der, err := est.EncodeCertsOnly(parsed)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	write := func(w http.ResponseWriter, contentType string, body []byte) bool {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
		return true
	}
	only := func(s *server) [][]byte {
		for _, chain := range s.issued {
			return chain
		}
		return nil
	}
	for _, tt := range []struct {
		name  string
		after func(*server, http.ResponseWriter) bool
	}{
		{"base64 with CRLF", func(s *server, w http.ResponseWriter) bool {
			var lines []string
			text := base64.StdEncoding.EncodeToString(certs(only(s)))
			for len(text) > 64 {
				lines, text = append(lines, text[:64]), text[64:]
			}
			return write(w, "application/pkcs7-mime", []byte(strings.Join(append(lines, text), "\r\n")+"\r\n"))
		}},
		{"leaf alone", func(s *server, w http.ResponseWriter) bool {
			return write(w, est.TypeCertsOnly, est.EncodeBase64(certs(only(s)[:1])))
		}},
		{"root first", func(s *server, w http.ResponseWriter) bool {
			c := only(s)
			return write(w, est.TypeCertsOnly, est.EncodeBase64(certs([][]byte{c[2], c[1], c[0]})))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			c := s.client(nil)
			s.after = func(w http.ResponseWriter, _ *http.Request) bool { return tt.after(s, w) }
			if out := c.Enrol(context.Background(), s.request(c)); out.Verdict != ca.Issued {
				t.Errorf("got %v, %v; want issued", out.Verdict, out.Err)
			}
		})
	}
}

// TestLargeCertificate: cards' software cuts at 1,536 bytes, nothing here may.
func TestLargeCertificate(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	r := s.request(c)
	r.Holder.Subject.GivenName, r.Holder.Subject.Surname = strings.Repeat("Ђ", 90), strings.Repeat("Џ", 90)
	var err error
	if r.CSR, err = c.Request(context.Background(), r.Label, r.Holder, rsaCard()); err != nil {
		t.Fatal(err)
	}
	out := c.Enrol(context.Background(), r)
	if out.Verdict != ca.Issued {
		t.Fatalf("got %v, %v; want issued", out.Verdict, out.Err)
	}
	if n := len(out.Chain[0].Raw); n <= 1536 {
		t.Errorf("certificate has %d bytes, want more than 1536", n)
	}
}

// TestEnrolAnswerLost has the two sides of a request without an answer: it
// happened, and it did not. Over both versions of HTTP.
func TestEnrolAnswerLost(t *testing.T) {
	for _, version := range []string{"HTTP/2", "HTTP/1.1"} {
		for _, tt := range []struct {
			name  string
			lose  func(*server)
			state ca.IssuanceState
		}{
			{"and it happened", func(s *server) { s.after = abort }, ca.IssuanceIssued},
			{"and it did not happen", func(s *server) {
				s.before = func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodPost && abort(w, r) }
			}, ca.IssuanceUnknown},
		} {
			t.Run(version+" "+tt.name, func(t *testing.T) {
				s := newServer(t)
				if version == "HTTP/1.1" {
					s.http.TLS.NextProtos = []string{"http/1.1"}
				}
				c := s.client(nil)
				r := s.request(c)
				tt.lose(s)
				out := c.Enrol(context.Background(), r)
				if out.Verdict != ca.Unknown || ca.KindOf(out.Err) != ca.NoAnswer {
					t.Fatalf("got %v, %v; want unknown, no answer", out.Verdict, out.Err)
				}
				s.mu.Lock()
				s.before, s.after = nil, nil
				s.mu.Unlock()
				found, err := c.Lookup(context.Background(), r)
				if err != nil || found.State != tt.state {
					t.Fatalf("look-up says %q, %v; want %q", found.State, err, tt.state)
				}
				if tt.state == ca.IssuanceIssued && found.Verdict != ca.Issued {
					t.Errorf("look-up: got %v, want issued", found.Verdict)
				}
				again := c.Enrol(context.Background(), r)
				if again.Verdict != ca.Issued || len(s.issued) != 1 {
					t.Errorf("resend: got %v and %d certificates; want issued and 1", again.Verdict, len(s.issued))
				}
				if tt.state == ca.IssuanceIssued && again.Serial != found.Serial {
					t.Error("resend brought another certificate than the look-up")
				}
			})
		}
	}
}

// TestEnrolUnsent has the failures in which provably nothing was sent.
func TestEnrolUnsent(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(*server) (*ca.Client, func(*ca.EnrolRequest))
		kind ca.Kind
	}{
		{"server is down", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			c := s.client(nil)
			return c, func(*ca.EnrolRequest) { c.Close(); s.http.CloseClientConnections(); s.http.Listener.Close() }
		}, ca.NoLink},
		{"server of another CA", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			cert := s.bundle(func(b *ca.Bundle) {
				b.Infrastructure = [][]byte{s.otherRoot.cert.Raw}
				b.ServerPins = []string{pin(s.otherRoot.cert)}
			})
			return s.client(func(cfg *ca.Config) { cfg.Trust = open(s.t, cert) }), nil
		}, ca.Untrusted},
		{"pinned key not in the chain", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			cert := s.bundle(func(b *ca.Bundle) { b.ServerPins = []string{pin(s.otherRoot.cert)} })
			return s.client(func(cfg *ca.Config) { cfg.Trust = open(s.t, cert) }), nil
		}, ca.Untrusted},
		{"pinned certificate only appended by the peer", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			// The server proves itself by another accepted CA and merely sends
			// the pinned certificate along.
			other := newAuthority(s.t, "Друга", ecKey(s.t), nil)
			s.http.Close()
			s.start(other)
			cert := s.bundle(func(b *ca.Bundle) { b.Infrastructure = append(b.Infrastructure, other.cert.Raw) })
			return s.client(func(cfg *ca.Config) { cfg.Trust = open(s.t, cert) }), nil
		}, ca.Untrusted},
		{"nobody signed in", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			return s.client(nil), func(r *ca.EnrolRequest) { r.Clerk = nil }
		}, ca.Defect},
		{"clock off", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			return s.client(func(cfg *ca.Config) {
				cfg.Now = func() time.Time { return time.Now().Add(6 * time.Minute) }
			}), nil
		}, ca.Clock},
		{"unknown label", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			return s.client(nil), func(r *ca.EnrolRequest) { r.Label = "other" }
		}, ca.Untrusted},
		{"request too large", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			return s.client(nil), func(r *ca.EnrolRequest) { r.CSR = make([]byte, ca.MaxCSR+1) }
		}, ca.Defect},
		{"checkpoint too large", func(s *server) (*ca.Client, func(*ca.EnrolRequest)) {
			return s.client(nil), func(r *ca.EnrolRequest) { r.Checkpoint = make([]byte, ca.MaxAssertion) }
		}, ca.Defect},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			r := s.request(s.client(nil)) // made by a client in order
			c, change := tt.make(s)
			if change != nil {
				change(&r)
			}
			out := c.Enrol(context.Background(), r)
			if out.Verdict != ca.Unsent || ca.KindOf(out.Err) != tt.kind {
				t.Errorf("got %v, %v (%s); want unsent, %s", out.Verdict, out.Err, ca.KindOf(out.Err), tt.kind)
			}
			if s.posts != 0 {
				t.Errorf("%d requests reached the server", s.posts)
			}
		})
	}
}

func open(t testing.TB, bundle string) *ca.Trust {
	t.Helper()
	trust, err := ca.OpenBundle(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// TestServerGoneAfterPolicy: the POST itself finds nobody to dial.
func TestServerGoneAfterPolicy(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	r := s.request(c) // fetches the policy
	c.Close()
	s.http.Close()
	if out := c.Enrol(context.Background(), r); out.Verdict != ca.Unsent || ca.KindOf(out.Err) != ca.NoLink {
		t.Errorf("got %v, %v; want unsent, no link", out.Verdict, out.Err)
	}
}

// TestClientCertificateRefused: in TLS 1.3 the client has finished, and has
// mostly sent its request, when the server refuses its certificate. A POST is
// then unknown, never refused; the fault shows by its name at the policy.
func TestClientCertificateRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		cert func(*server) *tls.Certificate
	}{
		{"of another CA", func(s *server) *tls.Certificate { return s.workstationCertificate(s.otherRoot, nil) }},
		{"expired", func(s *server) *tls.Certificate {
			return s.workstationCertificate(s.infra, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
		}},
		{"none", func(*server) *tls.Certificate { return new(tls.Certificate) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			cert := s.workstationCertificate(s.infra, nil)
			bad := tt.cert(s)
			bad.PrivateKey = s.workstation.TLS
			current := cert
			c := s.client(func(cfg *ca.Config) {
				cfg.Certificate = func() (*tls.Certificate, error) { return current, nil }
			})
			r := s.request(c)
			c.Close()
			current = bad
			if _, err := c.Policy(context.Background()); ca.KindOf(err) != ca.Counter {
				t.Errorf("policy: got %s (%v), want counter", ca.KindOf(err), err)
			}
			// Unsent only when the alert was faster than the request.
			if out := c.Enrol(context.Background(), r); out.Verdict != ca.Unknown && out.Verdict != ca.Unsent {
				t.Errorf("got %v, %v; want unknown or unsent", out.Verdict, out.Err)
			}
			if len(s.issued) != 0 {
				t.Error("a certificate was issued")
			}
		})
	}
}

// TestEnrolBadAnswers has answers that say nothing about the request.
func TestEnrolBadAnswers(t *testing.T) {
	answer := func(status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for _, tt := range []struct {
		name  string
		after func(http.ResponseWriter, *http.Request) bool
		kind  ca.Kind
	}{
		{"a page", answer(200, "text/html", "<html>busy</html>"), ca.BadAnswer},
		{"a page with our type", answer(200, est.TypeCertsOnly, "<html>busy</html>"), ca.BadAnswer},
		{"nothing", answer(200, est.TypeCertsOnly, ""), ca.BadAnswer},
		{"no PKCS#7", answer(200, est.TypeCertsOnly, "AAAA"), ca.BadAnswer},
		{"too much", answer(200, est.TypeCertsOnly, strings.Repeat("A", 2<<20)), ca.BadAnswer},
		{"cut short", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", est.TypeCertsOnly)
			w.Header().Set("Content-Length", "4000")
			_, _ = io.WriteString(w, "MIIB")
			return true
		}, ca.NoAnswer},
		{"created", answer(201, est.TypeCertsOnly, ""), ca.BadAnswer},
		{"redirect", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return true
		}, ca.BadAnswer},
		{"500", answer(500, "text/plain", "oops"), ca.Busy},
		{"500 about:blank", answer(500, "application/problem+json", `{"type":"about:blank","status":500}`), ca.Busy},
		{"502", answer(502, "text/html", ""), ca.Busy},
		{"408", answer(408, "text/plain", ""), ca.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			c := s.client(nil)
			r := s.request(c)
			s.after = tt.after
			out := c.Enrol(context.Background(), r)
			if out.Verdict != ca.Unknown || ca.KindOf(out.Err) != tt.kind {
				t.Errorf("got %v, %v (%s); want unknown, %s", out.Verdict, out.Err, ca.KindOf(out.Err), tt.kind)
			}
			if s.posts != 1 {
				t.Errorf("%d requests were sent, want 1", s.posts)
			}
			for _, seen := range s.requests {
				if strings.HasSuffix(seen, "/elsewhere") {
					t.Error("the redirect was followed")
				}
			}
		})
	}
}

func TestEnrolWaits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after func(http.ResponseWriter)
		want  time.Duration
		kind  ca.Kind
	}{
		{"pending", func(w http.ResponseWriter) { est.WritePending(w, time.Hour) }, time.Hour, ca.Pending},
		{"busy", func(w http.ResponseWriter) {
			est.SetRetryAfter(w.Header(), 7*time.Second)
			problem(w, 503, ca.ProblemBusy)
		}, 7 * time.Second, ca.Busy},
		{"429 of another server", func(w http.ResponseWriter) {
			est.SetRetryAfter(w.Header(), 3*time.Second)
			w.WriteHeader(429)
		}, 3 * time.Second, ca.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			c := s.client(nil)
			r := s.request(c)
			s.after = func(w http.ResponseWriter, _ *http.Request) bool { tt.after(w); return true }
			out := c.Enrol(context.Background(), r)
			if out.Verdict != ca.Unknown || out.RetryAfter != tt.want || ca.KindOf(out.Err) != tt.kind {
				t.Errorf("got %v, %v, %s; want unknown, %v, %s", out.Verdict, out.RetryAfter, ca.KindOf(out.Err), tt.want, tt.kind)
			}
		})
	}
}

// TestEnrolProblems walks over every problem of the wire.
func TestEnrolProblems(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	r := s.request(c)
	for _, tt := range []struct {
		problem string
		status  int
		want    ca.Verdict
		kind    ca.Kind
	}{
		{ca.ProblemBadRequest, 400, ca.Refused, ca.Refuses},
		{ca.ProblemCSRInvalid, 400, ca.Refused, ca.Refuses},
		{ca.ProblemNotFound, 404, ca.Refused, ca.Refuses},
		{ca.ProblemTooLarge, 413, ca.Refused, ca.Refuses},
		{ca.ProblemAssertion, 403, ca.Refused, ca.Refuses},
		{ca.ProblemWorkstation, 403, ca.Refused, ca.Counter},
		{ca.ProblemWorkstationGone, 403, ca.Refused, ca.Counter},
		{ca.ProblemClerk, 403, ca.Refused, ca.ClerkRight},
		{ca.ProblemClock, 403, ca.Refused, ca.Clock},
		{ca.ProblemConflict, 409, ca.Refused, ca.Refuses},
		{ca.ProblemFork, 409, ca.Unknown, ca.Fork},
		{ca.ProblemTransition, 409, ca.Refused, ca.Refuses},
		{ca.ProblemContract, 409, ca.Refused, ca.Refuses},
		{ca.ProblemNotAnchored, 412, ca.Unknown, ca.NotAnchored},
		{ca.ProblemSubject, 422, ca.Refused, ca.Refuses},
		{ca.ProblemKeyRejected, 422, ca.Refused, ca.Refuses},
		{ca.ProblemKeyReused, 422, ca.Refused, ca.Refuses},
		{ca.ProblemProfile, 422, ca.Refused, ca.Refuses},
		{ca.ProblemAttempt, 422, ca.Refused, ca.Refuses},
		{ca.ProblemCardData, 422, ca.Refused, ca.Refuses},
		{ca.ProblemGap, 422, ca.Refused, ca.Refuses},
		{ca.ProblemUpgrade, 426, ca.Unknown, ca.Upgrade},
		{ca.ProblemBusy, 503, ca.Unknown, ca.Busy},
	} {
		t.Run(tt.problem, func(t *testing.T) {
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost {
					return false
				}
				problem(w, tt.status, tt.problem)
				return true
			}
			out := c.Enrol(context.Background(), r)
			if out.Verdict != tt.want || ca.KindOf(out.Err) != tt.kind {
				t.Errorf("got %v, %s; want %v, %s", out.Verdict, ca.KindOf(out.Err), tt.want, tt.kind)
			}
			var e *ca.Error
			if !errors.As(out.Err, &e) || e.Problem.Name() != tt.problem || strings.Contains(e.Error(), "\n") {
				t.Errorf("got error %q, want the problem on one line", out.Err)
			}
		})
	}
}

// TestEnrolUntypedRefusal: a 4xx of a server that is not ours counts only if
// no look-up says otherwise.
func TestEnrolUntypedRefusal(t *testing.T) {
	for _, tt := range []struct {
		name   string
		issued bool // before the refusal
		lookup func(w http.ResponseWriter, known bool) bool
		want   ca.Verdict
	}{
		{"look-up knows nothing", false, nil, ca.Refused},
		{"no look-up", false, func(w http.ResponseWriter, _ bool) bool { w.WriteHeader(404); return true }, ca.Refused},
		{"look-up fails", false, func(w http.ResponseWriter, _ bool) bool { w.WriteHeader(500); return true }, ca.Unknown},
		{"look-up has a certificate", true, nil, ca.Issued},
		{"look-up has a decision", false, func(w http.ResponseWriter, _ bool) bool {
			_, _ = io.WriteString(w, `{"state":"refused","problem":{"type":"urn:mup:problem:key-reused","status":422}}`)
			return true
		}, ca.Refused},
		{"look-up waits", false, func(w http.ResponseWriter, _ bool) bool {
			_, _ = io.WriteString(w, `{"state":"pending"}`)
			return true
		}, ca.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			c := s.client(nil)
			r := s.request(c)
			if tt.issued {
				if out := c.Enrol(context.Background(), r); out.Verdict != ca.Issued {
					t.Fatal(out.Err)
				}
			}
			s.lookup = tt.lookup
			s.after = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(400); return true }
			if tt.lookup != nil || !tt.issued {
				s.before = func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPost {
						return false
					}
					w.WriteHeader(400)
					return true
				}
			}
			if out := c.Enrol(context.Background(), r); out.Verdict != tt.want {
				t.Errorf("got %v, %v; want %v", out.Verdict, out.Err, tt.want)
			}
		})
	}
}

// TestEnrolUnusable has certificates that must never reach a chip.
func TestEnrolUnusable(t *testing.T) {
	for _, tt := range []struct {
		name  string
		forge func(*server) func(*x509.CertificateRequest) [][]byte
		want  string // a finding
	}{
		{"another key", issueWith(func(i *profile.Issuance, _ *x509.Certificate) {
			if i != nil {
				i.Key = rsaIssuer().Public()
			}
		}), "P16"},
		{"another subject", issueWith(func(i *profile.Issuance, _ *x509.Certificate) {
			if i != nil {
				i.Subject.GivenName = "МИЛИЦА"
			}
		}), "P16"},
		{"another e-mail", issueWith(func(i *profile.Issuance, _ *x509.Certificate) {
			if i != nil {
				i.Subject.Email = ""
			}
		}), "P16"},
		{"off-profile", issueWith(func(_ *profile.Issuance, c *x509.Certificate) {
			if c != nil {
				c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
				c.NotAfter = c.NotBefore.AddDate(0, 0, 90)
			}
		}), "P17"},
		{"older than the request", issueWith(func(i *profile.Issuance, _ *x509.Certificate) {
			if i != nil {
				i.Now = i.Now.Add(-time.Hour)
			}
		}), "P14"},
		{"not yet valid", issueWith(func(i *profile.Issuance, _ *x509.Certificate) {
			if i != nil {
				i.Now = i.Now.Add(time.Hour)
			}
		}), "chain"},
		{"another chain", func(s *server) func(*x509.CertificateRequest) [][]byte {
			return func(csr *x509.CertificateRequest) [][]byte {
				pinned := s.issuer
				s.issuer = newAuthority(s.t, "Проба Грађани", rsaCard(), s.otherRoot)
				defer func() { s.issuer = pinned }()
				return [][]byte{s.issue(csr, nil).Raw, s.issuer.cert.Raw, s.otherRoot.cert.Raw}
			}
		}, "chain"},
		{"an infrastructure certificate", func(s *server) func(*x509.CertificateRequest) [][]byte {
			return func(csr *x509.CertificateRequest) [][]byte {
				der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: serial(), RawSubject: csr.RawSubject,
					NotBefore: time.Now(), NotAfter: time.Now().AddDate(0, 3, 0)}, s.infra.cert, csr.PublicKey, s.infra.key)
				if err != nil {
					s.t.Error(err)
				}
				return [][]byte{der}
			}
		}, "chain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			c := s.client(nil)
			r := s.request(c)
			s.forge = tt.forge(s)
			check := func(how string, out ca.Outcome) {
				t.Helper()
				if out.Verdict != ca.Unusable || !errors.Is(out.Err, ca.ErrUnusable) || ca.KindOf(out.Err) != ca.BadAnswer {
					t.Fatalf("%s: got %v, %v; want unusable", how, out.Verdict, out.Err)
				}
				if out.Serial == "" || len(out.Chain) == 0 {
					t.Errorf("%s: nothing to revoke is named", how)
				}
				found := false
				for _, f := range out.Findings {
					found = found || f.ID == tt.want
				}
				if !found {
					t.Errorf("%s: got findings %v, want %s", how, profile.IDs(out.Findings), tt.want)
				}
				if strings.Contains(out.Err.Error(), "МИЛИЦА") || strings.Contains(out.Err.Error(), "ПРОБНИ") {
					t.Errorf("%s: the error holds a name", how)
				}
			}
			check("enrol", c.Enrol(context.Background(), r))
			found, err := c.Lookup(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			check("look-up", found)
		})
	}
}

func issueWith(change func(*profile.Issuance, *x509.Certificate)) func(*server) func(*x509.CertificateRequest) [][]byte {
	return func(s *server) func(*x509.CertificateRequest) [][]byte {
		return func(csr *x509.CertificateRequest) [][]byte {
			return [][]byte{s.issue(csr, change).Raw, s.issuer.cert.Raw, s.root.cert.Raw}
		}
	}
}

func TestLookupBadAnswers(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	r := s.request(c)
	for _, body := range []string{
		`{}`, `{"state":"lost"}`, `{"state":"issued"}`, `{"state":"issued","chain":["AAAA"]}`, `{"state":"refused"}`, `not JSON`,
		`{"state":"unknown"} {}`, "",
	} {
		s.lookup = func(w http.ResponseWriter, _ bool) bool { _, _ = io.WriteString(w, body); return true }
		out, err := c.Lookup(context.Background(), r)
		if err == nil || out.Verdict != ca.Unknown || ca.KindOf(err) != ca.BadAnswer {
			t.Errorf("%s: got %v, %v; want a bad answer", body, out.Verdict, err)
		}
	}
	s.lookup = func(w http.ResponseWriter, _ bool) bool { w.WriteHeader(501); return true }
	if _, err := c.Lookup(context.Background(), r); !errors.Is(err, ca.ErrUnsupported) || ca.KindOf(err) != ca.Unsupported {
		t.Errorf("501: got %v, want ErrUnsupported", err)
	}
}

// TestEnrolTimesOut: a server that does not answer in time leaves the request
// unknown, and so does a caller who gives up.
func TestEnrolTimesOut(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout time.Duration
		ctx     func() (context.Context, context.CancelFunc)
	}{
		{"time-out", 100 * time.Millisecond, func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }},
		{"caller gives up", time.Minute, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 100*time.Millisecond)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			first := s.client(nil)
			r := s.request(first)
			c := s.client(func(cfg *ca.Config) { cfg.Timeout = tt.timeout })
			if _, err := c.Policy(context.Background()); err != nil {
				t.Fatal(err)
			}
			release := make(chan struct{})
			defer close(release)
			s.after = func(http.ResponseWriter, *http.Request) bool { <-release; return true }
			ctx, cancel := tt.ctx()
			defer cancel()
			if out := c.Enrol(ctx, r); out.Verdict != ca.Unknown || ca.KindOf(out.Err) != ca.NoAnswer {
				t.Errorf("got %v, %v; want unknown, no answer", out.Verdict, out.Err)
			}
		})
	}
}
