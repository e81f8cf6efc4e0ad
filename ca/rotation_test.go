package ca_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/catest"
	"salter/ca/est"
)

// rotating is a counter whose certificate is renewed, under a clock that both
// ends share.
type rotating struct {
	t        *testing.T
	server   *catest.Server
	keys     *ca.WorkstationKeys
	response ca.EnrolmentResponse
	trust    *ca.Trust
	offset   atomic.Int64
	file     []byte // what was saved last; nil: nothing
	saved    int
	failSave bool
	failNet  bool // answers of simplereenroll are lost on the way
	asked    int
}

func (r *rotating) now() time.Time { return time.Now().Add(time.Duration(r.offset.Load())) }

func (r *rotating) after(d time.Duration) { r.offset.Add(int64(d)) }

func newRotating(t *testing.T) *rotating {
	t.Helper()
	r := &rotating{t: t}
	r.server = catest.Start(t, catest.Config{Now: r.now})
	var err error
	if r.keys, err = ca.NewWorkstationKeys("BG-017-03"); err != nil {
		t.Fatal(err)
	}
	r.sign()
	if r.trust, err = ca.OpenBundle(r.response.Bundle); err != nil {
		t.Fatal(err)
	}
	return r
}

// sign has the administrator sign the workstation.
func (r *rotating) sign() {
	r.t.Helper()
	request, err := r.keys.Request()
	if err != nil {
		r.t.Fatal(err)
	}
	if r.response, err = r.server.Authority.SignWorkstation(context.Background(), request); err != nil {
		r.t.Fatal(err)
	}
}

// start loads the rotation as a program does at its start.
func (r *rotating) start() (*ca.Rotation, *ca.Client) {
	r.t.Helper()
	rotation, err := ca.NewRotation(r.config())
	if err != nil {
		r.t.Fatal(err)
	}
	client, err := ca.NewClient(ca.Config{Trust: r.trust, Certificate: rotation.Certificate, Now: r.now, Wrap: r.wrap})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(client.Close)
	return rotation, client
}

func (r *rotating) config() ca.RotationConfig {
	return ca.RotationConfig{Keys: r.keys, Enrolled: r.response.Chain, Trust: r.trust, Now: r.now,
		Load: func() ([]byte, error) {
			if r.file == nil {
				return nil, fs.ErrNotExist
			}
			return r.file, nil
		},
		Save: func(text []byte) error {
			if r.failSave {
				return errors.New("disk full")
			}
			r.file = slices.Clone(text)
			r.saved++
			return nil
		}}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wrap loses answers of simplereenroll when it should.
func (r *rotating) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		answer, err := next.RoundTrip(q)
		if err == nil && strings.HasSuffix(q.URL.Path, est.OpSimpleReenroll) {
			r.asked++
			if r.failNet {
				_ = answer.Body.Close()
				return nil, errors.New("connection cut")
			}
		}
		return answer, err
	})
}

func present(t *testing.T, r *ca.Rotation) *x509.Certificate {
	t.Helper()
	cert, err := r.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf
}

const day = 24 * time.Hour

// TestRotation: nothing before two thirds of the life, then another key, under
// the same name, without a restart; and again and again for a year.
func TestRotation(t *testing.T) {
	r := newRotating(t)
	rotation, client := r.start()
	ctx := context.Background()
	first := present(t, rotation)
	r.after(59 * day)
	if rotation.Due() || rotation.Renew(ctx, client) != nil || r.asked != 0 {
		t.Fatalf("after 59 days: due %v, asked %d times", rotation.Due(), r.asked)
	}
	seen := []*x509.Certificate{first}
	for round := range 6 {
		r.after(2 * day)
		if !rotation.Due() {
			t.Fatalf("round %d: not due", round)
		}
		if err := rotation.Renew(ctx, client); err != nil {
			t.Fatal(err)
		}
		next := present(t, rotation)
		for _, old := range seen {
			if next.Equal(old) || bytes.Equal(next.RawSubjectPublicKeyInfo, old.RawSubjectPublicKeyInfo) {
				t.Fatalf("round %d: the certificate or its key is an old one", round)
			}
		}
		if !bytes.Equal(next.RawSubject, first.RawSubject) || next.URIs[0].String() != first.URIs[0].String() || rotation.Due() {
			t.Fatalf("round %d: got %v until %v", round, next.Subject, next.NotAfter)
		}
		seen = append(seen, next)
		if _, err := client.Policy(ctx); err != nil {
			t.Fatalf("round %d: with the new certificate: %v", round, err)
		}
		r.after(59 * day)
	}
	if r.asked != 6 {
		t.Errorf("asked %d times, want 6", r.asked)
	}
	if again, _ := r.start(); !present(t, again).Equal(seen[len(seen)-1]) {
		t.Error("after a restart another certificate is present")
	}
}

// TestRotationCut: whatever breaks, and wherever the program is started again,
// one request leads to one certificate, and there is always one that works.
func TestRotationCut(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name    string
		spoil   func(r *rotating)
		restart bool
		asked   int // in all
	}{
		{"disk full before the key is stored", func(r *rotating) { r.failSave = true }, false, 1},
		{"answer lost", func(r *rotating) { r.failNet = true }, false, 2},
		{"answer lost, and a restart", func(r *rotating) { r.failNet = true }, true, 2},
		{"authority down", func(r *rotating) { r.server.Stop() }, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRotating(t)
			rotation, client := r.start()
			old := present(t, rotation)
			r.after(61 * day)
			tt.spoil(r)
			if err := rotation.Renew(ctx, client); err == nil {
				t.Fatal("renewed although it could not be")
			}
			if !present(t, rotation).Equal(old) {
				t.Error("the old certificate was let go")
			}
			if r.failSave = false; tt.name == "authority down" {
				r.server.Start()
			}
			r.failNet = false
			if tt.restart {
				rotation, client = r.start()
			}
			if err := rotation.Renew(ctx, client); err != nil {
				t.Fatal(err)
			}
			if present(t, rotation).Equal(old) || r.asked != tt.asked {
				t.Errorf("asked %d times, want %d", r.asked, tt.asked)
			}
			if _, err := client.Policy(ctx); err != nil {
				t.Errorf("with the new certificate: %v", err)
			}
		})
	}
}

// TestRotationKept: a certificate that was stored and not tried yet is tried
// after a restart, without asking again.
func TestRotationKept(t *testing.T) {
	r := newRotating(t)
	_, client := r.start()
	ctx := context.Background()
	r.after(61 * day)
	fail := 0
	cfg := r.config()
	save := cfg.Save
	cfg.Save = func(text []byte) error {
		if fail++; fail == 3 { // key, certificate, present
			return errors.New("power cut")
		}
		return save(text)
	}
	rotation, err := ca.NewRotation(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := rotation.Renew(ctx, client); err == nil {
		t.Fatal("the power cut was not noticed")
	}
	rotation, client = r.start()
	if err := rotation.Renew(ctx, client); err != nil || r.asked != 1 {
		t.Errorf("got %v, asked %d times, want once", err, r.asked)
	}
}

// TestRotationEnds: a counter that was away too long needs its administrator,
// who signs it anew for the keys it has.
func TestRotationEnds(t *testing.T) {
	r := newRotating(t)
	rotation, client := r.start()
	r.after(61 * day)
	if err := rotation.Renew(context.Background(), client); err != nil {
		t.Fatal(err)
	}
	r.after(31 * day) // the one of the enrolment has ended
	_, client = r.start()
	if _, err := client.Policy(context.Background()); err != nil {
		t.Fatalf("after the end of the first certificate: %v", err)
	}
	r.after(91 * day)
	if _, err := ca.NewRotation(r.config()); !errors.Is(err, ca.ErrBundle) {
		t.Errorf("all have ended: got %v, want ErrBundle", err)
	}
	r.sign()
	rotation, client = r.start()
	if _, err := client.Policy(context.Background()); err != nil || rotation.Due() {
		t.Errorf("signed anew: %v, due %v", err, rotation.Due())
	}
	for name, text := range map[string]string{"garbage": "x", "empty": "", "another workstation": `{"version":1,"workstation":"BG-017-04"}`,
		"another version": `{"version":2,"workstation":"BG-017-03"}`} {
		r.file = []byte(text)
		if _, err := ca.NewRotation(r.config()); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}

// TestReenrolRefused: what a workstation may not ask for.
func TestReenrolRefused(t *testing.T) {
	r := newRotating(t)
	other := r.server.Enrol("BG-017-04")
	ws := r.server.Enrol("BG-017-05")
	leaf, err := x509.ParseCertificate(ws.Response.Chain[0])
	if err != nil {
		t.Fatal(err)
	}
	key := ecKey(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := x509.CertificateRequest{RawSubject: leaf.RawSubject, URIs: leaf.URIs}
	request := func(k *ecdsa.PrivateKey, edit func(*x509.CertificateRequest)) []byte {
		t.Helper()
		template := good
		if edit != nil {
			edit(&template)
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, &template, k)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	broken := request(key, nil)
	broken[len(broken)-1] ^= 1
	for _, tt := range []struct {
		name, label string
		csr         []byte
		want        string
	}{
		{"another workstation's URI", ca.LabelWorkstation, request(key, func(c *x509.CertificateRequest) { c.URIs = r.leaf(other).URIs }), ca.ProblemSubject},
		{"another subject", ca.LabelWorkstation, request(key, func(c *x509.CertificateRequest) { c.RawSubject = r.leaf(other).RawSubject }), ca.ProblemSubject},
		{"a host name, too", ca.LabelWorkstation, request(key, func(c *x509.CertificateRequest) { c.DNSNames = []string{"ca.mup.gov.rs"} }), ca.ProblemSubject},
		{"no URI", ca.LabelWorkstation, request(key, func(c *x509.CertificateRequest) { c.URIs = nil }), ca.ProblemSubject},
		{"another workstation's key", ca.LabelWorkstation, request(other.TLSKey, nil), ca.ProblemKeyReused},
		{"key on P-384", ca.LabelWorkstation, request(p384, nil), ca.ProblemKeyRejected},
		{"proof that fails", ca.LabelWorkstation, broken, ca.ProblemCSRInvalid},
		{"garbage", ca.LabelWorkstation, []byte("x"), ca.ProblemCSRInvalid},
		{"a citizen's certificate", ca.LabelCitizen, request(key, nil), ca.ProblemNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := reenrol(t, r.server, ws, tt.label, tt.csr)
			if p.Name() != tt.want {
				t.Errorf("got %+v, want %s", p, tt.want)
			}
		})
	}
	csr := request(key, nil)
	if p, first := reenrol(t, r.server, ws, ca.LabelWorkstation, csr); p != nil {
		t.Errorf("good request: %+v", p)
	} else if p, again := reenrol(t, r.server, ws, ca.LabelWorkstation, csr); p != nil || !again[0].Equal(first[0]) {
		t.Errorf("the same request again: %+v, want the same certificate", p)
	}
	plain := request(ecKey(t), func(c *x509.CertificateRequest) { c.RawSubject = []byte{0x30, 0} })
	if p, _ := reenrol(t, r.server, ws, ca.LabelWorkstation, plain); p != nil {
		t.Errorf("without a subject: %+v", p)
	}
}

func (r *rotating) leaf(w *catest.Workstation) *x509.Certificate {
	r.t.Helper()
	cert, err := x509.ParseCertificate(w.Response.Chain[0])
	if err != nil {
		r.t.Fatal(err)
	}
	return cert
}

// reenrol is what any EST client does.
func reenrol(t *testing.T, s *catest.Server, ws *catest.Workstation, label string, csr []byte) (*ca.Problem, []*x509.Certificate) {
	t.Helper()
	answer, err := ws.HTTP.Post(s.API+est.Path(label, est.OpSimpleReenroll), est.TypePKCS10, bytes.NewReader(est.EncodeBase64(csr)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		p := new(ca.Problem)
		body := new(bytes.Buffer)
		if _, err := body.ReadFrom(answer.Body); err != nil {
			t.Fatal(err)
		}
		if err := ca.DecodeJSON(body.Bytes(), p); err != nil {
			t.Fatalf("status %d: %v", answer.StatusCode, err)
		}
		return p, nil
	}
	der, err := est.DecodeBase64(answer.Body, est.MaxCertsOnly)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := est.ParseCertsOnly(der)
	if err == nil {
		chain, err = est.LeafFirst(chain)
	}
	if err != nil {
		t.Fatal(err)
	}
	return nil, chain
}

// TestAssertionFollowsTheConnection: a request that is made while the
// certificate changes is signed by the key of the connection it goes out on.
func TestAssertionFollowsTheConnection(t *testing.T) {
	c := newCounter(t, nil)
	ctx := context.Background()
	trust, err := ca.OpenBundle(c.trust)
	if err != nil {
		t.Fatal(err)
	}
	certs := []*tls.Certificate{c.cert}
	next := *c.keys
	next.TLS = ecKey(t)
	uri := c.cert.Leaf.URIs
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: uri}, next.TLS)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := c.server.Authority.Reenrol(ctx, c.caller(), csr)
	if err != nil {
		t.Fatal(err)
	}
	second, err := next.CertificateOf([][]byte{chain[0].Raw}, trust, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	certs = append(certs, second)
	var turn atomic.Int64
	client, err := ca.NewClient(ca.Config{Trust: trust, Version: "1.0.0",
		Certificate: func() (*tls.Certificate, error) { return certs[turn.Add(1)%2], nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c.client = client
	for i, id := range []string{"0193a5f0-0000-7000-8000-000000000001", "0193a5f0-0000-7000-8000-000000000002", "0193a5f0-0000-7000-8000-000000000003"} {
		if _, err := client.Policy(ctx); err != nil {
			t.Fatal(err)
		}
		r, opening := c.open(id)
		c.ship(r, opening)
		if out := client.Enrol(ctx, r); out.Verdict != ca.Issued {
			t.Errorf("request %d: got %v, %v, want issued", i, out.Verdict, out.Err)
		}
	}
}
