package app

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"salter/app/forms"
	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// realCounter is a counter whose screens work over the real engine, in real
// goroutines; the test is the goroutine of the user interface.
type realCounter struct {
	*counter
	world *proctest.World
	posts chan func()
	mu    sync.Mutex
	jobs  [][]byte
}

func (c *realCounter) Print(_ context.Context, _ string, pdf []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, pdf)
	return nil
}

func (c *realCounter) printed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.jobs)
}

func openReal(t *testing.T) *realCounter {
	t.Helper()
	w := proctest.NewWorld()
	engine, stop := w.Start(t)
	c := &realCounter{counter: &counter{t: t, buf: make([]byte, pinMax)}, world: w, posts: make(chan func(), 1024)}
	c.window = fyne.CurrentApp().NewWindow("")
	c.window.Resize(usual)
	fonts := forms.Fonts{Regular: theme.DefaultTextFont().Content(), Bold: theme.DefaultTextBoldFont().Content()}
	var err error
	c.app, err = New(Config{
		Desk: engine, Window: c.window, Printer: c, Now: w.Clock.Now, Zone: time.UTC, PIN: c.buf,
		Render: func(d procedure.PaperData) (forms.Job, error) { return forms.Render(d, forms.Options{Fonts: fonts}) },
		Go:     func(f func()) { go f() },
		Post:   func(f func()) { c.posts <- f },

		SetTheme: setTheme,
	})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		stop()
		c.drain()
		c.window.Close()
	})
	c.app.follow(ctx)
	return c
}

func (c *realCounter) drain() {
	for {
		select {
		case f := <-c.posts:
			f()
		default:
			return
		}
	}
}

// until runs the user interface until the page is up, nothing runs and ok
// holds.
func (c *realCounter) until(s screen, ok func(*procedure.Snapshot) bool) {
	c.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		c.drain()
		if c.app.page != nil && c.app.page.screen == s && c.app.working == "" && (ok == nil || ok(&c.app.snapshot)) {
			return
		}
		select {
		case f := <-c.posts:
			f()
		case <-deadline:
			at, failure := screen("none"), c.app.failure
			if c.app.page != nil {
				at = c.app.page.screen
			}
			c.t.Fatalf("waited for page %q, still at %q, running %q, failure %v", s, at, c.app.working, failure)
		}
	}
}

func (c *realCounter) signIn() {
	c.t.Helper()
	c.until(screenSignIn, nil)
	c.typed(proctest.Password)
	c.press(fyne.KeyReturn)
	c.until(screenHome, nil)
}

// toPIN walks from the home page to the pad, by keyboard alone.
func (c *realCounter) toPIN() {
	c.t.Helper()
	ready := func(s *procedure.Snapshot) bool { return s.Reader.Verdict != nil }
	c.until(screenHome, ready)
	c.press(fyne.KeyF2)
	c.until(screenPerson, nil)
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenPapers, nil)
	c.press(fyne.KeyReturn)
	c.until(screenSigned, nil)
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab, fyne.KeySpace)
	c.press(fyne.KeyTab, fyne.KeySpace)
	c.typed("ana@primer.rs")
	c.press(fyne.KeyTab)
	c.typed("ana@primer.rs")
	c.press(fyne.KeyReturn)
	c.until(screenContent, func(s *procedure.Snapshot) bool { return s.Case.Preview != nil })
	c.press(fyne.KeyReturn)
	c.until(screenTurn, nil)
	c.press(fyne.KeyReturn)
	c.until(screenPad, nil)
}

func (c *realCounter) finish() {
	c.t.Helper()
	c.until(screenHandOver, nil)
	c.press(fyne.KeyF9)
	c.until(screenHandOver, func(*procedure.Snapshot) bool { return c.printed() == 2 })
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab, fyne.KeySpace)
	c.press(fyne.KeyReturn)
	c.until(screenClosed, nil)
	c.press(fyne.KeyReturn)
	c.until(screenHome, nil)
}

func (c *realCounter) wantOneCertificate() {
	c.t.Helper()
	if n := len(c.world.Authority.Certificates()); n != 1 {
		c.t.Errorf("the authority issued %d certificates, want 1", n)
	}
	if n := len(c.world.Card.Written()); n != 1 {
		c.t.Errorf("%d certificates are on the card, want 1", n)
	}
}

// TestWholeCaseByKeyboard issues a certificate without the mouse.
func TestWholeCaseByKeyboard(t *testing.T) {
	c := openReal(t)
	c.signIn()
	c.world.Reader.Insert(c.world.Card)
	c.toPIN()
	c.typed(proctest.PIN)
	c.press(fyne.KeyReturn)
	c.until(screenThanks, nil)
	c.wantWiped()
	c.press(fyne.KeyReturn)
	c.finish()
	c.wantOneCertificate()
	if c.app.snapshot.Today.Issued != 1 {
		t.Errorf("today %d were issued, want 1", c.app.snapshot.Today.Issued)
	}
	if !bytes.HasPrefix(c.jobs[0], []byte("%PDF")) {
		t.Error("the printer did not get a PDF")
	}
}

// TestWrongPINThenRight lets the citizen go on after a wrong PIN.
func TestWrongPINThenRight(t *testing.T) {
	c := openReal(t)
	c.signIn()
	c.world.Reader.Insert(c.world.Card)
	c.toPIN()
	c.typed("9999")
	c.press(fyne.KeyReturn)
	c.until(screenPad, func(*procedure.Snapshot) bool { return c.app.citizen.note != "" })
	c.wantWiped()
	if got := c.app.triesLeft(); got != 2 {
		t.Errorf("the citizen is told of %d tries, want 2", got)
	}
	c.typed(proctest.PIN)
	c.press(fyne.KeyReturn)
	c.until(screenThanks, nil)
	c.press(fyne.KeyReturn)
	c.finish()
	c.wantOneCertificate()
}

// TestLastTryAndBlocked stops before the last try and ends when it is lost.
func TestLastTryAndBlocked(t *testing.T) {
	c := openReal(t)
	c.signIn()
	c.world.Reader.Insert(c.world.Card)
	c.toPIN()
	for _, wrong := range []string{"9999", "8888"} {
		c.until(screenPad, nil)
		c.typed(wrong)
		c.press(fyne.KeyReturn)
	}
	c.until(screenLastTry, nil)
	c.wantWiped()
	c.wantFocus(controlBack)
	c.press(fyne.KeyTab, fyne.KeyReturn)
	c.until(screenPad, nil)
	c.typed("7777")
	c.press(fyne.KeyReturn)
	c.until(screenThanks, nil)
	c.press(fyne.KeyReturn)
	c.until(screenPIN, func(s *procedure.Snapshot) bool { return s.Case.PIN.Tries == 0 && c.app.failure != nil })
	if c.app.failure.Code != procedure.CodePINBlocked {
		t.Errorf("the clerk sees %v, want %s", c.app.failure, procedure.CodePINBlocked)
	}
	if n := len(c.world.Authority.Certificates()); n != 0 {
		t.Errorf("the authority issued %d certificates, want none", n)
	}
}

// TestCardPulledInTheWrite goes on after the card is back.
func TestCardPulledInTheWrite(t *testing.T) {
	c := openReal(t)
	c.signIn()
	c.world.Reader.Insert(c.world.Card)
	c.toPIN()
	c.world.Faults.Add(proctest.Fault{Op: proctest.OpWrite, Nth: 1, When: proctest.After,
		Err: &procedure.Error{Code: procedure.CodeRemoved}, Do: c.world.Reader.Remove})
	c.typed(proctest.PIN)
	c.press(fyne.KeyReturn)
	c.until(screenThanks, nil)
	c.press(fyne.KeyReturn)
	c.until(screenTrouble, func(s *procedure.Snapshot) bool { return s.Case.Problem != nil })
	if !c.app.MayClose() {
		t.Error("the window may not be closed although nothing runs")
	}
	c.world.Reader.Insert(c.world.Card)
	c.until(screenHandOver, nil)
	c.finish()
	c.wantOneCertificate()
}

// TestAuthorityAway parks the case at the content page and resumes it.
func TestAuthorityAway(t *testing.T) {
	c := openReal(t)
	c.signIn()
	c.world.Reader.Insert(c.world.Card)
	away := errors.New("connection refused")
	c.toPIN()
	c.press(fyne.KeyEscape)
	c.until(screenThanks, nil)
	c.press(fyne.KeyReturn)
	c.until(screenPIN, nil)
	c.world.Faults.Add(proctest.Fault{Op: proctest.OpPolicy, Err: away})
	c.press(fyne.KeyReturn)
	c.until(screenPIN, func(*procedure.Snapshot) bool { return c.app.failure != nil })
	c.wantFocus(controlFailure)
	if c.app.failure.Code != procedure.CodeNoLink {
		t.Errorf("the clerk sees %v, want %s", c.app.failure, procedure.CodeNoLink)
	}
	c.press(fyne.KeyF8)
	c.until(screenHome, func(s *procedure.Snapshot) bool { return len(s.Waiting) == 1 })
	c.world.Faults.Clear()
	c.press(fyne.KeyTab)
	if c.app.page.focused() != prefixCase+string(c.app.snapshot.Waiting[0].ID) {
		t.Fatalf("Tab leads from the new case to %q, want the waiting case", c.app.page.focused())
	}
	c.press(fyne.KeyReturn)
	c.until(screenPIN, nil)
	c.press(fyne.KeyReturn)
	c.until(screenTurn, nil)
}
