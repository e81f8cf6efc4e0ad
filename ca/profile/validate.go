package profile

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// validate refuses a profile whose certificates could not be right.
func (p *Profile) validate() error {
	checks := []func() error{
		p.validateSubject, p.validateStatements, p.validatePolicies,
		p.validateKeys, p.validateValidity, p.validateAddresses,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	switch {
	case p.Version < 1:
		return errors.New("version is not positive")
	case p.Name == "":
		return errors.New("name is empty")
	case p.KeyUsage != KeyUsageNR && p.KeyUsage != KeyUsageDSNR:
		return fmt.Errorf("keyUsage: unknown value %q", p.KeyUsage)
	case p.SAN.Email != EmailIfAsked && p.SAN.Email != EmailNever:
		return fmt.Errorf("san.email: unknown value %q", p.SAN.Email)
	case p.Activation != ActivationHold && p.Activation != ActivationAtIssue:
		return fmt.Errorf("activation: unknown value %q", p.Activation)
	case p.SerialOctets < 9 || p.SerialOctets > 20:
		return fmt.Errorf("serialOctets: %d, 9 to 20 allowed", p.SerialOctets)
	}
	return nil
}

func (p *Profile) validateSubject() error {
	s := p.Subject
	if s.Serial != SerialPNO && s.Serial != SerialIDC && s.Serial != SerialMixed {
		return fmt.Errorf("subject.serial: unknown value %q", s.Serial)
	}
	if s.PersonalNumber != JMBG && s.PersonalNumber != EBS {
		return fmt.Errorf("subject.personalNumber: unknown value %q", s.PersonalNumber)
	}
	fixed := strings.NewReplacer("{given}", "", "{surname}", "", "{GIVEN}", "", "{SURNAME}", "", "{number}", "123456789").Replace(s.CN)
	switch {
	case strings.ContainsAny(fixed, "{}"):
		return fmt.Errorf("subject.cn: unknown placeholder in %q", s.CN)
	case fixed == s.CN:
		return errors.New("subject.cn: no placeholder for a name")
	case utf8.RuneCountInString(fixed) > maxCommonName/2:
		return errors.New("subject.cn: fixed text is longer than 32 characters")
	case strings.Contains(s.CN, "{number}") && s.Serial != SerialMixed:
		return errors.New("subject.cn: {number} needs subject.serial PNORS+CA:RS")
	}
	return nil
}

func (p *Profile) validateStatements() error {
	for _, c := range p.QC.Legislation {
		if !alpha(c, 'A', 'Z') {
			return fmt.Errorf("qc.legislation: %q is no country code", c)
		}
	}
	for _, d := range p.QC.PDS {
		if !alpha(d.Language, 'a', 'z') {
			return fmt.Errorf("qc.pds: %q is no lower-case language code", d.Language)
		}
		if err := checkURL(d.URL, "https"); err != nil {
			return fmt.Errorf("qc.pds: %w", err)
		}
	}
	if len(p.QC.PDS) > 0 && !slices.ContainsFunc(p.QC.PDS, func(d PDS) bool { return d.Language == "en" }) {
		return errors.New("qc.pds: English is missing (EN 319 412-5 4.3.4)")
	}
	if p.QC.RetentionYears < 0 || p.QC.RetentionYears > 100 {
		return fmt.Errorf("qc.retentionYears: %d, 0 to 100 allowed", p.QC.RetentionYears)
	}
	for _, o := range p.EKU {
		if _, err := parseOID(o); err != nil {
			return fmt.Errorf("extKeyUsage: %w", err)
		}
	}
	return nil
}

func alpha(v string, from, to byte) bool {
	return len(v) == 2 && v[0] >= from && v[0] <= to && v[1] >= from && v[1] <= to
}

func (p *Profile) validatePolicies() error {
	seen := map[string]bool{}
	for _, q := range p.Policies {
		oid, err := parseOID(q.OID)
		if err != nil {
			return fmt.Errorf("policies: %w", err)
		}
		if seen[oid.String()] {
			return fmt.Errorf("policies: %s appears twice", oid)
		}
		seen[oid.String()] = true
		if q.CPS == "" {
			continue
		}
		if err := checkURL(q.CPS, "http", "https"); err != nil {
			return fmt.Errorf("policies: cps: %w", err)
		}
	}
	if !seen[oidQCPNQSCD.String()] {
		return fmt.Errorf("policies: QCP-n-qscd %s is missing (EN 319 411-2 5.3)", oidQCPNQSCD)
	}
	return nil
}

// signatures maps the names of the file to the algorithms they mean. RSA-PSS
// is left out on purpose: cards and old readers do not know it.
var signatures = map[string]x509.SignatureAlgorithm{
	"sha256-rsa":   x509.SHA256WithRSA,
	"sha384-rsa":   x509.SHA384WithRSA,
	"sha512-rsa":   x509.SHA512WithRSA,
	"sha256-ecdsa": x509.ECDSAWithSHA256,
	"sha384-ecdsa": x509.ECDSAWithSHA384,
}

func (p *Profile) validateKeys() error {
	if len(p.SubjectKeys) == 0 {
		return errors.New("subjectKeys: none")
	}
	for _, k := range p.SubjectKeys {
		r, err := parseKeyRange(k)
		if err != nil {
			return fmt.Errorf("subjectKeys: %w", err)
		}
		if r.kind == "rsa" && (r.min < 2048 || r.max > 8192) {
			return fmt.Errorf("subjectKeys: %q is outside of 2048 to 8192 bits", k)
		}
	}
	issuer, err := parseKeyRange(p.IssuerKey)
	if err != nil || issuer.min != issuer.max {
		return fmt.Errorf("issuerKey: %q is no kind of key", p.IssuerKey)
	}
	if _, ok := signatures[p.Signature]; !ok {
		return fmt.Errorf("signature: unknown value %q", p.Signature)
	}
	if strings.HasSuffix(p.Signature, "-rsa") != (issuer.kind == "rsa") {
		return fmt.Errorf("signature: %q does not fit issuerKey %q", p.Signature, p.IssuerKey)
	}
	return nil
}

// SignatureAlgorithm returns the algorithm of the certificate's signature.
func (p *Profile) SignatureAlgorithm() x509.SignatureAlgorithm { return signatures[p.Signature] }

// SignatureHash returns the hash of that algorithm, for an authority that
// signs stored to-be-signed bytes itself.
func (p *Profile) SignatureHash() crypto.Hash {
	switch p.SignatureAlgorithm() {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA:
		return crypto.SHA512
	}
	return crypto.SHA256
}

// maxDemoSeconds keeps the demonstration's certificates from lasting longer
// than a day.
const maxDemoSeconds = 24 * 60 * 60

func (p *Profile) validateValidity() error {
	if p.Validity.MaxYears < 1 || p.Validity.MaxYears > 10 {
		return fmt.Errorf("validity.maxYears: %d, 1 to 10 allowed", p.Validity.MaxYears)
	}
	if p.Validity.MinRemainingDays < 0 {
		return errors.New("validity.minRemainingDays: negative")
	}
	if p.Validity.DemoSeconds < 0 || p.Validity.DemoSeconds > maxDemoSeconds {
		return fmt.Errorf("validity.demoSeconds: %d, 0 to %d allowed", p.Validity.DemoSeconds, maxDemoSeconds)
	}
	if p.RSA2048.MaxYears < 0 || p.RSA2048.MaxYears > p.Validity.MaxYears {
		return errors.New("rsa2048.maxYears: negative or over validity.maxYears")
	}
	if _, err := p.rsa2048Until(); err != nil {
		return fmt.Errorf("rsa2048.until: %w", err)
	}
	return nil
}

// rsa2048Until returns the last day of issuance for short RSA keys; zero: no end.
func (p *Profile) rsa2048Until() (Date, error) {
	if p.RSA2048.Until == "" {
		return Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, p.RSA2048.Until)
	if err != nil {
		return Date{}, err
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

func (p *Profile) validateAddresses() error {
	for name, list := range map[string][]string{"crl": p.CRL, "ocsp": p.OCSP, "caIssuers": p.CAIssuers} {
		for _, u := range list {
			if err := checkURL(u, "http"); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if len(p.CAIssuers) == 0 {
		return errors.New("caIssuers: none (EN 319 412-2 GEN-4.4.1-3)")
	}
	if len(p.CRL) == 0 && len(p.OCSP) == 0 {
		return errors.New("crl, ocsp: neither is given (EN 319 412-2 GEN-4.3.11-2)")
	}
	return nil
}

func checkURL(raw string, schemes ...string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return err
	}
	if !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" || u.User != nil || u.Fragment != "" || !ascii(raw) {
		return fmt.Errorf("%q is no plain %s address", raw, strings.Join(schemes, " or "))
	}
	return nil
}

func ascii(v string) bool {
	return !strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' })
}

func parseOID(v string) (asn1.ObjectIdentifier, error) {
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(v, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || strconv.Itoa(n) != part {
			return nil, fmt.Errorf("%q is no object identifier", v)
		}
		oid = append(oid, n)
	}
	if _, err := asn1.Marshal(oid); err != nil {
		return nil, fmt.Errorf("%q is no object identifier", v)
	}
	return oid, nil
}

// Placeholders names the switches that still hold an address or an OID
// reserved for documentation (RFC 2606, RFC 5612) or a loopback address, and
// the validity of a demonstration. An authority in production refuses a profile
// that has any.
func (p *Profile) Placeholders() []string {
	var out []string
	add := func(name, address string) {
		if placeholderURL(address) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, d := range p.QC.PDS {
		add("qc.pds", d.URL)
	}
	for _, q := range p.Policies {
		if strings.HasPrefix(q.OID+".", "1.3.6.1.4.1.32473.") && !slices.Contains(out, "policies") {
			out = append(out, "policies")
		}
		add("policies", q.CPS)
	}
	for _, u := range p.CRL {
		add("crl", u)
	}
	for _, u := range p.OCSP {
		add("ocsp", u)
	}
	for _, u := range p.CAIssuers {
		add("caIssuers", u)
	}
	if p.Validity.DemoSeconds > 0 {
		out = append(out, "validity.demoSeconds")
	}
	return out
}

func placeholderURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return false
	}
	host := "." + strings.ToLower(u.Hostname())
	for _, end := range []string{".example", ".invalid", ".test", ".localhost", ".example.com", ".example.net", ".example.org"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}
