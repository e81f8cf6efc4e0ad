package procedure_test

import (
	"strings"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// TestBadPaperContract: the number on the citizen's copy does not exist,
// belongs to somebody else, or is ended.
func TestBadPaperContract(t *testing.T) {
	h := testHarness(t)
	h.renewable()
	h.endOld("U-BG-002-01-2021-000007", procedure.ContractEnded)
	other := contractFrom(h, "U-OTHER", h.Clock.Now())
	other.Person = "0101900710004"
	h.Authority.AddContract(other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	for number, want := range map[string]procedure.Code{
		"U-9": procedure.CodeNoContract, strings.Repeat("U", 200): procedure.CodeNoContract,
		"U-OTHER": procedure.CodeContractOther, "U-BG-002-01-2021-000007": procedure.CodeContractEnded,
	} {
		o := procedure.OverrideRequest{
			Choice: procedure.ActionRenew, Reason: "папир", PaperContract: procedure.ContractRef{Number: number},
		}
		h.wants("Override "+number[:3], h.e.Override(ctx, []byte(proctest.SupervisorPassword), o), want)
	}
}

// TestTwoContracts: of two contracts of one person the one that stands for
// this card counts.
func TestTwoContracts(t *testing.T) {
	for _, tt := range []struct {
		name string
		add  func(*harness)
		want string
	}{
		{"a later one for this card", func(h *harness) {
			h.Authority.AddContract(contractFrom(h, "U-2", h.Clock.Now()))
		}, "U-BG-002-01-2021-000007"}, // the one of the certificate comes first
		{"one for another card", func(h *harness) {
			c := contractFrom(h, "U-2", h.Clock.Now())
			c.Card = "001111111"
			h.Authority.AddContract(c)
		}, "U-BG-002-01-2021-000007"},
		{"the certificate's has ended", func(h *harness) {
			h.endOld("U-BG-002-01-2021-000007", procedure.ContractEnded)
			h.Authority.AddContract(contractFrom(h, "U-2", h.Clock.Now()))
		}, "U-2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			h.renewable()
			tt.add(h)
			h.must("OpenCase", h.e.OpenCase(ctx))
			if v := h.view(); v.Facts.ContractRef.Number != tt.want || v.Proposal.Action != procedure.ActionRenew {
				t.Errorf("contract %q, proposal %+v", v.Facts.ContractRef.Number, v.Proposal)
			}
		})
	}
}

// TestSwappedCard: another card during a renewal and during an unblock gets
// nothing.
func TestSwappedCard(t *testing.T) {
	for _, visit := range visits {
		t.Run(visit.name, func(t *testing.T) {
			h := testHarness(t)
			visit.begin(h)
			h.must("OpenCase", h.e.OpenCase(ctx))
			h.insert(h.other)
			h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeOtherCard)
			h.wants("AskAgain", h.e.AskAgain(ctx), procedure.CodeOtherCard)
			h.insert(h.Card)
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, h.answers(h.view())))
			h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
			h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
			h.must("SetEmail", h.e.SetEmail(ctx, wantsEmail))
			h.must("ConfirmContent", h.e.ConfirmContent(ctx))
			h.insert(h.other)
			h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeOtherCard)
			h.finish()
			h.issuedOnce()
			if h.other.PINsSet() != 0 || h.other.Keys() != 0 {
				t.Errorf("the other card: %d PINs set, %d keys", h.other.PINsSet(), h.other.Keys())
			}
		})
	}
}

// TestClockSetBack: a day back in the middle of a case: recorded, and the case
// ends as it should.
func TestClockSetBack(t *testing.T) {
	for _, visit := range visits {
		t.Run(visit.name, func(t *testing.T) {
			h := testHarness(t)
			visit.begin(h)
			for range 5 {
				h.step()
			}
			h.Clock.Jump(-24 * time.Hour)
			for range 100 {
				if !h.step() {
					break
				}
			}
			h.phase(procedure.PhaseClosed)
			h.settled()
			jumps := 0
			for _, e := range h.events() {
				if e.Kind == procedure.KindClockJumped {
					jumps++
				}
			}
			if jumps != 1 {
				t.Errorf("%d jumps recorded, want 1", jumps)
			}
		})
	}
}

// TestOddHolders: names of 200 bytes, one name only, a missing birthday, and a
// minor, for whom a supervisor decides.
func TestOddHolders(t *testing.T) {
	tests := []struct {
		name   string
		change func(*procedure.Identity)
		needs  bool
	}{
		{"name of 200 bytes", func(i *procedure.Identity) { i.Surname = strings.Repeat("Ш", 100) }, false},
		{"foreigner with one name", func(i *procedure.Identity) {
			i.DocType, i.Surname, i.GivenName, i.PersonalNumber = procedure.DocTypeIF, "SUKARNO", "", "9999999999999"
		}, false},
		{"no birthday", func(i *procedure.Identity) { i.BirthDate = procedure.Date{} }, false},
		{"a minor", func(i *procedure.Identity) {
			i.BirthDate, i.PersonalNumber = procedure.Date{Year: 2010, Month: 5, Day: 5}, "0505010715004"
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			tt.change(&h.Card.Identity)
			h.insert(h.Card)
			h.must("OpenCase", h.e.OpenCase(ctx))
			want := procedure.Code("")
			if tt.needs {
				want = procedure.CodeNeedsSupervisor
			}
			h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), want)
			h.finish()
			h.issuedOnce()
		})
	}
}

// TestTwoScriptsOfOnePaper: a foreigner takes one sheet home in two languages;
// printing both again is no edited template.
func TestTwoScriptsOfOnePaper(t *testing.T) {
	h := testHarness(t)
	h.toHandOver()
	docs := records(procedure.PaperTakeHome, procedure.PaperTakeHome)
	docs[1].Script, docs[1].Template = "en", strings.Repeat("cd", 32)
	h.must("RecordPapers", h.e.RecordPapers(ctx, docs))
	h.must("once more", h.e.RecordPapers(ctx, docs))
	docs[1].Template = strings.Repeat("ef", 32)
	h.wants("edited", h.e.RecordPapers(ctx, docs), procedure.CodeTemplate)
}

// TestEditedTemplate: a text that changed after it was signed is not printed
// again as if it were the same; before that it only has to be recorded.
func TestEditedTemplate(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	h.must("RecordPapers", h.e.RecordPapers(ctx, h.duePapers()))
	edited := h.duePapers()
	for i := range edited {
		edited[i].Template = strings.Repeat("ab", 32)
	}
	h.must("before it was signed", h.e.RecordPapers(ctx, edited))
	h.must("ConfirmPapers", h.e.ConfirmPapers(ctx, allPaperTicks))
	h.wants("after it was signed", h.e.RecordPapers(ctx, issuingPapers()), procedure.CodeTemplate)
	h.must("the same once more", h.e.RecordPapers(ctx, edited))
	nameless := records(procedure.PaperContract)
	nameless[0].Template = "unknown"
	h.must("GoBack", h.e.GoBack(ctx, procedure.PhasePapers))
	h.wants("no hash", h.e.RecordPapers(ctx, nameless), procedure.CodeTemplate)
	h.finish()
	h.issuedOnce()
	if c := h.Authority.Contracts()[h.view().Contract.Number]; c.Text[0] == 0x7d && c.Text[1] == 0x86 {
		return // printed once more by finish, with the text of the tests
	}
	t.Error("the contract is registered with another text than was printed last")
}
