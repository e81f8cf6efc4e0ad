package ca

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"

	"salter/ca/est"
)

// CACerts fetches the CA certificates of a label (EST cacerts). They are
// compared with the bundle, never adopted: a certificate that is not in it is
// ErrAnswer.
func (c *Client) CACerts(ctx context.Context, label string) ([]*x509.Certificate, error) {
	chain, err := c.caCerts(ctx, label)
	if err != nil {
		return nil, err
	}
	known := slices.Concat(c.cfg.Trust.Roots, c.cfg.Trust.Issuers)
	for _, cert := range chain {
		if !slices.ContainsFunc(known, cert.Equal) {
			return nil, &Error{Op: opCACerts, Err: fmt.Errorf("%w: %q is not in the trust bundle", ErrAnswer, cert.Subject.CommonName)}
		}
	}
	return chain, nil
}

const opCACerts = "fetch CA certificates"

// caCerts fetches the CA certificates of a label as they come.
func (l *link) caCerts(ctx context.Context, label string) ([]*x509.Certificate, error) {
	a, err := l.do(ctx, request{op: opCACerts, method: http.MethodGet, path: est.Path(label, est.OpCACerts), limit: maxJSON})
	if err != nil {
		return nil, err
	}
	der, err := est.DecodeBase64(bytes.NewReader(a.body), est.MaxCertsOnly)
	if err == nil {
		var chain []*x509.Certificate
		if chain, err = est.ParseCertsOnly(der); err == nil {
			return chain, nil
		}
	}
	return nil, &Error{Op: opCACerts, Status: a.status, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
}

// CSRAttrs fetches what the authority wants to see in requests under a label
// (EST csrattrs); the zero value if it asks for nothing.
func (c *Client) CSRAttrs(ctx context.Context, label string) (est.CSRAttrs, error) {
	const op = "fetch CSR attributes"
	a, err := c.do(ctx, request{op: op, method: http.MethodGet, path: est.Path(label, est.OpCSRAttrs), limit: maxJSON})
	if err != nil {
		return est.CSRAttrs{}, err
	}
	if a.status == http.StatusNoContent {
		return est.CSRAttrs{}, nil
	}
	der, err := est.DecodeBase64(bytes.NewReader(a.body), est.MaxCSRAttrs)
	if err != nil {
		return est.CSRAttrs{}, &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
	}
	attrs, err := est.ParseCSRAttrs(der)
	if err != nil {
		return est.CSRAttrs{}, &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
	}
	return attrs, nil
}
