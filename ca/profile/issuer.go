package profile

import (
	"crypto/x509"
	"strings"
)

// CheckIssuer judges the certificate of an issuing CA: its kind of key
// (issuerKey), that it may sign certificates, and its name (EN 319 412-2
// GEN-4.2.3.1). All findings are P19.
func (p *Profile) CheckIssuer(issuer *x509.Certificate) []Finding {
	var c checker
	const clause = "EN 319 412-2 GEN-4.2.3.1"
	kind, bits := keyKind(issuer.PublicKey)
	if r, err := parseKeyRange(p.IssuerKey); err != nil || r.kind != kind || r.min != bits {
		c.fail("P19", "EN 319 412-2 GEN-4.2.2-1", "key of the issuer is not %s", p.IssuerKey)
	}
	if !issuer.BasicConstraintsValid || !issuer.IsCA || issuer.KeyUsage&x509.KeyUsageCertSign == 0 {
		c.fail("P19", "RFC 5280 4.2.1.9", "issuer may not sign certificates")
	}
	if len(issuer.SubjectKeyId) == 0 {
		c.fail("P19", "RFC 5280 4.2.1.2", "issuer has no key identifier")
	}
	d, err := parseDN(issuer.RawSubject)
	if err != nil {
		c.fail("P19", clause, "name of the issuer cannot be read")
		return c.findings
	}
	for _, a := range []struct {
		name   string
		values []string
	}{
		{"countryName", d.values(oidCountry)},
		{"organizationName", d.values(oidOrganization)},
		{"organizationIdentifier", d.values(oidOrgID)},
		{"commonName", d.values(oidCommonName)},
	} {
		if len(a.values) != 1 {
			c.fail("P19", clause, "%s of the issuer appears %d times", a.name, len(a.values))
		}
	}
	if id := d.values(oidOrgID); len(id) == 1 {
		if !strings.HasPrefix(id[0], "VATRS-") && !strings.HasPrefix(id[0], "NTRRS-") {
			c.fail("P19", "EN 319 412-1 LEG-5.1.4", "organizationIdentifier of the issuer has no known form")
		}
		if o := d.values(oidOrganization); len(o) == 1 && o[0] == id[0] {
			c.fail("P19", clause, "organizationName and organizationIdentifier of the issuer are the same")
		}
	}
	return c.findings
}
