package main

import (
	"crypto/sha256"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/ca"
	"salter/card/virtual"
)

// TestActivationRefused repeats the activation of a certificate whose status
// others have changed since: a suspended one was activated before, a revoked
// one never will be again.
func TestActivationRefused(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	c := v.finish()

	a := v.authority()
	clerk, err := v.c.keyring.signer()
	v.do("find clerk", err)
	change := func(id, op string, reason int) {
		t.Helper()
		v.do(op, v.c.client.ChangeStatus(t.Context(), ca.StatusRequest{
			ID: id, Op: op, Serial: c.Result.Serial, Case: string(c.ID), Reason: reason, Received: time.Now(), Clerk: clerk,
		}))
	}
	activate := procedure.StatusChange{
		ID: "01890a5d-ac96-774b-bcce-b302099a8058", Case: c.ID, Serial: c.Result.Serial,
		Op: procedure.StatusActivate, ReadBack: sha256.Sum256(c.Result.DER),
	}

	change("01890a5d-ac96-774b-bcce-b302099a8059", ca.OpSuspend, 6)
	if err := a.ChangeStatus(t.Context(), activate); err != nil {
		t.Errorf("activate what is suspended: got %v, want nil", err)
	}
	change("01890a5d-ac96-774b-bcce-b302099a805a", ca.OpRevoke, 1)
	if got := asProblem(a.ChangeStatus(t.Context(), activate)); got.Code != procedure.CodeRevoked {
		t.Errorf("activate what is revoked: got %v, want %s", got, procedure.CodeRevoked)
	}
	again := procedure.StatusChange{ID: "01890a5d-ac96-774b-bcce-b302099a805b", Case: c.ID, Serial: "40", Op: procedure.StatusRevoke, Reason: 4}
	if got := asProblem(a.ChangeStatus(t.Context(), again)); got.Code != procedure.CodeRefused {
		t.Errorf("revoke what was never issued: got %v, want %s", got, procedure.CodeRefused)
	}
}
