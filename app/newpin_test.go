package app

import (
	"bytes"
	"testing"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// atNewPIN is a case in which the citizen chooses a new PIN.
func atNewPIN(t *testing.T) *counter {
	t.Helper()
	return open(t, unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), usual)
}

func (c *counter) wantBothWiped() {
	c.t.Helper()
	c.wantWiped()
	if !bytes.Equal(c.app.cfg.PINAgain, make([]byte, pinMax)) {
		c.t.Error("the second PIN buffer is not wiped")
	}
}

// TestNewPINIsTypedTwice: the core gets both, and nothing is left here.
func TestNewPINIsTypedTwice(t *testing.T) {
	c := atNewPIN(t)
	c.press(fyne.KeyReturn, fyne.KeyReturn)
	c.wantScreen(screenPad)
	c.typed("25")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
	if !says(c, "ПИН има најмање 4 цифре.") {
		t.Error("a PIN of two digits is not called too short")
	}
	c.typed("8041")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenAgain)
	if c.app.pad.n != 0 {
		t.Error("the pad begins the second time with digits")
	}
	c.typed("2580")
	c.press(fyne.KeyBackspace)
	c.typed("041")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	if string(c.desk.pin) != "258041" || string(c.desk.again) != "258041" || c.desk.weak {
		t.Errorf("the core was given %q and %q, weak %v", c.desk.pin, c.desk.again, c.desk.weak)
	}
	c.wantBothWiped()
}

// TestNewPINTypedDifferently begins anew, with words for the citizen.
func TestNewPINTypedDifferently(t *testing.T) {
	c := atNewPIN(t)
	c.desk.fail["EnterNewPIN"] = &procedure.Error{Code: procedure.CodePINDiffers}
	c.newPIN("2580", "2581")
	c.wantScreen(screenPad)
	c.wantBothWiped()
	if c.app.citizen.note == "" {
		t.Error("nothing tells the citizen that the two differ")
	}
}

// TestWeakPIN: the citizen chooses another, or insists by a press of his own.
func TestWeakPIN(t *testing.T) {
	weak := &procedure.Error{Code: procedure.CodePINWeak, Fields: []string{procedure.WeakSequence}}
	t.Run("another", func(t *testing.T) {
		c := atNewPIN(t)
		c.desk.fail["EnterNewPIN"] = weak
		c.newPIN("1234", "1234")
		c.wantScreen(screenWeak)
		c.wantFocus(controlBack)
		c.press(fyne.KeyReturn)
		c.wantScreen(screenPad)
		c.wantBothWiped()
	})
	t.Run("keep it", func(t *testing.T) {
		c := atNewPIN(t)
		c.desk.fail["EnterNewPIN"] = weak
		c.newPIN("1234", "1234")
		delete(c.desk.fail, "EnterNewPIN")
		c.press(fyne.KeyTab, fyne.KeyReturn)
		c.wantScreen(screenThanks)
		if string(c.desk.pin) != "1234" || !c.desk.weak {
			t.Errorf("the core was given %q, weak %v", c.desk.pin, c.desk.weak)
		}
		c.wantBothWiped()
	})
	t.Run("never allowed", func(t *testing.T) {
		c := atNewPIN(t)
		c.desk.fail["EnterNewPIN"] = weak
		c.newPIN("1234", "1234")
		c.press(fyne.KeyTab, fyne.KeyReturn)
		c.wantScreen(screenPad)
		c.wantBothWiped()
		if !says(c, "Тај ПИН не може да се користи јер се лако погађа. Изаберите други.") {
			t.Error("nothing tells the citizen to choose another")
		}
	})
}

// TestNewPINIsLeft: cancel, time-out, focus loss and a pulled card wipe both
// buffers, whichever page is up.
func TestNewPINIsLeft(t *testing.T) {
	pages := map[string]func(*counter){
		"again": func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("2580")
			c.press(fyne.KeyReturn)
			c.typed("25")
		},
		"weak": func(c *counter) {
			c.desk.fail["EnterNewPIN"] = &procedure.Error{Code: procedure.CodePINWeak}
			c.newPIN("1234", "1234")
		},
	}
	ends := map[procedure.PINEnd]func(*counter){
		procedure.PINTimeout:   func(c *counter) { c.now = c.now.Add(pinTime); c.app.tick() },
		procedure.PINFocusLost: func(c *counter) { c.app.FocusLost() },
		procedure.PINCardGone:  func(c *counter) { c.set(func(s *procedure.Snapshot) { s.Case.SameCard = false }) },
	}
	for page, up := range pages {
		for why, end := range ends {
			t.Run(page+" "+string(why), func(t *testing.T) {
				c := atNewPIN(t)
				up(c)
				end(c)
				c.wantBothWiped()
				if len(c.desk.left) != 1 || c.desk.left[0] != why {
					t.Errorf("the core was told %q, want %q", c.desk.left, why)
				}
			})
		}
	}
	c := atNewPIN(t)
	pages["again"](c)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenThanks)
	c.wantBothWiped()
}

// TestKeptPIN: before its tries are back a kept PIN is not called blocked; used
// up again, the way on is another choice.
func TestKeptPIN(t *testing.T) {
	c := open(t, with1(unblocking(inCase(procedure.PhasePIN), procedure.UnblockKeep), func(s *procedure.Snapshot) { s.Case.PIN.Tries = 0 }), usual)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	c = open(t, with1(unblocking(inCase(procedure.PhasePIN), procedure.UnblockKeep), func(s *procedure.Snapshot) {
		s.Case.PIN.Tries, s.Case.Problem = 0, &procedure.Error{Code: procedure.CodePINBlocked}
	}), usual)
	c.press(fyne.KeyReturn)
	c.wantCalls("GoBack person")
}
