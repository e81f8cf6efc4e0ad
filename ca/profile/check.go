package profile

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"time"
)

// Severity tells a reason to refuse from a remark.
type Severity int

// The severities.
const (
	Warning Severity = iota + 1 // shown, does not refuse
	Error                       // refuses
)

// String returns warning or error.
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Finding is one departure of a request or certificate from the profile.
// Detail is English and holds no personal data.
type Finding struct {
	ID       string // P01 to P20, R01 to R03 for requests only, lint:<name> from zlint
	Severity Severity
	Clause   string // for instance EN 319 412-5 QCS-4.3.4
	Detail   string
}

// Expect is what a request or certificate is compared with.
type Expect struct {
	// PublicKey is the key of the request; nil: not compared.
	PublicKey crypto.PublicKey
	// Subject is the holder as read from the chip, with the e-mail address
	// of the signed form.
	Subject Subject
	// CardValidUntil is the card's last day; zero is an error if the profile
	// caps the validity there.
	CardValidUntil Date
	// Issuer must have signed the certificate. Before the real signature,
	// pass the copy of the issuer that carries the throw-away key. Not used
	// for requests.
	Issuer *x509.Certificate
	// NotBefore is the time of the request, the earliest beginning that is
	// not back-dated; zero: not compared.
	NotBefore time.Time
	// Now is the time of the check; the rule about the end of RSA-2048 and
	// the remaining validity of a request depend on it.
	Now time.Time
	// KeyUsed says that the key was certified before.
	KeyUsed bool
}

// Errors returns the findings that refuse.
func Errors(fs []Finding) []Finding {
	var out []Finding
	for _, f := range fs {
		if f.Severity == Error {
			out = append(out, f)
		}
	}
	return out
}

// IDs returns the distinct ids of fs in order of first appearance.
func IDs(fs []Finding) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range fs {
		if !seen[f.ID] {
			seen[f.ID] = true
			out = append(out, f.ID)
		}
	}
	return out
}

// checker collects findings.
type checker struct{ findings []Finding }

func (c *checker) fail(id, clause, format string, args ...any) {
	c.findings = append(c.findings, Finding{id, Error, clause, fmt.Sprintf(format, args...)})
}

func (c *checker) warn(id, clause, format string, args ...any) {
	c.findings = append(c.findings, Finding{id, Warning, clause, fmt.Sprintf(format, args...)})
}

// Check compares a certificate with the profile and with what was asked for.
// It runs on the to-be-signed bytes before the authority signs and on the
// certificate after the counter received it. No finding: it may go to a chip.
//
// It does not build the chain to a root and does not look at revocation.
func (p *Profile) Check(cert *x509.Certificate, e Expect) []Finding {
	var c checker
	p.checkSerial(&c, cert)
	p.checkSignature(&c, cert, e)
	p.checkValidity(&c, cert, e)
	c.findings = append(c.findings, p.CheckKey(cert.PublicKey)...)
	p.checkKeyUse(&c, cert.PublicKey, e, cert.NotBefore)
	if number := p.checkDN(&c, cert.RawSubject); e.Subject.Number == "" {
		e.Subject.Number = number
	}
	if p.Subject.Serial == SerialMixed && e.Subject.Number == "" {
		c.fail("P09", "profile subject.serial", "the authority's number is missing")
	}
	p.checkPerson(&c, cert.RawSubject, e.Subject)
	p.checkExtensions(&c, cert, e)
	return c.findings
}

// CheckRequest compares a request with the profile and with the holder's card:
// proof of possession, key, subject, e-mail address. Findings R01 to R03 exist
// for requests only.
func (p *Profile) CheckRequest(csr *x509.CertificateRequest, e Expect) []Finding {
	var c checker
	switch csr.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		if csr.CheckSignature() != nil {
			c.fail("R01", "RFC 2986 4.2", "signature of the request is wrong")
		}
	default:
		c.fail("R01", "ETSI TS 119 312", "signature algorithm %v is not accepted", csr.SignatureAlgorithm)
	}
	c.findings = append(c.findings, p.CheckKey(csr.PublicKey)...)
	p.checkKeyUse(&c, csr.PublicKey, e, e.Now)
	if number := p.checkDN(&c, csr.RawSubject); number != "" {
		c.fail("R03", "EN 319 412-1 NAT-5.1.3", "the request holds the number that the authority fills in")
	}
	e.Subject.Number = ""
	p.checkPerson(&c, csr.RawSubject, e.Subject)
	p.checkRequestExtensions(&c, csr, e.Subject.Email)
	p.checkPeriodAhead(&c, e)
	return c.findings
}

// checkKeyUse compares the key with the expected one and looks at the end of
// short RSA keys at the time at.
func (p *Profile) checkKeyUse(c *checker, key crypto.PublicKey, e Expect, at time.Time) {
	if e.PublicKey != nil && !sameKey(key, e.PublicKey) {
		c.fail("P16", "RFC 2986 4.1", "public key differs from the request's")
	}
	if e.KeyUsed {
		c.fail("P15", "profile", "the key was certified before")
	}
	kind, bits := keyKind(key)
	until, err := p.rsa2048Until()
	if kind != "rsa" || bits >= 3000 || err != nil || until.IsZero() {
		return
	}
	if last, err := until.lastSecond(); err != nil || at.After(last) {
		c.fail("P15", "ETSI TS 119 312", "RSA under 3000 bits is no longer certified")
	}
}

func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

func (p *Profile) checkSerial(c *checker, cert *x509.Certificate) {
	octets := (cert.SerialNumber.BitLen() + 7) / 8
	switch {
	case cert.SerialNumber.Sign() <= 0:
		c.fail("P18", "RFC 5280 4.1.2.2", "serial number is not positive")
	case cert.SerialNumber.BitLen() > 159:
		c.fail("P18", "RFC 5280 4.1.2.2", "serial number is longer than 20 octets")
	case octets < p.SerialOctets:
		c.fail("P18", "RFC 5280 4.1.2.2", "serial number of %d octets, the profile has %d", octets, p.SerialOctets)
	}
}

func (p *Profile) checkSignature(c *checker, cert *x509.Certificate, e Expect) {
	if cert.Version != 3 {
		c.fail("P19", "RFC 5280 4.1.2.1", "certificate version is %d", cert.Version)
	}
	if cert.SignatureAlgorithm != p.SignatureAlgorithm() {
		c.fail("P19", "EN 319 412-2 GEN-4.2.2-1", "signature algorithm %v is not in the profile", cert.SignatureAlgorithm)
	}
	if e.Issuer == nil {
		c.fail("P19", "RFC 5280 4.1.2.4", "no issuer to compare with")
		return
	}
	// The issuer's own subject is copied byte for byte into what it signs.
	if !bytes.Equal(cert.RawIssuer, e.Issuer.RawSubject) {
		c.fail("P19", "RFC 5280 4.1.2.4", "issuer is not the pinned one")
	}
	if len(cert.AuthorityKeyId) == 0 || !bytes.Equal(cert.AuthorityKeyId, e.Issuer.SubjectKeyId) {
		c.fail("P19", "EN 319 412-2 GEN-4.3.1-1", "authority key identifier is missing or not the issuer's")
	}
	if cert.CheckSignatureFrom(e.Issuer) != nil {
		c.fail("P19", "RFC 5280 6.1.3", "signature does not verify with the issuer's key")
	}
}

// checkValidity compares the period with the longest one that the profile
// allows for this beginning.
func (p *Profile) checkValidity(c *checker, cert *x509.Certificate, e Expect) {
	if !e.NotBefore.IsZero() && cert.NotBefore.Before(e.NotBefore.Truncate(time.Second)) {
		c.fail("P14", "RFC 5280 4.1.2.5", "certificate begins before the request")
	}
	if e.Issuer == nil {
		return // said by checkSignature
	}
	want, err := p.validity(Issuance{CardValidUntil: e.CardValidUntil, Key: cert.PublicKey, Issuer: e.Issuer, Now: cert.NotBefore})
	switch {
	case err != nil:
		c.fail("P14", "RFC 5280 4.1.2.5", "no valid period: %v", err)
		return
	case cert.NotAfter.After(want.to):
		c.fail("P14", "RFC 5280 4.1.2.5", "certificate ends later than profile, card and issuer allow")
	case cert.NotAfter.Before(want.to.AddDate(0, 0, -1)):
		c.fail("P14", "RFC 5280 4.1.2.5", "certificate ends earlier than the profile says")
	}
	p.warnShort(c, cert.NotBefore, cert.NotAfter)
}

func (p *Profile) warnShort(c *checker, from, to time.Time) {
	if to.Before(from.AddDate(0, 0, p.Validity.MinRemainingDays)) {
		c.warn("P14", "profile validity.minRemainingDays", "certificate is valid for less than %d days", p.Validity.MinRemainingDays)
	}
}

// checkPeriodAhead finds a card that ends too early, before anything is issued.
func (p *Profile) checkPeriodAhead(c *checker, e Expect) {
	if !p.Validity.CapAtCard {
		return
	}
	if !e.CardValidUntil.valid() {
		c.fail("P14", "RFC 5280 4.1.2.5", "no valid last day of the card is given")
		return
	}
	last, err := e.CardValidUntil.lastSecond()
	if err != nil || !last.After(e.Now) {
		c.fail("P14", "RFC 5280 4.1.2.5", "the card has ended")
		return
	}
	p.warnShort(c, e.Now, last)
}
