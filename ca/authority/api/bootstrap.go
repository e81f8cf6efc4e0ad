package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority"
)

// maxEnrolmentBody bounds a request with its proof.
const maxEnrolmentBody = 2 * ca.MaxCSR

// bootstrap is the port for workstations that have no certificate yet.
type bootstrap struct {
	server
	tries *tries
}

// Bootstrap returns the handler of the bootstrap port, over
// Authority.BootstrapTLS: one route that takes a one-time code, few requests at
// a time, and from an address that tries wrong codes nothing for a while.
func Bootstrap(a *authority.Authority, log *slog.Logger) http.Handler {
	b := &bootstrap{server: server{authority: a, log: log}, tries: newTries(time.Now)}
	mux := http.NewServeMux()
	for pattern, handle := range b.routes() {
		mux.Handle(pattern, b.serve(handle, newAdmission(Limits{Total: 8, PerWorkstation: 2})))
	}
	return mux
}

func (b *bootstrap) routes() map[string]handler {
	return map[string]handler{"POST " + ca.PathEnrolment: b.enrolByCode}
}

// serve wraps a route like that of server; who calls is known by his address
// only.
func (b *bootstrap) serve(h handler, admission *admission) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := &statusWriter{ResponseWriter: w}
		from, _, err := net.SplitHostPort(r.RemoteAddr)
		if err == nil {
			err = b.tries.admit(from)
		}
		if err == nil {
			err = admission.run(status, r, from, maxEnrolmentBody, func() error { return h(status, r, authority.Caller{}) })
		}
		if wrongCode(err) {
			b.tries.failed(from)
			w.Header().Set("WWW-Authenticate", `Basic realm="enrolment"`)
		}
		if err != nil {
			b.fail(status, r, err)
		}
		b.log.Info("enrolment", "from", from, "status", status.code)
	})
}

func wrongCode(err error) bool {
	var refusal *authority.Refusal
	return errors.As(err, &refusal) && refusal.Name() == ca.ProblemCode
}

func (b *bootstrap) enrolByCode(w http.ResponseWriter, r *http.Request, _ authority.Caller) error {
	workstation, password, _ := r.BasicAuth()
	code, err := ca.ParseEnrolmentCode(password)
	if err != nil {
		return authority.Refuse(ca.ProblemCode, "no code, or one with a slip of the pen")
	}
	var request ca.EnrolmentRequest
	if err := readJSON(w, r, maxEnrolmentBody, &request); err != nil {
		return err
	}
	if request.Workstation != workstation {
		return authority.Refuse(ca.ProblemBadRequest, "request and user name are of two workstations")
	}
	response, err := b.authority.EnrolByCode(context.WithoutCancel(r.Context()), code, request)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, response)
}

// How many wrong codes an address may try in how long, and how many addresses
// are remembered.
const (
	maxTries   = 5
	triesTime  = time.Minute
	maxTriers  = 1024
	manyTriers = "" // stands for all addresses beyond
)

// tries counts wrong codes by address.
type tries struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]triedBy // mu
}

type triedBy struct {
	times int
	since time.Time
}

func newTries(now func() time.Time) *tries { return &tries{now: now, by: make(map[string]triedBy)} }

// admit refuses an address that has tried too often.
func (t *tries) admit(from string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	tried := t.by[t.known(from)]
	if left := tried.since.Add(triesTime).Sub(t.now()); tried.times >= maxTries && left > 0 {
		r := authority.Refuse(ca.ProblemBusy, "too many wrong codes from this address")
		r.RetryAfter = left
		return r
	}
	return nil
}

// failed counts a wrong code.
func (t *tries) failed(from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.by) >= maxTriers {
		for other, tried := range t.by {
			if t.now().Sub(tried.since) >= triesTime {
				delete(t.by, other)
			}
		}
	}
	from = t.known(from)
	tried := t.by[from]
	if t.now().Sub(tried.since) >= triesTime {
		tried = triedBy{since: t.now()}
	}
	tried.times++
	t.by[from] = tried
}

// known is the address under which it is counted; under mu.
func (t *tries) known(from string) string {
	if _, ok := t.by[from]; !ok && len(t.by) >= maxTriers {
		return manyTriers
	}
	return from
}
