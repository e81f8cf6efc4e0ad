package ca

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"salter/ca/est"
	"salter/ca/profile"
)

// ESTConfig is what an ESTAuthority is made of.
type ESTConfig struct {
	// Records is the client of the record server: its signed policy holds the
	// profiles that certificates are judged by. Journal, blobs and contracts
	// go there too.
	Records *Client
	// URL is https://host[:port]; RFC 7030 3.2.2 fixes the path.
	URL string
	// ServerRoots are the trust anchors of the server's TLS certificate.
	ServerRoots []*x509.Certificate
	// Roots and Issuers are the hierarchy of the citizens' certificates.
	Roots, Issuers []*x509.Certificate
	// Labels says how each of our labels is served there.
	Labels map[string]ESTLabel
	// Certificate returns the TLS certificate of the registration authority.
	Certificate func() (*tls.Certificate, error)
	// Wrap, if set, stands between the client and its transport; tests put
	// faults there.
	Wrap func(http.RoundTripper) http.RoundTripper
}

// ESTLabel is one of our labels as another authority serves it.
type ESTLabel struct {
	Path   string // the label there, which may hold slashes; empty: the default one
	Issuer string // common name of the issuing CA
}

// ESTAuthority is a certification authority that speaks EST (RFC 7030) and
// nothing else that we know: any product with a registration authority's
// interface. It takes the place of the Client in issuing.
//
// It cannot be asked what became of a request, nor told to change the status
// of a certificate: Lookup and ChangeStatus answer ErrUnsupported. So
//   - the same bytes sent again are the look-up; an authority that does not
//     recognise them makes a second certificate, which whoever set
//     EnrolRequest.Resent has to reckon with;
//   - a refusal counts only if nothing was sent before;
//   - a certificate is in force from issuance on, and what has to be revoked
//     is revoked by the authority's operator.
type ESTAuthority struct {
	link
	records   *Client
	hierarchy hierarchy
	labels    map[string]ESTLabel
}

// NewESTAuthority prepares a client; nothing is sent.
func NewESTAuthority(cfg ESTConfig) (*ESTAuthority, error) {
	fail := func(format string, args ...any) (*ESTAuthority, error) {
		return nil, fmt.Errorf("make EST client: "+format, args...)
	}
	if cfg.Records == nil || cfg.Certificate == nil {
		return fail("record server or certificate is missing")
	}
	if err := checkOrigin(cfg.URL); err != nil {
		return fail("address of the authority %w", err)
	}
	if len(cfg.ServerRoots) == 0 || len(cfg.Roots) == 0 {
		return fail("no trust anchor")
	}
	h := hierarchy{roots: cfg.Roots, issuers: cfg.Issuers}
	if err := h.check(); err != nil {
		return fail("%w", err)
	}
	for label, l := range cfg.Labels {
		if h.named(l.Issuer) == nil {
			return fail("issuer of label %q is not among the certificates", label)
		}
	}
	a := &ESTAuthority{records: cfg.Records, hierarchy: h, labels: cfg.Labels}
	a.link = link{
		base: cfg.URL, version: cfg.Records.version, certificate: cfg.Certificate, tls: a.tlsConfig(cfg.ServerRoots),
		now: cfg.Records.now, timeout: cfg.Records.timeout,
	}
	a.open(cfg.Wrap)
	return a, nil
}

// tlsConfig trusts only the anchors given (RFC 7030 3.6.1). Not every product
// has TLS 1.3; RFC 8996 rules out what is older than 1.2.
func (a *ESTAuthority) tlsConfig(roots []*x509.Certificate) func(*tls.Certificate) *tls.Config {
	pool := x509.NewCertPool()
	for _, cert := range roots {
		pool.AddCert(cert)
	}
	return func(cert *tls.Certificate) *tls.Config {
		return &tls.Config{
			MinVersion: tls.VersionTLS12,
			RootCAs:    pool,
			Time:       a.now,
			// Also where the server's list of acceptable issuers does not fit:
			// some send that of another port.
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil },
		}
	}
}

// Preview says what the certificate for h under label would contain, as
// Client.Preview does, with that authority's issuer.
func (a *ESTAuthority) Preview(ctx context.Context, label string, h Holder, key crypto.PublicKey) (profile.Preview, error) {
	_, p, err := a.label(ctx, label)
	if err != nil {
		return profile.Preview{}, err
	}
	return p.Preview(h.Subject, h.CardValidUntil, key, a.hierarchy.named(a.labels[label].Issuer), a.records.serverNow())
}

// label finds one of our labels and its profile.
func (a *ESTAuthority) label(ctx context.Context, name string) (ESTLabel, *profile.Profile, error) {
	l, ok := a.labels[name]
	if !ok {
		return l, nil, &Error{Op: "find label", Unsent: true, Err: fmt.Errorf("%w: no label %q at this authority", ErrPolicy, name)}
	}
	p, _, err := a.records.profileFor(ctx, name)
	return l, p, err
}

// Enrol sends a request once, with no assertion: nothing could depend on it
// there. Of r it reads Label, CSR, Holder, NotBefore and Resent. Before it, it
// fetches the CA certificates: what is wrong with link or identity shows on a
// request that changes nothing.
func (a *ESTAuthority) Enrol(ctx context.Context, r EnrolRequest) Outcome {
	unsent := func(err error) Outcome { return Outcome{Verdict: Unsent, Err: err} }
	csr, err := parseCSR(r.CSR)
	if err != nil {
		return unsent(err)
	}
	l, p, err := a.label(ctx, r.Label)
	if err != nil {
		return unsent(err)
	}
	if err := a.greet(ctx, l); err != nil {
		return unsent(err)
	}
	answer, err := a.postCSR(ctx, request{path: est.Path(l.Path, est.OpSimpleEnroll), body: r.CSR})
	if err != nil {
		return refusedByEST(r, err)
	}
	if answer.status == http.StatusAccepted {
		return a.pending(answer)
	}
	chain, err := readCerts(answer)
	if err != nil {
		// A certificate was made, and asking again would make another.
		return Outcome{Err: &Error{Op: opEnrol, Status: answer.status, Err: fmt.Errorf("%w: to say again what cannot be read: %v", ErrUnsupported, err)}}
	}
	return a.hierarchy.judge(p, csr, r, chain, l.Issuer, a.records.serverNow())
}

// greet fetches the CA certificates of a label. A server that knows the label
// shows at least one certificate of the hierarchy.
func (a *ESTAuthority) greet(ctx context.Context, l ESTLabel) error {
	chain, err := a.caCerts(ctx, l.Path)
	if err != nil {
		return a.explain(ctx, err)
	}
	known := slices.Concat(a.hierarchy.roots, a.hierarchy.issuers)
	for _, cert := range chain {
		if slices.ContainsFunc(known, cert.Equal) {
			return nil
		}
	}
	return &Error{Op: opCACerts, Err: fmt.Errorf("%w: none of the hierarchy", ErrAnswer)}
}

// refusedByEST turns a failed request into an outcome. What a server says
// about itself has no type of ours: a 4xx refuses these bytes, if they had
// never been sent before. 401 and 403 refuse this counter, whatever it sends
// (kind Counter), and end no attempt.
func refusedByEST(r EnrolRequest, err error) Outcome {
	var e *Error
	if !errors.As(err, &e) {
		return Outcome{Err: err}
	}
	e.Problem = nil // it is not our authority, whatever it calls itself
	out := Outcome{Err: err, RetryAfter: e.RetryAfter}
	switch {
	case e.Unsent:
		out.Verdict = Unsent
	case e.Status < 400 || transient(e.Status):
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden, !r.Resent:
		out.Verdict = Refused
	default:
		e.Err = fmt.Errorf("%w: to say whether it refuses a request or its repetition", ErrUnsupported)
	}
	return out
}

// Lookup is ErrUnsupported.
func (a *ESTAuthority) Lookup(context.Context, EnrolRequest) (Outcome, error) {
	return Outcome{}, &Error{Op: opLookup, Unsent: true, Err: ErrUnsupported}
}

// ChangeStatus is ErrUnsupported.
func (a *ESTAuthority) ChangeStatus(context.Context, StatusRequest) error {
	return &Error{Op: opChangeStatus, Unsent: true, Err: ErrUnsupported}
}

// checkOrigin wants https://host[:port].
func checkOrigin(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("is not https://host:port")
	}
	return nil
}
