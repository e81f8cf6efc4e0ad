package app

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// screen names a page. It is the end of the message id of its title.
type screen string

// The pages.
const (
	screenStop       screen = "stop"
	screenSignIn     screen = "sign-in"
	screenLocked     screen = "locked"
	screenHome       screen = "home"
	screenSearch     screen = "search"
	screenDay        screen = "day"
	screenJournal    screen = "journal"
	screenHistory    screen = "history"
	screenReprint    screen = "reprint"
	screenRemote     screen = "remote"
	screenUnsent     screen = "unsent"
	screenCheck      screen = "check"
	screenPerson     screen = "person"
	screenRefuse     screen = "refuse"
	screenSupervisor screen = "supervisor"
	screenStatus     screen = "status"
	screenPapers     screen = "papers"
	screenBrought    screen = "brought"
	screenSigned     screen = "signed"
	screenPreview    screen = "preview"
	screenPrinter    screen = "printer"
	screenContent    screen = "content"
	screenPIN        screen = "pin" // the clerk's page of this phase
	screenTurn       screen = "turn"
	screenPad        screen = "pad"
	screenAgain      screen = "again"
	screenWeak       screen = "weak"
	screenChecking   screen = "checking"
	screenOnReader   screen = "on-reader"
	screenLastTry    screen = "last-try"
	screenThanks     screen = "thanks"
	screenAway       screen = "away" // the clerk's, while the citizen has a monitor of his own
	screenWork       screen = "work"
	screenTrouble    screen = "trouble"
	screenHandOver   screen = "hand-over"
	screenClosed     screen = "closed"
	screenRefused    screen = "refused"
	screenLook       screen = "look"
)

// Screens are all pages, in the order in which a case meets them.
var screens = []screen{
	screenStop, screenSignIn, screenLocked, screenHome, screenSearch, screenDay,
	screenJournal, screenHistory, screenReprint, screenRemote, screenUnsent, screenCheck,
	screenPerson, screenSupervisor, screenStatus, screenRefuse,
	screenPapers, screenBrought, screenSigned, screenPreview, screenPrinter, screenContent, screenPIN,
	screenTurn, screenPad, screenAgain, screenWeak, screenChecking, screenOnReader, screenLastTry, screenThanks, screenAway,
	screenWork, screenTrouble, screenHandOver, screenClosed, screenRefused, screenLook,
}

// The names of controls that the frame knows.
const (
	controlPrimary = "primary"
	controlBack    = "back"
	controlLater   = "later"
	controlFailure = "failure"
)

// page is one built page.
type page struct {
	screen   screen
	content  fyne.CanvasObject
	first    string // the control that gets the focus
	bare     bool   // without the clerk's frame, over the full screen
	controls map[string]fyne.Focusable
	canvas   fyne.Canvas
	keys     map[fyne.KeyName]func()
	rune     func(rune)
	tick     func(now time.Time)
	working  *text               // "please wait" while an action runs
	busy     bool                // working is always shown
	inline   bool                // the page holds its buttons itself
	noticed  bool                // the page shows the notices itself
	scrolls  []*container.Scroll // what can be out of sight
	missing  float32             // height by which the page does not fit and scrolls
	retype   bool                // after a failure the focus stays in the field

	primary, back, later *button
	others               []*button // between later and primary
}

func newPage(s screen, c fyne.Canvas) *page {
	return &page{screen: s, canvas: c, controls: map[string]fyne.Focusable{}, keys: map[fyne.KeyName]func(){}, first: controlPrimary}
}

// add gives a control a name that stays the same from build to build.
func (p *page) add(name string, c fyne.Focusable) { p.controls[name] = c }

// focus moves the keyboard's focus to the control of that name.
func (p *page) focus(name string) bool {
	c, ok := p.controls[name]
	if ok {
		p.canvas.Focus(c)
	}
	return ok
}

// has reports whether a control is on the page.
func (p *page) has(c fyne.Focusable) bool {
	for _, own := range p.controls {
		if own == c {
			return true
		}
	}
	return false
}

// focused is the name of the control that has the focus.
func (p *page) focused() string {
	f := p.canvas.Focused()
	for name, c := range p.controls {
		if c == f {
			return name
		}
	}
	return ""
}

// visible is the part of a snapshot that the page, or its frame, shows.
func (p *page) visible(s procedure.Snapshot) procedure.Snapshot {
	s.Busy, s.Sync.NextTry, s.Sync.Attempts = "", time.Time{}, 0
	if s.Case == nil {
		return s
	}
	if p.bare {
		seen := &procedure.CaseView{PIN: procedure.PINView{Tries: s.Case.PIN.Tries}}
		if p.screen == screenThanks || p.screen == screenAway { // whether the work goes on
			seen.SameCard, seen.Phase, seen.Problem = s.Case.SameCard, s.Case.Phase, s.Case.Problem
		}
		return procedure.Snapshot{Demo: s.Demo, Case: seen}
	}
	s.Waiting, s.Today = nil, procedure.DayCounts{}
	return s
}

// showWorking shows or hides that an action runs.
func (p *page) showWorking(on bool) {
	if p != nil && p.working != nil {
		p.reveal(p.working, on || p.busy)
	}
}

// reveal shows or hides a part of the page. What was hidden from the start has
// no canvas for Fyne, which would draw it only with the next other change: so
// the page is drawn.
func (p *page) reveal(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
	if p.content != nil {
		p.canvas.Refresh(p.content)
	}
}

// setPrimary makes the one button that Enter presses.
func (a *App) setPrimary(p *page, label string, act func()) {
	p.primary = newButton(a.keys, rankPrimary, label, a.words.say("key.enter"), act)
	p.add(controlPrimary, p.primary)
	p.keys[fyne.KeyReturn] = act
}

// setBack makes the button that Esc presses.
func (a *App) setBack(p *page, label string, act func()) {
	p.back = newButton(a.keys, rankSecondary, label, a.words.say("key.esc"), act)
	p.add(controlBack, p.back)
	p.keys[fyne.KeyEscape] = act
}

// setLater makes the button that parks the case.
func (a *App) setLater(p *page) {
	act := func() { a.do("park", a.cfg.Desk.ParkCase, nil) }
	p.later = newButton(a.keys, rankSecondary, a.words.say("case.later"), a.words.say("key.later"), act)
	p.add(controlLater, p.later)
	p.keys[fyne.KeyF8] = act
}

// addOther makes a further button of the action bar.
func (a *App) addOther(p *page, name string, r rank, label, hint string, act func()) *button {
	b := newButton(a.keys, r, label, hint, act)
	p.add(name, b)
	p.others = append(p.others, b)
	return b
}

// build makes the page and its frame, for a window.
func (a *App) build(s screen, on *pane) *page {
	old := on.page
	a.size = on.size
	p := newPage(s, on.window.Canvas())
	var kept *page
	if old != nil && old.screen == s {
		kept = old
	}
	body := a.body(p, kept)
	if p.bare {
		p.content = a.bareFrame(p, body)
		return p
	}
	p.content = a.clerkFrame(p, body)
	return p
}

// body calls the builder of the page.
func (a *App) body(p, kept *page) fyne.CanvasObject {
	switch p.screen {
	case screenStop:
		return a.stopPage(p)
	case screenSignIn:
		return a.signInPage(p, kept)
	case screenLocked:
		return a.lockedPage(p, kept)
	case screenHome:
		return a.homePage(p)
	case screenSearch:
		return a.searchPage(p, kept)
	case screenDay:
		return a.dayPage(p)
	case screenJournal:
		return a.journalPage(p, kept)
	case screenHistory:
		return a.historyPage(p)
	case screenReprint:
		return a.reprintPage(p)
	case screenRemote:
		return a.remotePage(p)
	case screenUnsent:
		return a.unsentPage(p)
	case screenCheck:
		return a.checkPage(p)
	case screenPerson:
		return a.personPage(p)
	case screenSupervisor:
		return a.supervisorPage(p, kept)
	case screenStatus:
		return a.statusPage(p, kept)
	case screenRefuse:
		return a.refusePage(p)
	case screenPapers:
		return a.papersPage(p)
	case screenBrought:
		return a.broughtPage(p)
	case screenPreview:
		return a.previewPage(p)
	case screenPrinter:
		return a.printerPage(p)
	case screenSigned:
		return a.signedPage(p, kept)
	case screenContent:
		return a.contentPage(p)
	case screenPIN:
		return a.pinPage(p)
	case screenTurn:
		return a.turnPage(p)
	case screenPad, screenAgain:
		return a.padPage(p)
	case screenWeak:
		return a.weakPage(p)
	case screenChecking:
		return a.checkingPage(p)
	case screenOnReader:
		return a.onReaderPage(p)
	case screenLastTry:
		return a.lastTryPage(p)
	case screenThanks:
		return a.thanksPage(p)
	case screenAway:
		return a.awayPage(p)
	case screenWork:
		return a.workPage(p)
	case screenTrouble:
		return a.troublePage(p, kept)
	case screenHandOver:
		return a.handOverPage(p, kept)
	case screenLook:
		return a.lookPage(p)
	case screenClosed:
		return a.closedPage(p)
	default:
		return a.refusedPage(p)
	}
}

// route chooses the page for the state.
func (a *App) route() screen {
	s, c := a.snapshot, a.snapshot.Case
	switch {
	case a.under != nil && (s.Clerk == nil || a.citizen.stage == atClerk):
		return screenLook
	case s.Stop != nil:
		return screenStop
	case s.Clerk == nil:
		return screenSignIn
	case a.citizen.stage != atClerk:
		return a.citizen.stage.screen()
	case a.locked:
		return screenLocked
	case a.asideUp() != "":
		return a.asideUp()
	case c == nil:
		return screenHome
	}
	return routeCase(c)
}

// title is the title of the window for a page: stable, and without anything
// of the case but what is done in it.
func (a *App) title(s screen) string {
	id := "title." + string(s)
	switch {
	case s == screenWork:
		id = a.specific(id)
	case s == screenTurn && a.second != nil:
		id = "title.turn.own"
	}
	t := a.words.fill("title", with{"Page": a.words.say(id)})
	if a.snapshot.Demo {
		t += " " + a.words.say("title.demo")
	}
	return t
}

// textWidth is the longest measure for running text on the citizen's pages,
// and on others that have a single sheet.
func (a *App) textWidth() float32 { return min(a.bareWidth()-2*unit(6), 40*theme.TextSize()) }

// measure is the measure for running text on a clerk's page.
func (a *App) measure() float32 { return min(a.pageWidth(), 46*theme.TextSize()) }
