package procedure_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// canaries are what no event may hold, in clear or in one of the encodings in
// which it could slip in.
func canaries() map[string][]byte {
	plain := map[string]string{
		"JMBG": proctest.JMBG, "surname": proctest.Surname, "given name": proctest.GivenName, "parent": "МАРКО",
		"card number": proctest.CardNumber, "document serial": "0012345678", "chip serial": "00112233445566",
		"token serial": proctest.Token, "e-mail": canaryEmail, "PIN": `"` + proctest.PIN, "place": "полица 3",
	}
	all := map[string][]byte{}
	for name, text := range plain {
		all[name] = []byte(text)
		all[name+" as base64"] = []byte(base64.RawStdEncoding.EncodeToString([]byte(text)))
		all[name+" as hex"] = []byte(hex.EncodeToString([]byte(text)))
		sum := sha256.Sum256([]byte(text))
		all[name+" as unsalted hash"] = []byte(hex.EncodeToString(sum[:]))
		escaped, _ := json.Marshal(text)
		all[name+" as JSON"] = bytes.Trim(escaped, `"`)
	}
	return all
}

// TestNoPersonalDataInEvents plays cases with every kind of event and searches
// all bodies.
func TestNoPersonalDataInEvents(t *testing.T) {
	h := testHarness(t)
	h.remove()
	bad := proctest.NewCard()
	bad.Identity.Authenticity = procedure.SODMismatch
	h.insert(bad)
	h.insert(h.Card)

	h.toContent()
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhaseEmail))
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.wants("EnterPIN", h.e.EnterPIN(ctx, []byte("9999")), procedure.CodeWrongPIN)
	h.must("LeavePIN", h.e.LeavePIN(ctx, procedure.PINCancelled))
	h.Clock.Jump(-time.Hour)
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	// A broken authority, a refusal, a lost key, at last a certificate.
	h.Authority.SetWrongKey(true)
	h.must("EnterPIN", h.enterPIN())
	h.Authority.SetWrongKey(false)
	h.must("Continue", h.e.Continue(ctx))
	h.Authority.SetRefusal(&procedure.Error{Code: procedure.CodeRefused, Detail: "subject-mismatch"})
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	h.Authority.SetRefusal(nil)
	h.must("Continue", h.e.Continue(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.Authority.SetPlain(&proctest.Plain{})
	h.Authority.SetWrongKey(true)
	h.must("EnterPIN", h.enterPIN())
	h.must("OperatorConfirms", h.e.OperatorConfirms(ctx, proctest.Surname))
	h.Authority.SetWrongKey(false)
	h.Authority.SetPlain(nil)
	h.must("Continue", h.e.Continue(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.Faults.Add(proctest.Fault{Op: proctest.OpWrite, Nth: 1, Err: &procedure.Error{Code: procedure.CodeCardFailure}})
	h.must("EnterPIN", h.enterPIN())
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.must("EnterPIN", h.enterPIN())
	docs := []procedure.PaperRecord{{Kind: procedure.PaperReceipt, Copies: 1, SHA256: "cc"}}
	h.must("RecordPapers", h.e.RecordPapers(ctx, docs))
	h.close()
	h.must("RecordReprint", h.e.RecordReprint(ctx, h.view().ID, 2, docs))
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))
	h.remainingKinds()
	_, err := h.e.SearchAuthority(ctx, "петровић")
	h.must("SearchAuthority", err)
	h.must("SignOut", h.e.SignOut(ctx))
	h.File = []procedure.Setting{{"pin.ordered", "true"}}
	h.restart()

	seen := map[procedure.Kind]bool{}
	for _, e := range h.events() {
		seen[e.Kind] = true
	}
	for _, k := range procedure.Kinds {
		if !seen[k] {
			t.Errorf("no event of kind %s was made", k)
		}
	}
	for i, raw := range h.Journal.Events() {
		body := raw
		if b, ok := h.events()[i].Body.(*procedure.CaseClosed); ok {
			payload, err := base64.RawURLEncoding.DecodeString(strings.Split(b.Summary, ".")[1])
			h.must("decode summary", err)
			body = append(bytes.Clone(raw), payload...)
		}
		for name, canary := range canaries() {
			if bytes.Contains(body, canary) {
				t.Errorf("event %d holds the %s: %s", i+1, name, body)
			}
		}
	}
	// The positive control: the parts do hold it.
	found := false
	for _, p := range h.Journal.Parts() {
		found = found || bytes.Contains(p.Opening, []byte(proctest.JMBG))
	}
	if !found {
		t.Error("no part holds the JMBG: the search proves nothing")
	}
}

// remainingKinds plays what a first issuing has not: a supervisor's override, a
// forgotten PIN, brought forms, an old certificate, a contract that ends, and
// changes of status, one of them refused.
func (h *harness) remainingKinds() {
	h.t.Helper()
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	o := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: "Ана Петровић остаје при захтеву"}
	h.must("Override", h.e.Override(ctx, []byte(proctest.SupervisorPassword), o))
	a := procedure.PersonAnswers{
		Face: procedure.Yes, KnowsPIN: procedure.No, Unblock: procedure.UnblockChange, Choice: procedure.ActionIssue,
	}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	brought := []procedure.BroughtForm{{Kind: procedure.PaperRequest, Circled: 1}}
	h.must("RecordBrought", h.e.RecordBrought(ctx, brought))
	h.toPINPage()
	h.must("EnterNewPIN", h.e.EnterNewPIN(ctx, []byte(newPIN), []byte(newPIN), false))
	if v := h.view(); v.Phase != procedure.PhasePIN || !v.CanSkipRetire {
		h.t.Fatalf("phase %s, may skip %t: the old certificate stands", v.Phase, v.CanSkipRetire)
	}
	h.must("SkipRetire", h.e.SkipRetire(ctx))
	h.close()
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.changeStatus(procedure.ActionSuspend, procedure.StatusLost, &procedure.Error{Code: procedure.CodeRefused})
	h.must("Continue", h.e.Continue(ctx))
	h.close()
	h.must("ParkCase", h.e.ParkCase(ctx))

	h.renewable()
	h.changeStatus(procedure.ActionRevoke, procedure.StatusNotWanted, nil)
	h.close()
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.Card)
	h.wish = wish{choice: procedure.ActionIssue}
	h.must("OpenCase", h.e.OpenCase(ctx))
	for range 30 {
		if h.view0() == procedure.PhaseClosed {
			break
		}
		h.step()
	}
	h.phase(procedure.PhaseClosed)
}

// view0 is the phase of the current case, if there is one.
func (h *harness) view0() procedure.Phase {
	if v := h.e.Snapshot().Case; v != nil {
		return v.Phase
	}
	return ""
}

// changeStatus changes the status of the certificate of the facts; the
// authority refuses it once if asked to.
func (h *harness) changeStatus(op procedure.Action, why procedure.StatusReason, refusal error) {
	h.t.Helper()
	h.must("OpenCase", h.e.OpenCase(ctx))
	serial := h.view().Facts.Serial
	a := procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceStatus, Status: procedure.StatusAnswers{
		Op: op, Serial: serial, Reason: why, EndContract: op == procedure.ActionRevoke,
	}}
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, a))
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	if refusal != nil {
		h.Faults.Add(proctest.Fault{Op: proctest.OpSuspend, Nth: 1, Err: refusal})
	}
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
}

// TestCommitments: every part is committed to by an event of its case, under
// its name, salted.
func TestCommitments(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	h.close()
	commits := map[string]string{}
	for _, e := range h.events() {
		for name, sum := range e.Commits {
			commits[string(e.Case)+" "+name] = sum
		}
	}
	want := []string{"record", "chip-files", "facts-1", "papers-1", "email-1", "csr-1", "certificate-1", "archive"}
	parts := h.Journal.Parts()
	if len(parts) != len(want) || len(commits) != len(want) {
		t.Errorf("%d parts and %d commitments, want %v", len(parts), len(commits), want)
	}
	salts := map[string]bool{}
	for _, p := range parts {
		sum := sha256.Sum256(p.Opening)
		if got := commits[string(p.Case)+" "+p.Name]; got != hex.EncodeToString(sum[:]) {
			t.Errorf("part %s: committed %q", p.Name, got)
		}
		salts[string(p.Opening[:32])] = true
	}
	if len(salts) != len(parts) {
		t.Error("a salt is used twice")
	}
	for _, name := range want {
		found := false
		for key := range commits {
			found = found || strings.HasSuffix(key, " "+name)
		}
		if !found {
			t.Errorf("nothing commits to %s", name)
		}
	}
}

// TestSummary: the closing event holds the clerk's signature over what
// happened, with the journal's head after the hand-over.
func TestSummary(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	h.close()
	events := h.events()
	closed, ok := events[len(events)-1].Body.(*procedure.CaseClosed)
	if !ok {
		t.Fatalf("the last event is %s", events[len(events)-1].Kind)
	}
	parts := strings.Split(closed.Summary, ".")
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	h.must("decode signature", err)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(h.Keyring.Public(), digest[:], r, s) {
		t.Error("the clerk's signature does not verify")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	h.must("decode payload", err)
	var sum procedure.Summary
	h.must("parse summary", json.Unmarshal(payload, &sum))
	if sum.Size != int64(len(events)-1) || sum.Clerk != "104417" || sum.Serial != h.Authority.Certificates()[0].Serial {
		t.Errorf("summary %+v", sum)
	}
	if sum.HandOver != (procedure.HandedOver{CardReturned: true, CitizenPapers: true, Archived: true}) || len(sum.Commits) != 8 {
		t.Errorf("hand-over %+v, %d commitments", sum.HandOver, len(sum.Commits))
	}
}

func TestDecodeEvent(t *testing.T) {
	const head = `{"v":1,"kind":"`
	const tail = `","case":"c","at":1700000000000,"run":2,"mono":3000,"clerk":"7","commits":{"record":"aa"},"body":`
	tests := []struct {
		name, line string
		code       procedure.Code
		body       bool
	}{
		{"known", head + "case-opened" + tail + `{"number":"n","tries":3}}`, "", true},
		{"unknown kind is kept", head + "from-the-future" + tail + `{"x":[1]}}`, "", false},
		{"unknown kind without body", head + "from-the-future" + `","case":""}`, "", false},
		{"unknown members are passed over", head + "case-refused" + tail + `{"reason":"face","more":1},"also":2}`, "", true},
		{"later version", `{"v":2,"kind":"case-opened","body":{}}`, procedure.CodeUpgrade, false},
		{"no version", `{"kind":"case-opened","body":{}}`, procedure.CodeTampered, false},
		{"no kind", `{"v":1,"body":{}}`, procedure.CodeTampered, false},
		{"known kind without body", `{"v":1,"kind":"case-opened"}`, procedure.CodeTampered, false},
		{"body of another type", head + "case-opened" + tail + `{"number":5}}`, procedure.CodeTampered, false},
		{"not JSON", "case-opened", procedure.CodeTampered, false},
		{"cut off", head + "case-opened" + tail + `{"num`, procedure.CodeTampered, false},
		{"empty", "", procedure.CodeTampered, false},
		{"too long", head + "case-opened" + tail + `{"number":"` + strings.Repeat("n", procedure.MaxEvent) + `"}}`, procedure.CodeTampered, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := procedure.DecodeEvent([]byte(tt.line))
			if codeOf(err) != tt.code {
				t.Fatalf("error %v, want code %q", err, tt.code)
			}
			if (e.Body != nil) != tt.body {
				t.Errorf("body %v, want one: %t", e.Body, tt.body)
			}
		})
	}
}

// TestEventRoundTrip: what is written is read back the same, on one line.
func TestEventRoundTrip(t *testing.T) {
	at := time.UnixMilli(1700000000123)
	for _, k := range procedure.Kinds {
		want := procedure.Event{
			Kind: k, Case: "c", At: at, Run: 4, Mono: 5 * time.Second, Clerk: "7",
			Commits: map[string]string{"record": "aa"}, Body: procedure.BodyOf(k),
		}
		raw, err := want.Encode()
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		if bytes.ContainsAny(raw, "\n\r") {
			t.Errorf("%s is on more than one line", k)
		}
		got, err := procedure.DecodeEvent(raw)
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		again, err := got.Encode()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s: %s became %s (%v)", k, raw, again, err)
		}
	}
	huge := procedure.Event{Kind: procedure.KindCaseClosed, At: at, Body: procedure.CaseClosed{Summary: strings.Repeat("x", procedure.MaxEvent)}}
	if _, err := huge.Encode(); err == nil {
		t.Error("an event larger than MaxEvent was encoded")
	}
}

// TestJournalOfTheFuture: an event that this version cannot read stops it; one
// of an unknown kind does not.
func TestJournalOfTheFuture(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	id := h.view().ID
	kept := `{"v":1,"kind":"from-the-future","case":"` + string(id) + `","at":1,"run":1,"mono":1,"clerk":"","commits":{},"body":{}}`
	h.must("Append", h.Journal.Append(ctx, [][]byte{[]byte(kept)}, nil))
	h.restart()
	if n := len(h.e.Snapshot().Waiting); n != 1 {
		t.Fatalf("%d cases wait, want 1", n)
	}
	h.must("Append", h.Journal.Append(ctx, [][]byte{[]byte(`{"v":2,"kind":"case-opened","body":{}}`)}, nil))
	h.restart()
	if stop := h.e.Snapshot().Stop; stop == nil || stop.Code != procedure.CodeUpgrade {
		t.Fatalf("stop %v", stop)
	}
	h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeUpgrade)
}

// TestDamagedJournal: events in an order that cannot have been written.
func TestDamagedJournal(t *testing.T) {
	for name, line := range map[string]string{
		"event of an unknown case":  `{"v":1,"kind":"case-refused","case":"x","at":1,"run":1,"mono":1,"clerk":"","commits":{},"body":{"reason":"face"}}`,
		"not readable":              `{`,
		"event of the counter only": `{"v":1,"kind":"app-started","case":"x","at":1,"run":1,"mono":1,"clerk":"","commits":{},"body":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := testHarness(t)
			h.must("Append", h.Journal.Append(ctx, [][]byte{[]byte(line)}, nil))
			h.restart()
			if stop := h.e.Snapshot().Stop; stop == nil || stop.Code != procedure.CodeTampered {
				t.Errorf("stop %v", stop)
			}
		})
	}
}

func FuzzDecodeEvent(f *testing.F) {
	h := newHarness(f)
	h.toHandOver()
	h.close()
	for _, raw := range h.Journal.Events() {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := procedure.DecodeEvent(raw)
		if err != nil || e.Body == nil {
			return
		}
		again, err := e.Encode()
		if err != nil {
			return // longer than it was, by escapes
		}
		if _, err := procedure.DecodeEvent(again); err != nil {
			t.Errorf("%s became unreadable: %v", again, err)
		}
	})
}
