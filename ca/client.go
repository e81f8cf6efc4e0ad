package ca

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limits of answers, in bytes.
const (
	maxProblem = 64 << 10
	maxJSON    = 1 << 20
)

// DefaultTimeout bounds one request and its answer.
const DefaultTimeout = 30 * time.Second

// MaxClockDrift is how far this machine's clock may be off for an issuance.
const MaxClockDrift = 5 * time.Minute

// Config is what a Client is made of.
type Config struct {
	// Trust is the opened bundle of this workstation.
	Trust *Trust
	// Certificate returns the workstation's TLS certificate with its P-256
	// key; asked for at every request, so that a renewed one needs no restart:
	// with another certificate the client begins new connections. The key
	// signs the RA-Assertions too.
	Certificate func() (*tls.Certificate, error)
	// Version of this program, for instance 1.4.0; the authority may demand a
	// newer one. Empty: not compared.
	Version string
	// PolicyVersion is the highest policy version seen in earlier runs; a
	// lower one is never accepted.
	PolicyVersion int
	// Now is this machine's clock; nil: time.Now.
	Now func() time.Time
	// Timeout of one request; 0: DefaultTimeout.
	Timeout time.Duration
	// Wrap, if set, stands between the client and its transport; tests put
	// faults there.
	Wrap func(http.RoundTripper) http.RoundTripper
}

// Client talks to one authority in the name of one workstation. It may be
// used from any goroutine. It never retries: what to do after a failure
// depends on the journal, which it does not see.
type Client struct {
	link
	cfg Config

	policyMu sync.Mutex
	policy   *policyState // nil: none fetched yet; guarded by policyMu
}

// NewClient prepares a client; nothing is sent.
func NewClient(cfg Config) (*Client, error) {
	if cfg.Trust == nil || cfg.Certificate == nil {
		return nil, errors.New("make client: trust bundle or certificate is missing")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	c := &Client{cfg: cfg}
	c.link = link{
		base: cfg.Trust.API, version: cfg.Version, certificate: cfg.Certificate, tls: c.tlsConfig, now: cfg.Now, timeout: cfg.Timeout,
	}
	c.open(cfg.Wrap)
	return c, nil
}

// tlsConfig demands TLS 1.3, the infrastructure CA, and a pinned key in the
// verified chain. VerifyConnection runs on resumption too, and VerifiedChains,
// unlike PeerCertificates, holds nothing that the peer merely appended.
func (c *Client) tlsConfig(cert *tls.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	for _, cert := range c.cfg.Trust.Infrastructure {
		roots.AddCert(cert)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    roots,
		Time:       c.cfg.Now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return cert, nil
		},
		VerifyConnection: func(s tls.ConnectionState) error {
			if !pinned(s.VerifiedChains, c.pins()) {
				return ErrPin
			}
			return nil
		},
	}
}

// pins are those of the newest verified policy, else of the bundle.
func (c *Client) pins() [][sha256.Size]byte {
	c.policyMu.Lock()
	defer c.policyMu.Unlock()
	if c.policy != nil {
		return c.policy.pins
	}
	return c.cfg.Trust.pins
}

func pinned(chains [][]*x509.Certificate, pins [][sha256.Size]byte) bool {
	for _, chain := range chains {
		for _, cert := range chain {
			if slices.Contains(pins, sha256.Sum256(cert.RawSubjectPublicKeyInfo)) {
				return true
			}
		}
	}
	return false
}

// untrustedServer reports whether the server's certificate was refused by us.
func untrustedServer(err error) bool {
	var verification *tls.CertificateVerificationError
	return errors.As(err, &verification) || errors.Is(err, ErrPin)
}
