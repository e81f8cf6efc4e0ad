package profile_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca/profile"
)

var (
	oidKeyUsage     = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidPolicies     = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidEKU          = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidStatements   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
	oidQCCompliance = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 1}
	oidQCSSCD       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 4}
	oidQCType       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}
	oidQCPDS        = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 5}
	oidRetention    = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 3}
	oidLegislation  = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 7}
	oidSyntaxV2     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 11, 2}
)

// statement and pds are written here a second time on purpose: the test must
// not use the encoder that it tests.
type statement struct {
	ID   asn1.ObjectIdentifier
	Info asn1.RawValue `asn1:"optional"`
}

type pds struct {
	URL  string `asn1:"ia5"`
	Lang string `asn1:"printable"`
}

type qualifiedPolicy struct {
	ID         asn1.ObjectIdentifier
	Qualifiers []policyQualifier `asn1:"optional,omitempty"`
}

type policyQualifier struct {
	ID    asn1.ObjectIdentifier
	Value asn1.RawValue
}

func info(v any) asn1.RawValue {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(err)
	}
	return asn1.RawValue{FullBytes: der}
}

// statements changes the list of qualified certificate statements.
func statements(change func([]statement) []statement) func(*sample) {
	return func(s *sample) {
		s.template = func(c *x509.Certificate) {
			i := slices.IndexFunc(c.ExtraExtensions, func(x pkix.Extension) bool { return x.Id.Equal(oidStatements) })
			var list []statement
			if _, err := asn1.Unmarshal(c.ExtraExtensions[i].Value, &list); err != nil {
				panic(err)
			}
			replace(c, extension(oidStatements, false, change(list)))
		}
	}
}

// setStatement gives one statement other content; nil removes it.
func setStatement(id asn1.ObjectIdentifier, v any) func(*sample) {
	return statements(func(list []statement) []statement {
		i := slices.IndexFunc(list, func(x statement) bool { return x.ID.Equal(id) })
		if v == nil {
			return slices.Delete(list, i, i+1)
		}
		list[i].Info = info(v)
		return list
	})
}

func template(change func(*x509.Certificate)) func(*sample) {
	return func(s *sample) { s.template = change }
}

func keyUsage(critical bool, bits byte, length int) func(*sample) {
	return template(func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions,
			extension(oidKeyUsage, critical, asn1.BitString{Bytes: []byte{bits}, BitLength: length}))
	})
}

// extra adds an extension.
func extra(oid asn1.ObjectIdentifier, v any) func(*sample) {
	return template(func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, extension(oid, false, v)) })
}

// attribute types of the subject.
var (
	cn        = asn1.ObjectIdentifier{2, 5, 4, 3}
	sn        = asn1.ObjectIdentifier{2, 5, 4, 4}
	serial    = asn1.ObjectIdentifier{2, 5, 4, 5}
	countryID = asn1.ObjectIdentifier{2, 5, 4, 6}
	given     = asn1.ObjectIdentifier{2, 5, 4, 42}
	email     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// dn changes the subject DN of the certificate.
func dn(change func(pkix.RDNSequence) pkix.RDNSequence) func(*sample) {
	return template(func(c *x509.Certificate) {
		var seq pkix.RDNSequence
		if _, err := asn1.Unmarshal(c.RawSubject, &seq); err != nil {
			panic(err)
		}
		raw, err := asn1.Marshal(change(seq))
		if err != nil {
			panic(err)
		}
		c.RawSubject = raw
	})
}

// attr sets an attribute of the DN; an empty value removes it.
func attr(oid asn1.ObjectIdentifier, v string) func(*sample) {
	return dn(func(seq pkix.RDNSequence) pkix.RDNSequence {
		i := slices.IndexFunc(seq, func(r pkix.RelativeDistinguishedNameSET) bool { return r[0].Type.Equal(oid) })
		if v == "" {
			return slices.Delete(seq, i, i+1)
		}
		seq[i][0].Value = v
		return seq
	})
}

func addAttr(oid asn1.ObjectIdentifier, v string) func(*sample) {
	return dn(func(seq pkix.RDNSequence) pkix.RDNSequence {
		return append(seq, pkix.RelativeDistinguishedNameSET{{Type: oid, Value: v}})
	})
}

// key certifies another key and expects it.
func key(pub any) func(*sample) {
	return func(s *sample) { s.issuance.Key, s.expect.PublicKey = pub, pub }
}

func policies(oids ...asn1.ObjectIdentifier) func(*sample) {
	type policy struct{ ID asn1.ObjectIdentifier }
	return template(func(c *x509.Certificate) {
		var list []policy
		for _, o := range oids {
			list = append(list, policy{o})
		}
		replace(c, extension(oidPolicies, false, list))
	})
}

// TestCheckPlantedErrors takes a valid certificate, plants one error, and
// wants exactly the findings of its row. "also" are findings that follow
// unavoidably from the planted error.
func TestCheckPlantedErrors(t *testing.T) {
	qcpN := asn1.ObjectIdentifier{0, 4, 0, 194112, 1, 0}
	qcpNQSCD := asn1.ObjectIdentifier{0, 4, 0, 194112, 1, 2}
	own := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1, 1}
	twoPDS := func(url, lang string) []pds {
		return []pds{{url, lang}, {"https://pki.salter.example/pds/sr.pdf", "sr"}}
	}
	rows := []struct {
		id     string
		name   string
		mutate func(*sample)
		also   []string
	}{
		{"P01", "PDS over http", setStatement(oidQCPDS, twoPDS("http://pki.salter.example/pds/en.pdf", "en")), []string{"P03"}},
		{"P02", "PDS language EN", setStatement(oidQCPDS, twoPDS("https://pki.salter.example/pds/en.pdf", "EN")), []string{"P03"}},
		{"P03", "no QcPDS", setStatement(oidQCPDS, nil), nil},
		{"P03", "QcPDS unreadable", setStatement(oidQCPDS, 7), nil},
		{"P03", "other PDS address", setStatement(oidQCPDS, twoPDS("https://other.example/en.pdf", "en")), nil},
		{"P03", "retention 0 years", setStatement(oidRetention, 0), nil},
		{"P03", "other retention", setStatement(oidRetention, 9), nil},
		{"P03", "no retention", setStatement(oidRetention, nil), nil},
		{"P04", "DS+NR under profile nr", template(func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature }), nil},
		{"P04", "DS only", template(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), nil},
		{"P04", "key usage not critical", keyUsage(false, 0x40, 2), nil},
		{"P05", "NR+keyEncipherment", template(func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment }), nil},
		{"P05", "no key usage", template(func(c *x509.Certificate) { c.KeyUsage = 0 }), nil},
		{"P06", "qcStatements critical", template(func(c *x509.Certificate) {
			for i := range c.ExtraExtensions {
				c.ExtraExtensions[i].Critical = c.ExtraExtensions[i].Id.Equal(oidStatements)
			}
		}), nil},
		{"P06", "duplicate statement", statements(func(l []statement) []statement { return append(l, statement{ID: oidQCSSCD}) }), nil},
		{"P06", "no QcCompliance", setStatement(oidQCCompliance, nil), nil},
		{"P06", "QcLimitValue", statements(func(l []statement) []statement {
			return append(l, statement{ID: asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 2}, Info: info(1)})
		}), nil},
		{"P06", "no qcStatements", template(func(c *x509.Certificate) { drop(c, oidStatements) }), nil},
		{"P06", "qcStatements unreadable", template(func(c *x509.Certificate) { replace(c, extension(oidStatements, false, 1)) }), nil},
		{"P07", "no QcSSCD", setStatement(oidQCSSCD, nil), nil},
		{"P07", "eseal instead of esign", setStatement(oidQCType, []asn1.ObjectIdentifier{{0, 4, 0, 1862, 1, 6, 2}}), nil},
		{"P07", "esign and eseal", setStatement(oidQCType, []asn1.ObjectIdentifier{{0, 4, 0, 1862, 1, 6, 1}, {0, 4, 0, 1862, 1, 6, 2}}), nil},
		{"P07", "no semantics identifier", setStatement(oidSyntaxV2, nil), nil},
		{"P07", "semantics of legal persons", setStatement(oidSyntaxV2, struct{ ID asn1.ObjectIdentifier }{asn1.ObjectIdentifier{0, 4, 0, 194121, 1, 2}}), nil},
		{"P08", "legislation XX", setStatement(oidLegislation, []string{"XX"}), nil},
		{"P08", "legislation empty", setStatement(oidLegislation, []string{}), nil},
		{"P08", "legislation absent", setStatement(oidLegislation, nil), nil},
		{"P09", "bare digits", attr(serial, "0101900715006"), []string{"P16"}},
		{"P09", "JMBG check digit", func(s *sample) {
			s.issuance.Subject.PersonalNumber, s.expect.Subject.PersonalNumber = "0101900710005", "0101900710005"
		}, nil},
		{"P09", "no serialNumber", attr(serial, ""), []string{"P16"}},
		{"P09", "twelve digits", attr(serial, "PNORS-010190071500"), []string{"P16"}},
		{"P10", "no givenName", attr(given, ""), []string{"P16"}},
		{"P10", "no surname", attr(sn, ""), []string{"P16"}},
		{"P10", "no C", attr(countryID, ""), []string{"P16"}},
		{"P10", "two C", addAttr(countryID, "RS"), []string{"P16"}},
		{"P10", "C=DE", attr(countryID, "DE"), []string{"P16"}},
		{"P10", "emailAddress in the DN", addAttr(email, "jovana@primer.rs"), []string{"P16"}},
		{"P10", "pseudonym beside the names", addAttr(asn1.ObjectIdentifier{2, 5, 4, 65}, "X"), []string{"P16"}},
		{"P10", "two CN", addAttr(cn, "X"), []string{"P16"}},
		{"P10", "organisation in the DN", addAttr(asn1.ObjectIdentifier{2, 5, 4, 10}, "X"), []string{"P16"}},
		{"P11", "CN of 65 characters", attr(cn, strings.Repeat("Ж", 65)), []string{"P16"}},
		{"P12", "no policies", template(func(c *x509.Certificate) { drop(c, oidPolicies) }), nil},
		{"P12", "QCP-n instead of QCP-n-qscd", policies(qcpN, own), nil},
		{"P12", "two QCP policies", policies(qcpNQSCD, qcpN, own), nil},
		{"P12", "no practice statement", policies(qcpNQSCD, own), nil},
		{"P12", "own policy missing", policies(qcpNQSCD), nil},
		{"P12", "policies critical", template(func(c *x509.Certificate) {
			for i := range c.ExtraExtensions {
				c.ExtraExtensions[i].Critical = c.ExtraExtensions[i].Id.Equal(oidPolicies)
			}
		}), nil},
		{"P12", "user notice", template(func(c *x509.Certificate) {
			notice := policyQualifier{ID: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 2}, Value: info([]int{})}
			replace(c, extension(oidPolicies, false, []qualifiedPolicy{{qcpNQSCD, nil}, {own, []policyQualifier{notice}}}))
		}), nil},
		{"P13", "no AIA", template(func(c *x509.Certificate) { c.IssuingCertificateURL, c.OCSPServer = nil, nil }), nil},
		{"P13", "no caIssuers", template(func(c *x509.Certificate) { c.IssuingCertificateURL = nil }), nil},
		{"P13", "neither CRL nor OCSP", template(func(c *x509.Certificate) { c.CRLDistributionPoints, c.OCSPServer = nil, nil }), nil},
		{"P13", "other OCSP address", template(func(c *x509.Certificate) { c.OCSPServer = []string{"http://other.example"} }), nil},
		{"P14", "beyond the card", template(func(c *x509.Certificate) { c.NotAfter = c.NotAfter.Add(time.Second) }), nil},
		{"P14", "beyond the CA", func(s *sample) {
			s.expect.Issuer = newIssuer(t, issuerKey(), func(c *x509.Certificate) { c.NotAfter = now.AddDate(2, 0, 0) })
			s.issuance.Issuer = newIssuer(t, issuerKey(), nil)
		}, nil},
		{"P14", "over 5 years", func(s *sample) {
			far := profile.Date{Year: 2036, Month: 1, Day: 1}
			s.issuance.CardValidUntil, s.expect.CardValidUntil = far, far
			s.template = func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(5, 0, 0) }
		}, nil},
		{"P14", "90 days", template(func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 90) }), nil},
		{"P14", "before the request", func(s *sample) { s.issuance.Now = now.Add(-time.Second) }, nil},
		{"P14", "card unknown", func(s *sample) { s.expect.CardValidUntil = profile.Date{} }, nil},
		{"P15", "RSA-1024", key(shortKey().Public()), nil},
		{"P15", "P-521", key(ellipticP5().Public()), nil},
		{"P15", "e = 3", key(&rsa.PublicKey{N: cardKey().N, E: 3}), nil},
		{"P15", "ROCA", key(&rsa.PublicKey{N: rocaModulus(t), E: 65537}), nil},
		{"P15", "close primes", key(&rsa.PublicKey{N: closeModulus(t), E: 65537}), nil},
		{"P15", "small factor", key(&rsa.PublicKey{N: new(big.Int).Mul(big.NewInt(3), new(big.Int).Rsh(cardKey().N, 1)), E: 65537}), nil},
		{"P15", "key certified before", func(s *sample) { s.expect.KeyUsed = true }, nil},
		{"P15", "RSA-2048 after its end", func(s *sample) { s.profile.RSA2048.Until = "2026-11-21" }, nil},
		{"P16", "other public key", func(s *sample) { s.issuance.Key = otherKey().Public() }, nil},
		{"P16", "other name", func(s *sample) { s.issuance.Subject.GivenName = "ЈОВАН" }, nil},
		{"P16", "other e-mail", func(s *sample) { s.issuance.Subject.Email = "jovan@primer.rs" }, nil},
		{"P16", "e-mail not asked for", func(s *sample) { s.expect.Subject.Email = "" }, nil},
		{"P16", "e-mail missing", func(s *sample) { s.issuance.Subject.Email = "" }, nil},
		{"P16", "DNS name", template(func(c *x509.Certificate) { c.DNSNames = []string{"primer.rs"} }), nil},
		{"P17", "EKU critical", template(func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, extension(oidEKU, true, []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 4}}))
		}), nil},
		{"P17", "EKU though the profile has none", template(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), nil},
		{"P17", "CA:TRUE", template(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }), nil},
		{"P17", "nameConstraints", template(func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"primer.rs"} }), nil},
		{"P17", "policyMappings", extra(asn1.ObjectIdentifier{2, 5, 29, 33}, [][]asn1.ObjectIdentifier{{qcpNQSCD, own}}), nil},
		{"P17", "policyConstraints", extra(asn1.ObjectIdentifier{2, 5, 29, 36}, struct {
			Skip int `asn1:"tag:0"`
		}{1}), nil},
		{"P17", "inhibitAnyPolicy", extra(asn1.ObjectIdentifier{2, 5, 29, 54}, 1), nil},
		{"P17", "unknown extension", template(func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, extension(asn1.ObjectIdentifier{1, 2, 3, 4}, false, 1))
		}), nil},
		{"P18", "serial 1", func(s *sample) { s.issuance.Serial = big.NewInt(1) }, nil},
		{"P18", "serial of 8 octets", func(s *sample) { s.issuance.Serial = new(big.Int).Lsh(big.NewInt(1), 62) }, nil},
		{"P18", "serial 0", func(s *sample) {
			s.issuance.Serial = big.NewInt(1)
			s.der = patch([]byte{0x02, 0x01, 0x01}, []byte{0x02, 0x01, 0x00})
		}, []string{"P19"}},
		{"P19", "SHA-1", template(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }), nil},
		{"P19", "SHA-512 though the profile says SHA-256", template(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA512WithRSA }), nil},
		{"P19", "other CA of the same name", func(s *sample) {
			s.signer = otherKey()
			s.parent = newIssuer(t, otherKey(), nil)
		}, nil},
		{"P19", "other CA name", func(s *sample) {
			s.parent = newIssuer(t, issuerKey(), func(c *x509.Certificate) { c.Subject = issuerDN("Проба Странци") })
		}, nil},
	}
	for _, row := range rows {
		t.Run(row.id+" "+row.name, func(t *testing.T) {
			s := newSample(t)
			row.mutate(s)
			got := profile.IDs(profile.Errors(s.profile.Check(s.certificate(t), s.expect)))
			want := append([]string{row.id}, row.also...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got findings %v, want %v", got, want)
			}
		})
	}
}

// patch replaces the first from by to in the DER.
func patch(from, to []byte) func(*testing.T, []byte) []byte {
	return func(t *testing.T, der []byte) []byte {
		t.Helper()
		if !bytes.Contains(der, from) {
			t.Fatalf("%x is not in the certificate", from)
		}
		return bytes.Replace(der, from, to, 1)
	}
}

// TestCheckAccepts has certificates in which nothing is wrong.
func TestCheckAccepts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mutate func(*sample)
		warn   []string
	}{
		{"RSA-2048", func(*sample) {}, []string{"P15"}},
		{"P-256", key(ellipticP().Public()), nil},
		{"P-384", key(ellipticP3().Public()), nil},
		{"no e-mail", func(s *sample) { s.issuance.Subject.Email, s.expect.Subject.Email = "", "" }, []string{"P15"}},
		{"64 Cyrillic letters in the CN", func(s *sample) {
			s.issuance.Subject.Surname = strings.Repeat("Ж", 57)
			s.expect.Subject.Surname = s.issuance.Subject.Surname
		}, []string{"P15"}},
		{"decomposed letters on the chip", func(s *sample) {
			s.issuance.Subject.GivenName = "Zoe\u0308"
			s.expect.Subject.GivenName = "Zo\u00EB"
		}, []string{"P15"}},
		{"T61String and other order", dn(func(seq pkix.RDNSequence) pkix.RDNSequence {
			seq[3][0].Value = asn1.RawValue{Tag: asn1.TagT61String, Bytes: []byte("PNORS-0101900715006")}
			slices.Reverse(seq)
			return seq
		}), []string{"P15"}},
		{"card number in the DN", func(s *sample) { s.profile.Subject.Serial = profile.SerialIDC }, []string{"P15"}},
		{"DS+NR", func(s *sample) { s.profile.KeyUsage = profile.KeyUsageDSNR }, []string{"P15"}},
		{"EKU of the profile", func(s *sample) { s.profile.EKU = []string{"1.3.6.1.4.1.311.10.3.12"} }, []string{"P15"}},
		{"29 days left", func(s *sample) {
			end := profile.Date{Year: 2026, Month: 12, Day: 20}
			s.issuance.CardValidUntil, s.expect.CardValidUntil = end, end
		}, []string{"P14", "P15"}},
		{"look-alike letters", func(s *sample) {
			s.issuance.Subject.GivenName = "JОВАНА" // the first letter is Latin
			s.expect.Subject.GivenName = s.issuance.Subject.GivenName
		}, []string{"P15", "P20"}},
		{"throw-away key", func(s *sample) {
			issuer := *s.issuance.Issuer
			issuer.PublicKey = otherKey().Public()
			s.parent, s.expect.Issuer, s.signer = &issuer, &issuer, otherKey()
		}, []string{"P15"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSample(t)
			tt.mutate(s)
			got := s.profile.Check(s.certificate(t), s.expect)
			if errs := profile.Errors(got); len(errs) > 0 {
				t.Errorf("got errors %v, want none", errs)
			}
			if ids := profile.IDs(got); !slices.Equal(ids, tt.warn) {
				t.Errorf("got warnings %v, want %v", ids, tt.warn)
			}
		})
	}
}

// TestSerialTooLong cannot be a row above: crypto/x509 parses no such number.
func TestSerialTooLong(t *testing.T) {
	s := newSample(t)
	cert := s.certificate(t)
	cert.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 160)
	if got := profile.IDs(profile.Errors(s.profile.Check(cert, s.expect))); !slices.Equal(got, []string{"P18"}) {
		t.Errorf("got findings %v, want P18", got)
	}
}

// TestFindingsHoldNoPersonalData lets every comparison fail and looks for the
// holder's data in the texts.
func TestFindingsHoldNoPersonalData(t *testing.T) {
	s := newSample(t)
	cert := s.certificate(t)
	s.expect.Subject = profile.Subject{GivenName: "МИЛИЦА", Surname: "ПРОБНИ", PersonalNumber: "0101900710004", Email: "m@primer.rs"}
	s.expect.PublicKey = otherKey().Public()
	findings := s.profile.Check(cert, s.expect)
	if len(profile.Errors(findings)) == 0 {
		t.Fatal("no finding")
	}
	for _, f := range findings {
		for _, secret := range []string{"МИЛИЦА", "ПРОБНИ", "ЈОВАНА", "ЏОРЏЕВИЋ", "0101900", "primer"} {
			if strings.Contains(f.Detail, secret) {
				t.Errorf("finding %s holds personal data", f.ID)
			}
		}
	}
}
