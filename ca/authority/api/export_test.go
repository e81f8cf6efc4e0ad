package api

import "context"

// Routes lists the patterns of both ports.
func Routes() []string {
	patterns := PrivateRoutes()
	for pattern := range new(public).routes() {
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
