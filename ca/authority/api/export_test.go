package api

import (
	"context"
	"net/http"
	"time"
)

// Routes lists the patterns of both ports.
func Routes() []string {
	patterns := PrivateRoutes()
	for pattern := range new(public).routes() {
		patterns = append(patterns, pattern)
	}
	for pattern := range new(bootstrap).routes() {
		patterns = append(patterns, pattern)
	}
	return patterns
}

// PrivateRoutes lists the patterns of the API port.
func PrivateRoutes() []string {
	var patterns []string
	for _, r := range new(server).routes() {
		patterns = append(patterns, r.pattern)
	}
	return patterns
}

// Check asks n times for health, one after the other.
func Check(n int, look func() error) []error {
	r, answers := new(readiness), make([]error, n)
	for i := range answers {
		answers[i] = r.check(func(context.Context) error { return look() })
	}
	return answers
}

// Tries shows how wrong codes are counted.
type Tries struct{ *tries }

// NewTries counts by a clock.
func NewTries(now func() time.Time) Tries { return Tries{newTries(now)} }

// Admit, Failed and Len are those of tries.
func (t Tries) Admit(from string) error { return t.admit(from) }

// Failed counts a wrong code.
func (t Tries) Failed(from string) { t.failed(from) }

// Len is how many addresses are remembered.
func (t Tries) Len() int { return len(t.by) }

// NewAdmission is how requests are let in.
func NewAdmission(l Limits) func(w http.ResponseWriter, r *http.Request, workstation string, limit int64, fn func() error) error {
	return newAdmission(l).run
}
