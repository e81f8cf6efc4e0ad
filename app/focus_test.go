package app

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// click is a click of the mouse on a control as the driver of the window does
// it: Fyne takes the focus from the others first, and gives it to nobody.
func (c *counter) click(name string) {
	c.t.Helper()
	control, ok := c.app.page.controls[name].(interface {
		fyne.Focusable
		fyne.Tappable
	})
	if !ok {
		c.t.Fatalf("the page has no control %q to click", name)
	}
	if canvas := c.window.Canvas(); canvas.Focused() != control {
		canvas.Unfocus()
	}
	control.Tapped(&fyne.PointEvent{})
}

// TestClickTakesFocus: the focus, and with it the ring, is where was clicked;
// on another page it is where the keyboard begins.
func TestClickTakesFocus(t *testing.T) {
	answered := procedure.FieldService + "." + string(procedure.ServiceUnblock)
	tests := []struct {
		name  string
		start procedure.Snapshot
		click []string
		focus string
	}{
		{"an answer", inCase(procedure.PhasePerson), []string{answered}, answered},
		{"one answer, then another", inCase(procedure.PhasePerson), []string{answered, procedure.FieldFace}, procedure.FieldFace},
		{"a button of the same page", atHome(), []string{controlSync}, controlSync},
		{"a button to another page", atHome(), []string{controlSearch}, procedure.FieldPersonalNumber},
		{"back from there", atHome(), []string{controlSearch, controlBack}, controlPrimary},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := open(t, test.start, usual)
			for _, name := range test.click {
				c.click(name)
			}
			c.wantFocus(test.focus)
		})
	}
}

// TestMoreTimeLeavesThePad: the focus is where it was: Enter confirms the PIN and does not
// ask for still more time.
func TestMoreTimeLeavesThePad(t *testing.T) {
	for _, s := range scenes() {
		if s.name != "pad" {
			continue
		}
		c := open(t, s.start, usual)
		s.do(c)
		c.click(controlMore)
		c.wantFocus(controlPad)
		return
	}
	t.Fatal("there is no scene of the pad")
}

// TestNoTwoControlsAlike: who hears a control, and does not see where it
// stands, knows which one it is.
func TestNoTwoControlsAlike(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			if s.do != nil {
				s.do(c)
			}
			says := map[string]string{}
			for name, control := range c.app.page.controls {
				label := control.(fyne.Accessible).AccessibilityLabel()
				if other, said := says[label]; said {
					t.Errorf("%q and %q both say %q", name, other, label)
				}
				says[label] = name
			}
		})
	}
}

// TestNothingToPressForACard: while the card of the case is away nothing on the
// page invites to press Enter, which could do nothing.
func TestNothingToPressForACard(t *testing.T) {
	for _, s := range scenes() {
		if s.name != "trouble card" && s.name != "trouble other card" && s.name != "trouble card comes" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			c.press(fyne.KeyReturn, fyne.KeyF5)
			c.wantCalls()
			if c.app.page.primary != nil {
				t.Errorf("the page has the button %q", c.app.page.primary.label)
			}
		})
	}
}

// TestStatusLeadsToTheDisplay and back again, in the language that was chosen
// there.
func TestStatusLeadsToTheDisplay(t *testing.T) {
	c := open(t, atHome(), usual)
	c.desk.archive.findings = findings()
	c.press(fyne.KeyF1)
	c.click(controlDisplay)
	c.wantScreen(screenLook)
	c.click("language.en")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenCheck)
	c.wantFocus(controlDisplay)
	if want := c.app.words.fill("check.look.is", with{"Language": "English", "Colours": c.app.words.say("colours.light"), "Size": "100%"}); !slices.Contains(wordsOn(c), want) {
		t.Errorf("the status page does not say %q: %q", want, wordsOn(c))
	}
}

// spoken is what Fyne tells a screen reader of an object: the names of what is
// accessible, through plain containers alone (driver glfw, accessibility).
func spoken(o fyne.CanvasObject) []string {
	if o == nil || !o.Visible() {
		return nil
	}
	var says []string
	if a, ok := o.(fyne.Accessible); ok && a.AccessibilityRole() != fyne.AccessibleRoleContainer {
		says = append(says, a.AccessibilityLabel())
	}
	if box, ok := o.(*fyne.Container); ok {
		for _, child := range box.Objects {
			says = append(says, spoken(child)...)
		}
	}
	return says
}

// TestNobodySpeaksThePIN: what is said of the pad are the numbers of digits and
// tries, the same for every PIN and every order of the keys.
func TestNobodySpeaksThePIN(t *testing.T) {
	said := func(pin string, inOrder bool) []string {
		for _, s := range scenes() {
			if s.name != "pad" {
				continue
			}
			c := open(t, s.start, usual)
			s.do(c)
			if err := c.app.pad.begin(inOrder); err != nil {
				t.Fatal(err)
			}
			c.typed(pin)
			return spoken(c.window.Canvas().Content())
		}
		t.Fatal("there is no scene of the pad")
		return nil
	}
	one, other := said("2580", true), said("1379", false)
	if !slices.Equal(one, other) {
		t.Errorf("one PIN is spoken as %q, another as %q", one, other)
	}
	m, _ := catalogue(t, SerbianCyrillic)
	if !slices.Contains(one, m.count("pad.entered", 4)) {
		t.Errorf("the number of digits is not among %q", one)
	}
}

// TestPortraitHasAName for who cannot see it.
func TestPortraitHasAName(t *testing.T) {
	for _, s := range []procedure.Snapshot{atHome(), inCase(procedure.PhasePerson)} {
		c := open(t, s, usual)
		if says := spoken(c.window.Canvas().Content()); !slices.Contains(says, c.app.words.say("portrait")) {
			t.Errorf("%s: the portrait is not among %q", c.app.page.screen, says)
		}
	}
}
