package authority_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// TestEnrolmentCodes: what a code admits, and what it does not.
func TestEnrolmentCodes(t *testing.T) {
	clock := time.Now()
	a := catest.Start(t, catest.Config{Now: func() time.Time { return clock }}).Authority
	newCode := func() ca.EnrolmentCode {
		t.Helper()
		made, err := a.EnrolmentCode(t.Context(), "BG-017-03", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		code, err := ca.ParseEnrolmentCode(made.Code)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	keys := func(name string) *ca.WorkstationKeys {
		t.Helper()
		k, err := ca.NewWorkstationKeys(name)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	enrol := func(code ca.EnrolmentCode, k *ca.WorkstationKeys) (ca.EnrolmentResponse, error) {
		t.Helper()
		request, err := k.Request()
		if err != nil {
			t.Fatal(err)
		}
		return a.EnrolByCode(t.Context(), code, request)
	}
	refused := func(name string, err error) {
		t.Helper()
		var refusal *authority.Refusal
		if !errors.As(err, &refusal) || refusal.Name() != ca.ProblemCode {
			t.Errorf("%s: got %v, want %s", name, err, ca.ProblemCode)
		}
	}

	lost := newCode()
	clock = clock.Add(time.Second)
	mine, code := keys("BG-017-03"), newCode()
	_, err := enrol(lost, mine)
	refused("a code in whose place another was made", err)
	_, err = enrol(code, keys("BG-017-04"))
	refused("another workstation's code", err)
	_, err = enrol(ca.EnrolmentCode{Pin: code.Pin}, mine)
	refused("a code that nobody made", err)
	first, err := enrol(code, mine)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := mine.Accept(first, clock); err != nil {
		t.Errorf("accept: %v", err)
	}
	again, err := enrol(code, mine)
	if err != nil || !bytes.Equal(again.Chain[0], first.Chain[0]) {
		t.Errorf("the same key again: got %v, want the same certificate", err)
	}
	_, err = enrol(code, keys("BG-017-03"))
	refused("another key with a used code", err)
	_, err = enrol(newCode(), keys("BG-017-03"))
	refused("a journal key that the name does not have", err)

	late := newCode()
	clock = clock.Add(time.Hour)
	_, err = enrol(late, mine)
	refused("an expired code", err)
	_, err = enrol(code, mine)
	refused("the same key after its code expired", err)

	open := newCode()
	if err := a.RevokeWorkstation(t.Context(), "BG-017-03"); err != nil {
		t.Fatal(err)
	}
	_, err = enrol(open, mine)
	refused("a revoked workstation", err)
	if _, err := a.EnrolmentCode(t.Context(), "BG-017-03", time.Hour); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("code for a revoked workstation: got %v", err)
	}
}
