package root_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/ca/authority/keys"
	"salter/ca/authority/root"
)

// newRoot makes a root with its key in a file and opens it.
func newRoot(t *testing.T) (*root.Root, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "root")
	cfg := root.Config{Name: "Root", Organization: "Ministry", OrganizationID: "VATRS-100000001", Kind: "p256", Now: time.Now}
	if err := root.Create(dir, cfg); err != nil {
		t.Fatal(err)
	}
	if err := root.Create(dir, cfg); err == nil {
		t.Fatal("a second root was made over the first")
	}
	return open(t, dir), dir
}

func open(t *testing.T, dir string) *root.Root {
	t.Helper()
	r, err := root.Open(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func newKey(t *testing.T, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// request asks for an issuer's certificate.
func request(t *testing.T, key crypto.Signer, organization, name string) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: root.Name(organization, "VATRS-100000001", name)}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSignIssuerRefusals(t *testing.T) {
	r, dir := newRoot(t)
	store, err := keys.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	own, err := store.Load("root")
	if err != nil {
		t.Fatal(err)
	}
	good := request(t, newKey(t, elliptic.P384()), "Ministry", "Issuer")
	broken := append([]byte(nil), good...)
	broken[len(broken)-1] ^= 1
	for _, tt := range []struct {
		name  string
		csr   []byte
		years int
	}{
		{"no request", []byte("x"), 15},
		{"no possession", broken, 15},
		{"another organization", request(t, newKey(t, elliptic.P256()), "Bakery", "Issuer"), 15},
		{"no name", request(t, newKey(t, elliptic.P256()), "Ministry", ""), 15},
		{"the root's name", request(t, newKey(t, elliptic.P256()), "Ministry", "Root"), 15},
		{"the root's key", request(t, own, "Ministry", "Issuer"), 15},
		{"a curve not used", request(t, newKey(t, elliptic.P521()), "Ministry", "Issuer"), 15},
		{"longer than the root", good, 26},
		{"no time", good, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := r.SignIssuer(tt.csr, tt.years, ""); !errors.Is(err, root.ErrRefused) {
				t.Errorf("got %v, want %v", err, root.ErrRefused)
			}
		})
	}
	cert, err := r.SignIssuer(good, 15, "http://ca.example/crl/root.crl")
	if err != nil {
		t.Fatal(err)
	}
	if !cert.IsCA || !cert.MaxPathLenZero || cert.CheckSignatureFrom(r.Certificate) != nil || len(cert.CRLDistributionPoints) != 1 {
		t.Errorf("issuer: got %+v", cert)
	}
}

// TestLists: numbers and revocations outlive the machine that made them.
func TestLists(t *testing.T) {
	r, dir := newRoot(t)
	cert, err := r.SignIssuer(request(t, newKey(t, elliptic.P256()), "Ministry", "Issuer"), 15, "")
	if err != nil {
		t.Fatal(err)
	}
	for number, revoke := range []bool{false, true, false} {
		r = open(t, dir)
		if revoke {
			if err := r.Revoke(cert.SerialNumber, 1); err != nil {
				t.Fatal(err)
			}
		}
		der, err := r.SignList(30 * 24 * time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(number, 1); list.Number.Int64() != int64(number)+1 || len(list.RevokedCertificateEntries) != want {
			t.Errorf("list %d: got number %v with %d entries, want %d", number+1, list.Number, len(list.RevokedCertificateEntries), want)
		}
	}
	if err := r.Revoke(cert.SerialNumber, 1); !errors.Is(err, root.ErrRefused) {
		t.Errorf("revoked twice: got %v, want %v", err, root.ErrRefused)
	}
	if _, err := r.SignList(time.Hour); !errors.Is(err, root.ErrRefused) {
		t.Errorf("a list for an hour: got %v, want %v", err, root.ErrRefused)
	}
}

// TestRecordFirst: what cannot be recorded is not signed.
func TestRecordFirst(t *testing.T) {
	r, dir := newRoot(t)
	if err := os.Mkdir(filepath.Join(dir, "root.json.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIssuer(request(t, newKey(t, elliptic.P256()), "Ministry", "Issuer"), 15, ""); err == nil {
		t.Error("signed a certificate without a record")
	}
	if _, err := r.SignList(30 * 24 * time.Hour); err == nil {
		t.Error("signed a list without a record")
	}
}
