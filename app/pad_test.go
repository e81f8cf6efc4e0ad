package app

import (
	"bytes"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"salter/app/procedure"
)

// atPad is a counter with the pad up.
func atPad(t *testing.T) *counter {
	t.Helper()
	c := open(t, inCase(procedure.PhasePIN), usual)
	c.press(fyne.KeyReturn, fyne.KeyReturn)
	c.wantScreen(screenPad)
	c.wantFocus(controlPad)
	c.desk.calls = nil
	return c
}

// tap clicks on a place of the pad.
func (c *counter) tap(place int) {
	pos, size := c.app.pad.placeBox(place)
	c.app.pad.Tapped(&fyne.PointEvent{Position: pos.AddXY(size.Width/2, size.Height/2)})
}

// TestPadIsWiped covers every way in which the pad is left.
func TestPadIsWiped(t *testing.T) {
	wrong := &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 2}
	tests := []struct {
		name  string
		leave func(*counter)
		want  screen
		left  []procedure.PINEnd
	}{
		{"right PIN", func(c *counter) { c.press(fyne.KeyReturn) }, screenThanks, nil},
		{"right PIN by mouse", func(c *counter) { c.tap(placeConfirm) }, screenThanks, nil},
		{"right PIN by the other Enter", func(c *counter) { c.press(fyne.KeyEnter) }, screenThanks, nil},
		{"wrong PIN", func(c *counter) { c.desk.fail["EnterPIN"] = wrong; c.press(fyne.KeyReturn) }, screenPad, nil},
		{"refused attempt", func(c *counter) {
			c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeRemoved}
			c.press(fyne.KeyReturn)
		}, screenThanks, nil},
		{"blocked", func(c *counter) {
			c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodePINBlocked}
			c.press(fyne.KeyReturn)
		}, screenThanks, nil},
		{"cancel by Esc", func(c *counter) { c.press(fyne.KeyEscape) }, screenThanks, []procedure.PINEnd{procedure.PINCancelled}},
		{"cancel by button", func(c *counter) { c.press(fyne.KeyTab, fyne.KeyReturn) }, screenThanks, []procedure.PINEnd{procedure.PINCancelled}},
		{"time-out", func(c *counter) { c.now = c.now.Add(pinTime); c.app.tick() }, screenTurn, []procedure.PINEnd{procedure.PINTimeout}},
		{"window loses focus", func(c *counter) { c.app.FocusLost() }, screenTurn, []procedure.PINEnd{procedure.PINFocusLost}},
		{"card pulled", func(c *counter) { c.set(func(s *procedure.Snapshot) { s.Case.SameCard = false }) }, screenThanks, []procedure.PINEnd{procedure.PINCardGone}},
		{"signed out", func(c *counter) { c.set(func(s *procedure.Snapshot) { s.Clerk = nil }) }, screenSignIn, nil},
		{"case gone", func(c *counter) { c.set(func(s *procedure.Snapshot) { s.Case = nil }) }, screenHome, nil},
		{"stopped", func(c *counter) {
			c.set(func(s *procedure.Snapshot) { s.Stop = &procedure.Error{Code: procedure.CodeFork} })
		}, screenStop, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := atPad(t)
			c.typed("123456")
			if got, want := string(c.buf), "123456\x00\x00"; got != want {
				t.Fatalf("the buffer does not hold what was typed")
			}
			tt.leave(c)
			c.wantScreen(tt.want)
			c.wantWiped()
			if !slices.Equal(c.desk.left, tt.left) {
				t.Errorf("page left as %q, want %q", c.desk.left, tt.left)
			}
		})
	}
}

// TestPINIsLent: the core gets the very buffer, not a copy, and it is wiped
// when the attempt returns.
func TestPINIsLent(t *testing.T) {
	c := atPad(t)
	c.typed("4711")
	c.held = true
	c.press(fyne.KeyReturn)
	c.wantScreen(screenChecking)
	c.app.FocusLost() // must not touch what is lent
	c.typed("99")
	c.press(fyne.KeyReturn, fyne.KeyEscape)
	c.release()
	if string(c.desk.pin) != "4711" {
		t.Error("the core did not get what was typed")
	}
	if &c.desk.lent[0] != &c.buf[0] {
		t.Error("the core got a copy of the buffer")
	}
	c.wantWiped()
	c.wantScreen(screenThanks)
}

// TestLeftBeforeThePad: who leaves while the pad is being made ready, or the chip
// looks at a PIN, is shown no pad afterwards; the core is told.
func TestLeftBeforeThePad(t *testing.T) {
	begin := func(t *testing.T) *counter {
		c := open(t, inCase(procedure.PhasePIN), usual)
		c.press(fyne.KeyReturn)
		c.wantScreen(screenTurn)
		c.held = true
		c.press(fyne.KeyReturn)
		return c
	}
	wrong := func(t *testing.T) *counter {
		c := atPad(t)
		c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 2}
		c.typed("1234")
		c.held = true
		c.press(fyne.KeyReturn)
		return c
	}
	weak := func(t *testing.T) *counter {
		c := atNewPIN(t)
		c.press(fyne.KeyReturn, fyne.KeyReturn)
		c.desk.fail["EnterNewPIN"] = &procedure.Error{Code: procedure.CodePINWeak, Fields: []string{procedure.WeakSequence}}
		c.typed("111111")
		c.press(fyne.KeyReturn)
		c.typed("111111")
		c.held = true
		c.press(fyne.KeyReturn)
		c.wantScreen(screenChecking)
		return c
	}
	tests := []struct {
		name  string
		start func(*testing.T) *counter
		leave func(c *counter)
		want  screen
		left  procedure.PINEnd
	}{
		{"begun, another program", begin, func(c *counter) { c.app.FocusLost() }, screenTurn, procedure.PINFocusLost},
		{"begun, given back", begin, func(c *counter) { c.press(fyne.KeyEscape) }, screenThanks, procedure.PINCancelled},
		{"wrong PIN, another program", wrong, func(c *counter) { c.app.FocusLost() }, screenTurn, procedure.PINFocusLost},
		{"weak PIN, another program", weak, func(c *counter) { c.app.FocusLost() }, screenTurn, procedure.PINFocusLost},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.start(t)
			tt.leave(c)
			c.release()
			c.wantScreen(tt.want)
			c.wantWiped()
			if !slices.Equal(c.desk.left, []procedure.PINEnd{tt.left}) {
				t.Errorf("page left as %q, want %q once", c.desk.left, tt.left)
			}
		})
	}
}

// TestCardPulledWhileChecking: after the wrong PIN there is no card to go on
// with.
func TestCardPulledWhileChecking(t *testing.T) {
	c := atPad(t)
	c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 2}
	c.typed("1234")
	c.held = true
	c.press(fyne.KeyReturn)
	c.set(func(s *procedure.Snapshot) { s.Case.SameCard = false })
	c.release()
	c.wantScreen(screenThanks)
	c.wantWiped()
	if want := []procedure.PINEnd{procedure.PINCardGone}; !slices.Equal(c.desk.left, want) {
		t.Errorf("page left as %q, want %q", c.desk.left, want)
	}
}

// TestPadInput: digits from everywhere, nothing else, never more than eight.
func TestPadInput(t *testing.T) {
	tests := []struct {
		name string
		do   func(*counter)
		want string
	}{
		{"keyboard", func(c *counter) { c.typed("0123") }, "0123"},
		{"mouse", func(c *counter) {
			for _, place := range []int{0, 4, 8, placeLast} {
				c.tap(place)
			}
		}, "1590"},
		{"letters and signs", func(c *counter) { c.typed("1а2б٣४,3 ") }, "123"},
		{"at most eight", func(c *counter) { c.typed("123456789") }, "12345678"},
		{"Backspace", func(c *counter) { c.typed("1234"); c.press(fyne.KeyBackspace) }, "123"},
		{"Delete", func(c *counter) { c.typed("1234"); c.press(fyne.KeyDelete) }, ""},
		{"back by mouse", func(c *counter) { c.typed("1234"); c.tap(placeBack) }, "123"},
		{"clear by mouse", func(c *counter) { c.typed("1234"); c.tap(placeClear) }, ""},
		{"back on empty", func(c *counter) { c.press(fyne.KeyBackspace); c.typed("1") }, "1"},
		{"between the keys", func(c *counter) {
			c.app.pad.Tapped(&fyne.PointEvent{Position: fyne.NewPos(keyWidth+keyGap/2, dotsHeight+10)})
		}, ""},
		{"focus on a button", func(c *counter) { c.press(fyne.KeyTab); c.typed("12") }, "12"},
		{"focus nowhere", func(c *counter) { c.window.Canvas().Unfocus(); c.typed("12") }, "12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := atPad(t)
			tt.do(c)
			if got := string(c.app.pad.pin()); got != tt.want {
				t.Errorf("the buffer holds %q, want %q", got, tt.want)
			}
			if rest := c.buf[c.app.pad.n:]; !bytes.Equal(rest, make([]byte, len(rest))) {
				t.Error("digits taken back are still in the buffer")
			}
		})
	}
}

// TestPadTooShort costs no try.
func TestPadTooShort(t *testing.T) {
	c := atPad(t)
	c.typed("123")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
	c.wantCalls()
	if c.app.citizen.note != "pad.short" {
		t.Errorf("the citizen is told %q", c.app.citizen.note)
	}
}

// TestPadIsDealtOnceForEachAttempt: the keys stay where they are while digits
// are typed, and move for the next attempt.
func TestPadIsDealtOnceForEachAttempt(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	c.app.cfg.DigitsInOrder = false
	c.press(fyne.KeyReturn, fyne.KeyReturn)
	orders := map[[10]byte]bool{}
	for range 6 {
		before := c.app.pad.order
		sorted := before
		slices.Sort(sorted[:])
		if sorted != [10]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9} {
			t.Fatalf("the pad shows the digits %v", before)
		}
		c.typed("12")
		c.tap(3)
		if c.app.pad.order != before {
			t.Error("the keys moved while typing")
		}
		orders[before] = true
		c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 3}
		c.typed("34")
		c.press(fyne.KeyReturn)
		c.wantScreen(screenPad)
	}
	if len(orders) < 4 {
		t.Errorf("six attempts were dealt only %d orders", len(orders))
	}
}

// TestPadGivesNothingAway: the picture of the keys is the same whatever is
// pressed, hovered or held; only the number of dots changes.
func TestPadGivesNothingAway(t *testing.T) {
	c := atPad(t)
	if _, hovers := any(c.app.pad).(desktop.Hoverable); hovers {
		t.Error("the pad follows the mouse")
	}
	if _, presses := any(c.app.pad).(desktop.Mouseable); presses {
		t.Error("the pad follows the mouse button")
	}
	c.tap(0)
	first := c.window.Canvas().Capture()
	c.press(fyne.KeyBackspace)
	c.tap(7)
	second := c.window.Canvas().Capture()
	c.press(fyne.KeyBackspace)
	c.typed("5")
	third := c.window.Canvas().Capture()
	if !same(first, second) || !same(first, third) {
		t.Error("the screen shows which key was pressed")
	}
	c.typed("5")
	if same(first, c.window.Canvas().Capture()) {
		t.Error("the screen does not show that a digit was entered")
	}
}

func same(a, b image.Image) bool {
	x, y := a.(*image.NRGBA), b.(*image.NRGBA)
	return x.Rect == y.Rect && bytes.Equal(x.Pix, y.Pix)
}

// TestCitizenSeesNothingOfTheCase reads every word on the citizen's pages.
func TestCitizenSeesNothingOfTheCase(t *testing.T) {
	for _, s := range scenes() {
		if !slices.Contains([]screen{screenTurn, screenPad, screenChecking, screenOnReader, screenLastTry, screenThanks}, s.want) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			s.do(c)
			c.wantScreen(s.want)
			if !c.window.FullScreen() {
				t.Error("the page is not over the full screen")
			}
			id := c.desk.snapshot.Case.Identity
			for _, words := range append(wordsOn(c), c.window.Title()) {
				for _, secret := range []string{id.Surname, id.GivenName, string(id.PersonalNumber), string(id.CardNumber), c.desk.snapshot.Case.Number, c.desk.snapshot.Clerk.Name} {
					if strings.Contains(words, secret) {
						t.Errorf("the citizen's page says %q", words)
					}
				}
			}
		})
	}
}

// wordsOn are all visible texts.
func wordsOn(c *counter) []string {
	var words []string
	walk(c.window.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		switch o := o.(type) {
		case *text:
			words = append(words, o.content)
		case *button:
			words = append(words, o.label)
		}
	})
	return words
}

// TestNothingLeftToType: the look at the chip showed that nothing is left to do
// there; the citizen gets no pad, and gives the screen back.
func TestNothingLeftToType(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	c.desk.next["BeginPIN"] = func(s *procedure.Snapshot) { s.Case.Phase = procedure.PhaseHandOver }
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenHandOver)
}

// TestMoreTime: a countdown from twenty seconds on; every input and the button
// start the time anew.
func TestMoreTime(t *testing.T) {
	c := atPad(t)
	countdown := func() string {
		for _, w := range wordsOn(c) {
			if strings.Contains(w, "Страница се затвара") {
				return w
			}
		}
		return ""
	}
	pass := func(d time.Duration) { c.now = c.now.Add(d); c.app.tick() }
	pass(39 * time.Second)
	if got := countdown(); got != "" {
		t.Errorf("after 39 s the page says %q", got)
	}
	pass(2 * time.Second)
	if got, want := countdown(), "Страница се затвара за 19 секунди."; got != want {
		t.Errorf("after 41 s the page says %q, want %q", got, want)
	}
	c.typed("1")
	if got := countdown(); got != "" {
		t.Errorf("after a digit the page says %q", got)
	}
	for range 12 {
		pass(59 * time.Second)
		c.app.page.controls[controlMore].(*button).act()
		c.wantScreen(screenPad)
	}
	pass(pinTime)
	c.wantScreen(screenTurn)
	c.wantWiped()
}

// TestClerkReturnsByHisOwnAction: nothing but the clerk's button leaves the
// neutral end, whatever the card does behind it.
func TestClerkReturnsByHisOwnAction(t *testing.T) {
	c := atPad(t)
	c.typed("1234")
	c.desk.next["EnterPIN"] = func(s *procedure.Snapshot) {
		done := inCase(procedure.PhaseWork)
		s.Case = done.Case
	}
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	c.set(func(s *procedure.Snapshot) { s.Case = inCase(procedure.PhaseHandOver).Case })
	c.press(fyne.KeyEscape, fyne.KeyF8, fyne.KeyF5)
	c.wantScreen(screenThanks)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenHandOver)
	if c.window.FullScreen() {
		t.Error("the clerk's page is still over the full screen")
	}
}

// TestThanksSaysHowItEnded: the citizen's last page tells each end by its own
// words, and that the card is to stay only while the chip is at work.
func TestThanksSaysHowItEnded(t *testing.T) {
	fails := func(code procedure.Code) func(*counter) {
		return func(c *counter) {
			c.desk.fail["EnterPIN"] = &procedure.Error{Code: code}
			c.typed("1234")
			c.press(fyne.KeyReturn)
		}
	}
	pulled := func(c *counter) { c.set(func(s *procedure.Snapshot) { s.Case.SameCard = false }) }
	tests := []struct {
		name string
		end  func(*counter)
		want string // end of the id of the words
	}{
		{"the work goes on", func(c *counter) { c.typed("1234"); c.press(fyne.KeyReturn) }, ""},
		{"cancelled", func(c *counter) { c.press(fyne.KeyEscape) }, ".cancelled"},
		{"cancelled, then the card taken", func(c *counter) { c.press(fyne.KeyEscape); pulled(c) }, ".cancelled"},
		{"cancelled on the reader", fails(procedure.CodePadCancelled), ".cancelled"},
		{"no time left on the reader", fails(procedure.CodePadTimeout), ".timeout"},
		{"card pulled", pulled, ".card-gone"},
		{"card pulled during the attempt", fails(procedure.CodeRemoved), ".card-gone"},
		{"last try wrong", fails(procedure.CodePINBlocked), ".blocked"},
		{"a failure for the clerk", fails(procedure.CodeNoLink), ".over"},
		{"time ran out, then the card taken", func(c *counter) { c.now = c.now.Add(pinTime); c.app.tick(); pulled(c) }, ".card-gone"},
		{"work done meanwhile", func(c *counter) {
			c.typed("1234")
			c.press(fyne.KeyReturn)
			c.set(func(s *procedure.Snapshot) { s.Case.Phase = procedure.PhaseHandOver })
		}, ".over"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := atPad(t)
			tt.end(c)
			c.wantScreen(screenThanks)
			wantWords(t, c, c.app.words.say("thanks.text"+tt.want))
			if tt.want != "" && slices.Contains(wordsOn(c), c.app.words.say("thanks.text")) {
				t.Error("the card is to stay although nothing is done on the chip")
			}
		})
	}
}

// TestDotsAreWhatWasTyped: an empty field does not look like digits that are
// wanted, and what is typed moves nothing.
func TestDotsAreWhatWasTyped(t *testing.T) {
	c := atPad(t)
	shown := func() (n int) {
		for _, o := range test.WidgetRenderer(c.app.pad).Objects() {
			if d, is := o.(*canvas.Circle); is && d.Visible() {
				n++
			}
		}
		return n
	}
	place := func() (fyne.Position, fyne.Size) { return c.app.pad.Position(), c.app.pad.Size() }
	at, size := place()
	for i, want := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 8} {
		if i > 0 {
			c.typed("4")
		}
		if got := shown(); got != want {
			t.Errorf("%d dots after %d keys, want %d", got, i, want)
		}
		if p, s := place(); p != at || s != size {
			t.Errorf("after %d keys the pad lies at %v %v, want %v %v", i, p, s, at, size)
		}
	}
}

// TestPadCalms: why the PIN is asked for, that it may be left, and what happens
// without tries when few are left.
func TestPadCalms(t *testing.T) {
	for tries, want := range map[int]bool{3: false, 2: true} {
		c := open(t, with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) { s.Case.PIN.Tries = tries }), usual)
		c.press(fyne.KeyReturn)
		wantWords(t, c, c.app.words.say("turn.text.certificate"))
		c.press(fyne.KeyReturn)
		wantWords(t, c, c.app.words.say("pad.why"))
		if got := slices.Contains(wordsOn(c), c.app.words.say("pad.few")); got != want {
			t.Errorf("%d tries: what happens without any is said: %t, want %t", tries, got, want)
		}
	}
	c := open(t, unblocking(inCase(procedure.PhasePIN), procedure.UnblockKeep), usual)
	c.press(fyne.KeyReturn, fyne.KeyReturn)
	wantWords(t, c, c.app.words.say("pad.free")) // no certificate is made
}
