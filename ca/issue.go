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
	// Resent: the same bytes were sent before, or perhaps were, and nothing
	// tells what came of them.
	Resent bool
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
		return Outcome{Verdict: Unsent, Err: &Error{Op: opEnrol, Unsent: true,
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
	a, err := c.postCSR(ctx, request{path: est.Path(r.Label, est.OpSimpleEnroll), assertion: assertion, body: r.CSR, session: session})
	if err != nil {
		return c.refusal(ctx, r, err)
	}
	if a.status == http.StatusAccepted {
		return c.pending(a)
	}
	chain, err := readCerts(a)
	if err != nil {
		return Outcome{Err: &Error{Op: opEnrol, Status: a.status, Err: err}}
	}
	return c.judge(p, csr, r, chain)
}

// Operations, as errors name them.
const (
	opEnrol  = "enrol"
	opLookup = "look up issuance"
)

// postCSR posts the request (DER) in r.body to r.path, once.
func (l *link) postCSR(ctx context.Context, r request) (*answer, error) {
	r.op, r.method, r.contentType, r.accept = opEnrol, http.MethodPost, est.TypePKCS10, "application/pkcs7-mime"
	r.body, r.limit, r.once = est.EncodeBase64(r.body), maxJSON, true
	return l.do(ctx, r)
}

// pending is the outcome of a request that waits for a decision (RFC 7030
// 4.2.3).
func (l *link) pending(a *answer) Outcome {
	wait, _ := est.RetryAfter(a.header, l.serverNow()) // 0 without one
	return Outcome{RetryAfter: wait, Err: &Error{Op: opEnrol, Status: a.status, RetryAfter: wait, Err: ErrPending}}
}

// prepare finds what an answer will be judged by.
func (c *Client) prepare(ctx context.Context, r EnrolRequest) (*profile.Profile, *x509.CertificateRequest, error) {
	csr, err := parseCSR(r.CSR)
	if err != nil {
		return nil, nil, err
	}
	p, _, err := c.profileFor(ctx, r.Label)
	return p, csr, err
}

func parseCSR(der []byte) (*x509.CertificateRequest, error) {
	if len(der) > MaxCSR {
		return nil, fmt.Errorf("prepare enrolment: request of %d bytes, at most %d allowed", len(der), MaxCSR)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("prepare enrolment: %w", err)
	}
	return csr, nil
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
	sum := sha256.Sum256(r.CSR)
	var found Issuance
	if err := c.getJSON(ctx, opLookup, PathIssuances+hex.EncodeToString(sum[:]), &found); err != nil {
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
		return Outcome{State: found.State, Err: &Error{Op: opLookup, Err: ErrPending}}, nil
	case IssuanceRefused:
		if found.Problem == nil {
			return Outcome{}, &Error{Op: opLookup, Err: fmt.Errorf("%w: refused without a problem", ErrAnswer)}
		}
		found.Problem.Detail = plain(found.Problem.Detail)
		return Outcome{Verdict: Refused, State: found.State, Err: &Error{Op: opLookup, Problem: found.Problem}}, nil
	case IssuanceIssued:
		chain, err := parseCertificates(found.Chain)
		if err == nil {
			chain, err = est.LeafFirst(chain)
		}
		if err != nil {
			return Outcome{}, &Error{Op: opLookup, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
		}
		out := c.judge(p, csr, r, chain)
		out.State = found.State
		return out, nil
	}
	return Outcome{}, &Error{Op: opLookup, Err: fmt.Errorf("%w: unknown state", ErrAnswer)}
}

// judge verifies a certificate that came back against the bundle.
func (c *Client) judge(p *profile.Profile, csr *x509.CertificateRequest, r EnrolRequest, chain []*x509.Certificate) Outcome {
	c.policyMu.Lock()
	issuer := c.policy.policy.Labels[r.Label].Issuer // judged only under a policy
	c.policyMu.Unlock()
	return c.hierarchy().judge(p, csr, r, chain, issuer, c.serverNow())
}

// hierarchy is that of the citizens' certificates, as pinned in the bundle.
func (c *Client) hierarchy() hierarchy {
	return hierarchy{roots: c.cfg.Trust.Roots, issuers: c.cfg.Trust.Issuers}
}
