package authority_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// counter is a workstation with everything a case needs.
type counter struct {
	*catest.Server
	ws    *catest.Workstation
	clerk *catest.Clerk
	cards *catest.CardCA
}

func newCounter(t testing.TB) *counter {
	t.Helper()
	c := &counter{Server: catest.Start(t, catest.Config{}), cards: catest.NewCardCA(t)}
	c.AddAnchor(c.cards.Anchor)
	c.clerk, c.ws = c.AddClerk("1001"), c.Enrol("BG-017-03")
	return c
}

func (c *counter) open() *catest.Case { return c.ws.Open(c.clerk, c.cards, catest.Citizen()) }

func enrolment(c *catest.Case) authority.Enrolment {
	return authority.Enrolment{Label: c.Label, CSR: c.CSR, Assertion: c.Assertion()}
}

// TestPowerLossBetweenPreparedAndIssued: whoever comes first afterwards, the
// sweep at start, the resent request or the look-up, finds one certificate.
func TestPowerLossBetweenPreparedAndIssued(t *testing.T) {
	for _, tt := range []struct {
		name string
		next func(t *testing.T, o *counter, c *catest.Case)
	}{
		{"restart", func(t *testing.T, o *counter, c *catest.Case) {
			o.Stop()
			o.Start()
			if n := o.Issued(); n != 1 {
				t.Errorf("after the sweep %d certificates, want 1", n)
			}
		}},
		{"resent request", func(t *testing.T, o *counter, c *catest.Case) {
			if _, p, err := c.Enrol(nil); p != nil || err != nil {
				t.Errorf("resent: %+v, %v", p, err)
			}
		}},
		{"look-up", func(t *testing.T, o *counter, c *catest.Case) {
			if got := c.Lookup(); got.State != ca.IssuanceIssued {
				t.Errorf("look-up: %s, want issued", got.State)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newCounter(t)
			c := o.open()
			if err := o.Authority.Accept(context.Background(), o.ws.Caller(), enrolment(c)); err != nil {
				t.Fatal(err)
			}
			if n := o.Issued(); n != 0 {
				t.Fatalf("before: %d certificates, want 0", n)
			}
			tt.next(t, o, c)
			first := c.Lookup()
			chain, p, err := c.Enrol(nil)
			if p != nil || err != nil {
				t.Fatalf("enrol: %+v, %v", p, err)
			}
			if first.State != ca.IssuanceIssued || !bytes.Equal(chain[0].Raw, first.Chain[0]) {
				t.Error("the prepared certificate is not the one that came back")
			}
			if n := o.Issued(); n != 1 {
				t.Errorf("%d certificates exist, want 1", n)
			}
		})
	}
}

// TestSignTBS: signing stored bytes gives what crypto/x509 makes in one step.
func TestSignTBS(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []x509.SignatureAlgorithm{x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA} {
		template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "x"}, SignatureAlgorithm: alg,
			NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
		want, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := authority.SignTBS(cert.RawTBSCertificate, key)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%v: assembled certificate differs", alg)
		}
	}
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, ec.Public(), ec)
	if err != nil {
		t.Fatal(err)
	}
	self, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	again, err := authority.SignTBS(self.RawTBSCertificate, ec)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(again)
	if err != nil || cert.CheckSignatureFrom(self) != nil {
		t.Errorf("ECDSA: signature does not verify (%v)", err)
	}
}

func FuzzSignTBS(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{0x30, 0x00})
	f.Fuzz(func(t *testing.T, tbs []byte) { _, _ = authority.SignTBS(tbs, key) })
}

// BenchmarkIssue is one request from the assertion to the answer, without
// network, with an RSA-2048 issuer.
func BenchmarkIssue(b *testing.B) {
	o := newCounter(b)
	caller := o.ws.Caller()
	for b.Loop() {
		b.StopTimer()
		e := enrolment(o.open())
		b.StartTimer()
		if _, err := o.Authority.Enrol(context.Background(), caller, e); err != nil {
			b.Fatal(err)
		}
	}
}
