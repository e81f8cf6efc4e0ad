package api

import (
	"math/rand/v2"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority"
)

// Limits bounds how many requests are worked on at a time; what comes beyond
// is answered 503 with a Retry-After. Zero values mean the defaults.
type Limits struct {
	Total          int // default 64
	PerWorkstation int // default 8
}

// admission counts the requests in work.
type admission struct {
	limits Limits
	mu     sync.Mutex
	total  int            // mu
	by     map[string]int // mu; by workstation URI, only those above zero
}

func newAdmission(l Limits) *admission {
	if l.Total == 0 {
		l.Total = 64
	}
	if l.PerWorkstation == 0 {
		l.PerWorkstation = 8
	}
	return &admission{limits: l, by: make(map[string]int)}
}

// run calls fn if there is a place for it. Refused clients are spread over a
// few seconds, so that they do not come back together.
func (a *admission) run(workstation string, fn func() error) error {
	if err := a.enter(workstation); err != nil {
		return err
	}
	defer a.leave(workstation)
	return fn()
}

func (a *admission) enter(workstation string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.total >= a.limits.Total || a.by[workstation] >= a.limits.PerWorkstation {
		r := authority.Refuse(ca.ProblemBusy, "%d requests in work, %d of this workstation", a.total, a.by[workstation])
		r.RetryAfter = time.Second + rand.N(4*time.Second)
		return r
	}
	a.total++
	a.by[workstation]++
	return nil
}

func (a *admission) leave(workstation string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	if a.by[workstation]--; a.by[workstation] == 0 {
		delete(a.by, workstation)
	}
}
