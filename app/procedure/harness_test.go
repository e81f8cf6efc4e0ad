package procedure_test

import (
	"errors"
	"slices"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// fataler is what a *testing.T and a *rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// harness drives an engine one call at a time, without Run: what Run would do
// on its own, the test does with see.
type harness struct {
	t fataler
	*proctest.World
	other   *proctest.Card // of another citizen
	wish    wish
	swapped int // keys that were changed while a certificate was on its way to them
	e       *procedure.Engine
}

// newHarness makes a world with a signed-in clerk and the card in the reader.
func newHarness(t fataler) *harness {
	t.Helper()
	h := &harness{t: t, World: proctest.NewWorld(), other: proctest.NewOtherCard()}
	h.Reader.Insert(h.Card)
	h.restart()
	if h.e.Snapshot().Clerk == nil {
		t.Fatalf("nobody is signed in")
	}
	return h
}

// restart drops the engine and starts another over the same world; the clerk
// signs in, if nothing fails.
func (h *harness) restart() {
	h.t.Helper()
	e, err := procedure.New(h.Config())
	if err != nil {
		h.t.Fatalf("New: %v", err)
	}
	e.Inline()
	h.e = e
	_ = e.SignIn(ctx, []byte(proctest.Password))
	h.see()
}

// see tells the engine what is in the reader.
func (h *harness) see() { h.e.CardEvent(ctx, h.Reader.Event()) }

func (h *harness) insert(c *proctest.Card) {
	h.Reader.Insert(c)
	h.see()
}

func (h *harness) remove() {
	h.Reader.Remove()
	h.see()
}

func (h *harness) must(what string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
}

// wants fails unless err has the code; no code means no error.
func (h *harness) wants(what string, err error, code procedure.Code) {
	h.t.Helper()
	if got := codeOf(err); got != code {
		h.t.Fatalf("%s: got %q (%v), want %q", what, got, err, code)
	}
}

func codeOf(err error) procedure.Code {
	if err == nil {
		return ""
	}
	var e *procedure.Error
	if !errors.As(err, &e) {
		return "not a procedure.Error"
	}
	return e.Code
}

// view is the current case.
func (h *harness) view() *procedure.CaseView {
	h.t.Helper()
	v := h.e.Snapshot().Case
	if v == nil {
		h.t.Fatalf("no case on the screen")
	}
	return v
}

func (h *harness) phase(want procedure.Phase) {
	h.t.Helper()
	if v := h.view(); v.Phase != want {
		h.t.Fatalf("phase %q, want %q (problem %v)", v.Phase, want, v.Problem)
	}
}

var (
	allPaperTicks = procedure.PaperTicks{
		RequestSigned: true, TermsSigned: true, ContractSigned: true, ContractSealed: true,
		UnblockSigned: true, UnblockReceived: true, StatusSigned: true, StatusReceived: true,
	}
	allHandOverTicks = procedure.HandOverTicks{CardReturned: true, CitizenPapers: true, Archived: true, Place: "полица 3"}
	knowsPIN         = procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes}
	wantsEmail       = procedure.EmailAnswer{Wanted: procedure.Yes, Address: canaryEmail, Again: canaryEmail}
)

// canaryEmail must be found in sealed parts only.
const canaryEmail = "kanarinac@primer.rs"

// template is the hash of the text of all papers of the tests.
const template = "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"

// records are the papers as the forms make them.
func records(kinds ...procedure.PaperKind) []procedure.PaperRecord {
	var docs []procedure.PaperRecord
	for _, kind := range kinds {
		copies := 1
		if kind == procedure.PaperTerms || kind == procedure.PaperContract {
			copies = 2
		}
		docs = append(docs, procedure.PaperRecord{
			Kind: kind, Copies: copies, Version: "1", Template: template, SHA256: "bb", Script: "sr-Cyrl",
		})
	}
	return docs
}

// issuingPapers are the papers of the issuing case.
func issuingPapers() []procedure.PaperRecord {
	return records(procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract)
}

// duePapers are the papers that the case asks for now.
func (h *harness) duePapers() []procedure.PaperRecord {
	d, err := h.e.PaperData(ctx)
	if err != nil {
		return nil
	}
	return records(d.Kinds...)
}

// wish is what the citizen comes for. The zero value is a certificate.
type wish struct {
	service procedure.Service
	unblock procedure.Unblock
	status  procedure.StatusAnswers
	choice  procedure.Action // against the proposal; a supervisor signs
}

// newPIN is what citizens choose.
const newPIN = "82746193"

// answers are those of screen A for the wish.
func (h *harness) answers(v *procedure.CaseView) procedure.PersonAnswers {
	a := procedure.PersonAnswers{
		Face: procedure.Yes, KnowsPIN: procedure.Yes, LastTry: procedure.Yes,
		Service: h.wish.service, Unblock: h.wish.unblock, Status: h.wish.status, Choice: h.wish.choice,
	}
	if a.Unblock == procedure.UnblockNone && v.PIN.Tries == 0 {
		a.Unblock = procedure.UnblockKeep
	}
	if a.Unblock == procedure.UnblockChange {
		a.KnowsPIN = procedure.No
	}
	return a
}

// renewable puts a certificate on the card that ended yesterday, with the
// contract under which it was issued.
func (h *harness) renewable() proctest.Certificate {
	now := h.Clock.Now()
	old := h.Authority.IssueOld(h.Card, "U-BG-002-01-2021-000007", now.AddDate(-5, 0, -1), now.AddDate(0, 0, -1), proctest.Active)
	h.insert(h.Card)
	return old
}

// toPapers opens a case and confirms the person.
func (h *harness) toPapers() {
	h.t.Helper()
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN))
}

// toPINPage goes on from the papers until the screen is the citizen's.
func (h *harness) toPINPage() {
	h.t.Helper()
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	if h.view().Phase == procedure.PhaseEmail {
		h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
		h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	}
	h.must("BeginPIN", h.e.BeginPIN(ctx))
}

// toContent goes on to screen C.
func (h *harness) toContent() {
	h.t.Helper()
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, issuingPapers()))
	h.must("RecordPrinted", h.e.RecordPrinted(ctx, "job 1", nil))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
}

// toPIN goes on until the screen is the citizen's.
func (h *harness) toPIN() {
	h.t.Helper()
	h.toContent()
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
}

func (h *harness) enterPIN() error { return h.e.EnterPIN(ctx, []byte(proctest.PIN)) }

// toHandOver goes on to the end of the work.
func (h *harness) toHandOver() {
	h.t.Helper()
	h.toPIN()
	h.must("EnterPIN", h.enterPIN())
	h.phase(procedure.PhaseHandOver)
}

// close hands over and closes; no case leaves two certificates in force.
func (h *harness) close() {
	h.t.Helper()
	h.phase(procedure.PhaseHandOver)
	h.must("ConfirmHandOver", h.e.ConfirmHandOver(ctx, allHandOverTicks))
	h.phase(procedure.PhaseClosed)
	h.oneInForce()
}

// events decodes the journal.
func (h *harness) events() []procedure.Event {
	h.t.Helper()
	var all []procedure.Event
	for i, raw := range h.Journal.Events() {
		e, err := procedure.DecodeEvent(raw)
		if err != nil {
			h.t.Fatalf("event %d: %v", i+1, err)
		}
		all = append(all, e)
	}
	return all
}

// kinds lists the kinds of the case's events.
func (h *harness) kinds() []procedure.Kind {
	h.t.Helper()
	var kinds []procedure.Kind
	for _, e := range h.events() {
		if e.Case != "" {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// settled checks the great invariant for every case that is over: at most one
// certificate of one person and card in force, whoever issued it; of those that
// were issued here it is the one on its card, and none is left on hold.
func (h *harness) settled() {
	h.t.Helper()
	h.oneInForce()
	for _, c := range h.Authority.Certificates() {
		if c.Elsewhere {
			continue
		}
		switch c.Status {
		case proctest.Hold:
			h.t.Fatalf("certificate %s of case %s is left on hold", c.Serial, c.Case)
		case proctest.Active:
			found := 0
			for _, der := range slices.Concat(h.Card.Written(), h.other.Written()) {
				if string(der) == string(c.DER) {
					found++
				}
			}
			if found != 1 {
				h.t.Fatalf("active certificate %s is %d times on the card", c.Serial, found)
			}
		}
	}
	if n := h.Card.Wrong() + h.other.Wrong(); n > h.swapped {
		h.t.Fatalf("%d certificates were written beside another key than theirs", n)
	}
	h.oneIntent()
}

// oneInForce checks that no person has two certificates in force for one card.
func (h *harness) oneInForce() {
	h.t.Helper()
	type holder struct {
		person procedure.PersonalNumber
		card   procedure.CardNumber
	}
	inForce := map[holder]string{}
	for _, c := range h.Authority.Certificates() {
		if c.Status != proctest.Active || !h.Clock.Now().Before(c.NotAfter) {
			continue
		}
		of := holder{c.Person, c.Card}
		if other := inForce[of]; other != "" {
			h.t.Fatalf("certificates %s and %s of one person and card are both in force", other, c.Serial)
		}
		inForce[of] = c.Serial
	}
}

// oneIntent checks that a change of status keeps its id, however often it is
// sent: there is one intent for each attempt.
func (h *harness) oneIntent() {
	h.t.Helper()
	type key struct {
		of      procedure.CaseID
		attempt int
		kind    procedure.Kind
	}
	seen := map[key]bool{}
	for _, e := range h.events() {
		b, ok := e.Body.(*procedure.StatusIntent)
		if !ok {
			continue
		}
		k := key{e.Case, b.Attempt, e.Kind}
		if seen[k] {
			h.t.Fatalf("attempt %d of case %s has two intents to %s", b.Attempt, e.Case, e.Kind)
		}
		seen[k] = true
	}
}

func testHarness(t *testing.T) *harness {
	t.Helper()
	return newHarness(t)
}
