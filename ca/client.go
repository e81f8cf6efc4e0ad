package ca

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"salter/ca/est"
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
	cfg  Config
	http *http.Client

	offset atomic.Int64 // local minus server time, in nanoseconds, last seen

	mu      sync.Mutex
	policy  *policyState // nil: none fetched yet; guarded by mu
	session *session     // nil: nothing sent yet; guarded by mu
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
	var rt http.RoundTripper = sessions{}
	if cfg.Wrap != nil {
		rt = cfg.Wrap(rt)
	}
	return &Client{cfg: cfg, http: &http.Client{
		Transport: rt,
		// A redirect would repeat a request below the journal.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close closes idle connections.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != nil {
		c.session.transport.CloseIdleConnections()
	}
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
	c.mu.Lock()
	defer c.mu.Unlock()
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

// serverNow is this machine's time corrected by what the server last said.
func (c *Client) serverNow() time.Time {
	return c.cfg.Now().Add(-time.Duration(c.offset.Load()))
}

// request is one call of the API.
type request struct {
	op          string // for errors
	method      string
	path        string // escaped
	contentType string
	accept      string
	assertion   string
	body        []byte
	limit       int64    // of the answer's body
	once        bool     // net/http may not repeat it, not even where that is harmless
	session     *session // that of the assertion; nil: the present one
}

// answer is a success: status 2xx.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends r once. Every failure is an *Error; its Unsent is true only if
// nothing of the request was written.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var written atomic.Bool
	wrote := func() { written.Store(true) }
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The earliest sign of life of the request itself. What comes before
		// (dialling, TLS) cannot have reached the authority's application.
		WroteHeaderField: func(string, []string) { wrote() },
		WroteHeaders:     wrote,
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				wrote()
			}
		},
	})
	var err error
	if r.session == nil {
		r.session, err = c.present()
	}
	var req *http.Request
	if err == nil {
		req, err = c.build(withSession(ctx, r.session), r)
	}
	if err != nil {
		return nil, &Error{Op: r.op, Unsent: true, Err: err}
	}
	start := c.cfg.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // its text repeats method and address
		}
		return nil, &Error{Op: r.op, Unsent: !written.Load(), Err: err}
	}
	defer resp.Body.Close()
	c.noteTime(resp.Header, start)
	return c.read(r, resp)
}

// build makes the request. The header Idempotency-Key must never be set:
// net/http would take the request for replayable and repeat it by itself.
func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.cfg.Trust.API+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	if r.once {
		req.GetBody = nil
	}
	for name, value := range map[string]string{
		"Content-Type":  r.contentType,
		"Accept":        r.accept,
		HeaderAssertion: r.assertion,
		"User-Agent":    userAgent(c.cfg.Version),
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	return req, nil
}

func userAgent(version string) string {
	if version == "" {
		return "Salter"
	}
	return "Salter/" + version
}

// noteTime records how far this machine's clock is from the server's Date,
// which has whole seconds, at the middle of the exchange.
func (c *Client) noteTime(h http.Header, start time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	middle := start.Add(c.cfg.Now().Sub(start) / 2)
	c.offset.Store(int64(middle.Sub(date.Add(time.Second / 2))))
}

// read takes the answer apart: 2xx becomes an answer, all else an *Error.
func (c *Client) read(r request, resp *http.Response) (*answer, error) {
	limit := r.limit
	if resp.StatusCode/100 != 2 {
		limit = maxProblem
	}
	body, err := readAll(resp.Body, limit)
	if resp.StatusCode/100 == 2 {
		if err != nil {
			return nil, &Error{Op: r.op, Status: resp.StatusCode, Err: err}
		}
		return &answer{resp.StatusCode, resp.Header, body}, nil
	}
	e := &Error{Op: r.op, Status: resp.StatusCode}
	e.RetryAfter, _ = est.RetryAfter(resp.Header, c.serverNow()) // 0 without one
	if err == nil {
		e.Problem = parseProblem(resp.Header.Get("Content-Type"), body)
	}
	return nil, e
}

// readAll reads at most limit bytes; more is ErrAnswer.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("read answer: %w: more than %d bytes", ErrAnswer, limit)
	}
	return body, nil
}

// parseProblem returns a problem of ours, or nil: what a server that is not
// ours says about itself decides nothing. The detail is cut and made plain,
// for it goes to logs.
func parseProblem(contentType string, body []byte) *Problem {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "application/problem+json" {
		return nil
	}
	p := new(Problem)
	if err := DecodeJSON(body, p); err != nil || p.Name() == "" {
		return nil
	}
	p.Detail = plain(p.Detail)
	return p
}

// maxDetail is how much of a detail is kept, in characters.
const maxDetail = 300

func plain(s string) string {
	var out []rune
	for _, r := range s {
		if r < ' ' || r == 0x7F {
			r = ' '
		}
		if out = append(out, r); len(out) == maxDetail {
			break
		}
	}
	return string(out)
}

// getJSON fetches path into v.
func (c *Client) getJSON(ctx context.Context, op, path string, v any) error {
	a, err := c.do(ctx, request{op: op, method: http.MethodGet, path: path, accept: "application/json", limit: maxJSON})
	if err != nil {
		return err
	}
	return a.decode(op, v)
}

func (a *answer) decode(op string, v any) error {
	if err := DecodeJSON(a.body, v); err != nil {
		return &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: %w", ErrAnswer, err)}
	}
	return nil
}
