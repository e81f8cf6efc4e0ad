package profile

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// checkExtensions goes through the extensions: each of the profile's must be
// there as the profile says, and no other may be.
func (p *Profile) checkExtensions(c *checker, cert *x509.Certificate, e Expect) {
	found := map[string]pkix.Extension{}
	for _, x := range cert.Extensions {
		if _, twice := found[x.Id.String()]; twice {
			c.fail("P17", "RFC 5280 4.2", "extension %v appears twice", x.Id)
		}
		found[x.Id.String()] = x
		if !p.knownExtension(x.Id) {
			c.fail("P17", "EN 319 412-2 4.3", "extension %v is not in the profile", x.Id)
		}
		if x.Critical && !x.Id.Equal(oidKeyUsage) {
			c.fail(criticalID(x.Id), "EN 319 412-2 4.3", "extension %v is critical", x.Id)
		}
	}
	if cert.IsCA {
		c.fail("P17", "RFC 5280 4.2.1.9", "certificate of a CA")
	}
	p.checkKeyUsage(c, cert, found)
	p.checkEKU(c, cert)
	p.checkSKI(c, cert)
	p.checkSAN(c, cert, found, e.Subject.Email)
	p.checkPolicies(c, found)
	p.checkAddresses(c, cert, found)
	p.checkStatements(c, found)
}

// criticalID returns the row that a wrongly critical extension belongs to.
func criticalID(oid asn1.ObjectIdentifier) string {
	switch {
	case oid.Equal(oidQCStatements):
		return "P06"
	case oid.Equal(oidCertificatePolicies):
		return "P12"
	case oid.Equal(oidCRLDistribution), oid.Equal(oidAuthorityInfo):
		return "P13"
	}
	return "P17"
}

func (p *Profile) knownExtension(oid asn1.ObjectIdentifier) bool {
	known := []asn1.ObjectIdentifier{
		oidAuthorityKeyID, oidSubjectKeyID, oidKeyUsage, oidCertificatePolicies, oidSubjectAltName,
		oidCRLDistribution, oidAuthorityInfo, oidQCStatements, oidExtKeyUsage,
	}
	return slices.ContainsFunc(known, oid.Equal)
}

func (p *Profile) checkKeyUsage(c *checker, cert *x509.Certificate, found map[string]pkix.Extension) {
	x, ok := found[oidKeyUsage.String()]
	if !ok {
		c.fail("P05", "EN 319 412-2 NAT-4.3.2-1", "key usage is missing")
		return
	}
	if !x.Critical {
		c.fail("P04", "EN 319 412-2 NAT-4.3.2-3", "key usage is not critical")
	}
	want := x509.KeyUsageContentCommitment
	if p.KeyUsage == KeyUsageDSNR {
		want |= x509.KeyUsageDigitalSignature
	}
	if cert.KeyUsage == want {
		return
	}
	if cert.KeyUsage&^(x509.KeyUsageContentCommitment|x509.KeyUsageDigitalSignature) != 0 {
		c.fail("P05", "EN 319 412-2 NAT-4.3.2-1", "key usage holds more than signatures")
		return
	}
	c.fail("P04", "EN 319 412-2 NAT-4.3.2-1", "key usage is not %q", p.KeyUsage)
}

func (p *Profile) checkEKU(c *checker, cert *x509.Certificate) {
	var got []string
	for _, x := range cert.Extensions {
		if !x.Id.Equal(oidExtKeyUsage) {
			continue
		}
		var oids []asn1.ObjectIdentifier
		if rest, err := asn1.Unmarshal(x.Value, &oids); err != nil || len(rest) > 0 {
			c.fail("P17", "RFC 5280 4.2.1.12", "extended key usage cannot be read")
			return
		}
		for _, o := range oids {
			got = append(got, o.String())
		}
	}
	want := slices.Clone(p.EKU)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.fail("P17", "EN 319 412-2 GEN-4.3.10-1", "extended key usage is not the profile's")
	}
}

// checkSKI demands an identifier, of whichever method: RFC 5280 leaves it to
// the CA, and it names nothing outside of this certificate.
func (p *Profile) checkSKI(c *checker, cert *x509.Certificate) {
	if len(cert.SubjectKeyId) == 0 {
		c.fail("P17", "RFC 5280 4.2.1.2", "subject key identifier is missing")
	}
}

// generalNameEmail is the context tag of rfc822Name (RFC 5280 4.2.1.6).
const generalNameEmail = 1

func (p *Profile) checkSAN(c *checker, cert *x509.Certificate, found map[string]pkix.Extension, email string) {
	if x, ok := found[oidSubjectAltName.String()]; ok {
		var names []asn1.RawValue
		rest, err := asn1.Unmarshal(x.Value, &names)
		other := slices.ContainsFunc(names, func(n asn1.RawValue) bool { return n.Tag != generalNameEmail })
		if err != nil || len(rest) > 0 || other || len(names) == 0 {
			c.fail("P16", "EN 319 412-2 GEN-4.3.5-1", "alternative name is not one e-mail address")
		}
	}
	p.checkEmails(c, cert.EmailAddresses, email)
}

func (p *Profile) checkPolicies(c *checker, found map[string]pkix.Extension) {
	x, ok := found[oidCertificatePolicies.String()]
	if !ok {
		c.fail("P12", "EN 319 412-2 GEN-4.3.3-1", "certificate policies are missing")
		return
	}
	got, err := decodePolicies(x.Value)
	if err != nil {
		c.fail("P12", "RFC 5280 4.2.1.4", "certificate policies cannot be read")
		return
	}
	want := map[string]string{}
	for _, q := range p.Policies {
		want[q.OID] = q.CPS
	}
	for _, q := range got {
		cps, known := want[q.OID]
		switch {
		case !known:
			c.fail("P12", "EN 319 412-2 GEN-4.3.3-2", "policy %s is not in the profile or appears twice", q.OID)
		case cps != q.CPS:
			c.fail("P12", "RFC 5280 4.2.1.4", "address of the practice statement of %s differs", q.OID)
		}
		delete(want, q.OID)
	}
	for oid := range want {
		c.fail("P12", "EN 319 412-5 QCS-5.2-1", "policy %s is missing", oid)
	}
}

// decodePolicies reads the value of certificatePolicies; a qualifier other
// than one CPS address is an error.
func decodePolicies(value []byte) ([]Policy, error) {
	var list []policyInformation
	rest, err := asn1.Unmarshal(value, &list)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, asn1.StructuralError{Msg: "data after the end"}
	}
	var out []Policy
	for _, info := range list {
		q := Policy{OID: info.ID.String()}
		for _, x := range info.Qualifiers {
			if !x.ID.Equal(oidCPS) || x.Qualifier.Tag != asn1.TagIA5String || q.CPS != "" {
				return nil, asn1.StructuralError{Msg: "unexpected policy qualifier"}
			}
			q.CPS = string(x.Qualifier.Bytes)
		}
		out = append(out, q)
	}
	return out, nil
}

func (p *Profile) checkAddresses(c *checker, cert *x509.Certificate, found map[string]pkix.Extension) {
	_, hasAIA := found[oidAuthorityInfo.String()]
	_, hasCRL := found[oidCRLDistribution.String()]
	switch {
	case !hasAIA:
		c.fail("P13", "EN 319 412-2 GEN-4.4.1-2", "authority information access is missing")
	case len(cert.IssuingCertificateURL) == 0:
		c.fail("P13", "EN 319 412-2 GEN-4.4.1-3", "address of the issuer's certificate is missing")
	}
	if !hasCRL && len(cert.OCSPServer) == 0 {
		c.fail("P13", "EN 319 412-2 GEN-4.3.11-2", "neither CRL nor OCSP address")
	}
	for _, a := range []struct {
		name      string
		got, want []string
	}{
		{"issuer's certificate", cert.IssuingCertificateURL, p.CAIssuers},
		{"OCSP", cert.OCSPServer, p.OCSP},
		{"CRL", cert.CRLDistributionPoints, p.CRL},
	} {
		if !slices.Equal(a.got, a.want) {
			c.fail("P13", "EN 319 412-2 4.4.1", "addresses of %s are not the profile's", a.name)
		}
	}
}
