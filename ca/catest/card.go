package catest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"salter/card/sod"
)

// CardCA signs the files of test cards, as the ministry does for real ones.
// Two of them make a foreign one.
type CardCA struct {
	Anchor []byte // DER
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	t      testing.TB
}

// NewCardCA makes a card-data CA that signs the files itself.
func NewCardCA(t testing.TB) *CardCA {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test card data"},
		NotBefore: time.Now().AddDate(-20, 0, 0), NotAfter: time.Now().AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &CardCA{Anchor: der, cert: cert, key: key, t: t}
}

// Holder is whom a test card belongs to.
type Holder struct {
	DocType        string // ID, IF, RP
	CardNumber     string
	Surname        string
	GivenName      string
	PersonalNumber string
	Born           string // DDMMYYYY as on the chip; empty: not there
	ValidUntil     time.Time
}

// Citizen is a holder who never lived; the birth year of the JMBG is 1900.
func Citizen() Holder {
	return Holder{DocType: "ID", CardNumber: "012345678", Surname: "ПЕТРОВИЋ", GivenName: "МАРИЈА",
		PersonalNumber: "0101900710004", Born: "01011900", ValidUntil: time.Now().AddDate(8, 0, 0)}
}

// Files returns the signed files of h's card, as the counter uploads them
// behind a salt.
func (c *CardCA) Files(h Holder) sod.Bundle {
	c.t.Helper()
	record := func(tag sod.Tag, v string) sod.Record { return sod.Record{Tag: tag, Value: []byte(v)} }
	b := sod.Bundle{
		Document: sod.EncodeFile(sod.FileDocument, []sod.Record{
			record(sod.TagDocRegNo, h.CardNumber), record(sod.TagDocType, h.DocType),
			record(sod.TagIssuedOn, "02012020"), record(sod.TagValidUntil, sod.DateOf(h.ValidUntil).String()),
		}),
		Personal: sod.EncodeFile(sod.FilePersonal, []sod.Record{
			record(sod.TagPersonalNumber, h.PersonalNumber), record(sod.TagSurname, h.Surname), record(sod.TagGivenName, h.GivenName),
			record(sod.TagBirthDate, h.Born),
		}),
	}
	files := sod.Files{sod.FileDocument: b.Document, sod.FilePersonal: b.Personal}
	signed, err := sod.Sign(sod.FileSODFixed, files, c.cert, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	b.SOD = signed
	return b
}
