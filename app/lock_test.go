package app

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"salter/app/procedure"
)

// TestLockHidesTheCase: nothing of the citizen is on the locked screen, nobody
// is signed out, and the right password leads back to where the clerk was.
func TestLockHidesTheCase(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.press(fyne.KeySpace)
	c.press(fyne.KeyF12)
	c.wantScreen(screenLocked)
	c.wantFocus(fieldPassword)
	wantNothingOfTheCase(c)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenLocked)

	c.desk.fail["Unlock x"] = &procedure.Error{Code: procedure.CodeSignIn}
	c.typed("x")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenLocked)
	c.wantFocus(fieldPassword)
	c.typed("demo")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenSigned)
	c.wantCalls("Unlock x", "Unlock demo")
	if c.app.draft.email.Wanted != procedure.Yes {
		t.Error("the answer that was given before the lock is gone")
	}
}

// wantNothingOfTheCase checks that no word on the screen is of the citizen.
func wantNothingOfTheCase(c *counter) {
	c.t.Helper()
	for _, w := range wordsOn(c) {
		for _, secret := range []string{"ПЕТРОВИЋ", "004217633", "BG-017-03-2026-000123", "0101900715006", "@"} {
			if strings.Contains(w, secret) {
				c.t.Errorf("the locked screen says %q", w)
			}
		}
	}
}

// TestLockHidesTroubles: what keeps the case waiting is not on the locked
// screen, which names the card, nor what became of an action behind it.
func TestLockHidesTroubles(t *testing.T) {
	other := &procedure.Error{Code: procedure.CodeOtherCard}
	s := inCase(procedure.PhaseContent)
	s.Case.SameCard, s.Case.Problem = false, other
	c := open(t, s, usual)
	if !strings.Contains(strings.Join(wordsOn(c), " "), "004217633") {
		t.Fatal("the page does not name the card that is missing")
	}
	c.press(fyne.KeyF12)
	c.wantScreen(screenLocked)
	wantNothingOfTheCase(c)
	c.app.done(other, nil)
	c.wantScreen(screenLocked)
	wantNothingOfTheCase(c)
	c.desk.fail["Unlock x"] = &procedure.Error{Code: procedure.CodeSignIn}
	c.typed("x")
	c.press(fyne.KeyReturn)
	if c.app.page.controls[controlFailure] == nil {
		t.Error("nothing is said of the wrong password")
	}
}

// TestLockSpeaksOfACase only where there is one.
func TestLockSpeaksOfACase(t *testing.T) {
	for _, s := range []procedure.Snapshot{inCase(procedure.PhaseEmail), atHome()} {
		c := open(t, s, usual)
		c.press(fyne.KeyF12)
		c.wantScreen(screenLocked)
		said := strings.Contains(strings.Join(wordsOn(c), " "), c.app.words.say("locked.case"))
		if want := s.Case != nil; said != want {
			t.Errorf("with a case: %t, it is spoken of: %t", want, said)
		}
	}
}

// TestLockFollowsTheWork: the case goes on behind the locked screen.
func TestLockFollowsTheWork(t *testing.T) {
	c := open(t, inCase(procedure.PhaseWork), usual)
	c.press(fyne.KeyF12)
	c.set(func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseHandOver).Case })
	c.wantScreen(screenLocked)
	c.typed("demo")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenHandOver)
}

// TestLockBehindTheCitizen: the citizen's page is not taken from him, and the
// clerk's pages come back only to the clerk.
func TestLockBehindTheCitizen(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	c.press(fyne.KeyReturn, fyne.KeyReturn)
	c.wantScreen(screenPad)
	c.press(fyne.KeyF12)
	c.wantScreen(screenPad)
	c.app.lock() // as when nobody used the screen
	c.wantScreen(screenPad)
	c.typed("1234")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenLocked)
}

// TestLockWithAnotherClerk: a colleague signs the absent clerk out.
func TestLockWithAnotherClerk(t *testing.T) {
	c := open(t, inCase(procedure.PhaseContent), usual)
	c.press(fyne.KeyF12)
	c.desk.next["SignOut"] = func(s *procedure.Snapshot) { s.Clerk, s.Case = nil, nil }
	c.app.page.focus(controlBack)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenSignIn)
	c.set(func(s *procedure.Snapshot) { *s = atHome() })
	c.wantScreen(screenHome)
}

// TestIdle: keyboard and mouse put the lock off.
func TestIdle(t *testing.T) {
	tests := []struct {
		name string
		use  func(*counter)
		want bool
	}{
		{"nothing", func(*counter) {}, true},
		{"a key", func(c *counter) { c.press(fyne.KeyPageUp) }, false},
		{"the mouse over a button", func(c *counter) { c.app.page.primary.MouseIn(&desktop.MouseEvent{}) }, false},
		{"the mouse beside everything", func(c *counter) { c.app.main.root.Objects[0].(*sensor).MouseMoved(&desktop.MouseEvent{}) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, inCase(procedure.PhaseContent), usual)
			c.app.cfg.LockAfter = 10 * time.Minute
			c.now = c.now.Add(9 * time.Minute)
			tt.use(c)
			c.now = c.now.Add(2 * time.Minute)
			if got := c.app.idle(c.now); got != tt.want {
				t.Errorf("idle: got %v, want %v", got, tt.want)
			}
		})
	}
	c := open(t, atHome(), usual)
	if c.now = c.now.Add(24 * time.Hour); c.app.idle(c.now) {
		t.Error("a counter that never locks is idle")
	}
}

// TestNothingToLock: without a clerk there is nothing to hide.
func TestNothingToLock(t *testing.T) {
	for _, s := range []procedure.Snapshot{{}, {Stop: &procedure.Error{Code: procedure.CodeFork}}} {
		c := open(t, s, usual)
		before := c.app.page.screen
		c.press(fyne.KeyF12)
		c.wantScreen(before)
	}
}

// TestLockButton: the head of a clerk's page says how the screen is locked; the
// locked one and that of a stop have no such button.
func TestLockButton(t *testing.T) {
	c := open(t, inCase(procedure.PhasePapers), usual)
	lock, is := c.app.page.controls[controlLock].(*button)
	if !is {
		t.Fatal("the page has no button that locks")
	}
	if lock.hint != c.app.words.say("key.lock") {
		t.Errorf("the button names the key %q", lock.hint)
	}
	lock.Tapped(nil)
	c.wantScreen(screenLocked)
	if c.app.page.controls[controlLock] != nil {
		t.Error("the locked page offers to be locked")
	}
	c.set(func(s *procedure.Snapshot) { s.Stop = &procedure.Error{Code: procedure.CodeFork} })
	c.wantScreen(screenStop)
	if c.app.page.controls[controlLock] != nil {
		t.Error("the page of a stop offers to be locked")
	}
}
