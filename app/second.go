package app

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"salter/app/procedure"
)

// SecondMonitor is a monitor beside that of the clerk, for the citizen's pages.
// All methods are called on the goroutine of the user interface.
type SecondMonitor interface {
	// Open puts a window over the whole monitor; nil: there is none now, or it
	// cannot be told which one it is.
	Open() fyne.Window
	// Stands reports whether the window covers that monitor and no other. A
	// system takes a moment to put it there.
	Stands() bool
	// Close takes the window from the monitor.
	Close()
}

// pane is a window and the page in it.
type pane struct {
	window fyne.Window
	root   *fyne.Container // the content of the window; it holds that of the page
	size   fyne.Size       // of the window, as last laid out
	page   *page
}

// With a monitor of his own the citizen's pages are there and the clerk's
// window keeps its place. One of the two pages is worked with: the citizen's as
// long as he has something to do, then the clerk's. The other one is calm. All
// keys, in whichever window they are typed, go to the page that is worked with,
// so that no digit goes astray when the system moves the keyboard late.

// settleTime is how long the second window may take to reach its monitor.
const settleTime = 3 * time.Second

// citizenWorks reports whether the page that is worked with is the citizen's.
func (a *App) citizenWorks() bool {
	return a.citizen.stage != atClerk && !(a.second != nil && a.citizen.stage == stageThanks)
}

// guestScreen is the page on the citizen's monitor; empty: none. While the chip
// is at work he still reads that the card is to stay.
func (a *App) guestScreen() screen {
	if a.citizen.stage != atClerk {
		return a.citizen.stage.screen()
	}
	c := a.snapshot.Case
	if c != nil && a.snapshot.Clerk != nil && a.snapshot.Stop == nil &&
		c.Phase == procedure.PhaseWork && c.Problem == nil && c.WaitsFor == procedure.WaitsForNothing {
		return screenThanks
	}
	return ""
}

// openSecond opens the citizen's monitor, if he has one.
func (a *App) openSecond() {
	if a.second != nil || a.cfg.Second == nil || a.cfg.Windowed {
		return
	}
	w := a.cfg.Second.Open()
	if w == nil {
		return
	}
	w.SetPadded(false)
	w.SetCloseIntercept(func() { a.leavePIN(procedure.PINCancelled) })
	a.second, a.stood, a.opened = &pane{window: w}, false, a.cfg.Now()
}

// closeSecond closes it; what the window holds until it is opened again says
// nothing.
func (a *App) closeSecond() {
	a.second.window.SetTitle(a.words.say("product"))
	a.second.window.SetContent(canvas.NewRectangle(color.Transparent))
	a.cfg.Second.Close()
	a.second = nil
	if a.notice == "close.citizen" {
		a.notice = ""
	}
}

// tickSecond sees to it that the citizen's window stands where it belongs.
func (a *App) tickSecond() {
	switch {
	case a.second == nil:
	case a.cfg.Second.Stands():
		a.stood = true
	case a.stood || a.cfg.Now().Sub(a.opened) >= settleTime:
		a.loseSecond()
	}
}

// loseSecond goes on with the clerk's monitor alone: the other one was pulled
// out, or the system does not let the window go there. A PIN that is being typed
// is wiped first.
func (a *App) loseSecond() {
	a.leavePIN(procedure.PINFocusLost)
	a.closeSecond()
	if !a.stood {
		a.cfg.Second = nil // nor will it the next time
	}
	if a.citizen.stage == stageTurn {
		a.citizen.note, a.ended = "turn.monitor", ""
	}
	a.render()
}

// showPages fills the windows; next is the page of the state.
func (a *App) showPages(next screen) {
	switch {
	case a.second == nil:
		a.work(next, a.main)
	case a.citizenWorks():
		a.calm(screenAway, a.main, a.look.Language)
		a.work(next, a.second)
	case a.citizen.stage == stageThanks:
		a.calm(screenThanks, a.second, a.citizenLanguage())
		a.work(screenAway, a.main)
	default:
		a.calm(a.guestScreen(), a.second, a.citizenLanguage())
		a.work(next, a.main)
	}
}

// work puts a page into a window and gives it the keyboard.
func (a *App) work(s screen, on *pane) {
	focus := on.focused(s)
	a.page = a.build(s, on)
	a.put(a.page, on, focus)
	if a.front != on {
		a.front = on
		a.keys.cross()
		on.window.RequestFocus()
	}
}

// calm puts a page into the other window, in the language of whom it is for.
func (a *App) calm(s screen, on *pane, l Language) {
	words := a.words
	a.words = a.catalogues[l]
	a.put(a.build(s, on), on, on.focused(s))
	a.words = words
}

// focused is the name of the control that has the focus, if the page is up.
func (on *pane) focused(s screen) string {
	if on.page == nil || on.page.screen != s {
		return ""
	}
	return on.page.focused()
}

// put shows a page with the focus on the control of that name, or else on its
// first.
func (a *App) put(p *page, on *pane, focus string) {
	on.page = p
	on.window.SetTitle(a.title(p.screen))
	if full := p.bare && a.second == nil; on == a.main && !a.cfg.Windowed && on.window.FullScreen() != full {
		on.window.SetFullScreen(full) // the citizen's pages have the whole screen
	}
	on.window.Canvas().Unfocus() // else the cursor of a field that is gone blinks for ever
	a.fill(on, p.content)
	a.hookCanvas(on)
	if focus == "" || !p.focus(focus) {
		p.focus(p.first)
	}
}

// fill puts content into a window. A window is given content only once: Fyne
// takes its size anew each time, and after a time in full screen the window
// would come back as large as the screen.
func (a *App) fill(on *pane, content fyne.CanvasObject) {
	if on.root == nil {
		on.root = container.New(&resized{app: a, pane: on}, newSensor(a.active), content)
		on.window.SetContent(on.root)
		return
	}
	on.root.Objects[1] = content
	on.root.Refresh()
}

// hookCanvas takes the keys that reach no control, for instance after a click
// beside everything.
func (a *App) hookCanvas(on *pane) {
	c := on.window.Canvas()
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { a.typedKey(e.Name) })
	c.SetOnTypedRune(a.typedRune)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(e *fyne.KeyEvent) { a.keys.down(e.Name) })
		d.SetOnKeyUp(func(e *fyne.KeyEvent) { a.keys.up(e.Name) })
	}
}

// awayWords are the ids of what the clerk reads meanwhile, and whether he can
// take the page back.
func (a *App) awayWords() (heading, text string, back bool) {
	switch a.citizen.stage {
	case stageTurn:
		return "away.turn", "away.turn.text", true
	case stageChecking:
		return "checking.heading", "checking.text", false
	case stageOnReader:
		return "away.on-reader", "away.on-reader.text", false
	case stageThanks:
		if a.thanksEnd() != "" {
			return "away.thanks", "away.thanks.text.over", false
		}
		return "away.thanks", "away.thanks.text", false
	}
	return "away.heading", "away.text", true
}

// awayPage is the clerk's while the citizen has a monitor of his own. It shows
// nothing of the case, so that it need not be locked, and nothing of the PIN,
// not even how much of it was typed.
func (a *App) awayPage(p *page) fyne.CanvasObject {
	p.bare = true
	p.first = ""
	heading, text, back := a.awayWords()
	act := gap(0)
	switch {
	case a.citizen.stage == stageThanks:
		a.setPrimary(p, a.words.say("thanks.go"), a.toClerk)
		p.first, act = controlPrimary, p.primary
	case back:
		b := newButton(a.keys, rankSecondary, a.words.say("away.back"), "", a.takeBack)
		p.add(controlBack, b)
		act = b
	}
	return a.fitting(func(f fit) fyne.CanvasObject {
		parts := append(f.shrunk(pictureOwn, unit(42)),
			para(f.heading.centred(), a.words.say(heading), a.bareWidth()),
			centred(para(f.lead.centred(), a.words.say(text), a.textWidth())))
		if a.notice != "" {
			parts = append(parts, centred(toneWarning.box(a.words.say(a.notice), a.textWidth())))
		}
		return column(f.gap, append(parts, gap(unit(2)), centred(act))...)
	})
}

// takeBack ends the citizen's page on the clerk's wish, as if the citizen had
// given up.
func (a *App) takeBack() {
	a.leavePIN(procedure.PINCancelled)
	if a.citizen.stage == stageThanks {
		a.ended = ""
		a.toClerk()
	}
}
