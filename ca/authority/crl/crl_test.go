package crl_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca/authority/crl"
)

// issuer makes a CA.
func issuer(t testing.TB, name string) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return issuerWith(t, name, key), key
}

// issuerWith makes a CA with a key.
func issuerWith(t testing.TB, name string, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(5, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// example is a list with one entry of each reason in use.
func example() crl.List {
	now := time.Now()
	l := crl.List{Number: 7, ThisUpdate: now, NextUpdate: now.Add(48 * time.Hour), KeptSince: now.AddDate(-1, 0, 0)}
	for i, reason := range []int{0, 1, 3, 4, 5, 6} {
		l.Entries = append(l.Entries, crl.Entry{Serial: big.NewInt(int64(0x4000 + i)), At: now.Add(-time.Duration(i) * time.Hour), Reason: reason})
	}
	return l
}

func sign(t testing.TB, l crl.List, cert *x509.Certificate, key crypto.Signer) []byte {
	t.Helper()
	der, err := crl.Sign(l, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestCheck: one row for each way in which a list can be wrong.
func TestCheck(t *testing.T) {
	cert, key := issuer(t, "One")
	other, otherKey := issuer(t, "Two")
	want := example()
	good := sign(t, want, cert, key)
	if err := crl.Check(good, want, cert); err != nil {
		t.Fatalf("good list: %v", err)
	}
	changed := func(edit func(*crl.List)) []byte {
		l := want
		l.Entries = slices.Clone(want.Entries)
		edit(&l)
		return sign(t, l, cert, key)
	}
	foreign, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(7), ThisUpdate: want.ThisUpdate,
		NextUpdate: want.NextUpdate, ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 0}}}}, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(good)
	flipped[len(flipped)-1] ^= 1
	for _, tt := range []struct {
		name string
		der  []byte
	}{
		{"garbage", []byte("x")},
		{"cut", good[:len(good)-1]},
		{"signature of nobody", flipped},
		{"another issuer", sign(t, want, other, otherKey)},
		{"another number", changed(func(l *crl.List) { l.Number++ })},
		{"another day", changed(func(l *crl.List) { l.ThisUpdate = l.ThisUpdate.Add(-time.Hour) })},
		{"longer life", changed(func(l *crl.List) { l.NextUpdate = l.NextUpdate.Add(time.Hour) })},
		{"kept since another day", changed(func(l *crl.List) { l.KeptSince = l.KeptSince.Add(time.Hour) })},
		{"an entry missing", changed(func(l *crl.List) { l.Entries = l.Entries[1:] })},
		{"an entry more", changed(func(l *crl.List) { l.Entries = append(l.Entries, crl.Entry{Serial: big.NewInt(9), At: l.ThisUpdate}) })},
		{"an entry in place of another", changed(func(l *crl.List) { l.Entries[2].Serial = big.NewInt(9) })},
		{"an entry twice", changed(func(l *crl.List) { l.Entries[2] = l.Entries[1] })},
		{"another reason", changed(func(l *crl.List) { l.Entries[2].Reason = 1 })},
		{"another date", changed(func(l *crl.List) { l.Entries[2].At = l.ThisUpdate.Add(-time.Minute) })},
		{"an extension that limits it", foreign},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := crl.Check(tt.der, want, cert); !errors.Is(err, crl.ErrCheck) {
				t.Errorf("got %v, want ErrCheck", err)
			}
		})
	}
}

// TestSignRefusals: a list that nobody could rely upon is not signed.
func TestSignRefusals(t *testing.T) {
	cert, key := issuer(t, "One")
	_, other, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	noLists, noID := *cert, *cert
	noLists.KeyUsage, noID.SubjectKeyId = x509.KeyUsageCertSign, nil
	for _, tt := range []struct {
		name  string
		entry crl.Entry
		by    *x509.Certificate
		key   crypto.Signer
	}{
		{"no serial", crl.Entry{At: time.Now()}, cert, key},
		{"no date", crl.Entry{Serial: big.NewInt(1)}, cert, key},
		{"a date before dates", crl.Entry{Serial: big.NewInt(1), At: time.Date(1949, 12, 31, 0, 0, 0, 0, time.UTC)}, cert, key},
		{"an issuer that signs no lists", crl.Entry{Serial: big.NewInt(1), At: time.Now()}, &noLists, key},
		{"an issuer without identifier", crl.Entry{Serial: big.NewInt(1), At: time.Now()}, &noID, key},
		{"Ed25519", crl.Entry{Serial: big.NewInt(1), At: time.Now()}, cert, other},
		{"P-521", crl.Entry{Serial: big.NewInt(1), At: time.Now()}, cert, p521},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := example()
			l.Entries = append(l.Entries, tt.entry)
			if _, err := crl.Sign(l, tt.by, tt.key); err == nil {
				t.Error("signed, want an error")
			}
		})
	}
}

// TestAsX509: the lists are those that crypto/x509 makes, byte for byte, but the
// signature of a curve, which is another one each time.
func TestAsX509(t *testing.T) {
	rsa2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	draw := mathrand.New(mathrand.NewPCG(1, 2))
	for _, tt := range []struct {
		name string
		key  crypto.Signer
	}{{"RSA", rsa2048}, {"P-256", p256}, {"P-384", p384}} {
		t.Run(tt.name, func(t *testing.T) {
			key, cert := tt.key, issuerWith(t, "Издавалац", tt.key)
			for _, n := range []int{0, 1, 2, 3, 4, 5, 100, 2000} {
				l := drawn(draw, n)
				got, want := sign(t, l, cert, key), bySlowWay(t, l, cert, key)
				a, err := x509.ParseRevocationList(got)
				if err != nil {
					t.Fatalf("%d entries: crypto/x509 cannot read the list: %v", n, err)
				}
				b, err := x509.ParseRevocationList(want)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(a.RawTBSRevocationList, b.RawTBSRevocationList) || a.SignatureAlgorithm != b.SignatureAlgorithm ||
					tt.name == "RSA" && !bytes.Equal(got, want) {
					t.Errorf("%d entries: got %x, want %x", n, got[:min(len(got), 400)], want[:min(len(want), 400)])
				}
				if err := a.CheckSignatureFrom(cert); err != nil {
					t.Errorf("%d entries: %v", n, err)
				}
				if err := crl.Check(want, l, cert); err != nil {
					t.Errorf("%d entries, of crypto/x509: %v", n, err)
				}
			}
		})
	}
}

// drawn is a list with serials, dates and reasons of all lengths and forms.
func drawn(draw *mathrand.Rand, n int) crl.List {
	at := func() time.Time { return time.Unix(draw.Int64N(5_000_000_000), draw.Int64N(1_000_000_000)) } // to 2128
	l := crl.List{Number: draw.Int64() >> draw.IntN(63), ThisUpdate: at(), KeptSince: at()}
	l.NextUpdate = l.ThisUpdate.Add(time.Hour)
	for range n {
		serial := make([]byte, 1+draw.IntN(20))
		for i := range serial {
			serial[i] = byte(draw.Uint32())
		}
		reasons := []int{0, 1, 2, 3, 4, 5, 6, 8, 9, 10}
		l.Entries = append(l.Entries, crl.Entry{Serial: new(big.Int).SetBytes(serial), At: at(), Reason: reasons[draw.IntN(len(reasons))]})
	}
	return l
}

// bySlowWay has crypto/x509 make a list.
func bySlowWay(t *testing.T, l crl.List, cert *x509.Certificate, key crypto.Signer) []byte {
	t.Helper()
	kept, err := asn1.MarshalWithParams(l.KeptSince.UTC().Truncate(time.Second), "generalized")
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.RevocationList{Number: big.NewInt(l.Number), ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 60}, Value: kept}}}
	for _, e := range l.Entries {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: e.Serial, RevocationTime: e.At, ReasonCode: e.Reason})
	}
	list, err := x509.CreateRevocationList(rand.Reader, template, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestOpenSSLReads: what others read is what was written.
func TestOpenSSLReads(t *testing.T) {
	cert, key := issuer(t, "One")
	dir := t.TempDir()
	list, ca := filepath.Join(dir, "list.crl"), filepath.Join(dir, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	if err := errors.Join(os.WriteFile(list, sign(t, example(), cert, key), 0o600), os.WriteFile(ca, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("openssl", "crl", "-inform", "DER", "-in", list, "-CAfile", ca, "-noout", "-text").CombinedOutput()
	if err != nil {
		t.Fatalf("openssl crl: %v\n%s", err, out)
	}
	wants := []string{"verify OK", "X509v3 CRL Number: \n                7", "Key Compromise", "Affiliation Changed", "Superseded",
		"Cessation Of Operation", "Certificate Hold"}
	for i := range 6 {
		wants = append(wants, fmt.Sprintf("Serial Number: 400%d", i))
	}
	for _, want := range wants {
		if !strings.Contains(string(out), want) {
			t.Errorf("openssl does not say %q:\n%s", want, out)
		}
	}
}

func FuzzCheck(f *testing.F) {
	cert, key := issuer(f, "One")
	want := example()
	f.Add(sign(f, want, cert, key))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		if err := crl.Check(der, want, cert); err != nil && !errors.Is(err, crl.ErrCheck) {
			t.Errorf("got %v, want ErrCheck or nothing", err)
		}
	})
}

// BenchmarkSign makes and checks a list of the size of the whole population's.
func BenchmarkSign(b *testing.B) {
	cert, key := issuer(b, "One")
	l := example()
	l.Entries = nil
	for i := range 850_000 {
		serial := new(big.Int).Lsh(big.NewInt(0x40), 120)
		l.Entries = append(l.Entries, crl.Entry{Serial: serial.Add(serial, big.NewInt(int64(i))), At: l.ThisUpdate, Reason: 4})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		der := sign(b, l, cert, key)
		if err := crl.Check(der, l, cert); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(der))/1e6, "MB")
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapSys-before.HeapSys)/1e6, "MB-memory") // beside the entries
}
