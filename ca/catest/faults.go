package catest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
)

// Fault is what a network does to one request.
type Fault int

// The faults. ResponseLost, Duplicated and Truncated happen after the server
// has processed the request.
const (
	None         Fault = iota
	RequestLost        // nothing arrives
	ResponseLost       // processed, the answer is lost
	Duplicated         // arrives twice, the second answer comes back
	Unavailable        // answered 503 with Retry-After by something in between
	Truncated          // the answer breaks off in its body
	faultCount
)

// ErrFault is wrapped in every error made by Faults.
var ErrFault = errors.New("network fault")

// Faults is a RoundTripper with a bad network behind it. It may be used from
// any goroutine; the fields are set before.
type Faults struct {
	Next http.RoundTripper
	// Match selects the requests that can suffer; nil: all.
	Match func(*http.Request) bool
	// Script is what happens to the matching requests in order; when it is
	// used up, Rate decides.
	Script []Fault
	// Rate is the probability of a random fault after the script.
	Rate float64

	mu   sync.Mutex
	rand *rand.Rand // mu
	used int        // mu; of Script
	seen int        // mu
}

// NewFaults returns Faults over next whose random choices depend on seed only.
func NewFaults(next http.RoundTripper, seed uint64) *Faults {
	return &Faults{Next: next, rand: rand.New(rand.NewPCG(seed, seed))}
}

// Seen counts the matching requests so far.
func (f *Faults) Seen() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func (f *Faults) draw() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	if f.used < len(f.Script) {
		f.used++
		return f.Script[f.used-1]
	}
	if f.Rate == 0 || f.rand.Float64() >= f.Rate {
		return None
	}
	return 1 + Fault(f.rand.IntN(int(faultCount)-1))
}

// RoundTrip implements http.RoundTripper.
func (f *Faults) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.Match != nil && !f.Match(r) {
		return f.Next.RoundTrip(r)
	}
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	send := func() (*http.Response, error) {
		again := r.Clone(r.Context())
		again.Body, again.GetBody = io.NopCloser(bytes.NewReader(body)), nil
		return f.Next.RoundTrip(again)
	}
	switch f.draw() {
	case RequestLost:
		return nil, ErrFault
	case Unavailable:
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Status: "503 Service Unavailable",
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Retry-After": {"1"}},
			Body: http.NoBody, Request: r}, nil
	case ResponseLost:
		if err := discard(send()); err != nil {
			return nil, err
		}
		return nil, ErrFault
	case Duplicated:
		if err := discard(send()); err != nil {
			return nil, err
		}
		return send()
	case Truncated:
		return truncate(send())
	}
	return send()
}

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

func discard(r *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return errors.Join(err, r.Body.Close())
}

// truncate cuts the body in half and breaks off.
func truncate(r *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	return r, nil
}

// broken is a body that ends in an error.
type broken struct{}

// Read implements io.Reader.
func (broken) Read([]byte) (int, error) { return 0, errors.Join(ErrFault, io.ErrUnexpectedEOF) }
