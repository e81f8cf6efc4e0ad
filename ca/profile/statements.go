package profile

import (
	"encoding/asn1"
	"fmt"
)

// Object identifiers of extensions and their content.
var (
	oidKeyUsage            = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectKeyID        = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidSubjectAltName      = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidCRLDistribution     = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidCertificatePolicies = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidAuthorityKeyID      = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidAuthorityInfo       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
	oidQCStatements        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
	oidCPS                 = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 1}

	// QCP-n-qscd: natural person, key in a qualified device (EN 319 411-2 5.3).
	oidQCPNQSCD = asn1.ObjectIdentifier{0, 4, 0, 194112, 1, 2}
)

// Object identifiers of the qualified certificate statements (RFC 3739 3.2.6,
// EN 319 412-5 annex B, EN 319 412-1 5.1).
var (
	oidSyntaxV2      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 11, 2}
	oidSemanticsNat  = asn1.ObjectIdentifier{0, 4, 0, 194121, 1, 1}
	oidQCCompliance  = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 1}
	oidQCRetention   = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 3}
	oidQCSSCD        = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 4}
	oidQCPDS         = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 5}
	oidQCType        = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}
	oidQCTypeESign   = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 1}
	oidQCLegislation = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 7}
)

// statement is QCStatement: an identifier and whatever belongs to it.
type statement struct {
	ID   asn1.ObjectIdentifier
	Info asn1.RawValue `asn1:"optional"`
}

// pdsLocation is PdsLocation of EN 319 412-5 4.3.4.
type pdsLocation struct {
	URL      string `asn1:"ia5"`
	Language string `asn1:"printable"`
}

// semantics is SemanticsInformation of RFC 3739 3.2.6.1 without name
// registration authorities.
type semantics struct {
	ID asn1.ObjectIdentifier
}

// encodeStatements returns the value of the qcStatements extension.
func (p *Profile) encodeStatements() ([]byte, error) {
	type content struct {
		id   asn1.ObjectIdentifier
		info any
	}
	list := []content{
		{oidSyntaxV2, semantics{oidSemanticsNat}},
		{oidQCCompliance, nil},
		{oidQCSSCD, nil},
		{oidQCType, []asn1.ObjectIdentifier{oidQCTypeESign}},
	}
	if len(p.QC.PDS) > 0 {
		var locations []pdsLocation
		for _, d := range p.QC.PDS {
			locations = append(locations, pdsLocation{d.URL, d.Language})
		}
		list = append(list, content{oidQCPDS, locations})
	}
	if p.QC.RetentionYears > 0 {
		list = append(list, content{oidQCRetention, p.QC.RetentionYears})
	}
	if len(p.QC.Legislation) > 0 {
		list = append(list, content{oidQCLegislation, p.QC.Legislation})
	}
	var statements []statement
	for _, c := range list {
		s := statement{ID: c.id}
		if c.info != nil {
			der, err := asn1.Marshal(c.info)
			if err != nil {
				return nil, fmt.Errorf("encode statement %v: %w", c.id, err)
			}
			s.Info = asn1.RawValue{FullBytes: der}
		}
		statements = append(statements, s)
	}
	der, err := asn1.Marshal(statements)
	if err != nil {
		return nil, fmt.Errorf("encode statements: %w", err)
	}
	return der, nil
}

// policyInformation is PolicyInformation of RFC 5280 4.2.1.4.
type policyInformation struct {
	ID         asn1.ObjectIdentifier
	Qualifiers []policyQualifier `asn1:"optional,omitempty"`
}

type policyQualifier struct {
	ID        asn1.ObjectIdentifier
	Qualifier asn1.RawValue
}

// encodePolicies returns the value of the certificatePolicies extension.
func (p *Profile) encodePolicies() ([]byte, error) {
	var list []policyInformation
	for _, q := range p.Policies {
		oid, err := parseOID(q.OID)
		if err != nil {
			return nil, err
		}
		info := policyInformation{ID: oid}
		if q.CPS != "" {
			uri := asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(q.CPS)}
			info.Qualifiers = []policyQualifier{{oidCPS, uri}}
		}
		list = append(list, info)
	}
	der, err := asn1.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encode policies: %w", err)
	}
	return der, nil
}
