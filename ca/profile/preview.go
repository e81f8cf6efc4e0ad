package profile

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Preview is a certificate-to-be as far as it is known before the request.
type Preview struct {
	Issuer       string // common name of the issuing CA
	CommonName   string
	GivenName    string
	Surname      string
	SerialNumber string // the value with the person's number, for instance PNORS-…
	Country      string
	Email        string
	NotBefore    time.Time // if issued now
	NotAfter     time.Time
	CardCapped   bool      // NotAfter is the card's last day
	Findings     []Finding // errors: the authority would refuse
}

// Preview says what the certificate for s would contain if it were issued now
// by issuer. key is the key to be certified if it is known; for nil the
// validity is that of an RSA-2048 key, the only size that today's cards make.
// An error means that no certificate can be built from s.
func (p *Profile) Preview(s Subject, card Date, key crypto.PublicKey, issuer *x509.Certificate, now time.Time) (Preview, error) {
	s.Number = ""
	s = s.normalised()
	raw, err := p.marshalDN(s)
	if err != nil {
		return Preview{}, fmt.Errorf("preview certificate: %w", err)
	}
	out := Preview{
		Issuer:       issuer.Subject.CommonName,
		CommonName:   p.commonName(s),
		GivenName:    s.GivenName,
		Surname:      s.Surname,
		SerialNumber: p.serialNumbers(s)[0],
		Country:      country,
		Email:        s.Email,
	}
	var c checker
	p.checkDN(&c, raw)
	if s.Email != "" && p.checkEmail(s.Email) != nil {
		c.fail("P16", "EN 319 412-2 GEN-4.3.5-1", "e-mail address has no valid form or is not in the profile")
	}
	v, err := p.validity(Issuance{CardValidUntil: card, Key: shortKeyIfNil(key), Issuer: issuer, Now: now})
	switch {
	case errors.Is(err, errNoValidity):
		c.fail("P14", "RFC 5280 4.1.2.5", "%v", err)
	case err != nil:
		return Preview{}, fmt.Errorf("preview certificate: %w", err)
	default:
		out.NotBefore, out.NotAfter, out.CardCapped = v.from, v.to, v.capped
		p.warnShort(&c, v.from, v.to)
	}
	out.Findings = c.findings
	return out, nil
}
