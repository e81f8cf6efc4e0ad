package ca

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"salter/ca/profile"
)

// hierarchy is what a citizen's certificate is traced back to.
type hierarchy struct {
	roots   []*x509.Certificate
	issuers []*x509.Certificate // issuing CAs under the roots
}

// check wants self-signed roots and issuing CAs under them.
func (h hierarchy) check() error {
	for _, root := range h.roots {
		if !root.IsCA || root.CheckSignatureFrom(root) != nil {
			return errors.New("a root is not a self-signed CA")
		}
	}
	for _, issuer := range h.issuers {
		signs := func(root *x509.Certificate) bool { return issuer.CheckSignatureFrom(root) == nil }
		if !issuer.IsCA || !slices.ContainsFunc(h.roots, signs) {
			return errors.New("an issuer is not a CA under one of the roots")
		}
	}
	return nil
}

// named returns the issuing CA of that common name; nil: there is none.
func (h hierarchy) named(name string) *x509.Certificate {
	for _, issuer := range h.issuers {
		if issuer.Subject.CommonName == name {
			return issuer
		}
	}
	return nil
}

// judge verifies a certificate that came back: our key, our subject, the
// profile, and a chain to a pinned root. A success is believed for what the
// certificate is, never for what an answer says. issuer is the common name of
// the issuing CA that must have signed, now the time at the authority.
func (h hierarchy) judge(p *profile.Profile, csr *x509.CertificateRequest, r EnrolRequest, chain []*x509.Certificate, issuer string, now time.Time) Outcome {
	leaf := chain[0]
	out := Outcome{Chain: chain, Serial: leaf.SerialNumber.Text(16)}
	expect := profile.Expect{
		PublicKey: csr.PublicKey, Subject: r.Holder.Subject, CardValidUntil: r.Holder.CardValidUntil,
		Issuer: h.issuerOf(leaf, issuer), Now: now,
	}
	if !r.NotBefore.IsZero() {
		expect.NotBefore = r.NotBefore.Add(-MaxClockDrift)
	}
	out.Findings = profile.Errors(p.Check(leaf, expect))
	verified, err := h.verify(leaf, now)
	if err != nil {
		out.Findings = append(out.Findings, profile.Finding{ID: "chain", Severity: profile.Error, Clause: "RFC 5280 6.1", Detail: err.Error()})
	}
	if len(out.Findings) > 0 {
		out.Verdict = Unusable
		out.Err = fmt.Errorf("%w: %w", ErrUnusable, &profile.Refusal{Findings: out.Findings})
		return out
	}
	out.Verdict, out.Chain = Issued, verified
	return out
}

// issuerOf returns the pinned issuing CA of that name if it signed leaf.
func (h hierarchy) issuerOf(leaf *x509.Certificate, name string) *x509.Certificate {
	for _, issuer := range h.issuers {
		if issuer.Subject.CommonName == name && leaf.CheckSignatureFrom(issuer) == nil {
			return issuer
		}
	}
	return nil
}

// verify builds the chain to a pinned root. A certificate just issued may
// begin a moment after what is taken for the present.
func (h hierarchy) verify(leaf *x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	roots, issuers := x509.NewCertPool(), x509.NewCertPool()
	for _, cert := range h.roots {
		roots.AddCert(cert)
	}
	for _, cert := range h.issuers {
		issuers.AddCert(cert)
	}
	if ahead := leaf.NotBefore.Sub(at); ahead > 0 && ahead < MaxClockDrift {
		at = leaf.NotBefore
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: issuers, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, errChain(err)
	}
	return chains[0], nil
}

// errChain says what is wrong with a chain without the names that the errors
// of crypto/x509 may hold.
func errChain(err error) error {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return errors.New("not valid at this time")
	}
	return errors.New("no chain to a pinned root")
}
