package profile

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/url"
	"slices"
)

// checkStatements reads the qualified certificate statements (EN 319 412-5)
// one by one.
func (p *Profile) checkStatements(c *checker, found map[string]pkix.Extension) {
	x, ok := found[oidQCStatements.String()]
	if !ok {
		c.fail("P06", "EN 319 412-5 4.1", "qualified certificate statements are missing")
		return
	}
	var list []statement
	if rest, err := asn1.Unmarshal(x.Value, &list); err != nil || len(rest) > 0 {
		c.fail("P06", "RFC 3739 3.2.6", "qualified certificate statements cannot be read")
		return
	}
	byID := map[string]asn1.RawValue{}
	for _, s := range list {
		if _, twice := byID[s.ID.String()]; twice {
			c.fail("P06", "EN 319 412-5 QCS-4.1-02A", "statement %v appears twice", s.ID)
		}
		byID[s.ID.String()] = s.Info
	}
	p.checkFixedStatements(c, byID)
	p.checkPDS(c, byID)
	p.checkRetention(c, byID)
	p.checkLegislation(c, byID)
	known := []asn1.ObjectIdentifier{oidSyntaxV2, oidQCCompliance, oidQCSSCD, oidQCType, oidQCPDS, oidQCRetention, oidQCLegislation}
	for _, s := range list {
		if !slices.ContainsFunc(known, s.ID.Equal) {
			c.fail("P06", "EN 319 412-5 4.1", "statement %v is not in the profile", s.ID)
		}
	}
}

// checkFixedStatements looks at the four statements of every certificate.
func (p *Profile) checkFixedStatements(c *checker, byID map[string]asn1.RawValue) {
	if info, ok := byID[oidQCCompliance.String()]; !ok || len(info.FullBytes) > 0 {
		c.fail("P06", "EN 319 412-5 QCS-4.2.1", "QcCompliance is missing or has content")
	}
	if info, ok := byID[oidQCSSCD.String()]; !ok || len(info.FullBytes) > 0 {
		c.fail("P07", "EN 319 412-5 QCS-4.2.2", "QcSSCD is missing or has content")
	}
	var types []asn1.ObjectIdentifier
	if !decode(byID[oidQCType.String()], &types) || len(types) != 1 || !types[0].Equal(oidQCTypeESign) {
		c.fail("P07", "EN 319 412-5 QCS-4.2.3", "QcType is not exactly esign")
	}
	var s semantics
	if !decode(byID[oidSyntaxV2.String()], &s) || !s.ID.Equal(oidSemanticsNat) {
		c.fail("P07", "EN 319 412-1 5.1.1", "semantics identifier of natural persons is missing")
	}
}

// decode reads the content of a statement into v; false if there is none or it
// is not of this form.
func decode(info asn1.RawValue, v any) bool {
	if len(info.FullBytes) == 0 {
		return false
	}
	rest, err := asn1.Unmarshal(info.FullBytes, v)
	return err == nil && len(rest) == 0
}

func (p *Profile) checkPDS(c *checker, byID map[string]asn1.RawValue) {
	const clause = "EN 319 412-5 QCS-4.3.4"
	info, ok := byID[oidQCPDS.String()]
	if !ok {
		if len(p.QC.PDS) > 0 {
			c.fail("P03", clause, "QcPDS is missing")
		}
		return
	}
	var got []pdsLocation
	if !decode(info, &got) {
		c.fail("P03", clause, "QcPDS cannot be read")
		return
	}
	var list []PDS
	for _, l := range got {
		list = append(list, PDS{Language: l.Language, URL: l.URL})
		if u, err := url.Parse(l.URL); err != nil || u.Scheme != "https" {
			c.fail("P01", clause, "address of a disclosure statement is not https")
		}
		if !alpha(l.Language, 'a', 'z') {
			c.fail("P02", "ISO 639-1", "language of a disclosure statement is not two lower-case letters")
		}
	}
	if !slices.Equal(list, p.QC.PDS) {
		c.fail("P03", clause, "QcPDS is not the profile's")
	}
}

func (p *Profile) checkRetention(c *checker, byID map[string]asn1.RawValue) {
	const clause = "EN 319 412-5 QCS-4.3.3"
	info, ok := byID[oidQCRetention.String()]
	var years int
	switch {
	case !ok && p.QC.RetentionYears > 0:
		c.fail("P03", clause, "QcRetentionPeriod is missing")
	case !ok:
	case !decode(info, &years) || years <= 0:
		c.fail("P03", clause, "QcRetentionPeriod is not a positive number of years")
	case years != p.QC.RetentionYears:
		c.fail("P03", clause, "QcRetentionPeriod is not the profile's")
	}
}

func (p *Profile) checkLegislation(c *checker, byID map[string]asn1.RawValue) {
	const clause = "EN 319 412-5 QCS-4.2.4"
	info, ok := byID[oidQCLegislation.String()]
	var countries []string
	switch {
	case !ok && len(p.QC.Legislation) > 0:
		c.fail("P08", clause, "QcCClegislation is missing")
	case !ok:
	case !decode(info, &countries) || len(countries) == 0:
		c.fail("P08", clause, "QcCClegislation is empty or cannot be read")
	case !slices.Equal(countries, p.QC.Legislation):
		c.fail("P08", clause, "QcCClegislation is not the profile's")
	}
}
