package app

import (
	"testing"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// TestReprintFromHistory: from the history of a case its papers are looked at
// and printed again; the journal hears of it before and after.
func TestReprintFromHistory(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 4)
	c.desk.archive.history = withJobs()
	c.press(fyne.KeyF4)
	c.app.openHistory("case-4")
	c.press(fyne.KeyF7)
	c.wantScreen(screenReprint)
	c.desk.calls = nil
	c.press(fyne.KeyF11)
	c.wantScreen(screenPreview)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenReprint)
	c.wantCalls("ReprintData case-4 3")
	c.app.page.focus(fieldJob)
	c.press(fyne.KeySpace)
	c.desk.calls = nil
	c.press(fyne.KeyF9)
	c.wantCalls("ReprintData case-4 2", "RecordReprint case-4 2", "RecordReprinted case-4 2", "CaseHistory case-4")
	if len(c.jobs) != 1 || c.app.notice != noticePrinted {
		t.Errorf("%d jobs were printed, the page says %q", len(c.jobs), c.app.notice)
	}
	c.desk.calls = nil
	c.press(fyne.KeyF11, fyne.KeyReturn) // they were printed already
	c.wantScreen(screenReprint)
	c.press(fyne.KeyF11, fyne.KeyF9)
	c.wantScreen(screenReprint)
	c.wantCalls("ReprintData case-4 2", "ReprintData case-4 2", "ReprintData case-4 2", "RecordReprint case-4 2", "RecordReprinted case-4 2", "CaseHistory case-4")
	c.press(fyne.KeyEscape)
	c.wantScreen(screenHistory)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenJournal)
}

// TestReprintAfterTheEnd: on the last page of a case what was not printed is
// printed, and everything is printed again; it goes back there.
func TestReprintAfterTheEnd(t *testing.T) {
	c := open(t, with1(inCase(procedure.PhaseClosed), func(s *procedure.Snapshot) { s.Case.Papers = s.Case.Papers[:3] }), usual)
	c.press(fyne.KeyF9)
	c.wantCalls("PaperData", "RecordPapers", "RecordPrinted receipt")
	c.set(func(s *procedure.Snapshot) { s.Case.Papers = inCase(procedure.PhaseClosed).Case.Papers })
	if _, offered := c.app.page.controls[controlPrint]; offered {
		t.Error("what was printed is offered as if it had not been")
	}
	c.desk.archive.history = withJobs()
	c.press(fyne.KeyF7)
	c.wantScreen(screenReprint)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenClosed)
}

// TestReprintRefused: papers that would not be the same are not printed; what
// the printer does not take is recorded as failed.
func TestReprintRefused(t *testing.T) {
	c := open(t, inCase(procedure.PhaseClosed), usual)
	c.desk.archive.history = withJobs()
	c.press(fyne.KeyF7)
	c.desk.fail["RecordReprint case-4 3"] = &procedure.Error{Code: procedure.CodePaperLost}
	c.desk.calls = nil
	c.press(fyne.KeyReturn)
	c.wantCalls("ReprintData case-4 3", "RecordReprint case-4 3")
	c.wantFocus(controlFailure)
	if len(c.jobs) != 0 {
		t.Error("other papers were printed")
	}
	delete(c.desk.fail, "RecordReprint case-4 3")
	c.broken, c.desk.calls = &procedure.Error{Code: procedure.CodePrinterStopped}, nil
	c.app.page.focus(controlPrimary)
	c.press(fyne.KeyReturn)
	c.wantCalls("ReprintData case-4 3", "RecordReprint case-4 3", "RecordReprinted case-4 3 failed")
	c.wantScreen(screenReprint)
}

// TestAnotherPrinter: from the notice of a printer in trouble the clerk chooses
// another one, and finds what he was doing as he left it.
func TestAnotherPrinter(t *testing.T) {
	for _, code := range []procedure.Code{procedure.CodeNoPrinter, procedure.CodePrint, procedure.CodePrinterStopped} {
		c := open(t, inCase(procedure.PhaseHandOver), usual)
		p := &somePrinters{list: []string{"", "counter", "tray2"}}
		c.app.cfg.Printers = p
		c.press(fyne.KeySpace) // the first tick
		c.broken = &procedure.Error{Code: code}
		c.press(fyne.KeyF9)
		if !c.app.page.focus(controlPrinter) {
			t.Fatalf("%s: no way to another printer", code)
		}
		c.press(fyne.KeySpace)
		c.wantScreen(screenPrinter)
		c.press(fyne.KeyF5)
		c.app.page.focus(fieldPrinter + ".tray2")
		c.press(fyne.KeySpace)
		c.wantScreen(screenPrinter)
		c.press(fyne.KeyReturn)
		c.wantScreen(screenHandOver)
		if p.now != "tray2" || !c.app.draft.ending.CardReturned {
			t.Errorf("%s: %q prints, the tick is %t", code, p.now, c.app.draft.ending.CardReturned)
		}
	}
}

// TestAnotherPrinterForReprint: the same from a page beside, and back to it.
func TestAnotherPrinterForReprint(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 4)
	c.app.cfg.Printers = &somePrinters{list: []string{""}}
	c.desk.archive.history = withJobs()
	c.press(fyne.KeyF4)
	c.app.openHistory("case-4")
	c.press(fyne.KeyF7)
	c.broken = &procedure.Error{Code: procedure.CodeNoPrinter}
	c.press(fyne.KeyReturn)
	c.app.page.focus(controlPrinter)
	c.press(fyne.KeySpace)
	c.wantScreen(screenPrinter)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenReprint)
}

// TestReadByKeys: with large text what stands below on pages without a control
// there is reached by keyboard.
func TestReadByKeys(t *testing.T) {
	for name, start := range map[string]procedure.Snapshot{
		"closed": with1(inCase(procedure.PhaseClosed), func(s *procedure.Snapshot) { s.Case.Papers = s.Case.Papers[:3] }),
		"erased": inCase(procedure.PhaseClosed),
	} {
		c := openAs(t, start, usual, Look{TextSize: 200})
		if name == "erased" {
			c.desk.archive.history = withJobs()
			c.desk.archive.history.Row.Erased = true
			c.press(fyne.KeyF7)
		}
		if len(c.app.page.scrolls) == 0 {
			t.Fatalf("%s: the page fits and proves nothing", name)
		}
		c.press(fyne.KeyPageDown)
		if c.app.page.scrolls[0].Offset.Y <= 0 {
			t.Errorf("%s: Page Down does not move it", name)
		}
	}
}
