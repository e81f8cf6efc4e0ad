package ca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"salter/ca"
)

// bootstrapServer answers every request as a server whose certificate is by a
// CA of its own, which it returns, and says whether it was told anything.
func bootstrapServer(t *testing.T) (url string, issuer *x509.Certificate, told func() bool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Infrastructure"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if issuer, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, issuer, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 10)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- true
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"type":"urn:mup:problem:code-invalid","status":401,"detail":"no code admits this workstation now"}`)
	}))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER, der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, issuer, func() bool { return len(asked) > 0 }
}

// TestEnrolByCodeTellsNobodyElse: the code goes to the authority it names only.
func TestEnrolByCodeTellsNobodyElse(t *testing.T) {
	keys, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		t.Fatal(err)
	}
	request, err := keys.Request()
	if err != nil {
		t.Fatal(err)
	}
	url, issuer, told := bootstrapServer(t)
	_, other, _ := bootstrapServer(t)
	if _, err := ca.EnrolByCode(t.Context(), url, ca.NewEnrolmentCode(other), request); !errors.Is(err, ca.ErrPin) || told() {
		t.Errorf("a server of another authority: got %v, told %v; want %v and nothing told", err, told(), ca.ErrPin)
	}
	code := ca.NewEnrolmentCode(issuer)
	if _, err := ca.EnrolByCode(t.Context(), url, code, request); err == nil || !strings.Contains(err.Error(), "no code admits") || !told() {
		t.Errorf("the authority's own server: got %v, want its answer", err)
	}
	if _, err := ca.EnrolByCode(t.Context(), strings.Replace(url, "https", "http", 1), code, request); err == nil {
		t.Error("the code was told without TLS")
	}
}

// FuzzEnrolmentCode: whatever is read is written back to itself, and one wrong
// letter is noticed.
func FuzzEnrolmentCode(f *testing.F) {
	var code ca.EnrolmentCode
	code.Secret[3] = 7
	f.Add(code.Text())
	f.Add(strings.ToLower(strings.ReplaceAll(code.Text(), "-", " ")) + "\r\n")
	f.Add("AAAAAAAA-AAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ca.ParseEnrolmentCode(text)
		if err != nil {
			return
		}
		again, err := ca.ParseEnrolmentCode(c.Text())
		if err != nil || again != c {
			t.Fatalf("%q: got %v, %v, want the same code", text, again, err)
		}
		for i, letter := range []byte(c.Text()) {
			if wrong := []byte(c.Text()); letter != '-' {
				wrong[i] = 'A'
				if letter == 'A' {
					wrong[i] = 'B'
				}
				if _, err := ca.ParseEnrolmentCode(string(wrong)); err == nil {
					t.Fatalf("letter %d of %q is wrong and was not noticed", i, c.Text())
				}
			}
		}
		if s := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(s, c.Text()) || strings.Contains(s, "0x7") {
			t.Fatalf("the code shows itself: %s", s)
		}
	})
}
