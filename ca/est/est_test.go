package est_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"salter/ca/est"
)

// testCA is a root with one issuing CA.
type testCA struct {
	root, issuer *x509.Certificate
	issuerKey    *ecdsa.PrivateKey
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certify(t testing.TB, name string, isCA bool, pub any, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber:          big.NewInt(int64(len(name)) + time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  isCA,
		BasicConstraintsValid: isCA,
	}
	if isCA {
		tmpl.KeyUsage = x509.KeyUsageCertSign
	}
	if parent == nil {
		parent = tmpl
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newTestCA(t testing.TB) testCA {
	t.Helper()
	rootKey, issuerKey := newKey(t), newKey(t)
	root := certify(t, "root", true, rootKey.Public(), nil, rootKey)
	return testCA{root, certify(t, "issuer", true, issuerKey.Public(), root, rootKey), issuerKey}
}

func (ca testCA) leaf(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	return certify(t, name, false, newKey(t).Public(), ca.issuer, ca.issuerKey)
}

func TestDecodeBase64(t *testing.T) {
	want := []byte("a body of some forty-one bytes in length.")
	line := base64.StdEncoding.EncodeToString(want)
	for _, tt := range []struct{ name, body string }{
		{"one line", line},
		{"CRLF", line[:16] + "\r\n" + line[16:40] + "\r\n" + line[40:] + "\r\n"},
		{"LF and tabs", "\n\t" + line[:7] + "\n \t" + line[7:]},
		{"no padding", strings.TrimRight(line, "=")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := est.DecodeBase64(strings.NewReader(tt.body), 100)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		})
	}
	for _, tt := range []struct {
		name, body string
		max        int
		want       error // nil: any error
	}{
		{"empty", " \r\n", 100, nil},
		{"garbage", "<html>busy</html>", 100, nil},
		{"url alphabet", "-_-_", 100, nil},
		{"padding inside", "QQ==QQ==", 100, nil},
		{"one byte over", line, len(want) - 1, est.ErrTooLarge},
		{"endless white space", strings.Repeat("\r\n", 10000), 100, est.ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := est.DecodeBase64(strings.NewReader(tt.body), tt.max)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %q, error %v; want error %v", got, err, tt.want)
			}
		})
	}
	if got, err := est.DecodeBase64(bytes.NewReader(est.EncodeBase64(want)), len(want)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("round trip: got %q, %v", got, err)
	}
}

func TestCertsOnly(t *testing.T) {
	ca := newTestCA(t)
	leaf := ca.leaf(t, "leaf")
	chain := []*x509.Certificate{ca.root, leaf, ca.issuer}
	der, err := est.EncodeCertsOnly(chain)
	if err != nil {
		t.Fatal(err)
	}
	got, err := est.ParseCertsOnly(der)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("got %d certificates, want 3", len(got))
	}
	ordered, err := est.LeafFirst(got)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*x509.Certificate{leaf, ca.issuer, ca.root} {
		if !ordered[i].Equal(want) {
			t.Errorf("certificate %d is %q, want %q", i, ordered[i].Subject.CommonName, want.Subject.CommonName)
		}
	}
}

func TestCertsOnlyRefuses(t *testing.T) {
	ca := newTestCA(t)
	if _, err := est.EncodeCertsOnly(nil); err == nil {
		t.Error("an empty chain was encoded")
	}
	for _, tt := range []struct {
		name string
		der  []byte
	}{
		{"nothing", nil},
		{"a bare certificate", ca.root.Raw},
		{"truncated", mustEncode(t, ca.root)[:40]},
		{"too large", make([]byte, est.MaxCertsOnly+1)},
		{"elements that overlap", append(bytes.Repeat([]byte{0x30, 0x06, 0x30, 0x02}, 60), 5, 0, 5, 0, 5, 0, 5, 0)},
		{"length beyond the end", []byte{0x30, 0x83, 0xFF, 0xFF, 0xFF, 0x00}},
		{"data after the end", append(mustEncode(t, ca.root), 0)},
		{"never ending", []byte{0x30, 0x80, 0x02, 0x01, 0x01}},
		{"primitive without end", []byte{0x04, 0x80, 0x00, 0x00}},
		{"deeply nested", bytes.Repeat([]byte{0x30, 0x80}, est.MaxCertsOnly/2)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := est.ParseCertsOnly(tt.der); err == nil {
				t.Errorf("got %d certificates, want an error", len(got))
			}
		})
	}
	var many []*x509.Certificate
	for range est.MaxCertificates + 1 {
		many = append(many, ca.root)
	}
	if _, err := est.ParseCertsOnly(mustEncode(t, many...)); err == nil {
		t.Errorf("%d certificates were accepted", len(many))
	}
	if _, err := est.LeafFirst([]*x509.Certificate{ca.leaf(t, "one"), ca.leaf(t, "two")}); err == nil {
		t.Error("two leaves were accepted")
	}
	if _, err := est.LeafFirst([]*x509.Certificate{ca.root}); err == nil {
		t.Error("a chain without leaf was accepted")
	}
}

func mustEncode(t testing.TB, chain ...*x509.Certificate) []byte {
	t.Helper()
	der, err := est.EncodeCertsOnly(chain)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCSRAttrs(t *testing.T) {
	given := asn1.ObjectIdentifier{2, 5, 4, 42}
	san := asn1.ObjectIdentifier{2, 5, 29, 17}
	for _, tt := range []struct {
		name string
		want est.CSRAttrs
	}{
		{"RSA size", est.CSRAttrs{Key: est.KeyTemplate{RSABits: 3072}}},
		{"curve", est.CSRAttrs{Key: est.KeyTemplate{Curve: est.CurveP384}}},
		{"everything", est.CSRAttrs{
			Key:        est.KeyTemplate{RSABits: 2048},
			Subject:    []asn1.ObjectIdentifier{given, {2, 5, 4, 5}},
			Extensions: []asn1.ObjectIdentifier{san},
		}},
		{"subject only", est.CSRAttrs{Subject: []asn1.ObjectIdentifier{given}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			der, err := tt.want.Encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := est.ParseCSRAttrs(der)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	if der, err := (est.CSRAttrs{}).Encode(); err != nil || der != nil {
		t.Errorf("zero value: got %x, %v; want nothing", der, err)
	}
}

// The bytes were put together by hand from RFC 9908 3.4 (implicit tags): one
// attribute 1.2.840.113549.1.9.16.2.61 with version 0, no subject, an EC key
// on P-256 without value, and the mandatory empty attributes.
func TestCSRAttrsBytes(t *testing.T) {
	want := []byte{
		0x30, 0x2F, 0x30, 0x2D,
		0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x3D,
		0x31, 0x1E, 0x30, 0x1C,
		0x02, 0x01, 0x00, // version
		0xA0, 0x15, 0x30, 0x13, // [0] holding an AlgorithmIdentifier
		0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
		0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
		0xA1, 0x00, // [1], empty
	}
	got, err := (est.CSRAttrs{Key: est.KeyTemplate{Curve: est.CurveP256}}).Encode()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got  %x, %v\nwant %x", got, err, want)
	}
}

func TestParseCSRAttrsOfOlderServers(t *testing.T) {
	type attr struct {
		Type   asn1.ObjectIdentifier
		Values []any `asn1:"set"`
	}
	challenge := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 7}
	for _, tt := range []struct {
		name string
		list []any
		want est.CSRAttrs
	}{
		{"bare OID", []any{challenge}, est.CSRAttrs{}},
		{"RSA size", []any{challenge, attr{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, []any{4096}}},
			est.CSRAttrs{Key: est.KeyTemplate{RSABits: 4096}}},
		{"curve", []any{attr{asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, []any{est.CurveP384}}},
			est.CSRAttrs{Key: est.KeyTemplate{Curve: est.CurveP384}}},
		{"unknown attribute", []any{attr{challenge, []any{"x"}}}, est.CSRAttrs{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			der, err := asn1.Marshal(tt.list)
			if err != nil {
				t.Fatal(err)
			}
			got, err := est.ParseCSRAttrs(der)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestPath(t *testing.T) {
	for _, tt := range []struct{ label, path string }{
		{"", "/.well-known/est/cacerts"},
		{"citizen-sign", "/.well-known/est/citizen-sign/cacerts"},
		{"tenant/ca 1/profile", "/.well-known/est/tenant/ca%201/profile/cacerts"},
		{"грађани", "/.well-known/est/%D0%B3%D1%80%D0%B0%D1%92%D0%B0%D0%BD%D0%B8/cacerts"},
	} {
		t.Run(tt.label, func(t *testing.T) {
			if got := est.Path(tt.label, est.OpCACerts); got != tt.path {
				t.Errorf("Path: got %q, want %q", got, tt.path)
			}
			label, op, err := est.SplitPath(tt.path)
			if err != nil || label != tt.label || op != est.OpCACerts {
				t.Errorf("SplitPath: got %q, %q, %v; want %q", label, op, err, tt.label)
			}
		})
	}
	for _, path := range []string{
		"/", "/.well-known/est/", "/.well-known/est/x", "/.well-known/est/serverkeygen",
		"/.well-known/est/a//cacerts", "/.well-known/est/../cacerts", "/.well-known/est/%2e%2e/cacerts",
		"/.well-known/est/a%2Fb/cacerts", "/.well-known/est/%zz/cacerts",
	} {
		if label, op, err := est.SplitPath(path); err == nil {
			t.Errorf("SplitPath(%q): got %q, %q, want an error", path, label, op)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, value string
		want        time.Duration
		err         error
	}{
		{"seconds", "120", 2 * time.Minute, nil},
		{"zero", "0", 0, nil},
		{"date", "Sun, 22 Nov 2026 12:05:00 GMT", 5 * time.Minute, nil},
		{"past date", "Sun, 22 Nov 2026 11:05:00 GMT", 0, nil},
		{"far away", "99999999999999999999", est.MaxRetryAfter, nil},
		{"missing", "", 0, est.ErrNoRetryAfter},
		{"negative", "-5", 0, est.ErrNoRetryAfter},
		{"words", "later", 0, est.ErrNoRetryAfter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := est.RetryAfter(http.Header{"Retry-After": {tt.value}}, now)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %v, %v; want %v, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestHandlerPieces(t *testing.T) {
	ca := newTestCA(t)
	leaf := ca.leaf(t, "leaf")

	post := func(contentType, body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, est.Path("x", est.OpSimpleEnroll), strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return r
	}
	got, err := est.ReadRequest(post("application/pkcs10; charset=us-ascii", "QUJD\r\nREVG\r\n"), 100)
	if err != nil || string(got) != "ABCDEF" {
		t.Errorf("ReadRequest: got %q, %v", got, err)
	}
	if _, err := est.ReadRequest(post("text/plain", "QUJD"), 100); !errors.Is(err, est.ErrContentType) {
		t.Errorf("ReadRequest of text: got %v, want ErrContentType", err)
	}
	if _, err := est.ReadRequest(post(est.TypePKCS10, "QUJD"), 2); !errors.Is(err, est.ErrTooLarge) {
		t.Errorf("ReadRequest over the limit: got %v, want ErrTooLarge", err)
	}

	w := httptest.NewRecorder()
	if err := est.WriteCerts(w, []*x509.Certificate{leaf, ca.issuer}); err != nil {
		t.Fatal(err)
	}
	if !est.IsCertsOnly(w.Header().Get("Content-Type")) {
		t.Errorf("content type is %q", w.Header().Get("Content-Type"))
	}
	der, err := est.DecodeBase64(w.Body, est.MaxCertsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if chain, err := est.ParseCertsOnly(der); err != nil || len(chain) != 2 {
		t.Errorf("WriteCerts: got %d certificates, %v; want 2", len(chain), err)
	}

	w = httptest.NewRecorder()
	est.WritePending(w, 1500*time.Millisecond)
	if w.Code != http.StatusAccepted || w.Header().Get("Retry-After") != "2" {
		t.Errorf("WritePending: got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	w = httptest.NewRecorder()
	if err := est.WriteCSRAttrs(w, nil); err != nil || w.Code != http.StatusNoContent {
		t.Errorf("WriteCSRAttrs of nothing: got %d, %v; want 204", w.Code, err)
	}
}

func TestIsCertsOnly(t *testing.T) {
	for value, want := range map[string]bool{
		"application/pkcs7-mime; smime-type=certs-only":    true,
		"application/pkcs7-mime;smime-type=\"Certs-Only\"": true,
		"application/pkcs7-mime":                           true,
		"application/pkcs7-mime; smime-type=signed-data":   false,
		"text/html": false,
		"":          false,
	} {
		if got := est.IsCertsOnly(value); got != want {
			t.Errorf("IsCertsOnly(%q): got %v, want %v", value, got, want)
		}
	}
}

func FuzzDecodeBase64(f *testing.F) {
	f.Add([]byte("QUJD\r\nREVG"))
	f.Add([]byte("=="))
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := est.DecodeBase64(bytes.NewReader(body), 1000)
		if err == nil && (len(out) == 0 || len(out) > 1000) {
			t.Errorf("got %d bytes without error", len(out))
		}
	})
}

func FuzzParseCertsOnly(f *testing.F) {
	ca := newTestCA(f)
	f.Add(mustEncode(f, ca.leaf(f, "leaf"), ca.issuer, ca.root))
	f.Add([]byte{0x30, 0x80, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, der []byte) {
		chain, err := est.ParseCertsOnly(der)
		if err != nil {
			return
		}
		if len(chain) == 0 || len(chain) > est.MaxCertificates {
			t.Fatalf("got %d certificates without error", len(chain))
		}
		if ordered, err := est.LeafFirst(chain); err == nil && ordered[0].IsCA {
			t.Error("a CA stands first")
		}
	})
}

func FuzzParseCSRAttrs(f *testing.F) {
	der, err := (est.CSRAttrs{Key: est.KeyTemplate{RSABits: 2048}, Subject: []asn1.ObjectIdentifier{{2, 5, 4, 3}}}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Add([]byte{0x30, 0x00})
	f.Fuzz(func(t *testing.T, der []byte) {
		a, err := est.ParseCSRAttrs(der)
		if err == nil && (a.Key.RSABits < 0 || a.Key.RSABits > 8*est.MaxCSRAttrs) {
			t.Errorf("accepted an RSA size of %d bits", a.Key.RSABits)
		}
	})
}

func FuzzSplitPath(f *testing.F) {
	f.Add(est.Path("a/b c", est.OpCSRAttrs))
	f.Fuzz(func(t *testing.T, path string) {
		label, op, err := est.SplitPath(path)
		if err != nil {
			return
		}
		again, opAgain, err := est.SplitPath(est.Path(label, op))
		if err != nil || again != label || opAgain != op {
			t.Errorf("%q: %q, %q became %q, %q, %v", path, label, op, again, opAgain, err)
		}
	})
}
