package procedure_test

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// The duties of the app (procedure, section 10), as far as the core decides
// them. RULES.md says where the others are shown.

// blocking are the cards that cannot be served, one for each row that blocks.
var blocking = []struct {
	name   string
	change func(*proctest.Card)
	want   procedure.Code
}{
	{"expired", func(c *proctest.Card) { c.Identity.ValidUntil = procedure.Date{Year: 2026, Month: 11, Day: 22} }, procedure.CodeCardExpired},
	{"issued too early", func(c *proctest.Card) { c.Identity.IssuedOn = procedure.Date{Year: 2014, Month: 8, Day: 18} }, procedure.CodeIssuedEarly},
	{"no PKI part", func(c *proctest.Card) { c.NoPKI = true }, procedure.CodeNoPKI},
	{"residence permit", func(c *proctest.Card) { c.Identity.DocType = procedure.DocTypeRP }, procedure.CodeDocType},
	{"no signature", func(c *proctest.Card) { c.Identity.Authenticity = procedure.SODMissing }, procedure.CodeSODMissing},
	{"wrong signature", func(c *proctest.Card) { c.Identity.Authenticity = procedure.SODMismatch }, procedure.CodeSODMismatch},
	{"unknown anchor", func(c *proctest.Card) { c.Identity.Authenticity = procedure.SODNoAnchor }, procedure.CodeSODAnchor},
	{"no dates", func(c *proctest.Card) { c.Identity.ValidUntil = procedure.Date{} }, procedure.CodeUnreadable},
}

// TestE01Eligibility: every row that blocks ends in a refusal with its reason,
// a slip and a record.
func TestE01Eligibility(t *testing.T) {
	for _, tt := range blocking {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			card := proctest.NewCard()
			tt.change(card)
			h.insert(card)
			r := h.e.Snapshot().Reader
			if r.Verdict == nil || r.Verdict.Eligible || r.Verdict.Blocks[0] != tt.want {
				t.Fatalf("verdict %+v", r.Verdict)
			}
			h.must("RefuseCard", h.e.RefuseCard(ctx, tt.want))
			h.slip(tt.want)
		})
	}
	t.Run("not even readable", func(t *testing.T) {
		h := testHarness(t)
		h.remove()
		h.Faults.Add(proctest.Fault{Op: proctest.OpReadIdentity, Nth: 1, Err: &procedure.Error{Code: procedure.CodeUnreadable}})
		h.insert(h.Card)
		h.must("RefuseCard", h.e.RefuseCard(ctx, procedure.CodeUnreadable))
		if v := h.view(); v.Identity.Surname != "" {
			t.Errorf("the case of an unreadable card names %q", v.Identity.Surname)
		}
		h.slip(procedure.CodeUnreadable)
	})
	t.Run("no card at all", func(t *testing.T) {
		h := testHarness(t)
		h.remove()
		h.wants("RefuseCard", h.e.RefuseCard(ctx, procedure.CodeUnreadable), procedure.CodeNoCard)
	})
}

// slip checks that the case on the screen was refused for the reason, and
// makes its slip.
func (h *harness) slip(want procedure.Code) {
	h.t.Helper()
	h.phase(procedure.PhaseRefused)
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	if !slices.Equal(d.Kinds, []procedure.PaperKind{procedure.PaperRefusal}) || d.Refusal != want || d.CaseNumber == "" {
		h.t.Fatalf("papers %v of %q for %q, want the slip for %s", d.Kinds, d.CaseNumber, d.Refusal, want)
	}
	h.must("RecordPapers", h.e.RecordPapers(ctx, records(d.Kinds...)))
	h.must("RecordPrinted", h.e.RecordPrinted(ctx, "job", nil))
	h.restart() // the journal reads the same afterwards
	sheet, err := h.e.DaySheet(ctx, today)
	h.must("DaySheet", err)
	if len(sheet.Refused) != 1 || sheet.Refused[0] != (procedure.RefusedCount{Reason: want, Count: 1}) {
		h.t.Fatalf("day sheet %+v", sheet)
	}
}

// TestE02OnlyGenuineData: nothing but a genuine card is served, not even for a
// change of status; what is asked for comes from the chip.
func TestE02OnlyGenuineData(t *testing.T) {
	for _, verdict := range []procedure.Authenticity{procedure.NotChecked, procedure.SODMissing, procedure.SODMismatch, procedure.SODNoAnchor} {
		h := testHarness(t)
		old := h.renewable()
		h.Card.Identity.Authenticity = verdict
		h.insert(h.Card)
		h.must("OpenCase", h.e.OpenCase(ctx))
		for _, service := range []procedure.Service{procedure.ServiceCertificate, procedure.ServiceUnblock, procedure.ServiceStatus} {
			a := knowsPIN
			a.Service, a.Unblock = service, procedure.UnblockChange
			a.Status = procedure.StatusAnswers{Op: procedure.ActionRevoke, Serial: old.Serial, Reason: procedure.StatusLost}
			if err := h.e.ConfirmPerson(ctx, a); err == nil {
				t.Errorf("verdict %d: %s is served", verdict, service)
			}
		}
	}
}

// TestE03FaceConfirmed: the answer is recorded with clerk and time; on a no a
// supervisor may decide otherwise.
func TestE03FaceConfirmed(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	a := procedure.PersonAnswers{Face: procedure.No, KnowsPIN: procedure.Yes}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, a), procedure.CodeFace)
	if v := h.view(); !slices.Equal(v.Needs, []procedure.Code{procedure.CodeFace}) {
		t.Errorf("needs %v", v.Needs)
	}
	o := procedure.OverrideRequest{Reason: "повређен, препознат по документу"}
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.phase(procedure.PhasePapers)
	last := h.events()[len(h.events())-2]
	if b, ok := last.Body.(*procedure.PersonConfirmed); !ok || b.Face != procedure.No || last.Clerk != "104417" || last.At.IsZero() {
		t.Errorf("recorded %s %+v by %q", last.Kind, last.Body, last.Clerk)
	}
}

// TestE03AnotherPersonIsAskedNothing: whatever he came for, a no ends the
// questions, and a supervisor may decide otherwise over the change then chosen.
func TestE03AnotherPersonIsAskedNothing(t *testing.T) {
	for _, s := range []procedure.Service{procedure.ServiceCertificate, procedure.ServiceUnblock, procedure.ServiceStatus} {
		t.Run(string(s), func(t *testing.T) {
			h, old := standing(t, proctest.Active)
			a := procedure.PersonAnswers{Face: procedure.No, Service: s}
			h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, a), procedure.CodeFace)
			if v := h.view(); v.Person.Face != procedure.No || !slices.Contains(v.Needs, procedure.CodeFace) {
				t.Errorf("face %q, needs %v", v.Person.Face, v.Needs)
			}
			if s != procedure.ServiceStatus {
				h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
				return
			}
			a = statusAnswers(procedure.ActionSuspend, old.Serial, procedure.StatusSuspendWish)
			a.Face = procedure.No
			h.wants("unsigned", h.e.ConfirmPerson(ctx, a), procedure.CodeFace)
			o := procedure.OverrideRequest{Choice: procedure.ActionSuspend, Reason: "препознат по документу", Status: a.Status}
			h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
			h.must("signed", h.e.ConfirmPerson(ctx, a))
			h.phase(procedure.PhasePapers)
		})
	}
}

// TestE04PINAskedBeforePaper: whether he knows the PIN is asked before any
// paper; no leads to an unblock with change.
func TestE04PINAskedBeforePaper(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.wants("unanswered", h.e.ConfirmPerson(ctx, procedure.PersonAnswers{Face: procedure.Yes}), procedure.CodeAnswerOpen)
	no := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.No}
	h.wants("forgotten", h.e.ConfirmPerson(ctx, no), procedure.CodeNeedsUnblock)
	if slices.Contains(h.kinds(), procedure.KindPapersRendered) {
		t.Error("papers were made")
	}
	no.Unblock = procedure.UnblockChange
	h.must("with change", h.e.ConfirmPerson(ctx, no))
	kinds := []procedure.PaperKind{procedure.PaperUnblock, procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract}
	if d, err := h.e.PaperData(ctx); err != nil || !slices.Equal(d.Kinds, kinds) {
		t.Errorf("papers %v, %v", d.Kinds, err)
	}
}

// TestE05PINState: the tries are known without spending one; none leads to an
// unblock, the last one has to be confirmed.
func TestE05PINState(t *testing.T) {
	for tries, want := range map[int]procedure.Code{0: procedure.CodeNeedsUnblock, 1: procedure.CodeAnswerOpen, 2: "", 3: ""} {
		h := testHarness(t)
		h.Card.SetTries(tries)
		h.insert(h.Card)
		h.must("OpenCase", h.e.OpenCase(ctx))
		if v := h.view(); v.PIN.Tries != tries || v.Facts.Blocked != (tries == 0) {
			t.Errorf("%d tries: page %+v, facts %+v", tries, v.PIN, v.Facts)
		}
		h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), want)
		if h.Card.Tries() != tries {
			t.Errorf("%d tries became %d", tries, h.Card.Tries())
		}
	}
}

// TestE06Override: another choice than the proposal is a supervisor's, with a
// reason; it reaches the authority, and no personal word of it the events.
func TestE06Override(t *testing.T) {
	valid := func() *harness {
		h := testHarness(t)
		ends := h.Clock.Now().AddDate(1, 0, 0)
		h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
		h.insert(h.Card)
		h.must("OpenCase", h.e.OpenCase(ctx))
		return h
	}
	h := valid()
	h.wants("the proposal", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeCertificateValid)
	insists := knowsPIN
	insists.Choice = procedure.ActionIssue
	err := h.e.ConfirmPerson(ctx, insists)
	h.wants("without a supervisor", err, procedure.CodeNeedsSupervisor)
	if got := err.(*procedure.Error).Fields; !slices.Equal(got, []string{string(procedure.CodeCertificateValid)}) {
		t.Errorf("needs %v", got)
	}
	password := []byte(proctest.SupervisorPassword)
	const reason = "Ана Петровић је изгубила кључ"
	o := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: reason}
	h.wants("wrong password", h.e.Override(ctx, []byte("x"), o), procedure.CodeSignIn)
	h.wants("no reason", h.e.Override(ctx, password, procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: " "}), procedure.CodeAnswerOpen)
	h.must("Override", h.e.Override(ctx, password, o))
	if v := h.view(); v.Overridden == nil || v.Overridden.Number != "100023" {
		t.Errorf("overridden by %+v", v.Overridden)
	}
	h.must("AskAgain", h.e.AskAgain(ctx))
	h.wants("signed over other facts", h.e.ConfirmPerson(ctx, insists), procedure.CodeNeedsSupervisor)
	h.must("Override", h.e.Override(ctx, password, o))
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN)) // the choice is the signed one
	h.toPINPage()
	h.must("EnterPIN", h.enterPIN())
	v := h.view()
	if v.Phase != procedure.PhasePIN || !v.CanSkipRetire {
		t.Fatalf("phase %s, problem %v", v.Phase, v.Problem)
	}
	h.must("BeginPIN", h.e.BeginPIN(ctx)) // the old one still stood: it goes only now
	h.must("EnterPIN", h.enterPIN())
	if v := h.view(); v.Result.Retired != 1 {
		t.Errorf("result %+v", v.Result)
	}
	h.close()
	for _, raw := range h.Journal.Events() {
		if strings.Contains(string(raw), "изгубила") {
			t.Errorf("the reason is in an event: %s", raw)
		}
	}
	signed := false
	for _, p := range h.Journal.Parts() {
		if o, ok := proctest.OpenOverride(p.Opening[32:], h.Keyring.SupervisorPublic()); p.Name == "override-2" && ok {
			signed = o.Case == p.Case && o.Reason == reason && o.Proposal == procedure.ActionNone && o.Choice == procedure.ActionIssue
		}
	}
	if !signed {
		t.Error("no part holds what the supervisor signed")
	}
}

// TestE06NeverActive: the register still holds a certificate that never came
// into force: the authority wants a supervisor, and the counter knows it.
func TestE06NeverActive(t *testing.T) {
	h, _ := standing(t, proctest.Hold)
	if v := h.view(); v.Proposal.Action != procedure.ActionIssue || !slices.Equal(v.Needs, []procedure.Code{procedure.CodeCertificateValid}) {
		t.Errorf("proposal %+v, needs %v", v.Proposal, v.Needs)
	}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeNeedsSupervisor)
	h.finish()
	h.phase(procedure.PhaseClosed)
}

// TestE06OverrideLapses: the authority takes a supervisor's signature for a
// day. A case that waited longer is signed anew before the citizen types
// anything; then it goes on.
func TestE06OverrideLapses(t *testing.T) {
	h, _ := standing(t, proctest.Active)
	issue := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: "остаје при захтеву"}
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), issue))
	answers := knowsPIN
	answers.Choice = procedure.ActionIssue
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, answers))
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	if v := h.view(); len(v.Needs) != 0 || v.Overridden == nil {
		t.Fatalf("needs %v, signed by %v", v.Needs, v.Overridden)
	}
	h.Clock.Advance(24*time.Hour + time.Minute)
	h.wants("after a day", h.e.BeginPIN(ctx), procedure.CodeNeedsSupervisor)
	if v := h.view(); !slices.Equal(v.Needs, []procedure.Code{procedure.CodeCertificateValid}) || v.Overridden != nil {
		t.Errorf("needs %v, signed by %v", v.Needs, v.Overridden)
	}
	issue.Choice = ""
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), issue))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	if n := h.Faults.Calls(proctest.OpGenerate); n != 1 {
		t.Errorf("%d keys were made, want 1", n)
	}
}

// TestE06SecondToday: a second certificate on the same card in one day needs a
// supervisor, whatever became of the first.
func TestE06SecondToday(t *testing.T) {
	h := testHarness(t)
	now := h.Clock.Now()
	h.Authority.IssueOld(h.Card, "U-1", now.Add(-time.Minute), now.AddDate(5, 0, 0), proctest.Revoked)
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.Proposal.Action != procedure.ActionIssue || !slices.Equal(v.Needs, []procedure.Code{procedure.CodeSecondToday}) {
		t.Errorf("proposal %+v, needs %v", v.Proposal, v.Needs)
	}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeNeedsSupervisor)
}

// TestE06OwnCertificate: what came of a failed attempt of the case itself is no
// second certificate.
func TestE06OwnCertificate(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Authority.SetWrongKey(true)
	h.must("EnterPIN", h.enterPIN())
	h.Authority.SetWrongKey(false)
	h.must("Continue", h.e.Continue(ctx))
	h.must("AskAgain", h.e.AskAgain(ctx))
	if v := h.view(); v.Facts.Certificate != procedure.CertNone || len(v.Needs) != 0 {
		t.Errorf("facts %+v, needs %v", v.Facts, v.Needs)
	}
	h.finish()
	h.issuedOnce()
}

// TestE06SamePerson: the clerk of the case cannot be its supervisor, by
// whatever name or key.
func TestE06SamePerson(t *testing.T) {
	clerk := proctest.NewWorld().Keyring
	signedIn, err := clerk.SignIn(ctx, []byte(proctest.Password))
	if err != nil {
		t.Fatal(err)
	}
	mine := signedIn.Person()
	for name, person := range map[string]procedure.ClerkPerson{
		"same number":      {Number: mine.Number, Fingerprint: "ff"},
		"same certificate": {Number: "999", Fingerprint: mine.Fingerprint},
	} {
		t.Run(name, func(t *testing.T) {
			h := testHarness(t)
			h.Keyring.SetSupervisor(person)
			h.must("OpenCase", h.e.OpenCase(ctx))
			o := procedure.OverrideRequest{Choice: procedure.ActionRenew, Reason: "без разлога"}
			h.wants("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o), procedure.CodeSameClerk)
		})
	}
}

// TestE07ContractLookedUp: no answer is never "no contract": the counter waits,
// or a supervisor vouches for the citizen's paper copy.
func TestE07ContractLookedUp(t *testing.T) {
	h := testHarness(t)
	old := h.renewable()
	h.Authority.SetSilent(true)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.Proposal != (procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonAuthoritySilent}) {
		t.Fatalf("proposal %+v", v.Proposal)
	}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeNoLink)

	password := []byte(proctest.SupervisorPassword)
	paper := procedure.OverrideRequest{
		Choice: procedure.ActionRenew, Reason: "уговор виђен на папиру",
		PaperContract: procedure.ContractRef{Number: old.Contract, Date: procedure.Date{Year: 2021, Month: 11, Day: 22}},
	}
	h.must("Override", h.e.Override(ctx, password, paper))
	renew := knowsPIN
	renew.Choice = procedure.ActionRenew
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, renew))
	if got := h.view().Contract.Number; got != old.Contract {
		t.Errorf("renews under %q", got)
	}
	h.toPINPage()
	h.must("EnterPIN", h.enterPIN())
	h.close()

	h, _ = renewing(t)
	h.Authority.SetSilent(true)
	h.must("AskAgain", h.e.AskAgain(ctx))
	if v := h.view(); v.Facts.Contract != procedure.ContractUnknown || v.Proposal.Action != procedure.ActionNone {
		t.Errorf("after the link went: %+v", v.Facts)
	}
	h.Authority.SetSilent(false)
	h.must("AskAgain", h.e.AskAgain(ctx))
	if v := h.view(); v.Proposal.Action != procedure.ActionRenew || v.Facts.ContractRef.Number == "" {
		t.Errorf("after it came back: %+v", v.Proposal)
	}
}

// TestE09TextsRecorded: which text was printed is in the journal, by version
// and hash, and the contract is registered with the hash of its text.
func TestE09TextsRecorded(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	for _, e := range h.events() {
		if b, ok := e.Body.(*procedure.PapersRendered); ok {
			for _, p := range b.Papers {
				if p.Version == "" || p.Template != template || p.Script == "" {
					t.Errorf("recorded %+v", p)
				}
			}
		}
	}
	c := h.Authority.Contracts()[h.view().Contract.Number]
	if c.State != procedure.ContractValid || c.Person != proctest.JMBG || c.Text[0] != 0x7d || c.Day != today {
		t.Errorf("registered %+v", c)
	}
}

// TestE10ContractEndsWithItsCase: a case refused after its contract was
// registered leaves none behind.
func TestE10ContractEndsWithItsCase(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Authority.SetRefusal(&procedure.Error{Code: procedure.CodeRefused})
	h.must("EnterPIN", h.enterPIN())
	number := h.view().Contract.Number
	if got := h.Authority.Contracts()[number].State; got != procedure.ContractValid {
		t.Fatalf("the contract is %q before the refusal", got)
	}
	h.Faults.Add(proctest.Fault{Op: proctest.OpEndContract, Nth: 1, When: proctest.After, Err: &procedure.Error{Code: procedure.CodeNoAnswer}})
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeRefused))
	h.must("Continue", h.e.Continue(ctx))
	h.phase(procedure.PhaseRefused)
	if got := h.Authority.Contracts()[number].State; got != procedure.ContractEnded {
		t.Errorf("the contract is %q", got)
	}
}

// TestE10OnlyItsOwnContract: papers for an issue were signed, then the case
// became a renewal, because of what the register knew or by the clerk's choice:
// the contract that was signed is not registered, and a refusal does not touch
// the one that stands.
func TestE10OnlyItsOwnContract(t *testing.T) {
	renew := knowsPIN
	renew.Choice = procedure.ActionRenew
	tests := []struct {
		name  string
		start func(*harness) // until the case can become a renewal
	}{
		{"chosen against the proposal", func(h *harness) {
			h.must("OpenCase", h.e.OpenCase(ctx))
			o := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: "тражи нови уговор"}
			h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
			h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
			h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
		}},
		{"papers without a link", func(h *harness) {
			h.Card.DropKeys()
			h.insert(h.Card)
			h.Authority.SetSilent(true)
			h.toContent()
			h.must("ConfirmContent", h.e.ConfirmContent(ctx))
			h.Authority.SetSilent(false)
			h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeNeedsSupervisor)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			old := h.renewable()
			tt.start(h)
			h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
			h.must("AskAgain", h.e.AskAgain(ctx))
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, renew))
			if got := h.view().Contract.Number; got != old.Contract {
				t.Fatalf("renews under %q, want %q", got, old.Contract)
			}
			h.toPINPage()
			h.Authority.SetRefusal(&procedure.Error{Code: procedure.CodeRefused})
			h.must("EnterPIN", h.enterPIN())
			if n := h.Faults.Calls(proctest.OpPutContract); n != 0 {
				t.Errorf("%d contracts were registered", n)
			}
			h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeRefused))
			h.phase(procedure.PhaseRefused)
			all := h.Authority.Contracts()
			if len(all) != 1 || all[old.Contract].State != procedure.ContractValid {
				t.Errorf("contracts %+v, want the citizen's own and valid", all)
			}
			if slices.Contains(h.kinds(), procedure.KindContractEnd) {
				t.Error("the case ended a contract")
			}
		})
	}
}

// TestE11Order: the work is locked until every paper of the case is ticked.
func TestE11Order(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	a := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.No, Unblock: procedure.UnblockChange}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	err := h.e.ConfirmPapers(ctx, procedure.PaperTicks{})
	h.wants("ConfirmPapers", err, procedure.CodePapersOpen)
	want := []string{
		procedure.FieldUnblockSigned, procedure.FieldUnblockReceived, procedure.FieldRequestSigned, procedure.FieldTermsSigned,
		procedure.FieldContractSigned, procedure.FieldContractSealed,
	}
	if got := err.(*procedure.Error).Fields; !slices.Equal(got, want) {
		t.Errorf("asks for %v, want %v", got, want)
	}
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodePapersOpen)
	if n := h.Faults.Calls(proctest.OpUnblock); n != 0 {
		t.Errorf("%d unblocks before the papers", n)
	}
}

// TestE12Email: only when asked for, typed twice, and in the certificate then.
func TestE12Email(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	differs := procedure.EmailAnswer{Wanted: procedure.Yes, Address: canaryEmail, Again: "kanarinac@primer.rs.rs"}
	h.wants("typed differently", h.e.SetEmail(ctx, differs), procedure.CodeEmailDiffers)
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	cert, err := x509.ParseCertificate(h.view().Result.DER)
	h.must("ParseCertificate", err)
	if !slices.Equal(cert.EmailAddresses, []string{canaryEmail}) || strings.Contains(cert.Subject.String(), canaryEmail) {
		t.Errorf("addresses %v, subject %s", cert.EmailAddresses, cert.Subject)
	}
}

// TestE13NewPINSecret: a new PIN is as secret as the old one.
func TestE13NewPINSecret(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	a := procedure.PersonAnswers{Face: procedure.Yes, Unblock: procedure.UnblockChange, Service: procedure.ServiceUnblock}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.toPINPage()
	const canary = "90817263"
	pin, again := []byte(canary), []byte(canary)
	h.must("EnterNewPIN", h.e.EnterNewPIN(ctx, pin, again, false))
	if string(pin) != canary || string(again) != canary {
		t.Error("the engine changed the caller's PIN")
	}
	h.close()
	h.secret(canary)
}

// TestE14NewPIN: typed twice; weak ones are named, and accepted only as
// pin.weak_action says.
func TestE14NewPIN(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	a := procedure.PersonAnswers{Face: procedure.Yes, Unblock: procedure.UnblockChange, Service: procedure.ServiceUnblock}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.toPINPage()
	tests := []struct {
		pin, again string
		code       procedure.Code
		why        []string
	}{
		{"123", "123", procedure.CodePINFormat, nil},
		{"82746193", "82746194", procedure.CodePINDiffers, nil},
		{"0000", "0000", procedure.CodePINWeak, []string{procedure.WeakRepeat}},
		{"7777777", "7777777", procedure.CodePINWeak, []string{procedure.WeakRepeat}},
		{"646464", "646464", procedure.CodePINWeak, []string{procedure.WeakRepeat}},
		{"1234", "1234", procedure.CodePINWeak, []string{procedure.WeakSequence}},
		{"8901", "8901", procedure.CodePINWeak, []string{procedure.WeakSequence}},
		{"54321", "54321", procedure.CodePINWeak, []string{procedure.WeakSequence}},
		{"0101", "0101", procedure.CodePINWeak, []string{procedure.WeakRepeat, procedure.WeakBirth, procedure.WeakPersonal}},
		{"1900", "1900", procedure.CodePINWeak, []string{procedure.WeakBirth, procedure.WeakPersonal}},
		{"19000101", "19000101", procedure.CodePINWeak, []string{procedure.WeakBirth}},
		{"15006", "15006", procedure.CodePINWeak, []string{procedure.WeakPersonal}},
		{"465211", "465211", procedure.CodePINWeak, []string{procedure.WeakCard}},
	}
	for _, tt := range tests {
		err := h.e.EnterNewPIN(ctx, []byte(tt.pin), []byte(tt.again), false)
		h.wants("EnterNewPIN "+tt.pin, err, tt.code)
		if got := err.(*procedure.Error).Fields; !slices.Equal(got, tt.why) {
			t.Errorf("%s: weak by %v, want %v", tt.pin, got, tt.why)
		}
		if v := h.view(); !v.PIN.Open || v.PIN.Last == nil || v.PIN.Last.Code != tt.code {
			t.Errorf("%s: page %+v", tt.pin, v.PIN)
		}
	}
	if n := h.Faults.Calls(proctest.OpUnblock); n != 0 {
		t.Fatalf("%d unblocks with a PIN that was not accepted", n)
	}
	h.must("insists", h.e.EnterNewPIN(ctx, []byte("0000"), []byte("0000"), true))
	h.phase(procedure.PhaseHandOver)

	h = testHarness(t)
	h.Settings.WeakPIN = procedure.WeakRefuse
	h.restart()
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.toPINPage()
	h.wants("insists in vain", h.e.EnterNewPIN(ctx, []byte("0000"), []byte("0000"), true), procedure.CodePINWeak)
}

// TestE15ContentShownFirst: what was not shown cannot be confirmed.
func TestE15ContentShownFirst(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.Faults.Add(proctest.Fault{Op: proctest.OpPreview, Nth: 1, Err: &procedure.Error{Code: procedure.CodeNoLink}})
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	h.wants("not shown", h.e.ConfirmContent(ctx), procedure.CodeNotNow)
	if p := h.view().Preview; p == nil || p.GivenName != proctest.GivenName || p.SerialNumber != "PNORS-"+proctest.JMBG {
		t.Errorf("preview %+v", p)
	}
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
}

// TestE18ReadBack: only what the chip shows over a fresh connection counts.
func TestE18ReadBack(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.toPINPage()
	h.Faults.Add(proctest.Fault{Op: proctest.OpRetire, Nth: 1, When: proctest.After, Do: h.Card.TearCertificates})
	h.must("EnterPIN", h.enterPIN())
	if v := h.view(); v.Phase != procedure.PhasePIN || v.Problem == nil || v.Problem.Code != procedure.CodeReadBack {
		t.Fatalf("phase %s, problem %v", v.Phase, v.Problem)
	}
	for _, c := range h.Authority.Certificates() {
		if !c.Elsewhere && c.Status != proctest.Hold {
			t.Errorf("the new certificate is %s", c.Status)
		}
	}
	h.finish()
	h.issuedOnce()
}

// TestE20HandOver: what is asked for at the end follows from the action.
func TestE20HandOver(t *testing.T) {
	all := []string{procedure.FieldCardReturned, procedure.FieldCitizenPapers, procedure.FieldArchived}
	h := testHarness(t)
	h.toHandOver()
	if got := h.view().HandOverAsks; !slices.Equal(got, all) {
		t.Errorf("issuing asks %v", got)
	}
	h.wants("nothing ticked", h.e.ConfirmHandOver(ctx, procedure.HandOverTicks{}), procedure.CodeHandOverOpen)
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	want := []procedure.PaperKind{procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel}
	if !slices.Equal(d.Kinds, want) || d.EarliestRenewal.IsZero() || d.KeepUntil.Year != 2041 {
		t.Errorf("papers %v, renewal from %s, keep until %s", d.Kinds, d.EarliestRenewal, d.KeepUntil)
	}
}

// TestE22Unblock: Obrazac 2 with the clerk's receipt comes first; a driver that
// cannot says so before any paper; a kept PIN has to be proven, and three
// wrong ones lead to a change.
func TestE22Unblock(t *testing.T) {
	keep := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes, Unblock: procedure.UnblockKeep, Service: procedure.ServiceUnblock}
	h := testHarness(t)
	h.Card.NoUnblock = true
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.wants("driver", h.e.ConfirmPerson(ctx, keep), procedure.CodeCannotUnblock)
	h.phase(procedure.PhasePerson)

	h.Card.NoUnblock = false
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, keep))
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("RecordPrinted", h.e.RecordPrinted(ctx, "job 1", nil))
	h.must("RecordPrinted", h.e.RecordPrinted(ctx, "job 2", &procedure.Error{Code: procedure.CodePrint}))
	h.must("RecordPrinted", h.e.RecordPrinted(ctx, "job 3", nil))
	if got, want := h.view().Copies, 2*h.duePapers()[0].Copies; len(h.duePapers()) != 1 || got != want {
		t.Errorf("%d copies count as printed, want %d: the job that failed printed none", got, want)
	}
	err := h.e.ConfirmPapers(ctx, procedure.PaperTicks{UnblockSigned: true})
	h.wants("no receipt", err, procedure.CodePapersOpen)
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, procedure.PaperTicks{UnblockSigned: true, UnblockReceived: true}))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	for _, want := range []procedure.Code{procedure.CodeWrongPIN, procedure.CodeWrongPIN, procedure.CodePINBlocked} {
		h.wants("not his PIN", h.e.EnterPIN(ctx, []byte("9999")), want)
	}
	if h.Card.PIN != proctest.PIN {
		t.Fatal("a mistyped PIN became the new one")
	}
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
	change := keep
	change.KnowsPIN, change.Unblock = procedure.No, procedure.UnblockChange
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, change))
	if h.view().Printed {
		t.Error("the form for the other choice counts as printed")
	}
	h.toPINPage()
	h.Card.SetNoPUK(true)
	h.wants("no PUK", h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false), procedure.CodePUK)
	tried := h.Faults.Calls(proctest.OpUnblock)
	h.restart()
	h.must("ResumeCase", h.e.ResumeCase(ctx, h.e.Snapshot().Waiting[0].ID))
	if v := h.view(); v.Problem == nil || v.Problem.Code != procedure.CodePUK || v.WaitsFor != procedure.WaitsForClerk {
		t.Errorf("waits for %q, problem %v", v.WaitsFor, v.Problem)
	}
	h.wants("once more", h.e.BeginPIN(ctx), procedure.CodePUK)
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
	h.wants("chosen again", h.e.ConfirmPerson(ctx, change), procedure.CodePUK)
	if n := h.Faults.Calls(proctest.OpUnblock); n != tried {
		t.Errorf("%d more tries of the PUK were used", n-tried)
	}
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodePUK))

	h = testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, change))
	h.toPINPage()
	h.must("EnterNewPIN", h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false))
	h.close()
	if !slices.Contains(h.kinds(), procedure.KindUnblocked) || h.Card.PIN != newPIN {
		t.Errorf("events %v", h.kinds())
	}
}

// TestE22BlockedInTheMiddle: after the PIN was accepted once the chip dropped
// the login, and three wrong ones blocked it: an unblock is added to the case,
// and its request stays as it is.
func TestE22BlockedInTheMiddle(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Faults.Add(proctest.Fault{Op: proctest.OpEnrol, Nth: 1, When: proctest.After, Do: h.remove})
	h.must("EnterPIN", h.enterPIN())
	h.insert(h.Card)
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	for range 3 {
		_ = h.e.EnterPIN(ctx, []byte("9999"))
	}
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodePINBlocked)
	h.wants("to the papers", h.e.GoBack(ctx, procedure.PhasePapers), procedure.CodeNotNow)
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
	renew := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.No, Unblock: procedure.UnblockChange, Service: procedure.ServiceUnblock}
	h.wants("another action", h.e.ConfirmPerson(ctx, renew), procedure.CodeNotNow)
	renew.Service = procedure.ServiceCertificate
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, renew))
	if v := h.view(); !v.Ticks.ContractSigned || v.Ticks.UnblockSigned || v.Email.Address != canaryEmail {
		t.Errorf("ticks %+v, e-mail %q", v.Ticks, v.Email.Address)
	}
	h.wants("without a new Obrazac 2", h.e.ConfirmPapers(ctx, allPaperTicks), procedure.CodePapersOpen)
	h.must("RecordPapers", h.e.RecordPapers(ctx, records(procedure.PaperUnblock)))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.phase(procedure.PhasePIN) // what the request says is not asked again
	h.finish()
	h.issuedOnce()
	if n := h.Faults.Calls(proctest.OpRequest); n != 1 || h.Card.PINsSet() != 1 {
		t.Errorf("%d requests were made, %d PINs set", n, h.Card.PINsSet())
	}
}

// TestE24Record: a closed case holds who, how, which texts, when and what.
func TestE24Record(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	h.close()
	events := h.events()
	opened, ok := events[slices.IndexFunc(events, func(e procedure.Event) bool { return e.Kind == procedure.KindCaseOpened })].Body.(*procedure.CaseOpened)
	if !ok || opened.DocType != procedure.DocTypeID || opened.Checked != "sod" || opened.Number == "" {
		t.Errorf("opened %+v", opened)
	}
	for _, e := range events {
		if e.Case != "" && (e.At.IsZero() || e.Clerk == "") {
			t.Errorf("%s without time or clerk", e.Kind)
		}
	}
}

// TestE26Clock: with a clock that is off nothing is issued, and everything is
// recorded.
func TestE26Clock(t *testing.T) {
	h, _ := renewing(t)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.Authority.SetPolicy(procedure.Policy{Version: 2, ClockOffset: 6 * time.Minute})
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeClock)
	h.Clock.Jump(-24 * time.Hour)
	h.Authority.SetPolicy(procedure.Policy{Version: 3})
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	if !slices.ContainsFunc(h.events(), func(e procedure.Event) bool { return e.Kind == procedure.KindClockJumped }) {
		t.Error("the jump is not in the journal")
	}
}

// TestE26Unsynced: the citizen's page was left open until nobody knows the
// time any more.
func TestE26Unsynced(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.Clock.Advance(25 * time.Hour)
	h.wants("EnterPIN", h.enterPIN(), procedure.CodeClock)
	if n := h.Faults.Calls(proctest.OpLogin); n != 0 {
		t.Errorf("%d logins", n)
	}
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	h.close()
}

// TestE29LearnsLater: papers were made while the authority was silent; before
// anybody types a PIN it is asked again, and what it knows counts.
func TestE29LearnsLater(t *testing.T) {
	h := testHarness(t)
	ends := h.Clock.Now().AddDate(1, 0, 0)
	h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
	h.Card.DropKeys() // it stands at the register only
	h.insert(h.Card)
	h.Authority.SetSilent(true)
	h.toContent()
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.Authority.SetSilent(false)
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeNeedsSupervisor)
	if v := h.view(); v.Facts.Certificate != procedure.CertValid || len(v.Needs) == 0 {
		t.Errorf("facts %+v, needs %v", v.Facts, v.Needs)
	}
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), procedure.OverrideRequest{Reason: "остаје при захтеву"}))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	h.close()
}

// TestE29RegisterSilent: the authority takes requests but its register does not
// answer. An empty chip proves nothing, so no key is made; a supervisor may
// decide it over these facts.
func TestE29RegisterSilent(t *testing.T) {
	h := testHarness(t)
	ends := h.Clock.Now().AddDate(1, 0, 0)
	h.Authority.IssueOld(h.Card, "U-1", ends.AddDate(-5, 0, 0), ends, proctest.Active)
	h.Card.DropKeys() // it stands at the register only
	h.insert(h.Card)
	h.Authority.SetSilent(true)
	h.toContent()
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeNoLink)
	if h.view().PIN.Open || h.Faults.Calls(proctest.OpGenerate) != 0 {
		t.Error("the citizen types a PIN although the register is silent")
	}
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), procedure.OverrideRequest{Reason: "остаје при захтеву"}))
	h.must("with a supervisor", h.e.BeginPIN(ctx))
}

// TestE27NoPersonalDataInLists: what the lists show after the data are gone.
func TestE27NoPersonalDataInLists(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.Journal.Erase(h.e.Snapshot().Waiting[0].ID)
	h.restart()
	if w := h.e.Snapshot().Waiting; len(w) != 1 || w[0].Name != "" || w[0].Number == "" {
		t.Errorf("waiting %+v", w)
	}
}

// TestE29Offline: reading and papers work without the authority, issuing does
// not; what was confirmed goes on when it is back.
func TestE29Offline(t *testing.T) {
	h := testHarness(t)
	gone := &procedure.Error{Code: procedure.CodeNoLink}
	for _, op := range []proctest.Op{proctest.OpRegister, proctest.OpPreview, proctest.OpPolicy, proctest.OpSync} {
		h.Faults.Add(proctest.Fault{Op: op, Err: gone})
	}
	h.toPapers()
	if v := h.view(); v.Action != procedure.ActionIssue || v.Facts.Authority {
		t.Fatalf("action %s, facts %+v", v.Action, v.Facts)
	}
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	h.wants("ConfirmContent", h.e.ConfirmContent(ctx), procedure.CodeNoLink)
	h.Faults.Clear()
	h.finish()
	h.issuedOnce()
}

// TestE30DaySheet counts a day.
func TestE30DaySheet(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	h.Clock.Advance(4 * time.Minute)
	h.close()
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.restart()
	sheet, err := h.e.DaySheet(ctx, today)
	h.must("DaySheet", err)
	if sheet.Issued != 1 || sheet.Renewed != 0 || sheet.Open != 1 || sheet.Counter != "BG-017-03" {
		t.Errorf("sheet %+v", sheet)
	}
	if !slices.Equal(sheet.Refused, []procedure.RefusedCount{{Reason: procedure.CodeFace, Count: 1}}) {
		t.Errorf("refused %+v", sheet.Refused)
	}
	if len(sheet.Minutes) != 1 || sheet.Minutes[0].Count != 1 || sheet.Minutes[0].Mean < 4*time.Minute || sheet.Minutes[0].Median != sheet.Minutes[0].Mean {
		t.Errorf("minutes %+v", sheet.Minutes)
	}
	yesterday, err := h.e.DaySheet(ctx, procedure.Date{Year: 2026, Month: 11, Day: 22})
	if err != nil || yesterday.Issued != 0 || len(yesterday.Refused) != 0 {
		t.Errorf("yesterday %+v, %v", yesterday, err)
	}
}

// TestE32UnknownATR: a new kind of chip is tried, and noticed.
func TestE32UnknownATR(t *testing.T) {
	h := testHarness(t)
	h.Card.Identity.UnknownATR = true
	h.insert(h.Card)
	h.toHandOver()
	if v := h.view(); !slices.Contains(v.Verdict.Warnings, procedure.WarnUnknownATR) {
		t.Errorf("warnings %v", v.Verdict.Warnings)
	}
}
