package procedure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// lost is an answer that does not arrive.
var lost = proctest.Fault{Op: proctest.OpEnrol, Nth: 1, When: proctest.After, Err: errors.New("connection cut")}

// plainHarness is a counter whose authority speaks EST alone.
func plainHarness(t *testing.T, p proctest.Plain) *harness {
	t.Helper()
	h := testHarness(t)
	h.Authority.SetPlain(&p)
	return h
}

// bodies gives the bodies of the events of a kind.
func bodies[T any](h *harness, kind procedure.Kind) []T {
	h.t.Helper()
	var all []T
	for _, e := range h.events() {
		if b, ok := e.Body.(*T); ok && e.Kind == kind {
			all = append(all, *b)
		}
	}
	return all
}

// TestPlainAuthority: activation is local knowledge, the same bytes sent again
// are the look-up, and a certificate that may be the second is recorded as one.
func TestPlainAuthority(t *testing.T) {
	for _, tt := range []struct {
		name   string
		plain  proctest.Plain
		before func(*harness)
		issued int
		resent bool
	}{
		{"answered", proctest.Plain{}, func(*harness) {}, 1, false},
		{"a second certificate on resend", proctest.Plain{}, func(h *harness) { h.Faults.Add(lost) }, 2, true},
		{"the same on resend", proctest.Plain{Recalls: true}, func(h *harness) { h.Faults.Add(lost) }, 1, true},
		{"not sent at first", proctest.Plain{}, func(h *harness) {
			f := lost
			f.When, f.Err = proctest.Before, &procedure.Error{Code: procedure.CodeNoLink}
			h.Faults.Add(f)
		}, 1, true}, // nobody here can tell that it was not
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := plainHarness(t, tt.plain)
			tt.before(h)
			h.toHandOver()
			if n := len(h.Authority.Certificates()); n != tt.issued {
				t.Errorf("%d certificates were issued, want %d", n, tt.issued)
			}
			if got := bodies[procedure.CertificateReceived](h, procedure.KindCertificate); len(got) != 1 || got[0].Resent != tt.resent {
				t.Errorf("recorded %+v, want one, resent %v", got, tt.resent)
			}
			if got := bodies[procedure.Activated](h, procedure.KindActive); len(got) != 1 || !got[0].AtIssue {
				t.Errorf("activation %+v, want one at issue", got)
			}
			h.must("ConfirmHandOver", h.e.ConfirmHandOver(ctx, allHandOverTicks))
			h.phase(procedure.PhaseClosed)
		})
	}
}

// TestPlainAuthorityWaits: 202 is an answer. What comes after it is no second
// certificate, and a refusal after it is one.
func TestPlainAuthorityWaits(t *testing.T) {
	for _, refused := range []bool{false, true} {
		h := plainHarness(t, proctest.Plain{OnceOnly: true})
		h.Authority.SetPending(true)
		h.toPIN()
		h.must("EnterPIN", h.enterPIN())
		h.wants("waiting", h.view().Problem, procedure.CodePending)
		h.Authority.SetPending(false)
		if refused {
			h.Authority.SetRefusal(&procedure.Error{Code: procedure.CodeRefused})
		}
		h.must("Continue", h.e.Continue(ctx))
		if refused {
			h.wants("refused", h.view().Problem, procedure.CodeRefused)
			if len(bodies[procedure.EnrolRefused](h, procedure.KindRefusal)) != 1 {
				t.Error("the refusal is not recorded")
			}
			continue
		}
		if got := bodies[procedure.CertificateReceived](h, procedure.KindCertificate); len(got) != 1 || got[0].Resent {
			t.Errorf("recorded %+v, want one that is no repetition", got)
		}
	}
}

// TestOperatorConfirms: what the authority cannot be asked or told stays open
// until its operator was asked, over restarts, and then ends.
func TestOperatorConfirms(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plain proctest.Plain
		to    func(*harness) // until the operator is needed
		kind  procedure.Kind // that must stand in the journal before
		end   procedure.Phase
	}{
		{"a resend is refused", proctest.Plain{OnceOnly: true}, func(h *harness) {
			h.Faults.Add(lost)
			h.toPIN()
			h.must("EnterPIN", h.enterPIN())
		}, procedure.KindSubmit, procedure.PhaseWork},
		{"a certificate for another key", proctest.Plain{}, func(h *harness) {
			h.Authority.SetWrongKey(true)
			h.toPIN()
			h.must("EnterPIN", h.enterPIN())
		}, procedure.KindRevoke, procedure.PhaseWork},
		{"withdrawn with a certificate", proctest.Plain{}, func(h *harness) {
			h.Faults.Add(proctest.Fault{Op: proctest.OpWrite, Nth: 1, When: proctest.Before, Do: h.remove})
			h.toPIN()
			h.must("EnterPIN", h.enterPIN())
			h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
		}, procedure.KindRevoke, procedure.PhaseRefused},
		{"withdrawn without an answer", proctest.Plain{}, func(h *harness) {
			f := lost
			f.Nth = 0 // each time
			h.Faults.Add(f)
			h.toPIN()
			h.must("EnterPIN", h.enterPIN())
			h.Faults.Clear()
			h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
		}, procedure.KindSubmit, procedure.PhaseRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := plainHarness(t, tt.plain)
			tt.to(h)
			id := h.view().ID
			for _, when := range []string{"first", "after a restart"} {
				if when != "first" {
					h.restart()
					h.must("ResumeCase", h.e.ResumeCase(ctx, id))
				}
				h.phase(procedure.PhaseWork)
				h.wants(when, h.view().Problem, procedure.CodeOperator)
				if v := h.view(); v.WaitsFor != procedure.WaitsForClerk {
					t.Errorf("%s: waits for %s, want the clerk", when, v.WaitsFor)
				}
				h.must("Continue", h.e.Continue(ctx))
			}
			want := &procedure.OperatorQuestion{Serial: h.lastOf("serial")}
			if want.Serial == "" {
				want.Request = h.lastOf("csr_sha256")
			}
			if got := h.view().Operator; got == nil || *got != *want {
				t.Errorf("the operator is asked %+v, want %+v", got, want)
			}
			if !slices.Contains(h.kinds(), tt.kind) {
				t.Errorf("%s is not in the journal: %v", tt.kind, h.kinds())
			}
			h.wants("no reference", h.e.OperatorConfirms(ctx, " "), procedure.CodeAnswerOpen)
			issued := len(h.Authority.Certificates())
			h.must("OperatorConfirms", h.e.OperatorConfirms(ctx, "предмет 12 код оператера"))
			h.phase(tt.end)
			h.wants("once more", h.e.OperatorConfirms(ctx, "12"), procedure.CodeNotNow)
			if n := len(h.Authority.Certificates()); n != issued {
				t.Errorf("%d certificates were issued after it, want none", n-issued)
			}
			if opening, err := h.Journal.Part(ctx, id, "operator-1"); err != nil || !strings.HasSuffix(string(opening), "оператера") {
				t.Errorf("the reference is not sealed beside the event: %q, %v", opening, err)
			}
		})
	}
}

// lastOf gives the serial or the request of the last attempt, as journalled.
func (h *harness) lastOf(what string) (value string) {
	for _, e := range h.events() {
		switch b := e.Body.(type) {
		case *procedure.CertificateReceived:
			if what == "serial" {
				value = b.Serial
			}
		case *procedure.Submit:
			if what == "csr_sha256" {
				value = b.CSR
			}
		}
	}
	return value
}

// TestPlainAuthorityStatus: a change of status is the operator's, and the case
// says so.
func TestPlainAuthorityStatus(t *testing.T) {
	h, old := standing(t, proctest.Active)
	h.Authority.SetPlain(&proctest.Plain{})
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, statusAnswers(procedure.ActionRevoke, old.Serial, procedure.StatusLost)))
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.wants("change of status", h.view().Problem, procedure.CodeStatusOperator)
	if !slices.Contains(h.kinds(), procedure.KindStatusRefused) {
		t.Error("it is not recorded that the authority does not take it")
	}
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeStatusOperator))
	h.phase(procedure.PhaseRefused)
}

// TestOperatorRevoked: what the operator took back is known as revoked when the
// card comes again.
func TestOperatorRevoked(t *testing.T) {
	h := plainHarness(t, proctest.Plain{})
	h.Faults.Add(proctest.Fault{Op: proctest.OpWrite, Nth: 1, When: proctest.After, Do: h.remove})
	h.toPIN()
	h.must("EnterPIN", h.enterPIN())
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
	h.must("OperatorConfirms", h.e.OperatorConfirms(ctx, "12"))
	h.phase(procedure.PhaseRefused)
	h.restart()
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	facts := bodies[procedure.FactsLearned](h, procedure.KindFactsLearned)
	if got := facts[len(facts)-1]; got.Serial != h.lastOf("serial") || got.Certificate != procedure.CertRevoked {
		t.Errorf("on the chip lies %s, %s; want the certificate of the case before, revoked", got.Serial, got.Certificate)
	}
}
