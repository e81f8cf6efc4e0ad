package app

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// TestLookByKeyboard: the look is chosen with the keyboard alone, is seen at
// once, is kept, and the page comes back with all that was typed.
func TestLookByKeyboard(t *testing.T) {
	s := atHome()
	s.Clerk = nil
	c := open(t, s, usual)
	var kept []Look
	c.app.cfg.SaveLook = func(l Look) error { kept = append(kept, l); return nil }
	c.typed("tajna")
	c.press(fyne.KeyF10)
	c.wantScreen(screenLook)
	c.wantFocus("language")
	c.press(fyne.KeyTab, fyne.KeyTab, fyne.KeySpace) // English
	c.wantFocus("language.en")
	if got, want := c.window.Title(), "Šalter – Display (DEMO)"; got != want {
		t.Errorf("window title %q, want %q", got, want)
	}
	c.press(fyne.KeyTab, fyne.KeyTab, fyne.KeySpace) // dark
	c.press(fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace)
	want := Look{Language: English, Colours: Dark, TextSize: 125}
	if got := c.app.Look(); got != want {
		t.Errorf("the look is %+v, want %+v", got, want)
	}
	if got, want := theme.TextSize(), float32(20); got != want {
		t.Errorf("text is %v high, want %v", got, want)
	}
	if got, want := theme.Color(theme.ColorNameForeground), palettes[Dark][theme.ColorNameForeground]; got != want {
		t.Errorf("text is %v, want %v", got, want)
	}
	c.press(fyne.KeyReturn)
	c.wantScreen(screenSignIn)
	c.wantFocus(fieldPassword)
	if len(kept) != 1 || kept[0] != want {
		t.Errorf("kept %+v, want %+v once", kept, want)
	}
	c.press(fyne.KeyReturn)
	c.wantCalls("SignIn tajna")
}

// TestLookIsNotKept: the clerk is told, and goes on.
func TestLookIsNotKept(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.app.cfg.SaveLook = func(Look) error { return errors.New("disk full") }
	c.press(fyne.KeyF10, fyne.KeyReturn)
	c.wantScreen(screenSigned)
	c.wantFocus(controlFailure)
}

// TestLookAndTheNoticeOfAPage: what became of the last action is still said
// after the look was changed.
func TestLookAndTheNoticeOfAPage(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.desk.fail["SetEmail"] = &procedure.Error{Code: procedure.CodeAnswerOpen, Tries: -1, Fields: []string{procedure.FieldWanted}}
	c.press(fyne.KeyReturn)
	c.wantFocus(controlFailure)
	c.press(fyne.KeyF10)
	if _, ok := c.app.page.controls[controlFailure]; ok {
		t.Error("the page of the look speaks of another page")
	}
	c.press(fyne.KeyEscape)
	c.wantFocus(controlFailure)
}

// TestLookIsNotChosenByTheCitizen: the citizen's pages do not lead to the
// clerk's.
func TestLookIsNotChosenByTheCitizen(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	c.held = true
	c.press(fyne.KeyReturn, fyne.KeyF10)
	c.wantScreen(screenLook)
	c.release()
	c.wantScreen(screenTurn)
	c.press(fyne.KeyF10)
	c.wantScreen(screenTurn)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
	c.press(fyne.KeyF10)
	c.wantScreen(screenPad)
}

// TestUnknownLook: what is not offered is the usual.
func TestUnknownLook(t *testing.T) {
	got := Look{Language: "de", Colours: "pink", TextSize: 7}.normal()
	if want := (Look{Language: SerbianCyrillic, Colours: Light, TextSize: 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestToolkitSpeaksOurLanguage: what Fyne says by itself, in a menu or a
// dialog, is in the language of the screens, whatever that of the desktop.
func TestToolkitSpeaksOurLanguage(t *testing.T) {
	c := open(t, atHome(), usual)
	for _, l := range []Language{SerbianCyrillic, SerbianLatin, English, SerbianCyrillic} {
		c.app.SetLook(Look{Language: l})
		_, all := catalogue(t, l)
		for id, raw := range all {
			if name, is := strings.CutPrefix(id, "fyne."); is {
				if got, want := lang.LocalizeKey(name, ""), pluralForms(t, raw)[""]; got != want {
					t.Errorf("%s: %s is %q, want %q", l, name, got, want)
				}
			}
		}
	}
}
