package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"

	"salter/ca/profile"
)

// sources are the rule sets that apply to qualified certificates of natural
// persons. With the browsers' sets a certificate without extended key usage
// is taken for a TLS server's.
var sources = lint.SourceList{
	lint.RFC3279, lint.RFC5280, lint.RFC5480, lint.RFC5891, lint.RFC8813, lint.EtsiEsi, lint.Community,
}

// foreign are rules about somebody else's certificates. This one looks whether
// a key of a certain compromised CA has signed, by verifying the signature with
// each of them: on P-384 that takes ten times as long as all the others
// together, and the key that signs here is known.
var foreign = []string{"e_cert_issued_by_compromised_emudhra_ca"}

// Rules of zlint that warn about something that is right here.
const (
	// preferredKeyUsage wants type A of EN 319 412-2 table 1.
	preferredKeyUsage = "w_etsi_natural_person_key_usage_preferred_values"
	// Names are certified as on the chip, however long.
	longSurname   = "w_subject_surname_recommended_max_length"
	longGivenName = "w_subject_given_name_recommended_max_length"
)

// Linter holds the selected rules. It may be used from any goroutine.
type Linter struct {
	registry lint.Registry
}

// New selects the rules.
func New() (*Linter, error) {
	r, err := lint.GlobalRegistry().Filter(lint.FilterOptions{IncludeSources: sources, ExcludeNames: foreign})
	if err != nil {
		return nil, fmt.Errorf("select lint rules: %w", err)
	}
	return &Linter{r}, nil
}

// Rules returns the number of selected rules for certificates.
func (l *Linter) Rules() int { return len(l.registry.CertificateLints().Lints()) }

// Lint checks a certificate (DER) made under p; before the real signature,
// one signed by a throw-away key. Errors and warnings of zlint both refuse
// (severity profile.Error), except what p asks for; remarks are left out.
// Ids are lint:<name of the rule>. A finding holds no content of the
// certificate.
func (l *Linter) Lint(der []byte, p *profile.Profile) ([]profile.Finding, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse certificate for lint: %w", err)
	}
	var findings []profile.Finding
	for name, result := range zlint.LintCertificateEx(cert, l.registry).Results {
		if result.Status < lint.Warn {
			continue
		}
		f := profile.Finding{
			ID:       "lint:" + name,
			Severity: profile.Error,
			Clause:   result.LintMetadata.Citation,
			Detail:   result.LintMetadata.Description,
		}
		if tolerated(name, p) {
			f.Severity = profile.Warning
		}
		findings = append(findings, f)
	}
	slices.SortFunc(findings, func(a, b profile.Finding) int { return strings.Compare(a.ID, b.ID) })
	return findings, nil
}

func tolerated(name string, p *profile.Profile) bool {
	switch name {
	case longSurname, longGivenName:
		return true
	case preferredKeyUsage:
		return p.KeyUsage == profile.KeyUsageDSNR
	}
	return false
}
