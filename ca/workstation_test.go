package ca_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/mod/sumdb/note"

	"salter/ca"
)

func TestWorkstationRequest(t *testing.T) {
	k, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.Request()
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(r.CSR)
	if err != nil {
		t.Fatal(err)
	}
	if err := csr.CheckSignature(); err != nil || len(csr.URIs) != 1 || csr.URIs[0].String() != "urn:mup:ws:BG-017:03" {
		t.Errorf("request is for %v, %v", csr.URIs, err)
	}
	verifier, err := note.NewVerifier(r.CheckpointKey)
	if err != nil {
		t.Fatal(err)
	}
	if verifier.Name() != "mup.gov.rs/counter/BG-017-03" {
		t.Errorf("checkpoint key is named %q", verifier.Name())
	}
	proof, err := note.Open([]byte(r.Proof), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(r.CSR)
	if strings.TrimSpace(proof.Text) != hex.EncodeToString(sum[:]) {
		t.Error("proof is for another request")
	}
}

func TestWorkstationNames(t *testing.T) {
	for name, uri := range map[string]string{
		"BG-017-03": "urn:mup:ws:BG-017:03", "NS-1": "urn:mup:ws:NS:1", "BG-017-03A": "", "bg-017-03": "", "": "", "BG-017-03\n": "",
		"BG/../x-1": "",
	} {
		got, err := ca.WorkstationURI(name)
		if got != uri || (err == nil) != (uri != "") {
			t.Errorf("%q: got %q, %v; want %q", name, got, err, uri)
		}
	}
	if _, err := ca.NewWorkstationKeys("x"); err == nil {
		t.Error("keys were made for no workstation")
	}
}

func TestWorkstationKeyFile(t *testing.T) {
	k, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		t.Fatal(err)
	}
	file, err := k.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ca.ParseWorkstationKeys(file)
	if err != nil || !got.TLS.Equal(k.TLS) || got.Checkpoint != k.Checkpoint || got.Workstation != k.Workstation {
		t.Errorf("read back %v, %v", got, err)
	}
	other, err := ca.NewWorkstationKeys("BG-017-04")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty":                     nil,
		"other version":             bytes.Replace(file, []byte(`"version": 1`), []byte(`"version": 2`), 1),
		"other workstation":         bytes.Replace(file, []byte("BG-017-03"), []byte("BG-017-04"), 1),
		"other verifier":            bytes.Replace(file, []byte(k.Verifier), []byte(other.Verifier), 1),
		"TLS key cut":               bytes.Replace(file, []byte(`"tls": "`), []byte(`"tls": "AAAA`), 1),
		"checkpoint key unreadable": bytes.Replace(file, []byte("PRIVATE+KEY"), []byte("PUBLIC+KEY"), 1),
	} {
		if _, err := ca.ParseWorkstationKeys(bad); err == nil {
			t.Errorf("%s: got no error", name)
		} else if strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: the error holds the key", name)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, k); text != "[keys of BG-017-03]" {
			t.Errorf("%s prints %q", format, text)
		}
	}
}

// TestAccept enrols a workstation and makes a request with what came back.
func TestAccept(t *testing.T) {
	s := newServer(t)
	response := ca.EnrolmentResponse{Chain: s.workstationCertificate(s.infra, nil).Certificate, Bundle: s.bundle(nil)}
	cert, trust, err := s.workstation.Accept(response, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(func(cfg *ca.Config) {
		cfg.Trust = trust
		cfg.Certificate = func() (*tls.Certificate, error) { return cert, nil }
	})
	if _, err := c.Policy(context.Background()); err != nil {
		t.Error(err)
	}
	sum := sha256.Sum256([]byte(response.Bundle))
	if trust.SHA256 != hex.EncodeToString(sum[:]) {
		t.Error("hash is not that of the bundle")
	}
}

func TestAcceptRefuses(t *testing.T) {
	s := newServer(t)
	for _, tt := range []struct {
		name   string
		chain  [][]byte
		bundle string
	}{
		{"no certificate", nil, s.bundle(nil)},
		{"garbage", [][]byte{{1}}, s.bundle(nil)},
		{"of another CA", s.workstationCertificate(s.otherRoot, nil).Certificate, s.bundle(nil)},
		{"for another key", [][]byte{s.infra.cert.Raw}, s.bundle(nil)},
		{"for another workstation", s.workstationCertificate(s.infra, func(c *x509.Certificate) {
			c.URIs = []*url.URL{{Scheme: "urn", Opaque: "mup:ws:BG-017:04"}}
		}).Certificate, s.bundle(nil)},
		{"without the mark of an RA", s.workstationCertificate(s.infra, func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil }).Certificate, s.bundle(nil)},
		{"not for clients", s.workstationCertificate(s.infra, func(c *x509.Certificate) { c.ExtKeyUsage = nil }).Certificate, s.bundle(nil)},
		{"expired", s.workstationCertificate(s.infra, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) }).Certificate, s.bundle(nil)},
		{"bundle of another workstation", s.workstationCertificate(s.infra, nil).Certificate, s.bundle(func(b *ca.Bundle) {
			b.Workstation, b.URI = "BG-017-04", "urn:mup:ws:BG-017:04"
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := s.workstation.Accept(ca.EnrolmentResponse{Chain: tt.chain, Bundle: tt.bundle}, time.Now()); !errors.Is(err, ca.ErrBundle) {
				t.Errorf("got %v, want ErrBundle", err)
			}
		})
	}
}

func TestOpenBundleRefuses(t *testing.T) {
	s := newServer(t)
	leaf := s.workstationCertificate(s.infra, nil).Certificate[0]
	for _, tt := range []struct {
		name   string
		change func(*ca.Bundle)
	}{
		{"no version", func(b *ca.Bundle) { b.Version = 0 }},
		{"no authority", func(b *ca.Bundle) { b.Authority = "" }},
		{"URI of another workstation", func(b *ca.Bundle) { b.URI = "urn:mup:ws:BG-017:04" }},
		{"no workstation", func(b *ca.Bundle) { b.Workstation = "" }},
		{"API over http", func(b *ca.Bundle) { b.API = "http://127.0.0.1" }},
		{"API with a path", func(b *ca.Bundle) { b.API = "https://127.0.0.1/x" }},
		{"no root", func(b *ca.Bundle) { b.Roots = nil }},
		{"root is no certificate", func(b *ca.Bundle) { b.Roots = [][]byte{{1, 2}} }},
		{"root is not self-signed", func(b *ca.Bundle) { b.Roots = [][]byte{s.issuer.cert.Raw} }},
		{"no issuer", func(b *ca.Bundle) { b.Issuers = nil }},
		{"issuer of another root", func(b *ca.Bundle) { b.Roots = [][]byte{s.otherRoot.cert.Raw} }},
		{"issuer is no CA", func(b *ca.Bundle) { b.Roots, b.Issuers = [][]byte{s.infra.cert.Raw}, [][]byte{leaf} }},
		{"no infrastructure", func(b *ca.Bundle) { b.Infrastructure = nil }},
		{"no pins", func(b *ca.Bundle) { b.ServerPins = nil }},
		{"pin is no hash", func(b *ca.Bundle) { b.ServerPins = []string{"00"} }},
		{"no policy key", func(b *ca.Bundle) { b.PolicyKey = nil }},
		{"no checkpoint key", func(b *ca.Bundle) { b.CheckpointKey = "" }},
		{"demo clerk is no hash", func(b *ca.Bundle) { b.DemoClerks = []string{"x"} }},
		{"card anchor is no certificate", func(b *ca.Bundle) { b.CardAnchors = [][]byte{{1}} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ca.OpenBundle(s.bundle(tt.change)); !errors.Is(err, ca.ErrBundle) {
				t.Errorf("got %v, want ErrBundle", err)
			}
		})
	}
	good := s.bundle(nil)
	parts := strings.Split(good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	edited := parts[0] + "." + base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte("127.0.0.1"), []byte("127.0.0.2"), 1)) + "." + parts[2]
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	for name, token := range map[string]string{
		"edited": edited, "alg none": unsigned, "empty": "", "cut": good[:len(good)/2], "too large": strings.Repeat("a", ca.MaxBundle+1),
	} {
		if _, err := ca.OpenBundle(token); !errors.Is(err, ca.ErrBundle) {
			t.Errorf("%s: got %v, want ErrBundle", name, err)
		}
	}
}

func TestReplaceBundle(t *testing.T) {
	s := newServer(t)
	trust := open(t, s.bundle(func(b *ca.Bundle) { b.Version = 2 }))
	if next, err := trust.Replace(s.bundle(func(b *ca.Bundle) { b.Version = 3 })); err != nil || next.Version != 3 {
		t.Errorf("newer: got %v", err)
	}
	nextKey, err := x509.MarshalPKIXPublicKey(ecKey(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	if next, err := trust.Replace(s.bundle(func(b *ca.Bundle) { b.Version, b.PolicyKey = 3, nextKey })); err != nil || trust.PolicyKey == next.PolicyKey {
		t.Errorf("with the next policy key: got %v", err)
	}
	stranger := newServer(t)
	for name, token := range map[string]string{
		"older":                  s.bundle(nil),
		"of another policy key":  stranger.bundle(func(b *ca.Bundle) { b.Version = 3 }),
		"for another machine":    s.bundle(func(b *ca.Bundle) { b.Version, b.Workstation, b.URI = 3, "BG-017-04", "urn:mup:ws:BG-017:04" }),
		"of another authority":   s.bundle(func(b *ca.Bundle) { b.Version, b.Authority = 3, "other" }),
		"damaged, same key, cut": s.bundle(func(b *ca.Bundle) { b.Version = 3 })[1:],
	} {
		if _, err := trust.Replace(token); !errors.Is(err, ca.ErrBundle) {
			t.Errorf("%s: got %v, want ErrBundle", name, err)
		}
	}
}

func TestClerkKey(t *testing.T) {
	s := newServer(t)
	rsaKey := ca.ClerkKey{Certificate: s.clerk.Certificate, Key: rsaCard()}
	for name, tt := range map[string]struct {
		key ca.ClerkKey
		alg jose.SignatureAlgorithm
	}{"P-256": {s.clerk, jose.ES256}, "RSA": {rsaKey, jose.RS256}} {
		t.Run(name, func(t *testing.T) {
			token, err := tt.key.Sign(context.Background(), []byte("payload"))
			if err != nil {
				t.Fatal(err)
			}
			signed, err := jose.ParseSignedCompact(string(token), []jose.SignatureAlgorithm{tt.alg})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := signed.Verify(tt.key.Key.Public())
			if err != nil || string(payload) != "payload" {
				t.Errorf("got %q, %v", payload, err)
			}
			sum := sha256.Sum256(s.clerk.Certificate.Raw)
			if got := signed.Signatures[0].Protected.ExtraHeaders["x5t#S256"]; got != base64.RawURLEncoding.EncodeToString(sum[:]) {
				t.Errorf("thumbprint is %v", got)
			}
			if tt.key.Fingerprint() != hex.EncodeToString(sum[:]) {
				t.Error("fingerprint is another")
			}
		})
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.clerk.Sign(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func FuzzOpenBundle(f *testing.F) {
	s := newServer(f)
	f.Add(s.bundle(nil))
	f.Add("e30.e30.e30")
	f.Fuzz(func(t *testing.T, token string) {
		trust, err := ca.OpenBundle(token)
		if err == nil && (len(trust.Roots) == 0 || trust.PolicyKey == nil) {
			t.Error("an empty bundle was opened")
		}
	})
}
