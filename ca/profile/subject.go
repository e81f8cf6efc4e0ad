package profile

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Subject is the holder of a certificate: names exactly as on the chip.
type Subject struct {
	GivenName      string
	Surname        string
	PersonalNumber string // 13 digits: JMBG or EBS
	CardNumber     string // 9 digits
	Email          string // empty: the signed form does not ask for one
	// Number is what the authority fills in under SerialMixed: 9 digits,
	// empty in a request.
	Number string
}

// String hides the holder, so that no log shows him.
func (Subject) String() string { return "[subject]" }

// GoString hides the holder in %#v.
func (Subject) GoString() string { return "[subject]" }

// Object identifiers of the subject's attributes (RFC 5280 A.1).
var (
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname      = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidGivenName    = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidOrgID        = asn1.ObjectIdentifier{2, 5, 4, 97}
	oidOrganization = asn1.ObjectIdentifier{2, 5, 4, 10}
)

// country is the only country of the subject DN: the state whose numbers
// PNORS and IDCRS are.
const country = "RS"

// Prefixes of the values of serialNumber (EN 319 412-1 NAT-5.1.3).
const (
	prefixPNO    = "PNORS-"
	prefixIDC    = "IDCRS-"
	prefixNumber = "CA:RS-"
)

// Upper bounds of X.520 attributes, in characters (RFC 5280 A.1).
const (
	maxCommonName = 64
	maxSerial     = 64
	maxName       = 200 // bytes on the chip
	maxEmail      = 254
)

// RDNSequence builds the subject DN of s: C, surname, given name, serial
// number, common name; names normalised to NFC. Without s.Number it is the DN
// of a request, with it the DN of the certificate.
func (p *Profile) RDNSequence(s Subject) (pkix.RDNSequence, error) {
	s = s.normalised()
	if err := p.checkSubject(s); err != nil {
		return nil, err
	}
	attr := func(oid asn1.ObjectIdentifier, v string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oid, Value: v}
	}
	seq := pkix.RDNSequence{{attr(oidCountry, country)}}
	if s.Surname != "" {
		seq = append(seq, pkix.RelativeDistinguishedNameSET{attr(oidSurname, s.Surname)})
	}
	if s.GivenName != "" {
		seq = append(seq, pkix.RelativeDistinguishedNameSET{attr(oidGivenName, s.GivenName)})
	}
	var serials pkix.RelativeDistinguishedNameSET
	for _, v := range p.serialNumbers(s) {
		serials = append(serials, attr(oidSerialNumber, v))
	}
	return append(seq, serials,
		pkix.RelativeDistinguishedNameSET{attr(oidCommonName, p.commonName(s))}), nil
}

// serialNumbers returns the values of serialNumber, all of one RDN.
func (p *Profile) serialNumbers(s Subject) []string {
	switch p.Subject.Serial {
	case SerialIDC:
		return []string{prefixIDC + s.CardNumber}
	case SerialMixed:
		if s.Number != "" {
			return []string{prefixNumber + s.Number, prefixPNO + s.PersonalNumber}
		}
	}
	return []string{prefixPNO + s.PersonalNumber}
}

// commonName fills in the template. A name that does not fit in 64 characters
// loses given names from the end, then words of the surname: the common name
// is a presentation of the name (EN 319 412-2 NAT-4.2.4), the full one stands
// in givenName and surname.
func (p *Profile) commonName(s Subject) string {
	given, surname := strings.Fields(s.GivenName), strings.Fields(s.Surname)
	for {
		cn := p.fillCN(strings.Join(given, " "), strings.Join(surname, " "), s.Number)
		over := utf8.RuneCountInString(cn) - maxCommonName
		switch {
		case over <= 0:
			return cn
		case len(given) > 1:
			given = given[:len(given)-1]
		case len(surname) > 1:
			surname = surname[:len(surname)-1]
		case len(surname) == 1 && utf8.RuneCountInString(surname[0]) > over:
			surname[0] = cut(surname[0], over)
		case len(given) == 1 && utf8.RuneCountInString(given[0]) > over:
			given[0] = cut(given[0], over)
		case len(given) == 1 && len(surname) == 1:
			given = nil // two words of more than 64 characters each
		default:
			return cn // validate keeps the fixed text of the template short
		}
	}
}

// cut removes n characters from the end of s, and then any mark that would
// stand without its letter.
func cut(s string, n int) string {
	r := []rune(s)
	r = r[:len(r)-n]
	for len(r) > 1 && unicode.Is(unicode.Mn, r[len(r)-1]) {
		r = r[:len(r)-1]
	}
	return string(r)
}

func (p *Profile) fillCN(given, surname, number string) string {
	cn := strings.NewReplacer(
		"{given}", given,
		"{surname}", surname,
		"{GIVEN}", strings.ToUpper(given),
		"{SURNAME}", strings.ToUpper(surname),
		"{number}", number,
	).Replace(p.Subject.CN)
	return strings.Join(strings.Fields(cn), " ")
}

// normalised returns s with NFC names, the form in which they are compared,
// requested and certified.
func (s Subject) normalised() Subject {
	s.GivenName = norm.NFC.String(s.GivenName)
	s.Surname = norm.NFC.String(s.Surname)
	return s
}

// checkSubject refuses what no DN can be built from. It does not judge the
// JMBG's check digit: that is a finding, not an impossibility.
func (p *Profile) checkSubject(s Subject) error {
	switch {
	case s.GivenName == "" && s.Surname == "":
		return errors.New("build subject: no name")
	case !p.Subject.OneName && (s.GivenName == "" || s.Surname == ""):
		return errors.New("build subject: given name or surname is empty")
	case !plainName(s.GivenName) || !plainName(s.Surname):
		return errors.New("build subject: a name is not plain text")
	case p.Subject.Serial == SerialIDC && !digits(s.CardNumber, 9):
		return errors.New("build subject: card number is not 9 digits")
	case p.Subject.Serial != SerialIDC && !digits(s.PersonalNumber, 13):
		return errors.New("build subject: personal number is not 13 digits")
	case s.Number != "" && (p.Subject.Serial != SerialMixed || !digits(s.Number, 9)):
		return errors.New("build subject: number is not 9 digits or not in the profile")
	}
	return nil
}

// plainName reports whether v is UTF-8 within the chip's limit that holds no
// control character and begins and ends with no space.
func plainName(v string) bool {
	return utf8.ValidString(v) && len(v) <= maxName && v == strings.TrimSpace(v) &&
		!strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

func digits(v string, n int) bool {
	return len(v) == n && strings.Trim(v, "0123456789") == ""
}

// RequestSubject reads the holder back from a request: what its DN and its
// requested e-mail address say. A value that the profile does not put into the
// DN stays empty.
func RequestSubject(csr *x509.CertificateRequest) (Subject, error) {
	return readSubject(csr.RawSubject, csr.EmailAddresses)
}

// CertificateSubject reads the holder back from a certificate.
func CertificateSubject(cert *x509.Certificate) (Subject, error) {
	return readSubject(cert.RawSubject, cert.EmailAddresses)
}

// readSubject picks the values of serialNumber by their prefixes; there may be
// several, and pkix.Name.SerialNumber holds only the last one.
func readSubject(raw []byte, emails []string) (Subject, error) {
	dn, err := parseDN(raw)
	if err != nil {
		return Subject{}, fmt.Errorf("read subject: %w", err)
	}
	var s Subject
	set := func(dst *string, v string) {
		if *dst != "" && err == nil {
			err = errors.New("read subject: an attribute appears twice")
		}
		*dst = v
	}
	for _, a := range dn.attributes() {
		switch {
		case a.oid.Equal(oidGivenName):
			set(&s.GivenName, a.value)
		case a.oid.Equal(oidSurname):
			set(&s.Surname, a.value)
		case a.oid.Equal(oidSerialNumber):
			if v, ok := strings.CutPrefix(a.value, prefixPNO); ok {
				set(&s.PersonalNumber, v)
			} else if v, ok := strings.CutPrefix(a.value, prefixIDC); ok {
				set(&s.CardNumber, v)
			} else if v, ok := strings.CutPrefix(a.value, prefixNumber); ok {
				set(&s.Number, v)
			}
		}
	}
	for _, e := range emails {
		set(&s.Email, e)
	}
	return s, err
}
