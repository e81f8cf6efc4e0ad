package ca

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"salter/ca/est"
	"salter/ca/profile"
)

// Verdict is what is known about a request. The zero value is Unknown, so
// forgetting to set it is safe.
type Verdict int

// The verdicts.
const (
	Unknown  Verdict = iota // no proof either way: look up, then resend the same bytes
	Issued                  // the certificate has been verified
	Refused                 // by a decision about these bytes or this sender
	Unusable                // a certificate came back that must not reach a chip; revoke it
	Unsent                  // proven: no byte of this request left this machine
)

// String names the verdict.
func (v Verdict) String() string {
	switch v {
	case Issued:
		return "issued"
	case Refused:
		return "refused"
	case Unusable:
		return "unusable"
	case Unsent:
		return "unsent"
	}
	return "unknown"
}

// Outcome is the answer to a request.
type Outcome struct {
	Verdict Verdict
	// Chain of Issued: leaf, issuer, root, as verified. Of Unusable: what came.
	Chain  []*x509.Certificate
	Serial string // Issued, Unusable: of the leaf, hex without leading zeros
	// State is what a look-up said; empty after Enrol. IssuanceUnknown means
	// that the authority has never seen these bytes.
	State      IssuanceState
	Err        error             // why it is not Issued; nil for Issued and for IssuanceUnknown
	Findings   []profile.Finding // Unusable: what is wrong with the certificate
	RetryAfter time.Duration     // what the authority asks for; 0: nothing
}

// EnrolRequest is one attempt of one case. Lookup reads Label, CSR, Holder and
// NotBefore only.
type EnrolRequest struct {
	Label      string
	CSR        []byte // PKCS#10, DER; the same bytes at every resend
	Holder     Holder // what the certificate is checked against
	Case       string // UUID
	Attempt    int    // from 1
	Contract   string // number
	Token      string // serial of the chip's PKI part; only its SHA-256 is sent
	ChipFiles  [32]byte
	Checkpoint []byte      // signed note over the journal's present head, already shipped
	Clerk      ClerkSigner // who decided
	Action     string      // ActionIssue, ActionRenew; empty: ActionIssue
	Override   []byte      // a supervisor's compact JWS over OverrideClaims; nil: none
	// NotBefore is when the request was first made; a certificate that begins
	// earlier (by more than MaxClockDrift) is not its answer. Zero: not
	// compared.
	NotBefore time.Time
}

// Enrol sends a request once (EST simpleenroll). Whatever does not prove a
// refusal is Unknown; call Lookup before the same bytes are sent again.
//
// An answer without a type of ours that refuses (4xx) counts only if a look-up
// does not say otherwise, so that Enrol may make one.
func (c *Client) Enrol(ctx context.Context, r EnrolRequest) Outcome {
	p, csr, err := c.prepare(ctx, r)
	if err != nil {
		return Outcome{Verdict: Unsent, Err: err}
	}
	if off := time.Duration(c.offset.Load()).Abs(); off > MaxClockDrift {
		return Outcome{Verdict: Unsent, Err: &Error{Op: "enrol", Unsent: true,
			Problem: &Problem{Type: ProblemPrefix + ProblemClock, Detail: "off by " + off.Truncate(time.Second).String()}}}
	}
	session, err := c.present()
	if err != nil {
		return Outcome{Verdict: Unsent, Err: err}
	}
	assertion, err := c.assertion(ctx, session, r)
	if err != nil {
		return Outcome{Verdict: Unsent, Err: err}
	}
	a, err := c.do(ctx, request{
		op: "enrol", method: http.MethodPost, path: est.Path(r.Label, est.OpSimpleEnroll), contentType: est.TypePKCS10,
		accept: "application/pkcs7-mime", assertion: assertion, body: est.EncodeBase64(r.CSR), limit: maxJSON, once: true, session: session,
	})
	if err != nil {
		return c.refusal(ctx, r, err)
	}
	if a.status == http.StatusAccepted {
		wait, _ := est.RetryAfter(a.header, c.serverNow()) // 0 without one
		return Outcome{RetryAfter: wait, Err: &Error{Op: "enrol", Status: a.status, RetryAfter: wait, Err: ErrPending}}
	}
	chain, err := readCerts(a)
	if err != nil {
		return Outcome{Err: &Error{Op: "enrol", Status: a.status, Err: err}}
	}
	return c.judge(p, csr, r, chain)
}

// prepare finds what an answer will be judged by.
func (c *Client) prepare(ctx context.Context, r EnrolRequest) (*profile.Profile, *x509.CertificateRequest, error) {
	if len(r.CSR) > MaxCSR {
		return nil, nil, fmt.Errorf("prepare enrolment: request of %d bytes, at most %d allowed", len(r.CSR), MaxCSR)
	}
	csr, err := x509.ParseCertificateRequest(r.CSR)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare enrolment: %w", err)
	}
	p, _, err := c.profileFor(ctx, r.Label)
	return p, csr, err
}

// readCerts reads a certs-only answer, leaf first.
func readCerts(a *answer) ([]*x509.Certificate, error) {
	if a.status != http.StatusOK || !est.IsCertsOnly(a.header.Get("Content-Type")) {
		return nil, fmt.Errorf("%w: not a certs-only message", ErrAnswer)
	}
	der, err := est.DecodeBase64(bytes.NewReader(a.body), est.MaxCertsOnly)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	chain, err := est.ParseCertsOnly(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if chain, err = est.LeafFirst(chain); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return chain, nil
}

// refusal turns a failed request into an outcome.
func (c *Client) refusal(ctx context.Context, r EnrolRequest, err error) Outcome {
	var e *Error
	if !errors.As(err, &e) {
		return Outcome{Err: err}
	}
	out := Outcome{Err: err, RetryAfter: e.RetryAfter}
	switch {
	case e.Unsent:
		out.Verdict = Unsent
	case e.Problem != nil && decides(e.Problem.Name()):
		out.Verdict = Refused
	case e.Problem.Name() == "" && e.Status >= 400 && !transient(e.Status):
		return c.confirm(ctx, r, out)
	}
	return out
}

// decides reports whether a problem is a decision against the request; the
// others are cured by doing something and sending the same bytes again.
func decides(problem string) bool {
	switch problemKinds[problem] {
	case Refuses, Counter, ClerkRight, Clock:
		return true
	}
	return false
}

// confirm believes an untyped refusal unless a look-up knows better.
func (c *Client) confirm(ctx context.Context, r EnrolRequest, refused Outcome) Outcome {
	refused.Verdict = Refused
	found, err := c.Lookup(ctx, r)
	switch {
	case errors.Is(err, ErrUnsupported), err == nil && found.State == IssuanceUnknown:
		return refused
	case err != nil:
		refused.Verdict = Unknown
		return refused
	}
	return found
}

// Lookup asks what became of a request without sending it again. It is the
// first thing to do after an Unknown. ErrUnsupported: this authority cannot
// tell. Other errors say nothing about the request.
func (c *Client) Lookup(ctx context.Context, r EnrolRequest) (Outcome, error) {
	p, csr, err := c.prepare(ctx, r)
	if err != nil {
		return Outcome{}, err
	}
	const op = "look up issuance"
	sum := sha256.Sum256(r.CSR)
	var found Issuance
	if err := c.getJSON(ctx, op, PathIssuances+hex.EncodeToString(sum[:]), &found); err != nil {
		var e *Error
		if errors.As(err, &e) && e.Problem == nil && (e.Status == http.StatusNotFound || e.Status == http.StatusNotImplemented) {
			e.Err = ErrUnsupported
		}
		return Outcome{}, err
	}
	switch found.State {
	case IssuanceUnknown:
		return Outcome{State: found.State}, nil
	case IssuancePending:
		return Outcome{State: found.State, Err: &Error{Op: op, Err: ErrPending}}, nil
	case IssuanceRefused:
		if found.Problem == nil {
			return Outcome{}, &Error{Op: op, Err: fmt.Errorf("%w: refused without a problem", ErrAnswer)}
		}
		found.Problem.Detail = plain(found.Problem.Detail)
		return Outcome{Verdict: Refused, State: found.State, Err: &Error{Op: op, Problem: found.Problem}}, nil
	case IssuanceIssued:
		chain, err := parseCertificates(found.Chain)
		if err == nil {
			chain, err = est.LeafFirst(chain)
		}
		if err != nil {
			return Outcome{}, &Error{Op: op, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
		}
		out := c.judge(p, csr, r, chain)
		out.State = found.State
		return out, nil
	}
	return Outcome{}, &Error{Op: op, Err: fmt.Errorf("%w: unknown state", ErrAnswer)}
}

// judge verifies a certificate that came back: our key, our subject, the
// profile, and a chain to a pinned root. A success is believed for what the
// certificate is, never for what an answer says.
func (c *Client) judge(p *profile.Profile, csr *x509.CertificateRequest, r EnrolRequest, chain []*x509.Certificate) Outcome {
	leaf := chain[0]
	out := Outcome{Chain: chain, Serial: leaf.SerialNumber.Text(16)}
	issuer := c.issuerOf(leaf, r.Label)
	expect := profile.Expect{
		PublicKey: csr.PublicKey, Subject: r.Holder.Subject, CardValidUntil: r.Holder.CardValidUntil,
		Issuer: issuer, Now: c.serverNow(),
	}
	if !r.NotBefore.IsZero() {
		expect.NotBefore = r.NotBefore.Add(-MaxClockDrift)
	}
	out.Findings = profile.Errors(p.Check(leaf, expect))
	verified, err := c.verifyChain(leaf)
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

// issuerOf returns the pinned issuing CA of the label if it signed leaf.
func (c *Client) issuerOf(leaf *x509.Certificate, label string) *x509.Certificate {
	c.mu.Lock()
	name := c.policy.policy.Labels[label].Issuer // judged only under a policy
	c.mu.Unlock()
	for _, issuer := range c.cfg.Trust.Issuers {
		if issuer.Subject.CommonName == name && leaf.CheckSignatureFrom(issuer) == nil {
			return issuer
		}
	}
	return nil
}

// verifyChain builds the chain to a pinned root. A certificate just issued may
// begin a moment after what this machine takes for the present.
func (c *Client) verifyChain(leaf *x509.Certificate) ([]*x509.Certificate, error) {
	roots, issuers := x509.NewCertPool(), x509.NewCertPool()
	for _, cert := range c.cfg.Trust.Roots {
		roots.AddCert(cert)
	}
	for _, cert := range c.cfg.Trust.Issuers {
		issuers.AddCert(cert)
	}
	at := c.serverNow()
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
