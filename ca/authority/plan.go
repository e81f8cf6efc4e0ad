package authority

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"salter/ca/authority/token"
)

// Plan says how the hierarchy of an authority for real citizens is made: what
// it is called, and where its keys lie. Every key must be on a PKCS#11 token;
// one that is there already is used, one that is not is made there. The root's
// key is used once, so that its token can be locked away afterwards.
type Plan struct {
	// ID names the authority: audience of assertions and name of its checkpoint
	// key, for instance mup.gov.rs/ca. It never changes.
	ID string `json:"id"`
	// Organization and OrganizationID stand in the names of all CAs; the second
	// is VATRS- and the tax number (EN 319 412-1 5.1.4).
	Organization   string `json:"organization"`
	OrganizationID string `json:"organization_id"`
	// Names are the common names of the CAs by purpose: root, issuer-<label>,
	// infrastructure, infrastructure-backup, clerks.
	Names map[string]string `json:"names"`
	// Keys are pkcs11: URIs by purpose: those of Names, and policy, checkpoint,
	// ocsp-<label>. Without one for root the root is off-line, on another
	// machine (package root): see Config.Signed.
	Keys map[string]string `json:"keys"`

	signed string // Config.Signed
}

// offline reports whether the root is on another machine.
func (p Plan) offline() bool { return p.Keys[purposeRoot] == "" }

// keyPurposes are those of the keys that this machine's tokens hold.
func (p Plan) keyPurposes() []string {
	all := purposes()
	if p.offline() {
		all = slices.DeleteFunc(all, func(purpose string) bool { return purpose == purposeRoot })
	}
	return all
}

// ErrPlan is wrapped when a plan cannot be carried out.
var ErrPlan = errors.New("plan of the authority is not valid")

// ErrExists is returned by Open for a plan where an authority is already.
var ErrExists = errors.New("there is an authority already; a plan is only for making one")

// demoPlan is the hierarchy that a first start makes without a plan.
func demoPlan() Plan {
	p := Plan{ID: demoID, Organization: "Salter Demo", OrganizationID: "VATRS-000000000", Names: map[string]string{
		purposeRoot: "Salter Demo Root CA", purposeInfra: "Salter Demo Infrastructure CA",
		purposeInfraNext: "Salter Demo Infrastructure CA 2", purposeClerks: "Salter Demo Clerks CA"}}
	for _, label := range labels() {
		p.Names[issuerPurpose(label)] = issuerName(label)
	}
	return p
}

// certifiedPurposes are those of the keys that have a CA certificate.
func certifiedPurposes() []string {
	all := []string{purposeRoot, purposeInfra, purposeInfraNext, purposeClerks}
	for _, label := range labels() {
		all = append(all, issuerPurpose(label))
	}
	return all
}

// purposes are those of all keys; one key each.
func purposes() []string {
	all := append(certifiedPurposes(), purposePolicy, purposeCheckpoint)
	for _, label := range labels() {
		all = append(all, responderPurpose(label))
	}
	return all
}

// planID is the form of an authority's name: it stands in notes and paths.
var planID = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]{2,99}$`)

// taxID is an organizationIdentifier of Serbia.
var taxID = regexp.MustCompile(`^VATRS-[0-9]{9}$`)

// check refuses a plan that cannot be carried out, or that looks like the
// demonstration.
func (p Plan) check() error {
	switch {
	case !planID.MatchString(p.ID) || p.ID == demoID:
		return fmt.Errorf("%w: id %.40q; use letters, digits, full stop, hyphen and slash", ErrPlan, p.ID)
	case strings.TrimSpace(p.Organization) == "" || len(p.Organization) > 64:
		return fmt.Errorf("%w: organization is missing or longer than 64 bytes", ErrPlan)
	case !taxID.MatchString(p.OrganizationID) || p.OrganizationID == demoPlan().OrganizationID:
		return fmt.Errorf("%w: organization_id is not VATRS- and nine digits", ErrPlan)
	}
	if err := checkEach("names", p.Names, certifiedPurposes(), func(name string) (string, error) {
		if strings.TrimSpace(name) == "" || len([]rune(name)) > 64 {
			return "", errors.New("is empty or longer than 64 characters")
		}
		return name, nil
	}); err != nil {
		return err
	}
	return checkEach("keys", p.Keys, p.keyPurposes(), func(text string) (string, error) {
		u, err := token.ParseURI(text)
		// The same key under two URIs is found by its public half later.
		return fmt.Sprintf("%q %q %q %q", u.Module, u.Token, u.Object, u.ID), err
	})
}

// checkEach wants exactly the purposes, with values that read says are good
// and no two of which are the same.
func checkEach(what string, given map[string]string, want []string, read func(string) (string, error)) error {
	seen := make(map[string]string)
	for purpose, value := range given {
		if !slices.Contains(want, purpose) {
			return fmt.Errorf("%w: %s: %q is none of %s", ErrPlan, what, purpose, strings.Join(want, ", "))
		}
		same, err := read(value)
		if err != nil {
			return fmt.Errorf("%w: %s: %s: %w", ErrPlan, what, purpose, err)
		}
		if other := seen[same]; other != "" {
			return fmt.Errorf("%w: %s: %s and %s are the same", ErrPlan, what, min(purpose, other), max(purpose, other))
		}
		seen[same] = purpose
	}
	for _, purpose := range want {
		if _, ok := given[purpose]; !ok {
			return fmt.Errorf("%w: %s: %s is missing", ErrPlan, what, purpose)
		}
	}
	return nil
}
