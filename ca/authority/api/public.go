package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/est"
)

type public struct {
	authority *authority.Authority
	ready     readiness
}

// readyTime is how long an answer about health stands. Anybody may ask, and
// each look takes the database from those who work.
const readyTime = time.Second

// readiness is the last look.
type readiness struct {
	mu  sync.Mutex
	at  time.Time // mu
	err error     // mu
}

func (r *readiness) check(look func(context.Context) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < readyTime {
		return r.err
	}
	// Not the asker's own context: the answer is for the others, too.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r.err = look(ctx)
	r.at = time.Now()
	return r.err
}

func (p *public) routes() map[string]func(http.ResponseWriter, *http.Request) error {
	return map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /healthz":       p.health,
		"GET /ca/{file}":     p.certificate,
		"GET /crl/{file}":    p.list,
		"POST /ocsp/{label}": p.ocsp,
		ocspInPath:           p.ocspInPath,
		"GET " + ca.PathEST + "{label}/" + est.OpCACerts: func(w http.ResponseWriter, r *http.Request) error {
			return writeChain(p.authority, w, r)
		},
	}
}

// Public returns the handler of the public port: certificates of the CAs and
// health, no personal data, plain HTTP.
func Public(a *authority.Authority, log *slog.Logger) http.Handler {
	p := &public{authority: a}
	s := &server{authority: a, log: log}
	mux := http.NewServeMux()
	routes := make(map[string]http.Handler)
	for pattern, handle := range p.routes() {
		routes[pattern] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			status := &statusWriter{ResponseWriter: w}
			if err := handle(status, r); err != nil {
				s.fail(status, r, err)
			}
		})
		mux.Handle(pattern, routes[pattern])
	}
	return ocspPaths(mux, routes[ocspInPath])
}

func (p *public) health(w http.ResponseWriter, _ *http.Request) error {
	if err := p.ready.check(p.authority.Ready); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// certificate serves {label}.cer, the address of caIssuers (RFC 5280 4.2.2.1:
// one DER certificate), and root.cer; workstation.cer is the machines' CA.
func (p *public) certificate(w http.ResponseWriter, r *http.Request) error {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".cer")
	if !ok {
		return authority.Refuse(ca.ProblemNotFound, "no such certificate")
	}
	label, index := name, 0
	if name == "root" {
		label, index = ca.LabelCitizen, 1
	}
	chain, err := p.authority.Chain(label)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pkix-cert")
	_, err = w.Write(chain[index].Raw)
	return err
}
