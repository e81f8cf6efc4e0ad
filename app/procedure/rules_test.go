package procedure_test

import (
	"bytes"
	"crypto/x509"
	"reflect"
	"slices"
	"strings"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// The rules of the Ministry's text for issuing, one test each. RULES.md gives
// the other rules and their tests.

// TestR01: a valid identity document, namely an ID card with chip.
func TestR01ValidCardWithChip(t *testing.T) {
	tests := []struct {
		name   string
		change func(*proctest.Card)
		want   procedure.Code
	}{
		{"expired", func(c *proctest.Card) { c.Identity.ValidUntil = procedure.Date{Year: 2026, Month: 11, Day: 22} }, procedure.CodeCardExpired},
		{"no chip for certificates", func(c *proctest.Card) { c.NoPKI = true }, procedure.CodeNoPKI},
		{"no ID card", func(c *proctest.Card) { c.Identity.DocType = procedure.DocTypeRP }, procedure.CodeDocType},
		{"home-made", func(c *proctest.Card) { c.Identity.Authenticity = procedure.SODNoAnchor }, procedure.CodeSODAnchor},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			card := proctest.NewCard()
			tt.change(card)
			h.insert(card)
			last := h.events()[len(h.events())-1]
			if b, ok := last.Body.(*procedure.CardTurnedAway); !ok || !slices.Contains(b.Blocks, tt.want) {
				t.Errorf("the journal ends with %s %+v", last.Kind, last.Body)
			}
			h.must("OpenCase", h.e.OpenCase(ctx))
			if v := h.view(); v.Proposal != (procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonNotEligible}) {
				t.Errorf("proposal %+v", v.Proposal)
			}
			h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), tt.want)
			override := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: "ипак"}
			h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), override))
			h.wants("ConfirmPerson, signed", h.e.ConfirmPerson(ctx, knowsPIN), tt.want) // no override opens these
			h.must("RefuseCase", h.e.RefuseCase(ctx, tt.want))
		})
	}
}

// TestR02: for issuing, the citizen must know his PIN.
func TestR02MustKnowPIN(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	unanswered := procedure.PersonAnswers{Face: procedure.Yes}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, unanswered), procedure.CodeAnswerOpen)
	h.phase(procedure.PhasePerson)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	h.phase(procedure.PhasePapers)
}

// TestR03: a forgotten PIN is unblocked and changed first; only then the
// request for issuing.
func TestR03ForgottenPINFirst(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	forgot := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.No}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, forgot), procedure.CodeNeedsUnblock)
	h.phase(procedure.PhasePerson)
	h.wants("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()), procedure.CodeNotNow)

	// Chained in the same case: the new PIN first, then the certificate.
	forgot.Unblock = procedure.UnblockKeep
	h.wants("keep an unknown PIN", h.e.ConfirmPerson(ctx, forgot), procedure.CodeAnswerOpen)
	forgot.Unblock = procedure.UnblockChange
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, forgot))
	h.toPINPage()
	h.wants("EnterPIN instead of a new one", h.enterPIN(), procedure.CodeNotNow)
	h.must("EnterNewPIN", h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false))
	h.phase(procedure.PhaseHandOver)
	kinds := h.kinds()
	if slices.Index(kinds, procedure.KindUnblocked) > slices.Index(kinds, procedure.KindGenerate) {
		t.Errorf("the key was made before the PIN was changed: %v", kinds)
	}
	if n := h.Faults.Calls(proctest.OpLogin); n != 1 || h.Card.PIN != newPIN {
		t.Errorf("%d logins, PIN changed: %t", n, h.Card.PIN == newPIN)
	}
	h.close()
	h.issuedOnce()

	blocked := testHarness(t)
	blocked.Card.SetTries(0)
	blocked.insert(blocked.Card)
	blocked.must("OpenCase", blocked.e.OpenCase(ctx))
	blocked.wants("ConfirmPerson", blocked.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeNeedsUnblock)
	blocked.must("RefuseCase", blocked.e.RefuseCase(ctx, procedure.CodeNeedsUnblock))
	blocked.phase(procedure.PhaseRefused)
	if n := blocked.e.Snapshot().Today.Refused; n != 1 {
		t.Errorf("%d refused today, want 1", n)
	}
}

// TestR04: the papers come from the clerk or from the web site: a citizen with
// request and terms filled in at home is served; the contract is printed here.
func TestR04BroughtForms(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	request := procedure.BroughtForm{Kind: procedure.PaperRequest, Circled: 1}
	terms := procedure.BroughtForm{Kind: procedure.PaperTerms}
	wrong := procedure.BroughtForm{Kind: procedure.PaperRequest, Circled: 2}
	h.wants("number 2 circled", h.e.RecordBrought(ctx, []procedure.BroughtForm{wrong, terms}), procedure.CodeWrongCircle)
	contract := procedure.BroughtForm{Kind: procedure.PaperContract}
	h.wants("the contract brought", h.e.RecordBrought(ctx, []procedure.BroughtForm{contract}), procedure.CodeNotNow)
	h.must("RecordBrought", h.e.RecordBrought(ctx, []procedure.BroughtForm{request, terms}))
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	if !slices.Equal(d.Kinds, []procedure.PaperKind{procedure.PaperContract}) {
		t.Errorf("still to print: %v", d.Kinds)
	}
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.phase(procedure.PhaseEmail)

	h = testHarness(t)
	h.Settings.AcceptBrought = false
	h.restart()
	h.toPapers()
	h.wants("forms.accept_brought off", h.e.RecordBrought(ctx, []procedure.BroughtForm{request}), procedure.CodeNotNow)

	h = testHarness(t)
	h.toPapers()
	h.wants("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks), procedure.CodePapersOpen)
}

// TestR05: the citizen is a natural person, the holder of the card: who he is
// comes from the chip alone, and the clerk confirms the face.
func TestR05HolderInPerson(t *testing.T) {
	h := testHarness(t)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); len(v.Portrait) == 0 || v.Identity.Surname != proctest.Surname {
		t.Fatalf("portrait of %d bytes, surname %q", len(v.Portrait), v.Identity.Surname)
	}
	stranger := procedure.PersonAnswers{Face: procedure.No, KnowsPIN: procedure.Yes}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, stranger), procedure.CodeFace)
	h.phase(procedure.PhasePerson)
	last := h.events()[len(h.events())-1]
	if b, ok := last.Body.(*procedure.PersonConfirmed); !ok || b.Face != procedure.No {
		t.Errorf("the answer is not in the journal: %s %+v", last.Kind, last.Body)
	}
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
	h.phase(procedure.PhaseRefused)
}

// TestR06: the registration body registers: nothing moves without a clerk who
// is signed in, and every event of a case names him and the case its counter.
func TestR06ClerkOfTheOffice(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.must("SignOut", h.e.SignOut(ctx))
	h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeSignedOut)
	h.wants("SignIn", h.e.SignIn(ctx, []byte("wrong")), procedure.CodeSignIn)
	h.wants("ResumeCase", h.e.ResumeCase(ctx, h.e.Snapshot().Waiting[0].ID), procedure.CodeSignedOut)
	h.must("SignIn", h.e.SignIn(ctx, []byte(proctest.Password)))
	h.must("OpenCase", h.e.OpenCase(ctx))
	if got := h.view().Number; got != "BG-017-03-2026-000001" {
		t.Errorf("case number %q", got)
	}
	for _, e := range h.events() {
		if e.Case != "" && e.Clerk != "104417" {
			t.Errorf("%s names clerk %q", e.Kind, e.Clerk)
		}
	}
}

// TestR07: the activation data is the PIN of the card; the tries left are
// known before anybody types, and asking for them costs none.
func TestR07TriesKnownBeforehand(t *testing.T) {
	h := testHarness(t)
	h.Card.SetTries(1)
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.PIN.Tries != 1 || !slices.Contains(v.Verdict.Warnings, procedure.WarnLastTry) {
		t.Errorf("tries %d, warnings %v", v.PIN.Tries, v.Verdict.Warnings)
	}
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeAnswerOpen)
	answers := knowsPIN
	answers.LastTry = procedure.No
	h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, answers), procedure.CodeNeedsUnblock)
	answers.LastTry = procedure.Yes
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, answers))
	if h.Card.Tries() != 1 || h.Faults.Calls(proctest.OpLogin) != 0 {
		t.Errorf("%d tries left after %d logins", h.Card.Tries(), h.Faults.Calls(proctest.OpLogin))
	}
}

// missingTick checks that issuing stays locked without one tick.
func missingTick(t *testing.T, field string, untick func(*procedure.PaperTicks)) {
	t.Helper()
	h := testHarness(t)
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
	ticks := allPaperTicks
	untick(&ticks)
	err := h.e.ConfirmPapers(ctx, ticks)
	h.wants("ConfirmPapers", err, procedure.CodePapersOpen)
	if got := err.(*procedure.Error).Fields; !slices.Equal(got, []string{field}) {
		t.Errorf("fields %v, want %s", got, field)
	}
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodePapersOpen)
	h.phase(procedure.PhasePapers)
}

// TestR08: Obrazac 1, filled in and signed by hand, number 1 circled.
func TestR08RequestSigned(t *testing.T) {
	missingTick(t, procedure.FieldRequestSigned, func(p *procedure.PaperTicks) { p.RequestSigned = false })
	h := testHarness(t)
	h.toPapers()
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	if d.Action != procedure.ActionIssue || !slices.Contains(d.Kinds, procedure.PaperRequest) {
		t.Errorf("action %q, papers %v", d.Action, d.Kinds)
	}
}

// TestR09: two copies of the terms, both signed.
func TestR09TermsSigned(t *testing.T) {
	missingTick(t, procedure.FieldTermsSigned, func(p *procedure.PaperTicks) { p.TermsSigned = false })
}

// TestR10: a contract is concluded, in two copies, under a number of its own.
func TestR10ContractConcluded(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	d, err := h.e.PaperData(ctx)
	h.must("PaperData", err)
	if want := (procedure.ContractRef{Number: "U-BG-017-03-2026-000001", Date: today}); d.Contract != want {
		t.Errorf("contract %+v, want %+v", d.Contract, want)
	}
	// The number stays when the clerk goes back and forth.
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePerson))
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	if got := h.view().Contract.Number; got != d.Contract.Number {
		t.Errorf("contract became %q", got)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.other)
	h.toPapers()
	if got := h.view().Contract.Number; got != "U-BG-017-03-2026-000002" {
		t.Errorf("second contract is %q", got)
	}
}

// TestR11: both copies of the contract are signed before the clerk.
func TestR11ContractSignedBeforeClerk(t *testing.T) {
	missingTick(t, procedure.FieldContractSigned, func(p *procedure.PaperTicks) { p.ContractSigned = false })
}

// TestR12: the seal, over the assistant minister's signature; the setting
// contract.seal_required can lift it.
func TestR12ContractSealed(t *testing.T) {
	unseal := func(p *procedure.PaperTicks) { p.ContractSealed = false }
	missingTick(t, procedure.FieldContractSealed, unseal)

	h := testHarness(t)
	h.Settings.SealRequired = false
	h.restart()
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
	ticks := allPaperTicks
	unseal(&ticks)
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, ticks))
}

// TestR13: issuing begins only after request and contract: neither card nor
// authority is asked for anything that changes them before.
func TestR13IssuingOnlyAfterPapers(t *testing.T) {
	h := testHarness(t)
	untouched := func(where string) {
		t.Helper()
		for _, op := range []proctest.Op{proctest.OpOpen, proctest.OpLogin, proctest.OpGenerate, proctest.OpEnrol, proctest.OpWrite} {
			if n := h.Faults.Calls(op); n != 0 {
				t.Errorf("%s: %d × %s", where, n, op)
			}
		}
	}
	try := func(where string, want procedure.Code) {
		t.Helper()
		h.wants(where+": BeginPIN", h.e.BeginPIN(ctx), want)
		h.wants(where+": EnterPIN", h.enterPIN(), procedure.CodeNotNow)
		h.must(where+": Continue", h.e.Continue(ctx))
		untouched(where)
	}
	h.must("OpenCase", h.e.OpenCase(ctx))
	try("person", procedure.CodeNotNow)
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
	try("papers", procedure.CodePapersOpen)
	h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	try("email", procedure.CodeNotNow)
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	try("content", procedure.CodeNotNow)
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.wants("EnterPIN before the hand-over of the screen", h.enterPIN(), procedure.CodeNotNow)
	untouched("before BeginPIN")
	// A step back locks again.
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePapers))
	try("papers again", procedure.CodePapersOpen)
}

// TestR14: the e-mail only if the form asks for it, as written there.
func TestR14EmailOnlyIfAskedFor(t *testing.T) {
	issue := func(a procedure.EmailAnswer) *x509.Certificate {
		h := testHarness(t)
		h.toPapers()
		h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
		h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
		h.must("SetEmail", h.e.SetEmail(ctx, a))
		if got, want := h.view().Preview.Email, a.Address; a.Wanted == procedure.Yes && got != want {
			t.Errorf("preview shows %q, want %q", got, want)
		}
		h.must("ConfirmContent", h.e.ConfirmContent(ctx))
		h.must("BeginPIN", h.e.BeginPIN(ctx))
		h.must("EnterPIN", h.enterPIN())
		cert, err := x509.ParseCertificate(h.view().Result.DER)
		h.must("ParseCertificate", err)
		return cert
	}
	if got := issue(wantsEmail).EmailAddresses; !slices.Equal(got, []string{canaryEmail}) {
		t.Errorf("asked for: %v", got)
	}
	not := procedure.EmailAnswer{Wanted: procedure.No, Address: canaryEmail, Again: canaryEmail}
	if got := issue(not).EmailAddresses; len(got) != 0 {
		t.Errorf("not asked for: %v", got)
	}

	h := testHarness(t)
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	bad := func(a procedure.EmailAnswer, want procedure.Code) {
		t.Helper()
		h.wants("SetEmail", h.e.SetEmail(ctx, a), want)
		h.phase(procedure.PhaseEmail)
	}
	bad(procedure.EmailAnswer{}, procedure.CodeAnswerOpen)
	bad(procedure.EmailAnswer{Wanted: procedure.Yes, Address: "a@b", Again: "a@b"}, procedure.CodeEmailDomain)
	bad(procedure.EmailAnswer{Wanted: procedure.Yes, Address: "a@-b", Again: "a@-b"}, procedure.CodeEmailSyntax)
	bad(procedure.EmailAnswer{Wanted: procedure.Yes, Address: canaryEmail, Again: "x" + canaryEmail}, procedure.CodeEmailDiffers)
	bad(procedure.EmailAnswer{Wanted: procedure.Yes, Address: "a@b.rs\nBcc: c@d.rs", Again: "a@b.rs\nBcc: c@d.rs"}, procedure.CodeEmailSyntax)
}

// TestR15: the PIN is needed in the process and known to the citizen alone:
// nothing outside of the card gets to know it.
func TestR15PINKnownToCitizenOnly(t *testing.T) {
	h := testHarness(t)
	const canary = "90817263"
	h.Card.PIN = canary
	h.toPIN()
	pin := []byte(canary)
	h.must("EnterPIN", h.e.EnterPIN(ctx, pin))
	if string(pin) != canary {
		t.Error("the engine changed the caller's PIN")
	}
	h.close()
	h.secret(canary)
}

// secret fails if a PIN is in an event, in a part or in the engine.
func (h *harness) secret(canary string) {
	h.t.Helper()
	for _, raw := range h.Journal.Events() {
		if bytes.Contains(raw, []byte(canary)) {
			h.t.Fatalf("the PIN is in the journal: %s", raw)
		}
	}
	for _, p := range h.Journal.Parts() {
		if bytes.Contains(p.Opening, []byte(canary)) {
			h.t.Fatalf("the PIN is in part %s", p.Name)
		}
	}
	if !leaks(reflect.ValueOf(h.e).Elem(), proctest.Surname, map[uintptr]bool{}) {
		h.t.Fatalf("the search finds not even the surname")
	}
	if leaks(reflect.ValueOf(h.e).Elem(), canary, map[uintptr]bool{reflect.ValueOf(h.Card).Pointer(): true}) {
		h.t.Fatalf("the engine keeps the PIN")
	}
}

// leaks looks for text in everything reachable from v, except through the
// pointers in seen.
func leaks(v reflect.Value, text string, seen map[uintptr]bool) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		if v.IsNil() || seen[v.Pointer()] {
			return false
		}
		seen[v.Pointer()] = true
	}
	switch v.Kind() {
	case reflect.String:
		return strings.Contains(v.String(), text)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return bytes.Contains(v.Bytes(), []byte(text))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			if leaks(v.Index(i), text, seen) {
				return true
			}
		}
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && leaks(v.Elem(), text, seen)
	case reflect.Struct:
		for i := range v.NumField() {
			if leaks(v.Field(i), text, seen) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if leaks(it.Key(), text, seen) || leaks(it.Value(), text, seen) {
				return true
			}
		}
	}
	return false
}

// TestR16: the citizen types himself: his page shows nothing of the case, a
// wrong PIN brings him back with the tries left, no attempt is made without
// him.
func TestR16CitizenTypesHimself(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	if v := h.view(); !v.PIN.Open || v.PIN.Tries != 3 {
		t.Fatalf("citizen's page %+v", v.PIN)
	}
	for _, malformed := range []string{"", "123", "123456789", "12a4", "12 34"} {
		h.wants("EnterPIN", h.e.EnterPIN(ctx, []byte(malformed)), procedure.CodePINFormat)
	}
	if h.Card.Tries() != 3 {
		t.Fatalf("a malformed PIN cost a try: %d left", h.Card.Tries())
	}
	err := h.e.EnterPIN(ctx, []byte("0000"))
	h.wants("EnterPIN", err, procedure.CodeWrongPIN)
	v := h.view()
	if !v.PIN.Open || v.PIN.Tries != 2 || v.PIN.Last == nil || v.PIN.Last.Tries != 2 {
		t.Errorf("citizen's page after a wrong PIN: %+v", v.PIN)
	}
	h.must("LeavePIN", h.e.LeavePIN(ctx, procedure.PINTimeout))
	if v := h.view(); v.PIN.Open || v.Phase != procedure.PhasePIN {
		t.Errorf("after the time-out: phase %s, page %+v", v.Phase, v.PIN)
	}
	h.wants("EnterPIN", h.enterPIN(), procedure.CodeNotNow)
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	if n := h.Faults.Calls(proctest.OpLogin); n != 2 {
		t.Errorf("%d logins, want 2", n)
	}
	h.close()
}

// tickHandOver checks that the case stays open without one tick of the end.
func tickHandOver(t *testing.T, field string, untick func(*procedure.HandOverTicks)) {
	t.Helper()
	h := testHarness(t)
	h.toHandOver()
	ticks := allHandOverTicks
	untick(&ticks)
	err := h.e.ConfirmHandOver(ctx, ticks)
	h.wants("ConfirmHandOver", err, procedure.CodeHandOverOpen)
	if got := err.(*procedure.Error).Fields; !slices.Equal(got, []string{field}) {
		t.Errorf("fields %v, want %s", got, field)
	}
	h.phase(procedure.PhaseHandOver)
	h.close()
}

// TestR17: request, one contract and one copy of the terms go to the archive.
func TestR17Archived(t *testing.T) {
	tickHandOver(t, procedure.FieldArchived, func(k *procedure.HandOverTicks) { k.Archived = false })
}

// TestR18: the citizen gets the card, one contract, one copy of the terms.
func TestR18HandedOver(t *testing.T) {
	tickHandOver(t, procedure.FieldCardReturned, func(k *procedure.HandOverTicks) { k.CardReturned = false })
	tickHandOver(t, procedure.FieldCitizenPapers, func(k *procedure.HandOverTicks) { k.CitizenPapers = false })
}

// TestR19: only with both is the procedure complete; before, the case is open
// whatever the chip holds.
func TestR19OpenUntilHandedOver(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	if today := h.e.Snapshot().Today; today.Issued != 0 || today.Open != 1 {
		t.Errorf("before the hand-over: %+v", today)
	}
	h.restart()
	waiting := h.e.Snapshot().Waiting
	if len(waiting) != 1 || waiting[0].Phase != procedure.PhaseHandOver {
		t.Fatalf("after a restart waits %+v", waiting)
	}
	h.wants("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace), procedure.CodeNoCase)
	h.must("ResumeCase", h.e.ResumeCase(ctx, waiting[0].ID))
	h.wants("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace), procedure.CodeNotNow)
	h.close()
	if today := h.e.Snapshot().Today; today.Issued != 1 || today.Open != 0 {
		t.Errorf("after the hand-over: %+v", today)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	if s := h.e.Snapshot(); s.Case != nil || len(s.Waiting) != 0 {
		t.Errorf("after the end: case %v, waiting %v", s.Case, s.Waiting)
	}
	h.settled()
}
