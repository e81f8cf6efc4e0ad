package main

import (
	"os"
	"path/filepath"
	"testing"

	"salter/app/procedure"
)

// TestPolicyVersion: a file that cannot be read is not taken for none, or an
// older policy would be believed again.
func TestPolicyVersion(t *testing.T) {
	f := policyVersion(filepath.Join(t.TempDir(), "policy.version"))
	for _, step := range []struct{ write, want int }{{0, 0}, {3, 3}, {2, 3}, {4, 4}} {
		if err := f.write(step.write); err != nil {
			t.Fatal(err)
		}
		if got, err := f.read(); err != nil || got != step.want {
			t.Errorf("after %d: got %d, %v, want %d", step.write, got, err, step.want)
		}
	}
	if err := os.WriteFile(string(f), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.read(); err == nil {
		t.Error("a damaged file was read")
	}
	if err := f.write(5); err == nil {
		t.Error("a damaged file was replaced")
	}
}

// TestSignOutForgetsTheKey: nothing is signed in the name of a clerk who left.
func TestSignOutForgetsTheKey(t *testing.T) {
	v := newVisit(t, seams{})
	ring := v.c.keyring
	if _, err := ring.signer(); err != nil {
		t.Fatalf("signed in: %v", err)
	}
	v.do("sign out", v.c.engine.SignOut(v.ctx))
	if _, err := ring.signer(); err == nil || asProblem(err).Code != procedure.CodeSignedOut {
		t.Errorf("after the sign-out: got %v, want %s", err, procedure.CodeSignedOut)
	}
}
