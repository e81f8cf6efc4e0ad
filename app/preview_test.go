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
