package sod

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
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
