package main

import (
	"errors"
	"testing"

	"salter/app/procedure"
	"salter/store"
)

// TestStoreError: what the core itself found in a replay keeps its code, or a
// damaged journal would look like one that cannot be written for a moment.
func TestStoreError(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want procedure.Code
	}{
		{"found by the core", errors.Join(&procedure.Error{Code: procedure.CodeUpgrade}), procedure.CodeUpgrade},
		{"found by the store", store.ErrCorrupt, procedure.CodeTampered},
		{"another history", store.ErrFork, procedure.CodeFork},
		{"anything else", errors.New("disk"), procedure.CodeJournal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := asProblem(storeError(tt.err)); got.Code != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
