package profile

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Issuance is what one certificate is made of.
type Issuance struct {
	Subject        Subject
	CardValidUntil Date              // last day of the card; needed if the profile caps there
	Key            crypto.PublicKey  // of the request
	Serial         *big.Int          // from NewSerial
	Issuer         *x509.Certificate // the issuing CA
	Now            time.Time         // time of issuance
}

// NewSerial draws a serial number: the profile's number of octets, the first
// two bits 01, so that it is positive and never shorter, the rest random.
func (p *Profile) NewSerial() *big.Int {
	b := make([]byte, p.SerialOctets)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	b[0] = b[0]&0x3F | 0x40
	return new(big.Int).SetBytes(b)
}

// Template returns the template for x509.CreateCertificate. Pass i.Issuer, or
// a copy of it with a throw-away key of the same kind, as parent.
func (p *Profile) Template(i Issuance) (*x509.Certificate, error) {
	if i.Serial == nil || i.Key == nil || i.Issuer == nil {
		return nil, errors.New("build certificate: serial, key or issuer is missing")
	}
	if p.Subject.Serial == SerialMixed && i.Subject.Number == "" {
		return nil, errors.New("build certificate: the authority's number is missing")
	}
	raw, err := p.marshalDN(i.Subject)
	if err != nil {
		return nil, err
	}
	v, err := p.validity(i)
	if err != nil {
		return nil, fmt.Errorf("build certificate: %w", err)
	}
	ski, err := keyID(i.Key)
	if err != nil {
		return nil, fmt.Errorf("build certificate: %w", err)
	}
	extensions, err := p.ownExtensions()
	if err != nil {
		return nil, fmt.Errorf("build certificate: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber:          i.Serial,
		SignatureAlgorithm:    p.SignatureAlgorithm(),
		RawSubject:            raw,
		NotBefore:             v.from,
		NotAfter:              v.to,
		SubjectKeyId:          ski,
		KeyUsage:              x509.KeyUsageContentCommitment,
		CRLDistributionPoints: p.CRL,
		OCSPServer:            p.OCSP,
		IssuingCertificateURL: p.CAIssuers,
		ExtraExtensions:       extensions,
	}
	if p.KeyUsage == KeyUsageDSNR {
		t.KeyUsage |= x509.KeyUsageDigitalSignature
	}
	if err := p.addSwitched(t, i.Subject.Email); err != nil {
		return nil, fmt.Errorf("build certificate: %w", err)
	}
	return t, nil
}

// addSwitched adds what only some certificates have.
func (p *Profile) addSwitched(t *x509.Certificate, email string) error {
	for _, o := range p.EKU {
		oid, err := parseOID(o)
		if err != nil {
			return err
		}
		t.UnknownExtKeyUsage = append(t.UnknownExtKeyUsage, oid)
	}
	if email == "" {
		return nil
	}
	t.EmailAddresses = []string{email}
	return p.checkEmail(email)
}

// ownExtensions returns the two extensions that crypto/x509 cannot express:
// policies with a CPS address and the qualified certificate statements.
// Neither is critical (EN 319 412-2 GEN-4.3.3-1, EN 319 412-5 QCS-4.1-02).
func (p *Profile) ownExtensions() ([]pkix.Extension, error) {
	policies, err := p.encodePolicies()
	if err != nil {
		return nil, err
	}
	statements, err := p.encodeStatements()
	if err != nil {
		return nil, err
	}
	return []pkix.Extension{
		{Id: oidCertificatePolicies, Value: policies},
		{Id: oidQCStatements, Value: statements},
	}, nil
}

// keyID is method 1 of RFC 7093 section 2: the leftmost 160 bits of the
// SHA-256 of the public key's bit string.
func keyID(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &spki); err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	sum := sha256.Sum256(spki.Key.Bytes)
	return sum[:20], nil
}

// period is a validity period; both ends belong to it.
type period struct {
	from, to time.Time
	capped   bool // to is the card's last second
}

// validity returns notBefore = now, in whole seconds and never back-dated, and
// notAfter = the earliest of: the longest period, the card's last second, one
// day before the issuer's end.
func (p *Profile) validity(i Issuance) (period, error) {
	years := p.Validity.MaxYears
	if kind, bits := keyKind(i.Key); kind == "rsa" && bits < 3000 && p.RSA2048.MaxYears > 0 {
		years = p.RSA2048.MaxYears
	}
	v := period{from: i.Now.UTC().Truncate(time.Second)}
	v.to = v.from.AddDate(years, 0, 0).Add(-time.Second)
	if seconds := p.Validity.DemoSeconds; seconds > 0 {
		v.to = v.from.Add(time.Duration(seconds) * time.Second)
	}
	if end := i.Issuer.NotAfter.AddDate(0, 0, -1).UTC(); end.Before(v.to) {
		v.to = end
	}
	if p.Validity.CapAtCard {
		if !i.CardValidUntil.valid() {
			return period{}, errors.New("no valid last day of the card is given")
		}
		last, err := i.CardValidUntil.lastSecond()
		if err != nil {
			return period{}, err
		}
		if !last.After(v.to) {
			v.to, v.capped = last, true
		}
	}
	if !v.to.After(v.from) {
		return period{}, errNoValidity
	}
	return v, nil
}

// errNoValidity says that card or issuer end before the certificate begins.
var errNoValidity = errors.New("card or issuer ends before the certificate would begin")
