package procedure_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// visits are what the whole list of faults is played with.
var visits = []struct {
	name  string
	begin func(*harness)
}{
	{"issue", func(*harness) {}},
	{"issue on the reader's pad", func(h *harness) { h.Reader.SetPad(procedure.PadLogin) }},
	{"issue by EST alone", func(h *harness) { h.Authority.SetPlain(&proctest.Plain{Recalls: true}) }},
	{"renew", func(h *harness) { h.renewable() }},
	{"change and issue", func(h *harness) { h.wish.unblock = procedure.UnblockChange }},
	{"keep and renew", func(h *harness) {
		h.renewable()
		h.wish.unblock = procedure.UnblockKeep
		h.Card.SetTries(0)
		h.insert(h.Card)
	}},
}

// misfortunes of TestFaults.
const (
	fails  = "fails"  // the caller sees an error
	crash1 = "crash"  // the program ends at once and is started again
	pulled = "pulled" // the card is taken out, and put back later
)

// TestFaults makes everything go wrong once at every border of every effect of
// every visit, and plays the case to its end: one certificate in force, on the
// card, and none left over. The list is generated from a visit without faults.
func TestFaults(t *testing.T) {
	for _, visit := range visits {
		t.Run(visit.name, func(t *testing.T) {
			clean := testHarness(t)
			visit.begin(clean)
			before := clean.Faults.AllCalls()
			clean.finish()
			clean.issuedOnce()
			for op, calls := range clean.Faults.AllCalls() {
				for nth := 1; nth <= calls-before[op]; nth++ {
					for _, when := range []proctest.When{proctest.Before, proctest.After} {
						for _, what := range []string{fails, crash1, pulled} {
							t.Run(fmt.Sprintf("%s %d %s %d", op, nth, what, when), func(t *testing.T) {
								playFault(t, visit.begin, proctest.Fault{Op: op, Nth: nth, When: when}, what)
							})
						}
					}
				}
			}
		})
	}
}

func playFault(t *testing.T, begin func(*harness), fault proctest.Fault, what string) {
	h := testHarness(t)
	begin(h)
	dead, unseen := false, false
	switch what {
	case fails:
		fault.Err = failureOf(fault.Op)
	case crash1:
		fault.Do = func() { dead = true; panic(crash{}) }
	case pulled:
		fault.Do = func() {
			h.Reader.Remove()
			if unseen = ofJournal(fault.Op); !unseen { // inside of it the watcher has to wait
				h.see()
			}
		}
	}
	h.Faults.Add(fault)
	if what == crash1 {
		func() {
			defer func() {
				if r := recover(); r != nil && !dead {
					panic(r)
				}
			}()
			h.finish()
		}()
		h.Faults.Clear()
		h.restart()
	}
	for range 20 {
		if !h.step() {
			break
		}
		if unseen {
			h.see()
			unseen = false
		}
	}
	h.finish()
	h.issuedOnce()
	if what != crash1 && h.Faults.Left() != 0 {
		t.Error("the fault did not strike")
	}
	ours := 0
	for _, c := range h.Authority.Certificates() {
		if !c.Elsewhere {
			ours++
		}
	}
	if ours != 1 {
		t.Errorf("%d certificates were issued, want 1", ours)
	}
	if n := len(h.Card.Written()); n != 1 && !slices.Contains(h.kinds(), procedure.KindRetireSkipped) {
		t.Errorf("%d signing certificates on the card, want 1", n)
	}
	if set := h.Card.PINsSet(); set > 0 && !slices.Contains(h.kinds(), procedure.KindUnblock) {
		t.Errorf("%d PINs were set, and the journal does not know", set)
	}
}

func ofJournal(op proctest.Op) bool {
	return op == proctest.OpAppend || op == proctest.OpReplay || op == proctest.OpPart
}

// TestPulledCard pulls the card at every effect on it and puts it back.
func TestPulledCard(t *testing.T) {
	for _, op := range []proctest.Op{
		proctest.OpOpen, proctest.OpLogin, proctest.OpGenerate, proctest.OpSign, proctest.OpRequest,
		proctest.OpEnrol, proctest.OpWrite, proctest.OpActivate,
	} {
		for _, when := range []proctest.When{proctest.Before, proctest.After} {
			t.Run(fmt.Sprintf("%s %d", op, when), func(t *testing.T) {
				h := testHarness(t)
				h.toPIN()
				h.Faults.Add(proctest.Fault{Op: op, Nth: 1, When: when, Do: h.remove})
				_ = h.enterPIN()
				h.Faults.Clear()
				if v := h.view(); v.SameCard {
					t.Fatal("the card still counts as inserted")
				}
				// Another card does not move the case.
				other := h.other
				h.insert(other)
				if v := h.view(); v.SameCard || len(v.Portrait) > 0 || v.Identity.CardNumber != proctest.CardNumber {
					t.Errorf("another card: same %t, portrait of %d bytes, card %s", v.SameCard, len(v.Portrait), v.Identity.CardNumber)
				}
				if v := h.view(); v.WaitsFor == procedure.WaitsForCard && v.Problem == nil {
					t.Error("the case waits for its card and does not say so")
				}
				h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeNotNow)
				if other.Keys() != 0 {
					t.Error("the other card got a key")
				}
				h.finish()
				h.issuedOnce()
				if other.Keys() != 0 || len(other.Written()) != 0 {
					t.Error("the other card was written to")
				}
			})
		}
	}
}

// TestPulledInWrite: the write is torn and the card taken out; after its
// return the case looks at the chip first, asks for the PIN again, and writes
// the same certificate.
func TestPulledInWrite(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{
		Op: proctest.OpWrite, Nth: 1, When: proctest.After, Err: &procedure.Error{Code: procedure.CodeRemoved},
		Do: func() { h.Card.TearCertificates(); h.remove() },
	})
	h.must("EnterPIN", h.enterPIN())
	v := h.view()
	if v.Phase != procedure.PhaseWork || v.WaitsFor != procedure.WaitsForCard || v.Problem == nil || v.Problem.Code != procedure.CodeRemoved {
		t.Fatalf("phase %s, waits for %q, problem %v", v.Phase, v.WaitsFor, v.Problem)
	}
	h.insert(h.Card) // the case goes on by itself as far as it can
	v = h.view()
	if v.Phase != procedure.PhasePIN || !v.PIN.Again || v.WaitsFor != procedure.WaitsForCitizen {
		t.Fatalf("phase %s, again %t, waits for %q", v.Phase, v.PIN.Again, v.WaitsFor)
	}
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	h.close()
	h.issuedOnce()
	if n := h.Faults.Calls(proctest.OpGenerate); n != 1 {
		t.Errorf("%d keys were made, want 1", n)
	}
}

// TestWrittenBeforePull: the write happened, the answer did not come: the case
// finds the certificate and needs no second PIN.
func TestWrittenBeforePull(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{
		Op: proctest.OpWrite, Nth: 1, When: proctest.After, Err: &procedure.Error{Code: procedure.CodeRemoved}, Do: h.remove,
	})
	h.must("EnterPIN", h.enterPIN())
	h.insert(h.Card)
	h.close()
	h.issuedOnce()
	if n := h.Faults.Calls(proctest.OpLogin); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}

// TestLostAnswer: the authority issued, its answer was lost: the request is
// looked up, never made anew, and one certificate exists.
func TestLostAnswer(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %t", restart), func(t *testing.T) {
			h := testHarness(t)
			h.toPIN()
			lost := &procedure.Error{Code: procedure.CodeNoAnswer}
			h.Faults.Add(proctest.Fault{Op: proctest.OpEnrol, Nth: 1, When: proctest.After, Err: lost})
			h.Faults.Add(proctest.Fault{Op: proctest.OpLookup, When: proctest.Before, Err: lost})
			h.must("EnterPIN", h.enterPIN())
			if v := h.view(); v.Phase != procedure.PhaseWork || v.WaitsFor != procedure.WaitsForAuthority || v.Problem == nil {
				t.Fatalf("phase %s, waits for %q, problem %v", v.Phase, v.WaitsFor, v.Problem)
			}
			h.Faults.Clear()
			if restart {
				h.restart()
				h.must("OpenCase", h.e.OpenCase(ctx)) // the card leads back to its case
				h.must("Continue", h.e.Continue(ctx))
			}
			h.finish()
			h.issuedOnce()
			if n := h.Faults.Calls(proctest.OpEnrol); n != 1 {
				t.Errorf("the request was sent %d times, want 1", n)
			}
			if n := h.Faults.Calls(proctest.OpRequest); n != 1 {
				t.Errorf("the request was made %d times, want 1", n)
			}
		})
	}
}

// TestLostRequest: nothing arrived; the look-up says so, and the same bytes
// are sent again within the session, without a second PIN.
func TestLostRequest(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{Op: proctest.OpEnrol, Nth: 1, When: proctest.Before, Err: &procedure.Error{Code: procedure.CodeNoAnswer}})
	h.must("EnterPIN", h.enterPIN())
	h.close()
	h.issuedOnce()
	for op, want := range map[proctest.Op]int{
		proctest.OpEnrol: 2, proctest.OpLookup: 1, proctest.OpRequest: 1, proctest.OpLogin: 1,
	} {
		if got := h.Faults.Calls(op); got != want {
			t.Errorf("%s: %d calls, want %d", op, got, want)
		}
	}
}

// TestNotAnchored: the authority does not hold the intent yet: the journal is
// shipped and the same bytes are sent again.
func TestNotAnchored(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	behind := func() { h.Authority.SetRefusal(&procedure.Error{Code: procedure.CodeNotAnchored}) }
	h.Faults.Add(proctest.Fault{Op: proctest.OpPolicy, Nth: 1, When: proctest.After, Do: behind})
	h.Faults.Add(proctest.Fault{Op: proctest.OpSync, Nth: 2, When: proctest.After, Do: func() { h.Authority.SetRefusal(nil) }})
	h.must("EnterPIN", h.enterPIN())
	h.close()
	h.issuedOnce()
	if n := h.Faults.Calls(proctest.OpRequest); n != 1 {
		t.Errorf("the request was made %d times, want 1", n)
	}
}

// TestAnchorAndPolicyBeforeEnrol: no request leaves while the journal or the
// policy cannot be had, or the policy forbids it.
func TestAnchorAndPolicyBeforeEnrol(t *testing.T) {
	gone := &procedure.Error{Code: procedure.CodeNoLink}
	rows := []struct {
		name   string
		change func(*harness)
		want   procedure.Code
	}{
		{"no sync", func(h *harness) { h.Faults.Add(proctest.Fault{Op: proctest.OpSync, Err: gone}) }, procedure.CodeNoLink},
		{"no policy", func(h *harness) { h.Faults.Add(proctest.Fault{Op: proctest.OpPolicy, Err: gone}) }, procedure.CodeNoLink},
		{"counter compromised", func(h *harness) { h.Authority.SetPolicy(procedure.Policy{Version: 2, Compromise: "stolen"}) }, procedure.CodeCounter},
		{"clock off", func(h *harness) { h.Authority.SetPolicy(procedure.Policy{Version: 2, ClockOffset: -6 * time.Minute}) }, procedure.CodeClock},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h := testHarness(t)
			h.toPIN()
			row.change(h)
			h.must("EnterPIN", h.enterPIN())
			if v := h.view(); v.Problem == nil || v.Problem.Code != row.want {
				t.Fatalf("problem %v, want %s", v.Problem, row.want)
			}
			if n := h.Faults.Calls(proctest.OpEnrol); n != 0 {
				t.Fatalf("%d requests were sent", n)
			}
			h.Faults.Clear()
			h.Authority.SetPolicy(procedure.Policy{Version: 3})
			h.finish()
			h.issuedOnce()
		})
	}
}

// TestKeyLost: between issuing and writing the key on the card became another
// one: the certificate is revoked and another attempt made, by itself.
func TestKeyLost(t *testing.T) {
	for name, lose := range map[string]func(*proctest.Card){"another key": (*proctest.Card).LoseKeys, "no key": (*proctest.Card).DropKeys} {
		t.Run(name, func(t *testing.T) {
			h := testHarness(t)
			h.toPIN()
			h.Faults.Add(proctest.Fault{Op: proctest.OpEnrol, Nth: 1, When: proctest.After, Do: h.remove})
			h.must("EnterPIN", h.enterPIN())
			lose(h.Card)
			h.insert(h.Card)
			h.must("BeginPIN", h.e.BeginPIN(ctx))
			h.must("EnterPIN", h.enterPIN())
			h.close()
			h.issuedOnce()
			certs := h.Authority.Certificates()
			if len(certs) != 2 || certs[0].Status != proctest.Revoked || certs[1].Attempt != 2 {
				t.Errorf("certificates %+v", certs)
			}
			if n := h.Card.Keys(); n != 1 {
				t.Errorf("%d keys on the card, want 1: orphans are deleted", n)
			}
		})
	}
}

// TestKeyThatLies: the key beside the written certificate does not answer to
// it: the certificate never comes into force.
func TestKeyThatLies(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{Op: proctest.OpWrite, Nth: 1, When: proctest.After, Do: func() { h.Card.SetLies(true) }})
	h.Faults.Add(proctest.Fault{Op: proctest.OpRevoke, Nth: 1, When: proctest.After, Do: func() { h.Card.SetLies(false) }})
	h.must("EnterPIN", h.enterPIN())
	h.close()
	h.issuedOnce()
	if certs := h.Authority.Certificates(); len(certs) != 2 || certs[0].Status != proctest.Revoked {
		t.Errorf("certificates %+v", certs)
	}
}

// TestUnusable: a certificate for another key never gets near the chip; it is
// revoked, and a new attempt is the clerk's decision.
func TestUnusable(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Authority.SetWrongKey(true)
	h.must("EnterPIN", h.enterPIN())
	v := h.view()
	if v.Phase != procedure.PhaseWork || v.WaitsFor != procedure.WaitsForClerk || v.Problem == nil || v.Problem.Code != procedure.CodeBadAnswer {
		t.Fatalf("phase %s, waits for %q, problem %v", v.Phase, v.WaitsFor, v.Problem)
	}
	if n := h.Faults.Calls(proctest.OpWrite); n != 0 {
		t.Errorf("%d writes", n)
	}
	if certs := h.Authority.Certificates(); len(certs) != 1 || certs[0].Status != proctest.Revoked {
		t.Errorf("certificates %+v", certs)
	}
	h.Authority.SetWrongKey(false)
	h.must("Continue", h.e.Continue(ctx))
	h.phase(procedure.PhasePIN)
	h.finish()
	h.issuedOnce()
}

// TestTooLarge: a certificate that does not fit on the chip is unusable.
func TestTooLarge(t *testing.T) {
	h := testHarness(t)
	h.Settings.MaxCertificate = 100
	h.restart()
	h.toPIN()
	h.must("EnterPIN", h.enterPIN())
	if v := h.view(); v.Problem == nil || v.Problem.Code != procedure.CodeBadAnswer {
		t.Fatalf("problem %v", v.Problem)
	}
	h.settled()
}

// TestRefused: a refusal of the request ends the attempt, one of the moment
// does not.
func TestRefused(t *testing.T) {
	rows := []struct {
		code procedure.Code
		made int // requests made until the end
	}{
		{procedure.CodeRefused, 2},
		{procedure.CodeCounter, 1},
		{procedure.CodeClerkRefused, 1},
		{procedure.CodeClock, 1},
		{procedure.CodeUpgrade, 1},
		{procedure.CodeBusyCA, 1},
	}
	for _, row := range rows {
		t.Run(string(row.code), func(t *testing.T) {
			h := testHarness(t)
			h.toPIN()
			h.Authority.SetRefusal(&procedure.Error{Code: row.code, Detail: "for a reason"})
			h.must("EnterPIN", h.enterPIN())
			if v := h.view(); v.Problem == nil || v.Problem.Code != row.code || v.Phase != procedure.PhaseWork {
				t.Fatalf("phase %s, problem %v", v.Phase, v.Problem)
			}
			h.Authority.SetRefusal(nil)
			h.finish()
			h.issuedOnce()
			if n := h.Faults.Calls(proctest.OpRequest); n != row.made {
				t.Errorf("%d requests were made, want %d", n, row.made)
			}
		})
	}
}

// TestPending: the authority takes days; the case waits, parked, over
// restarts, and goes on with the same request.
func TestPending(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Authority.SetPending(true)
	h.must("EnterPIN", h.enterPIN())
	v := h.view()
	if v.WaitsFor != procedure.WaitsForAuthority || v.Problem == nil || v.Problem.Code != procedure.CodePending {
		t.Fatalf("waits for %q, problem %v", v.WaitsFor, v.Problem)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.restart()
	h.must("ResumeCase", h.e.ResumeCase(ctx, h.e.Snapshot().Waiting[0].ID))
	if v := h.view(); v.Problem == nil || v.Problem.Code != procedure.CodePending {
		t.Fatalf("after the restart: problem %v", v.Problem)
	}
	h.Authority.SetPending(false)
	h.finish()
	h.issuedOnce()
	if n := h.Faults.Calls(proctest.OpRequest); n != 1 {
		t.Errorf("%d requests were made, want 1", n)
	}
}

// TestRevokedElsewhere: the certificate is revoked before it could be
// activated.
func TestRevokedElsewhere(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	revoke := func() { h.Authority.Revoke(h.Authority.Certificates()[0].Serial) }
	h.Faults.Add(proctest.Fault{Op: proctest.OpActivate, Nth: 1, When: proctest.Before, Do: revoke})
	h.must("EnterPIN", h.enterPIN())
	if v := h.view(); v.Problem == nil || v.Problem.Code != procedure.CodeRevoked || v.WaitsFor != procedure.WaitsForClerk {
		t.Fatalf("waits for %q, problem %v", v.WaitsFor, v.Problem)
	}
	h.finish()
	h.issuedOnce()
}

// TestRefuseCase ends a case at every step; nothing stays behind at the
// authority.
func TestRefuseCase(t *testing.T) {
	lost := &procedure.Error{Code: procedure.CodeNoAnswer}
	for _, op := range []proctest.Op{
		proctest.OpGenerate, proctest.OpRequest, proctest.OpEnrol, proctest.OpWrite, proctest.OpActivate,
	} {
		for _, when := range []proctest.When{proctest.Before, proctest.After} {
			t.Run(fmt.Sprintf("%s %d", op, when), func(t *testing.T) {
				h := testHarness(t)
				h.toPIN()
				h.Faults.Add(proctest.Fault{Op: op, When: when, Err: lost})
				h.Faults.Add(proctest.Fault{Op: proctest.OpLookup, When: when, Err: lost})
				h.must("EnterPIN", h.enterPIN())
				if op == proctest.OpWrite && when == proctest.After {
					// Written after all: the certificate is in force by now.
					h.wants("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace), procedure.CodeNotNow)
					return
				}
				h.Faults.Add(proctest.Fault{Op: proctest.OpRevoke, Nth: 1, When: when, Err: lost})
				h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
				h.Faults.Clear()
				for range 5 {
					if h.view().Phase == procedure.PhaseRefused {
						break
					}
					h.must("Continue", h.e.Continue(ctx))
				}
				h.phase(procedure.PhaseRefused)
				h.settled()
				if got := h.view().Refusal; got != procedure.CodeFace {
					t.Errorf("reason %q", got)
				}
				// The card can be served again, whatever lies on it.
				h.must("ParkCase", h.e.ParkCase(ctx))
				h.insert(h.Card)
				h.must("OpenCase", h.e.OpenCase(ctx))
				h.phase(procedure.PhasePerson)
			})
		}
	}
}

// TestPINBlocked: the third wrong PIN blocks; the case waits and can be parked
// or refused.
func TestPINBlocked(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	for _, want := range []procedure.Code{procedure.CodeWrongPIN, procedure.CodeWrongPIN, procedure.CodePINBlocked} {
		h.wants("EnterPIN", h.e.EnterPIN(ctx, []byte("0000")), want)
	}
	v := h.view()
	if v.PIN.Open || v.Phase != procedure.PhasePIN || v.WaitsFor != procedure.WaitsForClerk || v.Problem.Code != procedure.CodePINBlocked {
		t.Fatalf("page open %t, phase %s, waits for %q, problem %v", v.PIN.Open, v.Phase, v.WaitsFor, v.Problem)
	}
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodePINBlocked)
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.Card.SetTries(3) // unblocked elsewhere
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.finish()
	h.issuedOnce()
}

// TestReadBackMissing: the module says written, the chip shows nothing.
func TestReadBackMissing(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{Op: proctest.OpSign, Nth: 2, When: proctest.After, Do: h.Card.TearCertificates})
	h.must("EnterPIN", h.enterPIN())
	if v := h.view(); v.Phase != procedure.PhasePIN || v.Problem == nil || v.Problem.Code != procedure.CodeReadBack {
		t.Fatalf("phase %s, problem %v", v.Phase, v.Problem)
	}
	if certs := h.Authority.Certificates(); certs[0].Status != proctest.Hold {
		t.Errorf("status %s before the read-back succeeded", certs[0].Status)
	}
	h.finish()
	h.issuedOnce()
}

// TestDoubtfulAppend: the journal says error but has stored: nothing is stored
// twice, and nothing is lost.
func TestDoubtfulAppend(t *testing.T) {
	h := testHarness(t)
	failing := &procedure.Error{Code: procedure.CodeJournal}
	h.Faults.Add(proctest.Fault{Op: proctest.OpAppend, When: proctest.After, Err: failing})
	h.toHandOver()
	h.close()
	h.issuedOnce()
	seen := map[procedure.Kind]int{}
	for _, k := range h.kinds() {
		seen[k]++
	}
	for k, n := range seen {
		if n != 1 {
			t.Errorf("%d × %s", n, k)
		}
	}
}

// TestOneDetailOther: a card that differs in one of its numbers is another
// card.
func TestOneDetailOther(t *testing.T) {
	for name, change := range map[string]func(*proctest.Card){
		"token serial":    func(c *proctest.Card) { c.Token = "1" },
		"card number":     func(c *proctest.Card) { c.Identity.CardNumber = "000000001" },
		"document serial": func(c *proctest.Card) { c.Identity.DocSerial = "1" },
		"chip serial":     func(c *proctest.Card) { c.Identity.ChipSerial = "1" },
	} {
		t.Run(name, func(t *testing.T) {
			h := testHarness(t)
			h.toContent()
			h.must("ConfirmContent", h.e.ConfirmContent(ctx))
			twin := proctest.NewCard()
			change(twin)
			h.insert(twin)
			if h.view().SameCard {
				t.Error("counts as the card of the case")
			}
			h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeOtherCard)
		})
	}
}

// TestOneCasePerCard: a card with an unfinished case leads back to it.
func TestOneCasePerCard(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	first := h.view().ID
	h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeNotNow)
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if second := h.view(); second.ID == first || second.Number != "BG-017-03-2026-000002" {
		t.Errorf("second case %s %s", second.ID, second.Number)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if got := h.view().ID; got != first {
		t.Errorf("the card opened %s, want its case %s", got, first)
	}
	if kinds := h.kinds(); slices.Index(kinds, procedure.KindCaseResumed) < 0 {
		t.Errorf("no resume in %v", kinds)
	}
}
