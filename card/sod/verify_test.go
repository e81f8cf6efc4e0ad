package sod

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// TestVerify is the table of what can be wrong with card data.
func TestVerify(t *testing.T) {
	now := time.Now()
	m := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	stranger := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	// A citizen below a CA that the same root certified.
	sub := certify(t, &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Test Gradjani CA"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, m.anchor, stranger.caKey.Public(), m.caKey)
	citizen := certify(t, &x509.Certificate{
		SerialNumber: big.NewInt(4), Subject: pkix.Name{CommonName: "citizen"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
	}, sub, stranger.key.Public(), stranger.caKey)

	files := testFiles()
	sod := sign(t, files, m.signer, m.key)
	changed := testFiles()
	changed[FilePersonal][20] ^= 1
	anchors := []*x509.Certificate{m.anchor}
	only := func(fids ...FID) Files {
		part := Files{}
		for _, f := range fids {
			part[f] = files[f]
		}
		return part
	}
	for _, tc := range []struct {
		name    string
		files   Files
		sod     []byte
		anchors []*x509.Certificate
		at      time.Time
		want    error
	}{
		{"all files", files, sod, anchors, now, nil},
		{"without portrait", only(FileDocument, FilePersonal), sod, anchors, now, nil},
		{"portrait alone", only(FilePortrait), sod, anchors, now, nil},
		{"signer itself is the anchor", files, sod, []*x509.Certificate{m.signer}, now, nil},
		{"several anchors", files, sod, []*x509.Certificate{stranger.anchor, m.anchor}, now, nil},
		{"years later", files, sod, anchors, now.AddDate(9, 0, 0), nil},
		{"no inner header", files, stripInner(t, sod), anchors, now, nil},
		{"missing", files, nil, anchors, now, ErrMissing},
		{"no files", nil, sod, anchors, now, ErrMalformed},
		{"file changed", changed, sod, anchors, now, ErrMismatch},
		{"file that is not covered", Files{FileResidence: []byte{1, 2, 3}}, sod, anchors, now, ErrMismatch},
		{"signature changed", files, flip(sod, len(sod)-1), anchors, now, ErrMismatch},
		{"signed content changed", files, flipHash(t, sod, files[FileDocument]), anchors, now, ErrMismatch},
		{"home-made", files, sign(t, files, stranger.signer, stranger.key), anchors, now, ErrAnchor},
		{"no anchors", files, sod, nil, now, ErrAnchor},
		{"signed with a citizen's certificate", files, sign(t, files, citizen, stranger.key, sub), anchors, now, ErrAnchor},
		{"before the signer's time", files, sod, anchors, now.AddDate(-2, 0, 0), ErrAnchor},
		{"cut", files, sod[:len(sod)-9], anchors, now, ErrMalformed},
		{"garbage", files, withHeader(0x0F1C, bytes.Repeat([]byte{0x30}, 99)), anchors, now, ErrMalformed},
		{"no list of hashes", files, signContent(t, []byte("short"), m), anchors, now, ErrMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := Verify(tc.files, tc.sod, tc.anchors, tc.at); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// TestVerifyRefusesSHA1 wants a signature over SHA-1 refused.
func TestVerifyRefusesSHA1(t *testing.T) {
	now := time.Now()
	m := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer := certify(t, &x509.Certificate{SerialNumber: big.NewInt(5), NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)}, m.anchor, key.Public(), m.caKey)
	files := testFiles()
	h := sha256.Sum256(files[FileDocument])
	data, err := pkcs7.NewSignedData(h[:])
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA1)
	if err := data.AddSigner(signer, key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	err = Verify(Files{FileDocument: files[FileDocument]}, withHeader(0x0F1C, withHeader(1, der)), []*x509.Certificate{m.anchor}, now)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
}

// oversized pretends to sign with a key whose private half nobody has.
type oversized struct{ public *rsa.PublicKey }

// Public returns the key.
func (o oversized) Public() crypto.PublicKey { return o.public }

// Sign returns bytes of the right number.
func (o oversized) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return append(make([]byte, o.public.Size()-1), 2), nil
}

// TestVerifyRefusesHugeKey wants a card that brings a signer's key of 100,000
// bits refused before anything is computed with it.
func TestVerifyRefusesHugeKey(t *testing.T) {
	now := time.Now()
	m := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	n := new(big.Int).Lsh(big.NewInt(1), 100_000-1)
	public := &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 1<<31 - 1}
	signer := certify(t, &x509.Certificate{SerialNumber: big.NewInt(6), NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)}, m.anchor, public, m.caKey)
	sod := sign(t, testFiles(), signer, oversized{public})
	start := time.Now()
	if err := Verify(testFiles(), sod, []*x509.Certificate{m.anchor}, now); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("refused after %v", took)
	}
}

// TestVerifyWithoutSigningTime checks the rule for a SOD that states no time: the
// signer's certificate may have ended since.
func TestVerifyWithoutSigningTime(t *testing.T) {
	now := time.Now()
	m := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	files := testFiles()
	h := sha256.Sum256(files[FileDocument])
	data, err := pkcs7.NewSignedData(h[:])
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.SignWithoutAttr(m.signer, m.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	sod := withHeader(0x0F1C, withHeader(1, der))
	part := Files{FileDocument: files[FileDocument]}
	if err := Verify(part, sod, []*x509.Certificate{m.anchor}, now.AddDate(8, 0, 0)); err != nil {
		t.Errorf("years later: %v", err)
	}
	if err := Verify(part, sod, []*x509.Certificate{m.anchor}, now.AddDate(-2, 0, 0)); !errors.Is(err, ErrAnchor) {
		t.Errorf("before: got %v, want ErrAnchor", err)
	}
}

// sign makes a SOD file; more are certificates that it brings along.
func sign(t testing.TB, files Files, signer *x509.Certificate, key crypto.Signer, more ...*x509.Certificate) []byte {
	t.Helper()
	if len(more) == 0 {
		sod, err := Sign(FileSODFixed, files, signer, key)
		if err != nil {
			t.Fatal(err)
		}
		return sod
	}
	var content []byte
	for _, f := range []FID{FileDocument, FilePersonal, FilePortrait} {
		h := sha256.Sum256(files[f])
		content = append(content, h[:]...)
	}
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSignerChain(signer, key, more, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return withHeader(uint16(FileSODFixed), withHeader(1, der))
}

// signContent makes a SOD over any content.
func signContent(t testing.TB, content []byte, m ministry) []byte {
	t.Helper()
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(m.signer, m.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return withHeader(uint16(FileSODFixed), withHeader(1, der))
}

// flip returns b with one bit changed.
func flip(b []byte, i int) []byte {
	c := bytes.Clone(b)
	c[i] ^= 1
	return c
}

// flipHash changes the hash of a file inside the signed content.
func flipHash(t testing.TB, sod, file []byte) []byte {
	t.Helper()
	h := sha256.Sum256(file)
	i := bytes.Index(sod, h[:])
	if i < 0 {
		t.Fatal("hash is not in the SOD")
	}
	return flip(sod, i)
}

// stripInner takes the inner header off a SOD file.
func stripInner(t testing.TB, sod []byte) []byte {
	t.Helper()
	der, err := inner(sod)
	if err != nil {
		t.Fatal(err)
	}
	return withHeader(uint16(FileSODFixed), der)
}
