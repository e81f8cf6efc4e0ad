package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"salter/app/procedure"
)

// secondMonitor is the citizen's monitor of a counter.
type secondMonitor struct {
	t      testing.TB
	window fyne.Window
	none   bool // there is no such monitor
	stands bool
	open   bool
	times  int // how often it was opened
}

func (m *secondMonitor) Open() fyne.Window {
	if m.none {
		return nil
	}
	m.times++
	m.open = true
	if m.window == nil {
		m.window = fyne.CurrentApp().NewWindow("")
		m.t.Cleanup(m.window.Close)
	}
	m.window.Resize(usual)
	m.window.SetFullScreen(true)
	return m.window
}

func (m *secondMonitor) Stands() bool { return m.stands }

func (m *secondMonitor) Close() { m.open = false; m.window.SetFullScreen(false) }

// withSecond gives the counter a second monitor.
func (c *counter) withSecond() *secondMonitor {
	m := &secondMonitor{t: c.t, stands: true}
	c.app.cfg.Second = m
	return m
}

// at goes on in another window. What was pressed in the old one was let go.
func (c *counter) at(w fyne.Window) {
	c.window = w
	c.now = c.now.Add(2 * carriedFor)
}

// twoWindows is a counter at which the citizen has his own monitor and is asked
// to begin. Keys go to his window.
func twoWindows(t *testing.T, s procedure.Snapshot) (c *counter, m *secondMonitor, clerk fyne.Window) {
	t.Helper()
	c = open(t, s, usual)
	m, clerk = c.withSecond(), c.window
	c.press(fyne.KeyReturn)
	if !m.open {
		t.Fatal("the second monitor is not used")
	}
	c.at(m.window)
	c.wantScreen(screenTurn)
	return c, m, clerk
}

// wordsIn are all words of a window.
func wordsIn(w fyne.Window) string {
	c := &counter{window: w}
	return strings.Join(c.words(), "\n") + "\n" + w.Title()
}

// dotsIn counts the circles in a window: those of a pad.
func dotsIn(w fyne.Window) int {
	n := 0
	walk(w.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if _, ok := o.(*canvas.Circle); ok {
			n++
		}
	})
	return n
}

func (c *counter) wantInWindow(w fyne.Window, ids ...string) {
	c.t.Helper()
	said := strings.Join(strings.Fields(wordsIn(w)), " ")
	for _, id := range ids {
		if words := c.app.catalogues[SerbianCyrillic].say(id); !strings.Contains(said, words) {
			c.t.Errorf("the window «%s» does not say %q: %s", w.Title(), words, said)
		}
	}
}

// TestEachWindowItsPage follows an attempt through both windows: each stage has
// its page in each, nothing of the case stands on the citizen's, nothing of the
// PIN on the clerk's, and the clerk's window keeps its place.
func TestEachWindowItsPage(t *testing.T) {
	c, m, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	check := func(citizens screen, ids ...string) {
		t.Helper()
		if got := c.app.second.page.screen; got != citizens {
			t.Errorf("the citizen sees %q, want %q", got, citizens)
		}
		if got := c.app.main.page.screen; got != screenAway {
			t.Errorf("the clerk sees %q, want %q", got, screenAway)
		}
		c.wantInWindow(clerk, ids...)
		if clerk.FullScreen() {
			t.Error("the clerk's window is over the full screen")
		}
		if n := dotsIn(clerk); n != 0 {
			t.Errorf("the clerk's window has %d dots", n)
		}
		for _, w := range []fyne.Window{m.window, clerk} { // his as well: it is not locked
			for _, secret := range []string{"ПЕТРОВИЋ", "АНА", "004217633", "000123", "0101900715006", "Марковић"} {
				if strings.Contains(wordsIn(w), secret) {
					t.Errorf("the window «%s» says %s", w.Title(), secret)
				}
			}
		}
	}
	check(screenTurn, "away.turn", "away.turn.text", "away.back")
	c.wantInWindow(m.window, "turn.heading.own", "pad.cancel")
	c.press(fyne.KeyReturn)
	c.wantFocus(controlPad)
	before := wordsIn(clerk)
	c.typed("1234")
	check(screenPad, "away.heading", "away.text", "away.back")
	if after := wordsIn(clerk); after != before {
		t.Errorf("the clerk's window changed while the PIN was typed: %q", after)
	}
	c.held = true
	c.press(fyne.KeyReturn)
	check(screenChecking, "checking.heading", "checking.text")
	c.desk.next["EnterPIN"] = func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseWork).Case }
	c.release()
	check(screenThanks, "away.thanks", "thanks.go")
	c.wantInWindow(m.window, "thanks.text.own")
	c.at(clerk)
	c.wantFocus(controlPrimary)

	c.press(fyne.KeyReturn) // the chip is at work: the citizen still reads that the card is to stay
	c.wantScreen(screenWork)
	if !m.open || c.app.second.page.screen != screenThanks {
		t.Error("nothing tells the citizen to leave the card")
	}
	c.set(func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseHandOver).Case })
	c.wantScreen(screenHandOver)
	if m.open {
		t.Error("the citizen's window is still there after the work")
	}
	if got, want := wordsIn(m.window), "\nШалтер"; got != want {
		t.Errorf("the closed window holds %q", got)
	}
}

// TestDigitsReachThePad: whichever window has the keyboard, and whatever was
// clicked in the clerk's, a digit goes to the pad and nowhere else.
func TestDigitsReachThePad(t *testing.T) {
	c, m, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
	c.typed("1")
	c.at(clerk)
	c.typed("2")
	c.press(fyne.KeyBackspace)
	if c.app.pad.n != 2 {
		t.Errorf("the pad holds %d digits after a key for the window of the clerk, want 2", c.app.pad.n)
	}
	clerk.Canvas().Focus(c.app.main.page.controls[controlBack])
	c.typed("3")
	c.at(m.window)
	c.typed("4")
	if got := string(c.buf); got != "1234\x00\x00\x00\x00" {
		t.Errorf("the pad holds %d digits, want 4 in their order", c.app.pad.n)
	}
	c.at(clerk)
	clerk.Canvas().Unfocus()
	c.press(fyne.KeyReturn)
	if string(c.desk.pin) != "1234" {
		t.Error("Enter in the clerk's window does not confirm")
	}
	for _, o := range fieldsIn(clerk) {
		t.Errorf("the clerk's window has the field %q", o)
	}
}

// fieldsIn names the fields of a window.
func fieldsIn(w fyne.Window) []string {
	var names []string
	walk(w.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if in, ok := o.(*input); ok {
			names = append(names, in.AccessibilityLabel())
		}
	})
	return names
}

// TestBothCanEndIt: by the citizen's keys and button, by closing his window, by
// the clerk, by time, by the card. The buffer is wiped, and the core is told
// once.
func TestBothCanEndIt(t *testing.T) {
	tests := []struct {
		name    string
		started bool
		end     func(c *counter, m *secondMonitor, clerk fyne.Window)
		want    screen // that is worked with
		left    procedure.PINEnd
	}{
		{"Esc", true, func(c *counter, _ *secondMonitor, _ fyne.Window) { c.press(fyne.KeyEscape) }, screenAway, procedure.PINCancelled},
		{"Esc before it began", false, func(c *counter, _ *secondMonitor, _ fyne.Window) { c.press(fyne.KeyEscape) }, screenAway, procedure.PINCancelled},
		{"Esc in the clerk's window", true, func(c *counter, _ *secondMonitor, clerk fyne.Window) {
			c.at(clerk)
			c.press(fyne.KeyEscape)
		}, screenAway, procedure.PINCancelled},
		{"closing his window", true, func(c *counter, m *secondMonitor, _ fyne.Window) { c.app.leavePIN(procedure.PINCancelled) }, screenAway, procedure.PINCancelled},
		{"the clerk", true, func(c *counter, _ *secondMonitor, clerk fyne.Window) {
			c.app.main.page.controls[controlBack].(*button).Tapped(nil)
		}, screenPIN, procedure.PINCancelled},
		{"the clerk before it began", false, func(c *counter, _ *secondMonitor, clerk fyne.Window) {
			c.app.main.page.controls[controlBack].(*button).Tapped(nil)
		}, screenPIN, procedure.PINCancelled},
		{"the clerk while it begins", false, func(c *counter, _ *secondMonitor, clerk fyne.Window) {
			c.held = true
			c.press(fyne.KeyReturn)
			c.app.main.page.controls[controlBack].(*button).Tapped(nil)
			c.release()
		}, screenAway, procedure.PINCancelled},
		{"time", true, func(c *counter, _ *secondMonitor, _ fyne.Window) { c.now = c.now.Add(pinTime); c.app.tick() }, screenTurn, procedure.PINTimeout},
		{"another program", true, func(c *counter, _ *secondMonitor, _ fyne.Window) { c.app.FocusLost() }, screenTurn, procedure.PINFocusLost},
		{"card pulled", true, func(c *counter, _ *secondMonitor, _ fyne.Window) {
			c.set(func(s *procedure.Snapshot) { s.Case.SameCard = false })
		}, screenAway, procedure.PINCardGone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, m, clerk := twoWindows(t, inCase(procedure.PhasePIN))
			if tt.started {
				c.press(fyne.KeyReturn)
				c.typed("12345")
			}
			tt.end(c, m, clerk)
			if got := c.app.page.screen; got != tt.want {
				t.Errorf("page %q is worked with, want %q", got, tt.want)
			}
			c.wantWiped()
			if !slices.Equal(c.desk.left, []procedure.PINEnd{tt.left}) {
				t.Errorf("page left as %q, want %q once", c.desk.left, tt.left)
			}
			if want := tt.want != screenPIN; m.open != want {
				t.Errorf("the citizen's window is open: %t, want %t", m.open, want)
			}
			c.at(clerk)
			if tt.want == screenAway {
				c.press(fyne.KeyReturn)
				c.wantScreen(screenPIN)
			}
			if tt.want != screenTurn && m.open {
				t.Error("the citizen's window stays with the clerk's pages")
			}
		})
	}
}

// TestMonitorVanishes: whatever is up goes on in the clerk's window; a PIN that
// was being typed is wiped.
func TestMonitorVanishes(t *testing.T) {
	vanish := func(c *counter, m *secondMonitor) {
		m.stands = false
		c.app.tick()
	}
	c, m, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	c.app.tick()
	c.press(fyne.KeyReturn)
	c.typed("1234")
	vanish(c, m)
	c.at(clerk)
	c.wantScreen(screenTurn)
	c.wantWiped()
	c.wantInWindow(clerk, "turn.heading", "turn.monitor")
	if m.open || !clerk.FullScreen() {
		t.Errorf("the second window is open: %t; the clerk's is over the full screen: %t", m.open, clerk.FullScreen())
	}
	if want := []procedure.PINEnd{procedure.PINFocusLost}; !slices.Equal(c.desk.left, want) {
		t.Errorf("page left as %q, want %q", c.desk.left, want)
	}
	c.press(fyne.KeyReturn) // goes on there
	c.typed("1234")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	c.press(fyne.KeyReturn)

	m.stands = true // plugged in again
	c.press(fyne.KeyReturn)
	if !m.open || m.times != 2 {
		t.Error("the monitor is not used after it is back")
	}
	c.at(m.window)
	c.app.tick()
	c.press(fyne.KeyReturn)
	c.typed("1234")
	c.held = true
	c.press(fyne.KeyReturn)
	vanish(c, m) // while the attempt runs
	c.at(clerk)
	c.wantScreen(screenChecking)
	c.release()
	c.wantScreen(screenThanks)
	c.wantInWindow(clerk, "thanks.text", "thanks.go")
}

// TestMonitorNotReached: a system that does not put the window there within
// some seconds is not asked again.
func TestMonitorNotReached(t *testing.T) {
	c, m, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	m.stands = false
	c.app.opened = c.now
	c.now = c.now.Add(settleTime - time.Second)
	c.app.tick()
	if !m.open {
		t.Fatal("the window has no time to get there")
	}
	c.now = c.now.Add(time.Second)
	c.app.tick()
	c.at(clerk)
	c.wantScreen(screenTurn)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenPIN)
	m.stands = true
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	if m.times != 1 || !clerk.FullScreen() {
		t.Errorf("the second monitor was opened %d times, want once", m.times)
	}
}

// TestNoSecondMonitor: without one, or with the pages kept in the window,
// everything is as with one monitor.
func TestNoSecondMonitor(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	m := c.withSecond()
	m.none = true
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	if !c.window.FullScreen() {
		t.Error("the citizen's page is not over the full screen")
	}
	c = open(t, inCase(procedure.PhasePIN), usual)
	m = c.withSecond()
	c.app.cfg.Windowed = true
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	if m.times != 0 || c.window.FullScreen() {
		t.Error("pages that are to stay in the window do not")
	}
}

// TestHeldKeyCrosses: a key that is held while the keyboard goes to the other
// window repeats there like a fresh press, and is none.
func TestHeldKeyCrosses(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	m := c.withSecond()
	c.press(fyne.KeyReturn)
	c.window = m.window
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
}

// TestSecondAndTheLock: the clerk's pages come back locked, and what he sees
// meanwhile needs no lock.
func TestSecondAndTheLock(t *testing.T) {
	c, _, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	c.press(fyne.KeyReturn)
	c.app.lock()
	c.wantScreen(screenPad)
	c.typed("1234")
	c.press(fyne.KeyReturn)
	c.at(clerk)
	c.wantScreen(screenAway)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenLocked)
}

// TestSecondAndClosing: the program is not closed under the citizen, and says
// why; the words are gone with his page.
func TestSecondAndClosing(t *testing.T) {
	c, _, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	c.press(fyne.KeyReturn)
	c.typed("12")
	if c.app.MayClose() {
		t.Fatal("the program may be closed while the PIN is typed")
	}
	c.wantInWindow(clerk, "close.citizen")
	if c.wantScreen(screenPad); c.app.pad.n != 2 {
		t.Error("closing that was refused changed what was typed")
	}
	c.press(fyne.KeyEscape)
	c.at(clerk)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPIN)
	if strings.Contains(wordsIn(clerk), c.app.words.say("close.citizen")) {
		t.Error("the reason is still said")
	}
}

// TestEachWindowItsLanguage: the citizen's choice changes his window alone, and
// a look changes both.
func TestEachWindowItsLanguage(t *testing.T) {
	c, m, clerk := twoWindows(t, inCase(procedure.PhasePIN))
	english := c.app.catalogues[English]
	c.app.page.focus(controlLanguage + "." + string(English))
	c.press(fyne.KeySpace)
	if !strings.Contains(wordsIn(m.window), english.say("turn.heading.own")) {
		t.Error("the citizen's window is not in his language")
	}
	c.wantInWindow(clerk, "away.turn", "title.away")
	c.app.page.focus(controlPrimary)
	c.press(fyne.KeyReturn)
	c.typed("12")
	c.app.SetLook(Look{Language: SerbianLatin, TextSize: 150})
	if c.app.pad.n != 2 {
		t.Error("the look changed what was typed")
	}
	if !strings.Contains(wordsIn(clerk), c.app.catalogues[SerbianLatin].say("title.away")) {
		t.Error("the clerk's window is not in his language")
	}
	c.press(fyne.KeyEscape)
	if !strings.Contains(wordsIn(m.window), english.say("thanks.heading.cancelled")) {
		t.Error("the end is not in the citizen's language")
	}
}

// TestSecondOnReader: the steps at the reader stand on the citizen's monitor.
func TestSecondOnReader(t *testing.T) {
	c, m, clerk := twoWindows(t, with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) { s.Case.PIN.Way = procedure.PINOnPad }))
	c.desk.next["BeginPIN"] = func(*procedure.Snapshot) { c.held = true }
	c.press(fyne.KeyReturn)
	c.wantScreen(screenOnReader)
	c.wantInWindow(m.window, "on-reader.heading")
	c.wantInWindow(clerk, "away.on-reader")
	if c.app.main.page.controls[controlBack] != nil {
		t.Error("an attempt that runs can be taken back")
	}
}
