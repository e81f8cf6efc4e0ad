package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/forms"
	"salter/app/procedure"
)

// Printers is the choice among the printers of this machine. A printer is
// "" (the default one), "folder:DIR" (papers are filed there) or a name. List
// and Choose are called on worker goroutines.
type Printers interface {
	// List names the printers there are, that of the settings first.
	List(ctx context.Context) []string
	// Name is the one in use.
	Name() string
	// Choose prints on another one from now on, and keeps that for the next
	// start.
	Choose(name string) error
}

// Printer prints one job. title names it in the printer's queue and holds no
// personal data; pdf is the whole job. What it does with the bytes after that
// (temporary files, a folder of saved papers) is its own affair. Errors are
// *procedure.Error with CodeNoPrinter or CodePrint; others count as CodePrint.
type Printer interface {
	Print(ctx context.Context, title string, pdf []byte) error
}

// Config is what the screens need. All fields up to SetTheme are required.
type Config struct {
	Desk   procedure.Desk
	Window fyne.Window
	Now    func() time.Time
	// Go starts f on a goroutine of its own.
	Go func(f func())
	// Post runs f on the goroutine of the user interface, in the order of the
	// calls.
	Post func(f func())

	// Version is the program's, for the status page.
	Version string

	// Support is whom to call when nothing goes on, as the screen says it;
	// empty: nobody is named.
	Support string

	// SetTheme gives the program the colours and sizes of a look.
	SetTheme func(fyne.Theme)

	// Look is the first look of the screens.
	Look Look
	// SaveLook keeps a look for the next start. It is called on a worker
	// goroutine; nil: it is not kept.
	SaveLook func(Look) error
	// Printer and Render are needed where there are cases; without them
	// nothing is printed. Render makes the papers: forms.Render with its
	// options bound. It is called on a worker goroutine.
	Printer Printer
	Render  func(procedure.PaperData) (forms.Job, error)
	// RenderDaySheet makes the PDF of a day sheet: forms.RenderDaySheet with
	// its options bound. nil: it is only shown.
	RenderDaySheet func(procedure.DaySheet) (pdf []byte, err error)
	// Zone is the local time of the counter; nil means time.Local.
	Zone *time.Location
	// PIN is the buffer for the citizen's PIN, PINAgain that for a new PIN
	// that is typed twice: 8 bytes each, which the caller has locked in
	// memory. nil: made here, unlocked.
	PIN, PINAgain []byte
	// DigitsInOrder leaves the digits of the pad in their order, for
	// citizens with low vision.
	DigitsInOrder bool
	// NoSeal leaves out the seal on the contract (setting
	// contract.seal_required off).
	NoSeal bool
	// Erases says that the personal data of a case that is over go from here
	// once the authority holds them (setting journal.purge_after_ack on).
	Erases bool
	// NoBrought leaves out the forms that citizens bring filled in (setting
	// forms.accept_brought off).
	NoBrought bool
	// AllBeforeClerk says that every paper is signed before the clerk and
	// not only the contract (setting forms.sign_all_before_clerk on).
	AllBeforeClerk bool
	// Printers is the choice of the printer; nil: there is none.
	Printers Printers
	// Preview shows the papers before they are printed; nil: they are not
	// shown.
	Preview Preview
	// LockAfter is how long nobody may use the screen before it locks itself
	// (setting clerk.lock_minutes); 0: it never does.
	LockAfter time.Duration
	// Crashed is the code of the defect by which the program has ended, when it
	// was started to say so and Desk is stopped; empty: by none. Restart then
	// starts it anew.
	Crashed string
	Restart func()
	// FreeMemory gives the system back what a large piece of work has left, for
	// the counter has nothing else to do with it: debug.FreeOSMemory. It is
	// called on worker goroutines; nil: it stays.
	FreeMemory func()
	// Close ends the program; nil: closes Window.
	Close func()
	// Pressed reports whether a button of the mouse is held down in a window; nil:
	// never. It is called on the goroutine of the user interface.
	Pressed func() bool
	// Windowed keeps the citizen's pages in the window as it is.
	Windowed bool
	// Second is the citizen's own monitor; nil: he types on the clerk's.
	Second SecondMonitor
}

// App is the wizard. All methods but New run on the goroutine of the user
// interface.
type App struct {
	cfg     Config
	look    Look
	dressed fyne.Theme // the theme that the program has
	words   *messages  // of the language of look
	keys    *keys
	ctx     context.Context // of Start; every call of the Desk runs under it

	catalogues map[Language]*messages

	snapshot procedure.Snapshot
	shown    bool // a snapshot has come
	page     *page

	under      *page  // while the look is chosen, the page that comes back; else nil
	underFocus string // the control there that had the focus

	draft   draft
	citizen citizen
	pad     *pad
	guest   guest
	viewed  *preview            // what is looked at; nil: nothing
	warmed  procedure.CaseID    // the case for which the preview was made ready last
	locked  bool                // the clerk's pages are hidden until he types his password
	used    atomic.Int64        // when the screen was used last, Unix nanoseconds; other goroutines read it
	ticks   atomic.Bool         // the page changes with time; other goroutines read it
	main    *pane               // the clerk's window
	second  *pane               // the citizen's on his own monitor, while it is open; else nil
	front   *pane               // the one that was given the keyboard last
	stood   bool                // the second one has covered its monitor
	opened  time.Time           // when the second one was opened
	routed  screen              // what route said for the pages that are up
	size    fyne.Size           // of the window for which a page is laid out
	ended   procedure.PINEnd    // how the citizen's page was left last; empty after an attempt
	working string              // the action in progress, empty if none
	abandon func()              // tells it, with Esc, that nobody waits for it; nil: it goes on
	failure *procedure.Error    // what became of the last action
	fresh   bool                // failure has just come about
	notice  string              // id of a message to be shown once, for instance why closing is refused
	sheet   *procedure.DaySheet // of the day that is shown; nil: not read yet

	findings []procedure.Finding // of the last check of the counter
	printers []string            // that can be chosen, as that check found them
}

// New prepares the wizard; nothing is shown before Start.
func New(cfg Config) (*App, error) {
	if cfg.Desk == nil || cfg.Window == nil || cfg.Now == nil || cfg.Go == nil || cfg.Post == nil || cfg.SetTheme == nil {
		return nil, errors.New("make screens: a required field of Config is missing")
	}
	words, err := catalogues()
	if err != nil {
		return nil, fmt.Errorf("make screens: %w", err)
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	if cfg.FreeMemory == nil {
		cfg.FreeMemory = func() {}
	}
	if cfg.Close == nil {
		cfg.Close = cfg.Window.Close
	}
	for _, buf := range []*[]byte{&cfg.PIN, &cfg.PINAgain} {
		if *buf == nil {
			*buf = make([]byte, pinMax)
		}
		if len(*buf) != pinMax {
			return nil, fmt.Errorf("make screens: a PIN buffer has %d bytes, not %d", len(*buf), pinMax)
		}
	}
	a := &App{cfg: cfg, look: cfg.Look.normal(), catalogues: words, ctx: context.Background()}
	a.main = &pane{window: cfg.Window}
	a.front = a.main
	a.keys = newKeys(cfg.Now)
	a.keys.used = a.active
	a.active()
	a.keys.page, a.keys.rune = a.typedKey, a.typedRune
	a.keys.reached = func() {
		if a.page != nil {
			a.page.bringIntoSight()
		}
	}
	a.keys.focus = func(c fyne.Focusable) {
		if a.page != nil && (a.second == nil || a.page.has(c)) { // what was clicked may be in the other window
			a.page.canvas.Focus(c)
		}
	}
	a.pad = newPad(a.keys, cfg.PIN, cfg.PINAgain)
	a.dress()
	a.speak()
	a.pad.confirm, a.pad.changed = a.confirmPIN, a.extendPIN
	cfg.Window.SetPadded(false)
	return a, nil
}

// Start shows the present state and follows the Desk until ctx ends.
func (a *App) Start(ctx context.Context) {
	a.follow(ctx)
	a.cfg.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if a.ticks.Load() { // else the user interface sleeps
					a.cfg.Post(a.tick)
				}
				if a.idle(a.cfg.Now()) {
					a.active() // asked once in each such time, also where there is nothing to lock
					a.cfg.Post(a.lock)
				}
			}
		}
	})
}

func (a *App) follow(ctx context.Context) {
	a.ctx = ctx
	a.cfg.Go(func() {
		a.cfg.Desk.Subscribe(ctx, func(s procedure.Snapshot) {
			a.cfg.Post(func() { a.show(s) })
		})
	})
}

// MayClose reports whether the window may be closed now. While chip or
// authority are at work and while the citizen has the screen it may not; the
// page then says why. Meant for the window's close intercept.
func (a *App) MayClose() bool {
	if a.citizen.stage != atClerk {
		if a.second != nil {
			a.notice = "close.citizen"
			a.render()
		}
		return false
	}
	c := a.snapshot.Case
	if c != nil && c.Phase == procedure.PhaseWork && c.Problem == nil && c.WaitsFor == procedure.WaitsForNothing {
		a.notice = "close.work"
		a.render()
		return false
	}
	if a.working != "" {
		a.notice = "close.busy"
		a.render()
		return false
	}
	return true
}

// FocusLost is to be called when the window stops being the active one. It
// wipes a PIN that is being typed and ends the citizen's page.
func (a *App) FocusLost() { a.leavePIN(procedure.PINFocusLost) }

// show takes over a new snapshot. The page is built anew only if it shows
// something of what has changed, and when nobody is clicking: a click that
// begins on one page and ends on the next one is lost.
func (a *App) show(s procedure.Snapshot) {
	old := a.snapshot
	a.snapshot, a.shown = s, true
	if s.Stop != nil && old.Stop == nil {
		a.under = nil // the stop is said at once
	}
	a.locked = a.locked && s.Clerk != nil && s.Stop == nil
	a.draft.follow(s)
	a.followCitizen()
	a.followCard(old.Reader)
	p := a.page
	switch {
	case p == nil || a.routed != a.route():
		a.render()
	case !reflect.DeepEqual(p.visible(old), p.visible(s)):
		a.renderReleased(a.cfg.Now().Add(longestClick))
	}
}

// How long a click may hold a page back, and how often it is looked whether it
// has ended.
const (
	longestClick = 2 * time.Second
	clickStep    = 20 * time.Millisecond
)

// renderReleased builds the page anew as soon as the mouse is released, or at
// that time.
func (a *App) renderReleased(at time.Time) {
	if a.cfg.Pressed == nil || !a.cfg.Pressed() || !a.cfg.Now().Before(at) {
		a.render()
		return
	}
	a.cfg.Go(func() {
		time.Sleep(clickStep)
		a.cfg.Post(func() { a.renderReleased(at) })
	})
}

// followCard drops what was said of a card, or of its absence, when the reader
// shows something else. Inside a case the words stay until there is a card.
func (a *App) followCard(old procedure.ReaderView) {
	now := a.snapshot.Reader
	same := old.State == now.State && insertion(old) == insertion(now)
	if same || a.failure == nil || a.citizen.stage != atClerk || !aboutCard(a.failure.Code) {
		return
	}
	if a.snapshot.Case == nil || now.State == procedure.ReaderCard {
		a.failure = nil
	}
}

func insertion(r procedure.ReaderView) uint64 {
	if r.Identity == nil {
		return 0
	}
	return r.Identity.Insertion
}

// tick runs once a second.
func (a *App) tick() {
	a.tickSecond()
	a.tickPIN()
	if a.page != nil && a.page.tick != nil {
		a.page.tick(a.cfg.Now())
	}
}

// do runs one call of the Desk in the background; only one at a time, so that
// an impatient second click does nothing. after runs if it went well.
func (a *App) do(name string, call func(context.Context) error, after func()) {
	if a.working != "" {
		return
	}
	a.working, a.failure, a.notice = name, nil, ""
	a.active()
	a.page.showWorking(true)
	ctx := a.ctx
	a.cfg.Go(func() {
		err := call(ctx)
		a.cfg.Post(func() { a.done(err, after) })
	})
}

func (a *App) done(err error, after func()) {
	a.working = ""
	a.failure = asError(err)
	if a.failure == nil && after != nil {
		after()
	}
	if a.abandon != nil {
		a.abandon() // frees what it holds
		a.abandon = nil
	}
	a.fresh = true
	a.render()
	a.fresh = false
	if a.failure != nil && a.page != nil && !a.page.retype {
		a.page.focus(controlFailure)
	}
}

// asError gives every failure a code.
func asError(err error) *procedure.Error {
	if err == nil {
		return nil
	}
	var e *procedure.Error
	if errors.As(err, &e) {
		return e
	}
	return &procedure.Error{Code: procedure.CodeInternal, Err: err}
}

// render shows the page that fits the state. A page that is already up is
// built anew with the focus where it was.
func (a *App) render() {
	if !a.shown {
		return
	}
	next := a.route()
	if next != a.routed {
		a.keys.forget()
		if old := a.page; next != screenLook && old != nil && !old.bare && !a.fresh {
			a.failure, a.notice = nil, "" // it spoke of a page that is gone
		}
	}
	a.routed = next
	if a.viewed != nil && next != screenPreview && next != screenLook && next != screenLocked {
		a.releasePreview() // the papers go from memory
	}
	if a.second != nil && a.guestScreen() == "" {
		a.closeSecond()
	}
	a.speak()
	a.showPages(next)
	if a.page.bare {
		a.under = nil
	}
	a.ticks.Store(a.page.tick != nil || a.second != nil)
	a.page.showWorking(a.working != "")
}

// typedKey is a key for the page.
func (a *App) typedKey(name fyne.KeyName) {
	if a.page == nil {
		return
	}
	if name == fyne.KeyF12 && a.citizen.stage == atClerk {
		a.lock()
		return
	}
	if name == fyne.KeyEscape && a.abandon != nil && a.keys.take(name) {
		a.abandon()
		return
	}
	if isEnter(name) {
		name = fyne.KeyReturn
		if a.keys.take(fyne.KeyEnter) {
			a.keys.down(name)
		}
	}
	act := a.page.keys[name]
	if act == nil || !a.keys.take(name) {
		return
	}
	act()
}

func (a *App) typedRune(r rune) {
	if a.page != nil && a.page.rune != nil {
		a.page.rune(r)
	}
}
