package profile

import (
	"crypto/x509"
	"encoding/asn1"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// serialForm is what EN 319 412-1 NAT-5.1.3 and -4 allow in serialNumber: a
// type of document and a country, or a national scheme with two characters
// and a colon.
var serialForm = regexp.MustCompile(`^((PAS|IDC|PNO|TAX)[A-Z]{2}|[A-Z]{2}:[A-Z]{2})-.+$`)

// checkDN judges a subject DN by itself: the attributes that must and must not
// be there and the form of their values. It returns the number that the
// authority filled in, if there is one.
func (p *Profile) checkDN(c *checker, raw []byte) (number string) {
	d, err := parseDN(raw)
	if err != nil {
		c.fail("P10", "RFC 5280 4.1.2.6", "subject cannot be read")
		return ""
	}
	p.checkAttributes(c, d)
	for _, cn := range d.values(oidCommonName) {
		if utf8.RuneCountInString(cn) > maxCommonName {
			c.fail("P11", "RFC 5280 A.1 ub-common-name", "common name is longer than 64 characters")
		}
	}
	for _, v := range d.values(oidSerialNumber) {
		p.checkSerialNumber(c, v)
		if n, ok := strings.CutPrefix(v, prefixNumber); ok {
			number = n
		}
	}
	for _, oid := range []asn1.ObjectIdentifier{oidGivenName, oidSurname} {
		for _, v := range d.values(oid) {
			if mixedScript(v) {
				c.warn("P20", "profile", "a word of the name mixes Cyrillic and Latin letters")
			}
		}
	}
	return number
}

// checkAttributes looks at which attributes there are (EN 319 412-2 4.2.4).
func (p *Profile) checkAttributes(c *checker, d dn) {
	const nat = "EN 319 412-2 NAT-4.2.4"
	once := func(oid asn1.ObjectIdentifier, name string) {
		if n := len(d.values(oid)); n != 1 {
			c.fail("P10", nat, "%s appears %d times", name, n)
		}
	}
	once(oidCountry, "countryName")
	once(oidCommonName, "commonName")
	given, surname := len(d.values(oidGivenName)), len(d.values(oidSurname))
	switch {
	case given > 1 || surname > 1:
		c.fail("P10", nat, "givenName or surname appears more than once")
	case given+surname == 0:
		c.fail("P10", nat, "neither givenName nor surname")
	case given+surname == 1 && !p.Subject.OneName:
		c.fail("P10", nat, "givenName or surname is missing")
	}
	if v := d.values(oidCountry); len(v) == 1 && v[0] != country {
		c.fail("P10", nat, "countryName is not %s", country)
	}
	if len(d.values(oidSerialNumber)) == 0 {
		c.fail("P09", "EN 319 412-1 NAT-5.1.3", "serialNumber is missing")
	}
	known := []string{oidCountry.String(), oidCommonName.String(), oidGivenName.String(), oidSurname.String(), oidSerialNumber.String()}
	for _, a := range d.attributes() {
		switch {
		case a.oid.Equal(oidEmailAddress):
			c.fail("P10", "RFC 5280 4.1.2.6", "emailAddress in the subject")
		case !slices.Contains(known, a.oid.String()):
			c.fail("P10", nat, "attribute %v is not in the profile", a.oid)
		case a.value == "":
			c.fail("P10", nat, "attribute %v is empty", a.oid)
		}
	}
}

func (p *Profile) checkSerialNumber(c *checker, v string) {
	const clause = "EN 319 412-1 NAT-5.1.3"
	if !serialForm.MatchString(v) {
		c.fail("P09", clause, "serialNumber has none of the allowed forms")
		return
	}
	if utf8.RuneCountInString(v) > maxSerial {
		c.fail("P09", "RFC 5280 A.1 ub-serial-number", "serialNumber is longer than 64 characters")
	}
	number, ok := strings.CutPrefix(v, prefixPNO)
	if !ok {
		return
	}
	switch {
	case !digits(number, 13):
		c.fail("P09", clause, "personal number is not 13 digits")
	case jmbgChecks(number):
	case p.Subject.PersonalNumber == JMBG:
		c.fail("P09", clause, "check digit of the JMBG is wrong")
	default:
		c.warn("P09", clause, "personal number has no JMBG check digit")
	}
}

// jmbgChecks verifies the check digit of a JMBG: weights 7 to 2 twice over
// the first twelve digits, 11 minus the sum modulo 11, and 0 for 10 and 11.
func jmbgChecks(v string) bool {
	weights := [12]int{7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(v[i]-'0')
	}
	check := 11 - sum%11
	if check > 9 {
		check = 0
	}
	return int(v[12]-'0') == check
}

// checkPerson compares the subject with the one expected, as sets of decoded
// values.
func (p *Profile) checkPerson(c *checker, raw []byte, want Subject) {
	const clause = "RFC 5280 7.1"
	seq, err := p.RDNSequence(want)
	if err != nil {
		c.fail("P16", clause, "no subject can be built from the card: %v", err)
		return
	}
	expected, err := decodeDN(seq)
	if err != nil {
		c.fail("P16", clause, "no subject can be built from the card")
		return
	}
	got, err := parseDN(raw)
	if err != nil {
		return // said by checkDN
	}
	if got.key() == expected.key() {
		return
	}
	c.fail("P16", clause, "subject differs from the card: %s", strings.Join(differences(got, expected), ", "))
}

// differences names the attributes in which two names differ, never a value.
func differences(a, b dn) []string {
	names := []struct {
		oid  asn1.ObjectIdentifier
		name string
	}{
		{oidCountry, "countryName"}, {oidSurname, "surname"}, {oidGivenName, "givenName"},
		{oidSerialNumber, "serialNumber"}, {oidCommonName, "commonName"},
	}
	var out []string
	for _, n := range names {
		x, y := a.values(n.oid), b.values(n.oid)
		slices.Sort(x)
		slices.Sort(y)
		if !slices.Equal(x, y) {
			out = append(out, n.name)
		}
	}
	if out == nil {
		return []string{"attributes or their grouping"}
	}
	return out
}

// checkEmails compares the e-mail addresses of a subject alternative name.
func (p *Profile) checkEmails(c *checker, got []string, want string) {
	const clause = "EN 319 412-2 GEN-4.3.5-1"
	switch {
	case want == "" && len(got) > 0:
		c.fail("P16", clause, "an e-mail address that was not asked for")
	case want != "" && (len(got) != 1 || got[0] != want):
		c.fail("P16", clause, "e-mail address differs from the one asked for")
	case want != "" && p.checkEmail(want) != nil:
		c.fail("P16", clause, "e-mail address has no valid form or is not in the profile")
	}
}

// mixedScript reports whether one word of v holds both Cyrillic and Latin
// letters: look-alikes that a clerk cannot see.
func mixedScript(v string) bool {
	for _, word := range strings.FieldsFunc(v, func(r rune) bool { return !unicode.IsLetter(r) }) {
		cyrillic := strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
		latin := strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
		if cyrillic && latin {
			return true
		}
	}
	return false
}

// checkRequestExtensions admits the e-mail address as the only requested
// extension: ignoring another one would silently change what the citizen
// signed.
func (p *Profile) checkRequestExtensions(c *checker, csr *x509.CertificateRequest, email string) {
	for _, x := range csr.Extensions {
		if !x.Id.Equal(oidSubjectAltName) {
			c.fail("R02", "RFC 2985 5.4.2", "request asks for extension %v", x.Id)
		}
	}
	if len(csr.DNSNames)+len(csr.IPAddresses)+len(csr.URIs) > 0 {
		c.fail("R02", "RFC 2985 5.4.2", "request asks for a name other than an e-mail address")
	}
	p.checkEmails(c, csr.EmailAddresses, email)
}
