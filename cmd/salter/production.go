package main

import (
	"crypto/x509"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"salter/card"
)

// refusal is why Salter does not start: one name for support, what is wrong,
// and what to do.
type refusal struct {
	name string
	what string
	do   string
}

// Error gives both parts and the name.
func (r *refusal) Error() string {
	return fmt.Sprintf("%s. %s. [%s]", r.what, r.do, r.name)
}

// demoOrganization stands in the subject of every certificate that the
// demonstration's test issuers make.
const demoOrganization = "Salter DEMO"

// start is what the checks of a production start look at.
type start struct {
	settings    Settings
	environ     func(string) string
	demoBundle  bool
	anchors     []*x509.Certificate // of the card data
	demoClerks  []string            // fingerprints
	issuers     []*x509.Certificate // of another authority, if one issues
	clerk       *x509.Certificate   // nil until the clerk signs in
	fingerprint string              // of clerk
}

// check returns the first reason why this counter must not work in
// production; nil in demo mode. It is asked at start, and again when a clerk
// signs in.
func (s start) check() error {
	if s.settings.Mode == Demo {
		return nil
	}
	for _, c := range []struct {
		wrong bool
		refusal
	}{
		{s.demoBundle, refusal{"demo-bundle", "the trust bundle is a demonstration's", "enrol this counter at the real authority"}},
		{slices.ContainsFunc(s.anchors, isDemo), refusal{"demo-anchor", "a card-data anchor in the trust bundle is a demonstration's", "ask the authority for a bundle without it"}},
		{len(s.anchors) == 0, refusal{"no-anchor", "the trust bundle names no card-data anchor", "ask the authority for a bundle with the Ministry's card-data certificates"}},
		{slices.ContainsFunc(s.issuers, isDemo), refusal{"demo-issuer", "a certificate in authority.anchors or authority.server_anchors is a demonstration's", "name those of the real authority"}},
		{s.environ("OPENSC_DRIVER") != "", refusal{"opensc-driver", "OPENSC_DRIVER is set in the environment", "remove it: it is for demonstrations"}},
		{s.settings.Token.Driver == string(card.DriverTestCard), refusal{"test-driver", "token.driver is that of test cards", "name the driver of the vendor's card"}},
		{s.settings.Token.PUKFile != "", refusal{"puk-file", "token.puk_file holds PUKs in a file", "remove it: it is for demonstrations"}},
		{isOpenSC(s.settings.Token.Module), refusal{"opensc-module", "token.module names OpenSC, which cannot write to a real card", "name the vendor's module"}},
		{s.settings.Contract.SignatoryAsset == "" && !s.settings.Contract.Preprinted, refusal{"no-signatory", "the assistant minister's signature is missing", "name its picture in contract.signatory_asset, or set contract.preprinted"}},
		{s.settings.Journal.Recovery == "", refusal{"no-recovery", "nobody could open the journal's personal data if the key file were lost", "name the recovery officers' public keys (age) in journal.recovery"}},
		{s.clerk != nil && (isDemo(s.clerk) || slices.Contains(s.demoClerks, s.fingerprint)), refusal{"demo-clerk", "the clerk's key was made by a demonstration", "sign in with a key from the real authority"}},
	} {
		if c.wrong {
			return &c.refusal
		}
	}
	return nil
}

func isDemo(c *x509.Certificate) bool {
	demo := func(o string) bool { return strings.EqualFold(o, demoOrganization) }
	return slices.ContainsFunc(c.Subject.Organization, demo) || slices.ContainsFunc(c.Issuer.Organization, demo)
}

// isOpenSC looks at the module's name, and at that of the file behind links.
func isOpenSC(module string) bool {
	file, err := filepath.EvalSymlinks(module)
	if err != nil {
		file = module // a module that is missing is found out when it is loaded
	}
	return slices.ContainsFunc([]string{module, file}, func(path string) bool {
		return strings.Contains(strings.ToLower(filepath.Base(path)), "opensc")
	})
}

// isVirtual reports readers that no real counter has.
func isVirtual(reader string) bool { return strings.Contains(reader, "Virtual PCD") }

// ignoredReaders is the filter of readers for the mode.
func ignoredReaders(m Mode) func(string) bool {
	if m == Demo {
		return nil
	}
	return isVirtual
}
