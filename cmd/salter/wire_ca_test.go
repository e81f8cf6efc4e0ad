package main

import (
	"testing"

	"salter/app/procedure"
	"salter/ca"
)

// TestStatusError: only an activation learns from status-transition that the
// certificate is revoked; to a revocation it says that nothing happened.
func TestStatusError(t *testing.T) {
	transition := &ca.Error{Op: "change status", Problem: &ca.Problem{Type: ca.ProblemPrefix + ca.ProblemTransition}}
	conflict := &ca.Error{Op: "change status", Problem: &ca.Problem{Type: ca.ProblemPrefix + ca.ProblemConflict}}
	for _, tt := range []struct {
		name string
		op   procedure.StatusOp
		err  error
		want procedure.Code
	}{
		{"activate what is revoked", procedure.StatusActivate, transition, procedure.CodeRevoked},
		{"revoke what is not issued", procedure.StatusRevoke, transition, procedure.CodeRefused},
		{"activate another certificate", procedure.StatusActivate, conflict, procedure.CodeRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := asProblem(statusError(tt.op, tt.err)); got.Code != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
	if err := statusError(procedure.StatusActivate, nil); err != nil {
		t.Errorf("success became %v", err)
	}
}
