package app

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"salter/app/procedure"
)

var dirFS = os.DirFS(".")

// TestFirstFocus: where the keyboard starts on each page.
func TestFirstFocus(t *testing.T) {
	want := map[string]string{
		"sign-in": fieldPassword, "sign-in wrong": fieldPassword, "home card": controlPrimary, "home empty": controlPrimary,
		"person": procedure.FieldFace, "person open": controlFailure, "refuse": controlPrimary,
		"papers": controlPrimary, "papers print failed": controlFailure, "signed open": controlFailure,
		"email": procedure.FieldWanted, "email differs": controlFailure, "content": controlPrimary, "pin": controlPrimary,
		"turn": controlPrimary, "pad": controlPad, "last try": controlBack, "thanks": controlPrimary, "work": controlFailure,
		"trouble card": controlFailure, "trouble link": controlFailure, "hand-over": procedure.FieldCardReturned,
		"hand-over open": controlFailure, "closed": controlPrimary, "refused": controlPrimary, "stop": controlPrimary,
	}
	for _, s := range scenes() {
		first, listed := want[s.name]
		if !listed {
			continue
		}
		delete(want, s.name)
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			if s.do != nil {
				s.do(c)
			}
			c.wantFocus(first)
		})
	}
	for name := range want {
		t.Errorf("there is no scene %q", name)
	}
}

// TestEveryControlIsReachedByTab walks the focus once around each page, and
// asks that every button, tick and field of the page was met.
func TestEveryControlIsReachedByTab(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			if s.do != nil {
				s.do(c)
			}
			met := map[string]bool{}
			for range 2 * len(c.app.page.controls) {
				met[c.app.page.focused()] = true
				c.press(fyne.KeyTab)
			}
			for name, control := range c.app.page.controls {
				if !met[name] && control.(fyne.CanvasObject).Visible() && name != controlMore {
					t.Errorf("Tab never comes to %q", name)
				}
			}
		})
	}
}

// TestEveryPageHasAWayOn: a primary button or an end that the program reaches
// by itself.
func TestEveryPageHasAWayOn(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			if s.do != nil {
				s.do(c)
			}
			cs := c.app.snapshot.Case
			cardAway := s.want == screenTrouble && cs.WaitsFor == procedure.WaitsForCard && !cs.SameCard
			byItself := s.want == screenWork || s.want == screenChecking || s.want == screenOnReader || cardAway
			chosen := s.want == screenLastTry || s.want == screenWeak || s.start.Reader.Finished // where Enter alone must not go on
			if c.app.page.keys[fyne.KeyReturn] == nil && !byItself && !chosen {
				t.Error("Enter leads nowhere")
			}
		})
	}
}

// TestDemoIsOnEveryPage: in the title and on the page, and nowhere in
// production.
func TestDemoIsOnEveryPage(t *testing.T) {
	for _, s := range scenes() {
		for _, demo := range []bool{true, false} {
			t.Run(s.name, func(t *testing.T) {
				s.start.Demo = demo
				c := open(t, s.start, usual)
				if s.do != nil {
					s.do(c)
				}
				word := c.app.words.say("demo.short")
				says := slices.ContainsFunc(wordsOn(c), func(w string) bool { return strings.HasPrefix(w, word) })
				if says != demo || strings.Contains(c.window.Title(), word) != demo {
					t.Errorf("demo %v, the page says it: %v, the title is %q", demo, says, c.window.Title())
				}
			})
		}
	}
}

// TestHeldKeyActsOnce: the repetition of a key never answers the next page.
func TestHeldKeyActsOnce(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.desk.next["SetEmail"] = func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseContent).Case }
	c.press(fyne.KeyReturn)
	c.wantScreen(screenContent)
	c.hold(fyne.KeyReturn)
	c.hold(fyne.KeyReturn)
	c.wantScreen(screenContent)
	c.wantCalls("SetEmail")
	c = open(t, inCase(procedure.PhasePerson), usual)
	c.press(fyne.KeySpace)
	c.hold(fyne.KeySpace)
	if c.app.draft.person.Face != procedure.Yes {
		t.Errorf("the answer is %q after a held key, want %q", c.app.draft.person.Face, procedure.Yes)
	}
}

// TestSecondClickDoesNothing while an action runs.
func TestSecondClickDoesNothing(t *testing.T) {
	c := open(t, atHome(), usual)
	c.held = true
	c.press(fyne.KeyReturn, fyne.KeyReturn, fyne.KeyF2)
	if !slices.Contains(wordsOn(c), c.app.words.say("working")) {
		t.Error("the page does not say that it works")
	}
	if c.app.MayClose() {
		t.Error("the window may be closed in the middle of an action")
	}
	c.release()
	c.wantCalls("OpenCase")
}

// TestMayClose refuses where closing would leave a card half done, with the
// reason on the page.
func TestMayClose(t *testing.T) {
	tests := []struct {
		name  string
		start procedure.Snapshot
		do    func(*counter)
		want  bool
	}{
		{"home", atHome(), nil, true},
		{"papers", inCase(procedure.PhasePapers), nil, true},
		{"pad", inCase(procedure.PhasePIN), func(c *counter) { c.press(fyne.KeyReturn, fyne.KeyReturn) }, false},
		{"thanks", inCase(procedure.PhasePIN), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("1234")
			c.press(fyne.KeyReturn)
		}, false},
		{"work", inCase(procedure.PhaseWork), nil, false},
		{"waiting", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.WaitsFor, s.Case.Problem = procedure.WaitsForCard, &procedure.Error{Code: procedure.CodeRemoved}
		}), nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, tt.start, usual)
			if tt.do != nil {
				tt.do(c)
			}
			if got := c.app.MayClose(); got != tt.want {
				t.Fatalf("MayClose() = %v, want %v", got, tt.want)
			}
			if tt.name == "work" && !slices.Contains(wordsOn(c), c.app.words.say("close.work")) {
				t.Error("the page does not say why the window stays")
			}
		})
	}
}

// TestSummaryLeadsToTheField: the link of the summary moves the focus.
func TestSummaryLeadsToTheField(t *testing.T) {
	c := open(t, with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Printed = true }), usual)
	c.desk.fail["ConfirmPapers"] = &procedure.Error{Code: procedure.CodePapersOpen, Fields: []string{procedure.FieldContractSealed}}
	c.press(fyne.KeyReturn)
	c.wantFocus(controlFailure)
	c.press(fyne.KeyTab)
	c.wantFocus(prefixLink + procedure.FieldContractSealed)
	c.press(fyne.KeyReturn)
	c.wantFocus(procedure.FieldContractSealed)
	c.press(fyne.KeySpace)
	delete(c.desk.fail, "ConfirmPapers")
	c.press(fyne.KeyReturn)
	if !c.desk.papers.ContractSealed || c.desk.papers.TermsSigned {
		t.Errorf("the core was told %+v", c.desk.papers)
	}
}

// TestPrintOrder: the journal has the papers before the printer, and hears
// what became of them.
func TestPrintOrder(t *testing.T) {
	tests := []struct {
		name   string
		broken error
		fail   string
		want   []string
		code   procedure.Code
		jobs   int
	}{
		{"printed", nil, "", []string{"PaperData", "RecordPapers", "RecordPrinted papers"}, "", 1},
		{"printer fails", errors.New("paper jam"), "", []string{"PaperData", "RecordPapers", "RecordPrinted papers failed"}, procedure.CodePrint, 0},
		{"no printer", &procedure.Error{Code: procedure.CodeNoPrinter}, "", []string{"PaperData", "RecordPapers", "RecordPrinted papers failed"}, procedure.CodeNoPrinter, 0},
		{"journal fails", nil, "RecordPapers", []string{"PaperData", "RecordPapers"}, procedure.CodeJournal, 0},
		{"no data", nil, "PaperData", []string{"PaperData"}, procedure.CodeJournal, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, inCase(procedure.PhasePapers), usual)
			c.broken = tt.broken
			if tt.fail != "" {
				c.desk.fail[tt.fail] = &procedure.Error{Code: procedure.CodeJournal}
			}
			c.press(fyne.KeyReturn)
			c.wantCalls(tt.want...)
			if len(c.jobs) != tt.jobs {
				t.Errorf("%d jobs were printed, want %d", len(c.jobs), tt.jobs)
			}
			if got := c.app.failure; tt.code == "" && got != nil || tt.code != "" && (got == nil || got.Code != tt.code) {
				t.Errorf("failure %v, want %q", got, tt.code)
			}
		})
	}
}

// TestRefusal: a no on screen A leads to the refusal with its reason.
func TestRefusal(t *testing.T) {
	c := open(t, inCase(procedure.PhasePerson), usual)
	c.desk.fail["ConfirmPerson"] = &procedure.Error{Code: procedure.CodeNeedsUnblock}
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	if c.desk.person.KnowsPIN != procedure.No || c.desk.person.Face != procedure.Yes {
		t.Fatalf("the core was told %+v", c.desk.person)
	}
	c.wantScreen(screenRefuse)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenPerson)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenRefuse)
	c.desk.next["RefuseCase"] = func(s *procedure.Snapshot) { s.Case.Phase, s.Case.Refusal = procedure.PhaseRefused, c.desk.refusal }
	c.press(fyne.KeyReturn)
	c.wantScreen(screenRefused)
	if c.desk.refusal != procedure.CodeNeedsUnblock {
		t.Errorf("refused with %q", c.desk.refusal)
	}
	c.press(fyne.KeyReturn)
	if got := c.desk.calls[len(c.desk.calls)-1]; got != "ParkCase" {
		t.Errorf("Enter on the last page calls %q", got)
	}
}

// TestRefusalNeedsAReason: without one, the page asks for it.
func TestRefusalNeedsAReason(t *testing.T) {
	c := open(t, inCase(procedure.PhasePerson), usual)
	c.app.openRefusal("")
	c.wantScreen(screenRefuse)
	c.press(fyne.KeyReturn)
	c.wantCalls()
	c.wantFocus(controlFailure)
}

// TestPasswordIsTakenOut: the field is empty and the copy wiped as soon as the
// core had it.
func TestPasswordIsTakenOut(t *testing.T) {
	c := open(t, with1(atHome(), func(s *procedure.Snapshot) { s.Clerk = nil }), usual)
	c.typed("лозинка")
	c.set(func(s *procedure.Snapshot) { s.Reader = procedure.ReaderView{State: procedure.ReaderNone} })
	in := c.app.page.controls[fieldPassword].(*input)
	if in.Text != "лозинка" {
		t.Fatal("a change of the reader empties the field")
	}
	c.press(fyne.KeyReturn)
	c.wantCalls("SignIn лозинка")
	if in.Text != "" {
		t.Error("the field still holds the password")
	}
}

// TestTypingSurvivesChanges: the page is built anew while the clerk types.
func TestTypingSurvivesChanges(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.press(fyne.KeySpace)
	c.wantFocus(procedure.FieldAddress)
	c.typed("ana@")
	c.set(func(s *procedure.Snapshot) { s.Sync.Total++ })
	c.wantFocus(procedure.FieldAddress)
	c.typed("primer.rs")
	c.press(fyne.KeyTab)
	again := c.app.page.controls[procedure.FieldAgain].(*input)
	board := test.NewClipboard()
	board.SetContent("ana@primer.rs")
	again.TypedShortcut(&fyne.ShortcutPaste{Clipboard: board})
	if again.Text != "" {
		t.Error("the second address can be pasted")
	}
	c.typed("ana@primer.rs")
	c.press(fyne.KeyReturn)
	if want := (procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ana@primer.rs", Again: "ana@primer.rs"}); c.desk.email != want {
		t.Errorf("the core was told %+v, want %+v", c.desk.email, want)
	}
}

// TestPageIsNotBuiltForNothing: what a page does not show leaves it alone.
func TestPageIsNotBuiltForNothing(t *testing.T) {
	tests := []struct {
		name   string
		start  procedure.Snapshot
		change func(*procedure.Snapshot)
		want   bool
	}{
		{"busy core", atHome(), func(s *procedure.Snapshot) { s.Busy = "SyncNow" }, false},
		{"today on the home page", atHome(), func(s *procedure.Snapshot) { s.Today.Issued++ }, true},
		{"today in a case", inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Today.Issued++ }, false},
		{"link in a case", inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Sync.Total++ }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, tt.start, usual)
			before := c.app.page
			c.set(tt.change)
			if got := c.app.page != before; got != tt.want {
				t.Errorf("built anew: %v, want %v", got, tt.want)
			}
		})
	}
}

// TestClickHoldsThePage: what a click began on is there until it ends; another
// page comes at once.
func TestClickHoldsThePage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		looks  int // at the mouse until it is released
		change func(*procedure.Snapshot)
		want   int
	}{
		{"not pressed", 0, func(s *procedure.Snapshot) { s.Sync.Total++ }, 1},
		{"released after a while", 3, func(s *procedure.Snapshot) { s.Sync.Total++ }, 4},
		{"nothing to show", 3, func(s *procedure.Snapshot) { s.Busy = "SyncNow" }, 0},
		{"another page", 3, func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseContent).Case }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, inCase(procedure.PhasePapers), usual)
			looks, before, held := 0, c.app.page, false
			c.app.cfg.Pressed = func() bool {
				held = held || c.app.page != before
				looks++
				return looks <= tt.looks
			}
			c.set(tt.change)
			if looks != tt.want || held {
				t.Errorf("looked %d times at the mouse, want %d; built anew meanwhile: %v", looks, tt.want, held)
			}
			if want := tt.name != "nothing to show"; (c.app.page != before) != want {
				t.Errorf("built anew: %v, want %v", !want, want)
			}
		})
	}
	c := open(t, inCase(procedure.PhasePapers), usual)
	before := c.app.page
	c.app.cfg.Pressed = func() bool { c.now = c.now.Add(time.Second); return true }
	c.set(func(s *procedure.Snapshot) { s.Sync.Total++ })
	if c.app.page == before {
		t.Error("a mouse that is never released holds the page for ever")
	}
}

// TestEmailNotWanted sends no address that was typed before.
func TestEmailNotWanted(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.press(fyne.KeySpace)
	c.typed("ana@primer.rs")
	c.app.page.focus(procedure.FieldWanted + suffixNo)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	if want := (procedure.EmailAnswer{Wanted: procedure.No}); c.desk.email != want {
		t.Errorf("the core was told %+v, want %+v", c.desk.email, want)
	}
}

// TestScreenBInTwoSteps: what was typed stays when the core takes the ticks and
// not the address; a tick that is taken back then opens the papers again.
func TestScreenBInTwoSteps(t *testing.T) {
	start := inCase(procedure.PhasePapers)
	start.Case.Printed = true
	c := open(t, start, usual)
	signed := procedure.PaperTicks{RequestSigned: true, TermsSigned: true, ContractSigned: true, ContractSealed: true}
	c.desk.next["ConfirmPapers"] = func(s *procedure.Snapshot) { s.Case.Phase, s.Case.Ticks = procedure.PhaseEmail, signed }
	c.desk.next["GoBack"] = func(s *procedure.Snapshot) { s.Case.Phase = procedure.PhasePapers }
	c.desk.fail["SetEmail"] = &procedure.Error{Code: procedure.CodeEmailDiffers, Tries: -1, Fields: []string{procedure.FieldAgain}}
	for _, f := range c.app.paperTicks(c.app.snapshot.Case) {
		c.app.page.focus(f)
		c.press(fyne.KeySpace)
	}
	c.press(fyne.KeyTab, fyne.KeySpace)
	c.typed("ana@primer.rs")
	c.press(fyne.KeyTab)
	c.typed("ana@prime.rs")
	c.press(fyne.KeyReturn)
	c.wantCalls("ConfirmPapers", "SetEmail")
	c.wantScreen(screenSigned)
	c.wantFocus(controlFailure)
	if want := (procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ana@primer.rs", Again: "ana@prime.rs"}); c.app.draft.email != want {
		t.Errorf("of what was typed there is %+v, want %+v", c.app.draft.email, want)
	}
	c.app.page.focus(procedure.FieldTermsSigned)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantCalls("ConfirmPapers", "SetEmail", "GoBack papers", "ConfirmPapers", "SetEmail")
	if signed.TermsSigned = false; c.desk.papers != signed {
		t.Errorf("the core was told %+v, want %+v", c.desk.papers, signed)
	}
}

// TestBackWithoutLoss: a page back and forth nothing has to be ticked or typed
// again, unless other papers are signed then.
func TestBackWithoutLoss(t *testing.T) {
	for _, others := range []bool{false, true} {
		start := inCase(procedure.PhasePapers)
		start.Case.Printed = true
		c := open(t, start, usual)
		c.app.page.focus(procedure.FieldTermsSigned)
		c.press(fyne.KeySpace)
		c.app.page.focus(procedure.FieldWanted)
		c.press(fyne.KeySpace)
		c.typed("ana@primer.rs")
		typed := procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ana@primer.rs"}
		c.set(func(s *procedure.Snapshot) { s.Case.Phase = procedure.PhasePerson })
		c.set(func(s *procedure.Snapshot) { s.Case.Phase, s.Case.Printed = procedure.PhasePapers, !others })
		if got := c.app.draft.papers.TermsSigned; got == others || c.app.draft.email != typed {
			t.Errorf("other papers %v: ticked %v, e-mail %+v", others, got, c.app.draft.email)
		}
	}
}

// TestChangeLeadsBack: each answer of screen C has its way back.
func TestChangeLeadsBack(t *testing.T) {
	for _, phase := range []procedure.Phase{procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail} {
		t.Run(string(phase), func(t *testing.T) {
			c := open(t, inCase(procedure.PhaseContent), usual)
			if !c.app.page.focus(prefixChange + string(phase)) {
				t.Fatal("there is no such button")
			}
			c.press(fyne.KeyReturn)
			c.wantCalls("GoBack " + string(phase))
		})
	}
}

// TestConfigIsChecked: a hole in the wiring is found at the start.
func TestConfigIsChecked(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("New takes an empty Config")
	}
	c := open(t, atHome(), usual)
	cfg := c.app.cfg
	cfg.Printer, cfg.Render = nil, nil
	if _, err := New(cfg); err != nil {
		t.Errorf("New without a printer, as at a desk that is stopped: %v", err)
	}
	cfg.PIN = make([]byte, 4)
	if _, err := New(cfg); err == nil {
		t.Error("New takes a PIN buffer of 4 bytes")
	}
}

// TestForeignErrorsGetACode: what the core did not name is a defect of ours.
func TestForeignErrorsGetACode(t *testing.T) {
	c := open(t, atHome(), usual)
	c.desk.fail["OpenCase"] = context.Canceled
	c.press(fyne.KeyReturn)
	if c.app.failure == nil || c.app.failure.Code != procedure.CodeInternal {
		t.Errorf("failure %v, want %s", c.app.failure, procedure.CodeInternal)
	}
	c.desk.fail["OpenCase"] = nil
	c.press(fyne.KeyF2)
	if c.app.failure != nil {
		t.Errorf("the failure stays after a success: %v", c.app.failure)
	}
}

// TestOldWordsGo: what was said of a card ends with the next card.
func TestOldWordsGo(t *testing.T) {
	c := open(t, with1(atHome(), func(s *procedure.Snapshot) {
		s.Reader = procedure.ReaderView{State: procedure.ReaderEmpty}
	}), usual)
	c.desk.fail["OpenCase"] = &procedure.Error{Code: procedure.CodeNoCard, Tries: -1}
	c.press(fyne.KeyF2)
	c.wantFocus(controlFailure)
	c.set(func(s *procedure.Snapshot) { s.Reader = atHome().Reader })
	if c.app.failure != nil {
		t.Errorf("with a card in the reader the page still says %q", c.app.failure.Code)
	}
	if !says(c, "ПЕТРОВИЋ АНА") {
		t.Error("the home page does not name the new card")
	}

	c = open(t, inCase(procedure.PhasePerson), usual)
	c.desk.fail["ConfirmPerson"] = &procedure.Error{Code: procedure.CodeAnswerOpen, Tries: -1, Fields: []string{procedure.FieldFace}}
	c.press(fyne.KeyReturn)
	c.set(func(s *procedure.Snapshot) {
		s.Reader, s.Case.SameCard = procedure.ReaderView{State: procedure.ReaderEmpty}, false
	})
	if c.app.failure == nil {
		t.Error("an open question is forgotten when the card is pulled")
	}
}

// TestWordsForWhatIsThere: a card that cannot be used is not called missing.
func TestWordsForWhatIsThere(t *testing.T) {
	c := open(t, with1(atHome(), func(s *procedure.Snapshot) {
		s.Reader = procedure.ReaderView{State: procedure.ReaderMute}
	}), usual)
	c.desk.fail["OpenCase"] = &procedure.Error{Code: procedure.CodeNoCard, Tries: -1}
	c.press(fyne.KeyF2)
	if !says(c, "Картица се не одазива.") || says(c, "Картица није у читачу.") {
		t.Error("a mute card is called missing")
	}
}

// TestEveryRefusalHasANextStep: no refusal ends with words for another page.
func TestEveryRefusalHasANextStep(t *testing.T) {
	c := open(t, inCase(procedure.PhasePerson), usual)
	c.app.openRefusal("")
	for _, code := range append(c.app.refusalReasons(), procedure.CodePINBlocked) {
		words := c.app.next(code)
		if strings.HasSuffix(words, ":") || strings.Contains(words, "Предмет можете сачувати") {
			t.Errorf("after the refusal %q the citizen is told %q", code, words)
		}
	}
}

// TestContentIsSetOnce: each time content is set in full screen, Fyne forgets
// the size that the window had before.
func TestContentIsSetOnce(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	content := c.window.Content()
	for _, full := range []bool{false, true, false} {
		if c.window.FullScreen() != full {
			t.Fatalf("%s: full screen %t, want %t", c.app.page.screen, !full, full)
		}
		if c.window.Content() != content {
			t.Errorf("%s: the window has another content", c.app.page.screen)
		}
		if c.app.main.root.Objects[1] != c.app.page.content {
			t.Errorf("%s: the window does not show the page", c.app.page.screen)
		}
		c.press(map[bool]fyne.KeyName{false: fyne.KeyReturn, true: fyne.KeyEscape}[full])
	}
}

// TestMissingCardIsNamed: while the case waits for its card, the words follow
// what the reader shows, and end when the card is back.
func TestMissingCardIsNamed(t *testing.T) {
	start := with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
		s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepWrite, procedure.StepFailed), procedure.WaitsForCard, &procedure.Error{Code: procedure.CodeRemoved}
		s.Case.SameCard, s.Reader = false, procedure.ReaderView{State: procedure.ReaderEmpty}
	})
	other := anIdentity()
	other.Insertion++
	for _, tt := range []struct {
		name   string
		reader procedure.ReaderView
		want   string
	}{
		{"empty", procedure.ReaderView{State: procedure.ReaderEmpty}, "Картица је извађена пре краја."},
		{"other card", procedure.ReaderView{State: procedure.ReaderCard, Identity: &other}, "Ово није картица из овог предмета."},
		{"mute", procedure.ReaderView{State: procedure.ReaderMute}, "Картица се не одазива."},
		{"no reader", procedure.ReaderView{State: procedure.ReaderNone}, "Читач картица није пронађен."},
		{"no service", procedure.ReaderView{State: procedure.ReaderNoService}, "Сервис за паметне картице не ради."},
		{"unreadable", procedure.ReaderView{State: procedure.ReaderCard, Problem: &procedure.Error{Code: procedure.CodeUnreadable}}, "Подаци на чипу су оштећени и не могу да се прочитају."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, start, usual)
			c.set(func(s *procedure.Snapshot) { s.Reader = tt.reader })
			if !says(c, tt.want) {
				t.Errorf("the page does not say %q", tt.want)
			}
		})
	}
	c := open(t, with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) {
		s.Case.Problem = &procedure.Error{Code: procedure.CodeRemoved}
	}), usual)
	if says(c, "Картица је извађена пре краја.") {
		t.Error("a card that is back is still called pulled")
	}
}

// says reports whether the page shows these words.
func says(c *counter, words string) bool {
	found := false
	walk(c.window.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if t, ok := o.(*text); ok && t.content == words {
			found = true
		}
	})
	return found
}
