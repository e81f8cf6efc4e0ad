package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"

	"salter/app/procedure"
	"salter/ca"
	"salter/ca/profile"
)

// certifier is where the certificates come from: the authority that holds the
// records, or another one that speaks EST alone. ca.ErrUnsupported is a legal
// answer of Lookup and ChangeStatus.
type certifier interface {
	Preview(ctx context.Context, label string, h ca.Holder, key crypto.PublicKey) (profile.Preview, error)
	Enrol(ctx context.Context, r ca.EnrolRequest) ca.Outcome
	Lookup(ctx context.Context, r ca.EnrolRequest) (ca.Outcome, error)
	ChangeStatus(ctx context.Context, r ca.StatusRequest) error
}

// estIssuer is the other authority of the settings, read and checked.
type estIssuer struct {
	anchors []*x509.Certificate // of certificates and server
	digest  string              // SHA-256 over the anchors, hex
	config  ca.ESTConfig
}

// readESTIssuer reads the anchors of the other authority; nil without one.
func readESTIssuer(s Settings) (*estIssuer, error) {
	a := s.Authority
	if a.EST == "" {
		return nil, nil
	}
	anchors, err := readCertificates("authority.anchors", a.Anchors)
	if err != nil {
		return nil, err
	}
	e := &estIssuer{anchors: anchors, config: ca.ESTConfig{URL: a.EST, ServerRoots: anchors, Labels: map[string]ca.ESTLabel{
		ca.LabelCitizen:   {Path: a.CitizenLabel, Issuer: a.CitizenIssuer},
		ca.LabelForeigner: {Path: a.ForeignerLabel, Issuer: a.ForeignerIssuer},
	}}}
	for _, c := range anchors {
		if bytes.Equal(c.RawSubject, c.RawIssuer) {
			e.config.Roots = append(e.config.Roots, c)
		} else {
			e.config.Issuers = append(e.config.Issuers, c)
		}
	}
	if a.ServerAnchors != "" {
		if e.config.ServerRoots, err = readCertificates("authority.server_anchors", a.ServerAnchors); err != nil {
			return nil, err
		}
		e.anchors = append(e.anchors, e.config.ServerRoots...)
	}
	sum := sha256.New()
	for _, c := range e.anchors {
		sum.Write(c.Raw)
	}
	e.digest = hex.EncodeToString(sum.Sum(nil))
	return e, nil
}

// readCertificates reads a file of certificates in PEM.
func readCertificates(key, path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read %s: %s holds no certificate in PEM", key, path)
	}
	return all, nil
}

// certificates are all that is believed of it.
func (e *estIssuer) certificates() []*x509.Certificate {
	if e == nil {
		return nil
	}
	return e.anchors
}

// settings is what the journal records of the anchors beside their paths.
func (e *estIssuer) settings() []procedure.Setting {
	if e == nil {
		return nil
	}
	return []procedure.Setting{{Key: "authority.anchors.sha256", Value: e.digest}}
}

// open makes the client for it. It shows the counter's own certificate, which
// that authority has to know as a registration authority's.
func (e *estIssuer) open(records *ca.Client, certificate func() (*tls.Certificate, error), wrap func(http.RoundTripper) http.RoundTripper) (certifier, error) {
	if e == nil {
		return records, nil
	}
	cfg := e.config
	cfg.Records, cfg.Certificate, cfg.Wrap = records, certificate, wrap
	client, err := ca.NewESTAuthority(cfg)
	if err != nil {
		return nil, fmt.Errorf("open authority.est: %w", err)
	}
	return client, nil
}
