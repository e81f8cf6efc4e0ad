package est

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/smallstep/pkcs7"

	"salter/card/sod/cms"
)

// Limits of a certs-only message.
const (
	MaxCertsOnly    = 64 << 10 // bytes
	MaxCertificates = 32
)

// EncodeCertsOnly returns the degenerate PKCS#7 SignedData (DER) that carries
// chain, in this order (RFC 7030 4.1.3, RFC 5652 5).
func EncodeCertsOnly(chain []*x509.Certificate) ([]byte, error) {
	if len(chain) == 0 {
		return nil, errors.New("encode certs-only: no certificate")
	}
	var raw []byte
	for _, c := range chain {
		raw = append(raw, c.Raw...)
	}
	der, err := pkcs7.DegenerateCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("encode certs-only: %w", err)
	}
	return der, nil
}

// ParseCertsOnly returns the certificates of a degenerate PKCS#7 SignedData in
// the order of the message, which means nothing (RFC 5652 5.1): LeafFirst puts
// them in order.
func ParseCertsOnly(der []byte) ([]*x509.Certificate, error) {
	if len(der) > MaxCertsOnly {
		return nil, ErrTooLarge
	}
	p7, err := cms.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("parse certs-only: %w", err)
	}
	switch {
	case len(p7.Certificates) == 0:
		return nil, errors.New("parse certs-only: no certificate")
	case len(p7.Certificates) > MaxCertificates:
		return nil, fmt.Errorf("parse certs-only: %d certificates, at most %d allowed", len(p7.Certificates), MaxCertificates)
	case len(p7.Signers) > 0:
		return nil, errors.New("parse certs-only: message is signed")
	}
	return p7.Certificates, nil
}

// LeafFirst returns chain with its end-entity certificate first, followed by
// the issuers found by name, and leaves out what does not belong. A message
// with no certificate that is not a CA's, or with several, is an error.
func LeafFirst(chain []*x509.Certificate) ([]*x509.Certificate, error) {
	var leaf *x509.Certificate
	for _, c := range chain {
		if c.IsCA {
			continue
		}
		if leaf != nil && !leaf.Equal(c) {
			return nil, errors.New("order chain: several end-entity certificates")
		}
		leaf = c
	}
	if leaf == nil {
		return nil, errors.New("order chain: no end-entity certificate")
	}
	out := []*x509.Certificate{leaf}
	for last := leaf; len(out) <= len(chain); {
		next := issuerOf(last, chain)
		if next == nil || next.Equal(last) {
			break
		}
		out = append(out, next)
		last = next
	}
	return out, nil
}

func issuerOf(c *x509.Certificate, pool []*x509.Certificate) *x509.Certificate {
	for _, p := range pool {
		if string(p.RawSubject) == string(c.RawIssuer) && c.CheckSignatureFrom(p) == nil {
			return p
		}
	}
	return nil
}
