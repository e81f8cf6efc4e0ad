package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority"
)

// Limits bounds how many requests are taken in and worked on at a time; what
// comes beyond is answered 503 with a Retry-After. Zero values mean the
// defaults.
type Limits struct {
	// Total is how many are worked on; default 64.
	Total int
	// PerWorkstation is how many of one workstation are taken in: being read,
	// waiting or worked on; default 8.
	PerWorkstation int
	// Bodies is how many bytes of bodies are held for all that are taken in;
	// default 512 MiB.
	Bodies int64
	// Wait is how long a request that was read waits for its turn; default two
	// seconds.
	Wait time.Duration
}

// orDefaults fills in the zero values.
func (l Limits) orDefaults() Limits {
	if l.Total == 0 {
		l.Total = 64
	}
	if l.PerWorkstation == 0 {
		l.PerWorkstation = 8
	}
	if l.Bodies == 0 {
		l.Bodies = 512 << 20
	}
	if l.Wait == 0 {
		l.Wait = 2 * time.Second
	}
	return l
}

// admission lets requests in. A request is read before it takes a place to
// work, so that who sends slowly keeps nobody waiting but himself.
type admission struct {
	limits Limits
	places chan struct{} // one element for each request that is worked on

	mu     sync.Mutex
	bodies int64          // mu; bytes promised to bodies
	by     map[string]int // mu; requests taken in by workstation URI, only those above zero
}

func newAdmission(l Limits) *admission {
	l = l.orDefaults()
	return &admission{limits: l, places: make(chan struct{}, l.Total), by: make(map[string]int)}
}

// run reads the body of r, of at most limit bytes, waits for a place, and calls
// fn.
func (a *admission) run(w http.ResponseWriter, r *http.Request, workstation string, limit int64, fn func() error) error {
	size := r.ContentLength
	if size > limit {
		return authority.Refuse(ca.ProblemTooLarge, "body of %d bytes, at most %d allowed", size, limit)
	}
	if size < 0 { // not told
		size = limit
	}
	if err := a.enter(workstation, size); err != nil {
		return err
	}
	defer a.leave(workstation, size)
	if size > 0 {
		readAhead(w, r, limit)
	}
	if err := a.wait(r.Context()); err != nil {
		return err
	}
	defer func() { <-a.places }()
	return fn()
}

// readAhead reads the body into memory. What is wrong with it is found where
// the handler reads it.
func readAhead(w http.ResponseWriter, r *http.Request, limit int64) {
	// One byte more than allowed, so that the handler sees that it is too much.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit+1))
	var tooLarge *http.MaxBytesError
	if err == nil || errors.As(err, &tooLarge) {
		err = io.EOF
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), broken{err}), r.Body}
}

// broken is what is left of a body: its end, or the error.
type broken struct{ err error }

// Read implements io.Reader.
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// enter takes a request in.
func (a *admission) enter(workstation string, size int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by[workstation] >= a.limits.PerWorkstation || a.bodies+size > a.limits.Bodies {
		return busy("%d requests of this workstation taken in, %d bytes of all", a.by[workstation], a.bodies)
	}
	a.by[workstation]++
	a.bodies += size
	return nil
}

func (a *admission) leave(workstation string, size int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bodies -= size
	if a.by[workstation]--; a.by[workstation] == 0 {
		delete(a.by, workstation)
	}
}

// wait takes a place to work.
func (a *admission) wait(ctx context.Context) error {
	select {
	case a.places <- struct{}{}:
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, a.limits.Wait)
	defer cancel()
	select {
	case a.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return busy("%d requests in work", a.limits.Total)
	}
}

// busy refuses for now. Those who are refused are spread over some seconds, so
// that they do not come back together.
func busy(format string, args ...any) error {
	r := authority.Refuse(ca.ProblemBusy, format, args...)
	r.RetryAfter = time.Second + rand.N(9*time.Second)
	return r
}
