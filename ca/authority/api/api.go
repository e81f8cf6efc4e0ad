package api

import (
	"context"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db"
	"salter/ca/est"
)

// OpenAPI is the contract of both ports.
//
//go:embed openapi.yaml
var OpenAPI []byte

// maxJournalBody bounds the JSON around a full batch of events: base64 adds a
// third, quotes and commas of many small events the rest.
const maxJournalBody = 3 * ca.MaxBatch

// maxStatusBody bounds a status change or a contract with its signature.
const maxStatusBody = 32 << 10

// handler is a route of the API port.
type handler func(w http.ResponseWriter, r *http.Request, c authority.Caller) error

type server struct {
	authority *authority.Authority
	log       *slog.Logger
}

// route is one line of a mux.
type route struct {
	pattern string
	handle  handler
}

func (s *server) routes() []route {
	return []route{
		{"GET " + ca.PathEST + "{label}/" + est.OpCACerts, s.cacerts},
		{"GET " + ca.PathEST + "{label}/" + est.OpCSRAttrs, s.csrattrs},
		{"POST " + ca.PathEST + "{label}/" + est.OpSimpleEnroll, s.enrol},
		{"POST " + ca.PathEST + "{label}/" + est.OpSimpleReenroll, s.reenrol},
		{"GET " + ca.PathPolicy, s.policy},
		{"GET " + ca.PathIssuances + "{csr_sha256}", s.lookup},
		{"GET " + ca.PathJournal + "{workstation}", s.head},
		{"POST " + ca.PathJournal + "{workstation}", s.push},
		{"PUT " + ca.PathBlobs + "{sha256}", s.blob},
		{"PUT " + ca.PathStatusChange + "{uuid}", s.status},
		{"GET " + ca.PathCertificates + "{serial}", s.certificate},
		{"GET " + ca.PathContracts + "{contract}", s.contract},
		{"PUT " + ca.PathContracts + "{contract}", s.putContract},
		{"POST " + ca.PathContractSearch, s.searchContracts},
		{"PUT " + ca.PathContractEnds + "{uuid}", s.endContract},
		{"POST " + ca.PathRegisterSearch, s.searchRegister},
		{"POST " + ca.PathCaseSearch, s.searchCases},
		{"GET " + ca.PathApprovals, s.pending},
		{"PUT " + ca.PathApprovals + "/{uuid}", s.decide},
	}
}

// New returns the handler of the API port. It must only be served over the
// TLS configuration of the authority: the client certificate is the identity.
func New(a *authority.Authority, log *slog.Logger, limits Limits) http.Handler {
	s := &server{authority: a, log: log}
	admission := newAdmission(limits)
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.serve(r.handle, admission))
	}
	other := s.serve(func(http.ResponseWriter, *http.Request, authority.Caller) error {
		return authority.Refuse(ca.ProblemNotFound, "no such route")
	}, admission)
	mux.Handle("/", other)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would answer other spellings of a path itself, with a
		// redirect: nobody here follows one, and nobody is answered unasked.
		if p := r.URL.EscapedPath(); p != path.Clean(p) || p == "*" {
			other.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve wraps a route: who calls, is there room, what came of it.
func (s *server) serve(h handler, admission *admission) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		status := &statusWriter{ResponseWriter: w}
		caller, err := caller(r)
		if err == nil {
			err = admission.run(status, r, caller.URI, bodyLimit(r.Pattern), func() error { return h(status, r, caller) })
		}
		if err != nil {
			s.fail(status, r, err)
		}
		// The pattern, not the path: a path may name a request.
		s.log.Info("request", "route", r.Pattern, "status", status.code, "caller", caller.URI,
			"ms", time.Since(start).Milliseconds())
	})
}

// bodyLimit is the largest body that any request of a route has; the handler
// knows better what it expects.
func bodyLimit(pattern string) int64 {
	if pattern == "PUT "+ca.PathBlobs+"{sha256}" {
		return ca.MaxBlob
	}
	return maxJournalBody
}

// caller reads the identity from the verified client certificate.
func caller(r *http.Request) (authority.Caller, error) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return authority.Caller{}, authority.Refuse(ca.ProblemWorkstation, "no verified client certificate")
	}
	return authority.CallerOf(r.TLS.VerifiedChains[0][0])
}

// statusWriter remembers the status of the answer.
type statusWriter struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// fail answers an error: a refusal by its problem, anything else as 500 with
// nothing of the inside in it.
func (s *server) fail(w *statusWriter, r *http.Request, err error) {
	if w.code != 0 {
		s.log.Error("answer broken off", "route", r.Pattern, "error", err)
		return
	}
	problem := ca.Problem{Type: "about:blank", Title: "internal error", Status: http.StatusInternalServerError}
	var refusal *authority.Refusal
	if errors.Is(err, db.ErrText) { // whatever member it came in
		err = authority.Refuse(ca.ProblemBadRequest, "text is not UTF-8, or holds a NUL character")
	}
	switch {
	case errors.As(err, &refusal):
		problem = refusal.Problem
		if refusal.RetryAfter > 0 {
			est.SetRetryAfter(w.Header(), refusal.RetryAfter)
		}
		level := slog.LevelInfo
		if r.TLS == nil { // the public port: anybody could fill the log
			level = slog.LevelDebug
		}
		s.log.Log(r.Context(), level, "refused", "route", r.Pattern, "problem", refusal.Name(), "detail", refusal.Problem.Detail)
	case errors.Is(err, context.Canceled):
		s.log.Info("client went away", "route", r.Pattern)
	default:
		s.log.Error("request failed", "route", r.Pattern, "error", err)
	}
	writeProblem(w, problem)
}

func writeProblem(w http.ResponseWriter, p ca.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client's end is gone if this fails
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

// readBody reads at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, authority.Refuse(ca.ProblemTooLarge, "body of more than %d bytes", limit)
	}
	if err != nil {
		return nil, authority.Refuse(ca.ProblemBadRequest, "body was cut")
	}
	return body, nil
}

// readJSON decodes one JSON value.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	body, err := readBody(w, r, limit)
	if err != nil {
		return err
	}
	if err := ca.DecodeJSON(body, v); err != nil {
		return authority.Refuse(ca.ProblemBadRequest, "body is not the JSON expected")
	}
	return nil
}

// parseChain parses DER certificates of our own making.
func parseChain(ders [][]byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, der := range ders {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

// clientVersion reads the version from User-Agent: Salter/1.2.3.
func clientVersion(r *http.Request) string {
	product, _, _ := strings.Cut(r.UserAgent(), " ")
	version, _ := strings.CutPrefix(product, "Salter/")
	return version
}
