package ca

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"salter/ca/est"
)

// link is the way to one server in the name of one TLS identity. It may be
// used from any goroutine and never repeats a request.
type link struct {
	base        string // https://host:port
	version     string // of this program
	certificate func() (*tls.Certificate, error)
	tls         func(*tls.Certificate) *tls.Config
	now         func() time.Time
	timeout     time.Duration // of one request
	http        *http.Client

	offset atomic.Int64 // local minus server time, in nanoseconds, last seen

	mu      sync.Mutex
	session *session // nil: nothing sent yet; guarded by mu
}

// open makes the HTTP client; wrap may be nil.
func (l *link) open(wrap func(http.RoundTripper) http.RoundTripper) {
	var rt http.RoundTripper = sessions{}
	if wrap != nil {
		rt = wrap(rt)
	}
	l.http = &http.Client{
		Transport: rt,
		// A redirect would repeat a request below the journal.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes idle connections.
func (l *link) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != nil {
		l.session.transport.CloseIdleConnections()
	}
}

// serverNow is this machine's time corrected by what the server last said.
func (l *link) serverNow() time.Time {
	return l.now().Add(-time.Duration(l.offset.Load()))
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
func (l *link) do(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
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
		r.session, err = l.present()
	}
	var req *http.Request
	if err == nil {
		req, err = l.build(withSession(ctx, r.session), r)
	}
	if err != nil {
		return nil, &Error{Op: r.op, Unsent: true, Err: err}
	}
	start := l.now()
	resp, err := l.http.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // its text repeats method and address
		}
		return nil, &Error{Op: r.op, Unsent: !written.Load(), Err: err}
	}
	defer resp.Body.Close()
	l.noteTime(resp.Header, start)
	return l.read(r, resp)
}

// build makes the request. The header Idempotency-Key must never be set:
// net/http would take the request for replayable and repeat it by itself.
func (l *link) build(ctx context.Context, r request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, l.base+r.path, bytes.NewReader(r.body))
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
		"User-Agent":    userAgent(l.version),
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
func (l *link) noteTime(h http.Header, start time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	middle := start.Add(l.now().Sub(start) / 2)
	l.offset.Store(int64(middle.Sub(date.Add(time.Second / 2))))
}

// read takes the answer apart: 2xx becomes an answer, all else an *Error.
func (l *link) read(r request, resp *http.Response) (*answer, error) {
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
	e.RetryAfter, _ = est.RetryAfter(resp.Header, l.serverNow()) // 0 without one
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
func (l *link) getJSON(ctx context.Context, op, path string, v any) error {
	a, err := l.do(ctx, request{op: op, method: http.MethodGet, path: path, accept: "application/json", limit: maxJSON})
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
