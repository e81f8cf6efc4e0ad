package profile_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"sync"
	"testing"
	"time"

	"salter/ca/profile"
)

// now is the time of issuance in the tests.
var now = time.Date(2026, 11, 22, 10, 30, 15, 0, time.UTC)

// Keys take long to make, so all tests share these.
var (
	issuerKey  = sync.OnceValue(func() *rsa.PrivateKey { return makeRSA(2048) })
	cardKey    = sync.OnceValue(func() *rsa.PrivateKey { return makeRSA(2048) })
	otherKey   = sync.OnceValue(func() *rsa.PrivateKey { return makeRSA(2048) })
	shortKey   = sync.OnceValue(func() *rsa.PrivateKey { return makeRSA(1024) })
	ellipticP  = sync.OnceValue(func() *ecdsa.PrivateKey { return makeEC(elliptic.P256()) })
	ellipticP3 = sync.OnceValue(func() *ecdsa.PrivateKey { return makeEC(elliptic.P384()) })
	ellipticP5 = sync.OnceValue(func() *ecdsa.PrivateKey { return makeEC(elliptic.P521()) })
)

func makeRSA(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func makeEC(c elliptic.Curve) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

// citizen is a synthetic holder: the birth year 1900 meets no living person.
func citizen() profile.Subject {
	return profile.Subject{
		GivenName:      "ЈОВАНА",
		Surname:        "ЏОРЏЕВИЋ-ЉУБИЧИЋ",
		PersonalNumber: "0101900715006",
		CardNumber:     "012345678",
		Email:          "jovana@primer.rs",
	}
}

var cardEnds = profile.Date{Year: 2030, Month: time.March, Day: 14}

// load parses an embedded profile after change has had its way with it.
func load(t testing.TB, preset, label string) *profile.Profile {
	t.Helper()
	file, err := profile.Embedded(preset, label)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// issuerDN is a name as EN 319 412-2 wants it of an issuing CA.
func issuerDN(cn string) pkix.Name {
	return pkix.Name{
		Country:      []string{"RS"},
		Organization: []string{"Пробно сертификационо тело"},
		CommonName:   cn,
		ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATRS-100000001"},
		},
	}
}

// newIssuer makes the certificate of an issuing CA with key.
func newIssuer(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               issuerDN("Проба Грађани"),
		NotBefore:             now.AddDate(-1, 0, 0),
		NotAfter:              now.AddDate(15, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if change != nil {
		change(tmpl)
	}
	return sign(t, tmpl, tmpl, key.Public(), key)
}

func sign(t testing.TB, tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// sample is everything one certificate is made from; rows of tests change one
// thing of it.
type sample struct {
	profile  *profile.Profile
	issuance profile.Issuance
	expect   profile.Expect
	signer   crypto.Signer
	parent   *x509.Certificate                   // nil: the issuer
	template func(*x509.Certificate)             // nil: unchanged
	der      func(t *testing.T, b []byte) []byte // nil: unchanged
}

func newSample(t testing.TB) *sample {
	t.Helper()
	p := load(t, profile.PresetDefault, "citizen-sign")
	issuer := newIssuer(t, issuerKey(), nil)
	return &sample{
		profile: p,
		signer:  issuerKey(),
		issuance: profile.Issuance{
			Subject: citizen(), CardValidUntil: cardEnds, Key: cardKey().Public(),
			Serial: p.NewSerial(), Issuer: issuer, Now: now,
		},
		expect: profile.Expect{
			PublicKey: cardKey().Public(), Subject: citizen(), CardValidUntil: cardEnds,
			Issuer: issuer, NotBefore: now, Now: now,
		},
	}
}

// certificate signs the sample.
func (s *sample) certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	tmpl, err := s.profile.Template(s.issuance)
	if err != nil {
		t.Fatal(err)
	}
	if s.template != nil {
		s.template(tmpl)
	}
	parent := s.parent
	if parent == nil {
		parent = s.issuance.Issuer
	}
	cert := sign(t, tmpl, parent, s.issuance.Key, s.signer)
	if s.der == nil {
		return cert
	}
	cert, err = x509.ParseCertificate(s.der(t, cert.Raw))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// extension is an extension with a value made of v.
func extension(oid asn1.ObjectIdentifier, critical bool, v any) pkix.Extension {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(err)
	}
	return pkix.Extension{Id: oid, Critical: critical, Value: der}
}

// replace puts x in the place of the extra extension with its OID.
func replace(c *x509.Certificate, x pkix.Extension) {
	drop(c, x.Id)
	c.ExtraExtensions = append(c.ExtraExtensions, x)
}

// drop removes the extra extension oid.
func drop(c *x509.Certificate, oid asn1.ObjectIdentifier) {
	var kept []pkix.Extension
	for _, x := range c.ExtraExtensions {
		if !x.Id.Equal(oid) {
			kept = append(kept, x)
		}
	}
	c.ExtraExtensions = kept
}
