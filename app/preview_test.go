package app

import (
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// TestPreview: looking at the papers turns their pages and records nothing;
// printing from there is printing.
func TestPreview(t *testing.T) {
	c := open(t, inCase(procedure.PhasePapers), usual)
	c.press(fyne.KeyF11)
	c.wantScreen(screenPreview)
	c.press(fyne.KeyPageDown, fyne.KeyPageDown, fyne.KeyPageDown, fyne.KeyPageUp)
	if want := []int{0, 1, 2, 1}; !slices.Equal(c.drawn, want) {
		t.Errorf("pages %v were drawn, want %v", c.drawn, want)
	}
	c.wantCalls("PaperData")
	if !slices.Equal(c.ready, []bool{true}) {
		t.Errorf("the preview was made ready and released so: %v, want once ready", c.ready)
	}
	c.press(fyne.KeyEscape)
	c.wantScreen(screenPapers)
	if !slices.Equal(c.ready, []bool{true, false}) {
		t.Errorf("after the use the preview was made ready and released so: %v", c.ready)
	}
	if c.app.viewed != nil {
		t.Error("the papers are still in memory")
	}

	c.press(fyne.KeyF11)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPapers)
	c.wantCalls("PaperData", "PaperData", "PaperData", "RecordPapers", "RecordPrinted papers")
	if len(c.jobs) != 1 {
		t.Errorf("%d jobs were printed, want 1", len(c.jobs))
	}
}

// TestPreviewOfPrinted: when the papers were printed already, Enter goes back,
// and printing them once more is asked for.
func TestPreviewOfPrinted(t *testing.T) {
	for name, start := range map[string]procedure.Snapshot{
		"for signature": with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Printed = true }),
		"final": with1(inCase(procedure.PhaseHandOver), func(s *procedure.Snapshot) {
			s.Case.Printed, s.Case.Papers = true, jobOf(procedure.PaperReceipt, procedure.PaperLabel).Papers
		}),
		"refusal": with1(inCase(procedure.PhaseRefused), func(s *procedure.Snapshot) {
			s.Case.Printed, s.Case.Papers = true, jobOf(procedure.PaperRefusal).Papers
		}),
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, start, usual)
			from := c.app.page.screen
			c.press(fyne.KeyF11, fyne.KeyReturn)
			c.wantScreen(from)
			if len(c.jobs) != 0 {
				t.Errorf("%d jobs were printed by Enter, want 0", len(c.jobs))
			}
			c.press(fyne.KeyF11)
			c.click(controlPrint)
			c.wantScreen(from)
			if len(c.jobs) != 1 {
				t.Errorf("%d jobs were printed by their button, want 1", len(c.jobs))
			}
		})
	}
}

// TestPreviewAbandoned: Esc while the papers are made for the preview; it does
// not open any more, and says nothing of what became of it.
func TestPreviewAbandoned(t *testing.T) {
	for name, blind := range map[string]error{"goes well": nil, "fails": errors.New("no memory")} {
		t.Run(name, func(t *testing.T) {
			c := open(t, inCase(procedure.PhaseHandOver), usual)
			c.blind, c.held = blind, true
			c.press(fyne.KeyF11, fyne.KeyEscape, fyne.KeyReturn)
			c.release()
			c.wantScreen(screenHandOver)
			if c.app.failure != nil || c.app.viewed != nil || len(c.jobs) != 0 {
				t.Errorf("failure %v, papers in memory %t, %d jobs; want none", c.app.failure, c.app.viewed != nil, len(c.jobs))
			}
			if len(c.ready) == 0 || c.ready[len(c.ready)-1] {
				t.Errorf("the preview was made ready and released so: %v, want released", c.ready)
			}
			c.blind = nil
			c.press(fyne.KeyF11)
			c.wantScreen(screenPreview)
			c.press(fyne.KeyEscape)
			c.wantScreen(screenHandOver)
		})
	}
}

// TestPreviewFails: papers that cannot be shown can still be printed.
func TestPreviewFails(t *testing.T) {
	c := open(t, inCase(procedure.PhasePapers), usual)
	c.blind = errors.New("no memory")
	c.press(fyne.KeyF11)
	c.wantScreen(screenPapers)
	c.wantFocus(controlFailure)
	c.app.page.focus(controlPrimary)
	c.press(fyne.KeyReturn)
	if len(c.jobs) != 1 {
		t.Errorf("%d jobs were printed, want 1", len(c.jobs))
	}
}

// TestPreviewEndsWithItsPhase: what belongs to another phase of the case is
// not shown any more.
func TestPreviewEndsWithItsPhase(t *testing.T) {
	c := open(t, inCase(procedure.PhasePapers), usual)
	c.press(fyne.KeyF11)
	c.set(func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseEmail).Case })
	c.wantScreen(screenSigned)
	if c.app.viewed != nil {
		t.Error("the papers are still in memory")
	}
}
