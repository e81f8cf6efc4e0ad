package sod

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// ministry is a test CA for card data with one signer.
type ministry struct {
	anchor, signer *x509.Certificate
	key            crypto.Signer
	caKey          crypto.Signer
}

// newMinistry makes a CA whose signer's certificate is valid between the two
// times.
func newMinistry(t testing.TB, from, to time.Time) ministry {
	t.Helper()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Resursi CA"},
		NotBefore: from.AddDate(-20, 0, 0), NotAfter: to.AddDate(20, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	m := ministry{caKey: newKey(t), key: newKey(t)}
	m.anchor = certify(t, ca, ca, m.caKey.Public(), m.caKey)
	m.signer = certify(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test signer"}, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}, m.anchor, m.key.Public(), m.caKey)
	return m
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certify(t testing.TB, template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// testFiles are the three files that 0F1C covers.
func testFiles() Files {
	return Files{
		FileDocument: EncodeFile(FileDocument, []Record{
			{TagDocRegNo, []byte("012345678")}, {TagDocType, []byte("ID")}, {TagIssuedOn, []byte("22112025")},
			{TagValidUntil, []byte("22112035")}, {TagChipSerial2, []byte("00112233445566")},
		}),
		FilePersonal: EncodeFile(FilePersonal, []Record{
			{TagPersonalNumber, []byte("0605904710015")}, {TagSurname, []byte("СТОЈАНОВИЋ")}, {TagGivenName, []byte("МИХАИЛО")},
			{TagBirthDate, []byte("06051904")},
		}),
		FilePortrait: EncodePortrait([]byte{0xFF, 0xD8, 0xFF, 0xD9}),
	}
}

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

// TestBundle encodes, decodes and verifies a bundle.
func TestBundle(t *testing.T) {
	now := time.Now()
	m := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	files := testFiles()
	b := Bundle{Document: files[FileDocument], Personal: files[FilePersonal], SOD: sign(t, files, m.signer, m.key)}
	data := b.Encode()
	got, err := ParseBundle(data)
	if err != nil {
		t.Fatal(err)
	}
	d, p, err := got.Verify([]*x509.Certificate{m.anchor}, now)
	if err != nil || d.RegNo != "012345678" || d.ChipSerial != "00112233445566" || p.Surname != "СТОЈАНОВИЋ" || p.BirthDate.String() != "06051904" {
		t.Errorf("verify: got %+v, surname of %d bytes, error %v", d, len(p.Surname), err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "version": flip(data, 0), "order": flip(data, 2), "cut": data[:len(data)-1], "more": append(bytes.Clone(data), 0),
		"length": flip(data, 4), "huge": {1, 0x0F, 0x02, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		if _, err := ParseBundle(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
	b.Personal = flip(b.Personal, 12)
	if _, _, err := b.Verify([]*x509.Certificate{m.anchor}, now); !errors.Is(err, ErrMismatch) {
		t.Errorf("changed file: got %v, want ErrMismatch", err)
	}
}

// TestParse reads files with what can be wrong in them.
func TestParse(t *testing.T) {
	value := func(tag Tag, v string) []byte { return EncodeFile(FileDocument, []Record{{tag, []byte(v)}}) }
	for _, tc := range []struct {
		name string
		file []byte
		want error
		tag  Tag // of the FieldError, 0: none
	}{
		{"good", value(TagDocRegNo, "012345678"), nil, 0},
		{"unknown tag", value(999, "x"), nil, 0},
		{"empty date", value(TagIssuedOn, ""), nil, 0},
		{"number too long", value(TagDocRegNo, "0123456789"), ErrMalformed, TagDocRegNo},
		{"type too long", value(TagDocType, "IDX"), ErrMalformed, TagDocType},
		{"not a date", value(TagValidUntil, "31022030"), ErrMalformed, TagValidUntil},
		{"two-digit year", value(TagValidUntil, "010230"), ErrMalformed, TagValidUntil},
		{"not UTF-8", value(TagAuthority, "\xFF\xFE"), ErrMalformed, TagAuthority},
		{"no header", []byte{2, 0x0F, 1}, ErrMalformed, 0},
		{"empty body", []byte{2, 0x0F, 0, 0}, ErrMalformed, 0},
		{"header too long", []byte{2, 0x0F, 9, 0, 1}, ErrMalformed, 0},
		{"stray byte", withHeader(0x0F02, append(value(TagDocRegNo, "012345678")[4:], 0)), ErrMalformed, 0},
		{"length past the end", withHeader(0x0F02, append(value(TagDocRegNo, "012345678")[4:], 0x0B, 0x06, 9, 0, 'I')), ErrMalformed, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := ParseDocument(tc.file)
			var field *FieldError
			if !errors.Is(err, tc.want) || errors.As(err, &field) != (tc.tag != 0) || field != nil && field.Tag != tc.tag {
				t.Errorf("got %v, want %v and tag %d", err, tc.want, tc.tag)
			}
			if tc.want == nil && tc.name == "good" && d.RegNo != "012345678" {
				t.Errorf("number: got %q", d.RegNo)
			}
		})
	}
}

// TestTruncated wants what stood before the damage, and where it is.
func TestTruncated(t *testing.T) {
	file := testFiles()[FilePersonal]
	cut := bytes.Clone(file[:len(file)-3])
	binary.LittleEndian.PutUint16(cut[2:], uint16(len(cut)-4))
	p, err := ParsePersonal(cut)
	var where *TruncatedError
	if !errors.As(err, &where) || where.Tag != TagBirthDate || where.Length != 8 || where.Left != 5 {
		t.Fatalf("got %v, want a TruncatedError in the birth date", err)
	}
	if p.GivenName != "МИХАИЛО" || !p.BirthDate.IsZero() {
		t.Errorf("given name %q, birth date %v", p.GivenName, p.BirthDate)
	}
	if strings.Contains(err.Error(), "МИХАИЛО") || strings.Contains(err.Error(), "0605904710015") {
		t.Errorf("the error names the person: %v", err)
	}
}

// TestPartialBirthDate wants no error where only the year of birth is known.
func TestPartialBirthDate(t *testing.T) {
	p, err := ParsePersonal(EncodeFile(FilePersonal, []Record{{TagBirthDate, []byte("00001904")}}))
	if err != nil || !p.BirthDate.IsZero() {
		t.Errorf("got %v, error %v", p.BirthDate, err)
	}
}

// TestResidence reads file 0F04.
func TestResidence(t *testing.T) {
	r, err := ParseResidence(EncodeFile(FileResidence, []Record{
		{TagPlace, []byte("BEOGRAD")}, {TagStreet, []byte("KNEZ MIHAILOVA")}, {TagHouseNumber, []byte("35")}, {TagAddressDate, []byte("01022020")},
	}))
	if err != nil || r.Place != "BEOGRAD" || r.Number != "35" || r.ChangedOn != (Date{2020, time.February, 1}) {
		t.Errorf("got %+v, error %v", r, err)
	}
}

// TestPortrait reads file 0F06.
func TestPortrait(t *testing.T) {
	jpeg, err := Portrait(testFiles()[FilePortrait])
	if err != nil || !bytes.Equal(jpeg, []byte{0xFF, 0xD8, 0xFF, 0xD9}) {
		t.Errorf("got %X, error %v", jpeg, err)
	}
	for _, bad := range [][]byte{nil, {6, 0x0F, 2, 0, 1, 2}, {6, 0x0F, 5, 0, 0, 0, 9, 0, 1}, {6, 0x0F, 4, 0, 0, 0, 0, 0}} {
		if _, err := Portrait(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%X: got %v, want ErrMalformed", bad, err)
		}
	}
}

// FuzzFiles: any bytes parse or are malformed, and good records survive
// encoding.
func FuzzFiles(f *testing.F) {
	for _, file := range testFiles() {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, parse := range []func([]byte) error{
			func(b []byte) error { _, err := ParseDocument(b); return err },
			func(b []byte) error { _, err := ParsePersonal(b); return err },
			func(b []byte) error { _, err := ParseResidence(b); return err },
			func(b []byte) error { _, err := Portrait(b); return err },
		} {
			if err := parse(file); err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		}
		body, err := Body(file)
		if err != nil {
			return
		}
		records, err := ParseRecords(body)
		if err == nil && !bytes.Equal(EncodeFile(FID(binary.LittleEndian.Uint16(file)), records), file) {
			t.Error("encoding the records gives another file")
		}
	})
}

// FuzzVerify: a SOD of any bytes is refused with one of the four reasons.
func FuzzVerify(f *testing.F) {
	now := time.Now()
	m := newMinistry(f, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	files := testFiles()
	good := sign(f, files, m.signer, m.key)
	f.Add(good)
	f.Add(withHeader(1, []byte{0x30, 0x80, 0, 0}))
	f.Fuzz(func(t *testing.T, sod []byte) {
		err := Verify(files, sod, []*x509.Certificate{m.anchor}, now)
		for _, want := range []error{ErrMissing, ErrMismatch, ErrAnchor, ErrMalformed} {
			if errors.Is(err, want) {
				return
			}
		}
		der, derr := signedData(sod)
		if err != nil || derr != nil || !bytes.Contains(good, der[len(der)-20:]) {
			t.Errorf("got %v for a SOD that was not signed", err)
		}
	})
}

// FuzzBundle: what parses encodes to the same bytes.
func FuzzBundle(f *testing.F) {
	files := testFiles()
	f.Add(Bundle{Document: files[FileDocument], Personal: files[FilePersonal], SOD: []byte{1}}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBundle(data)
		if err == nil && !bytes.Equal(b.Encode(), data) {
			t.Error("encoding the bundle gives other bytes")
		}
	})
}
