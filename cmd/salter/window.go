package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver"

	"salter/app"
	"salter/app/desk"
	"salter/app/procedure"
	"salter/assets"
)

// errNoWindow says that the system gave no window with OpenGL.
var errNoWindow = errors.New("no window could be made: Salter needs a display with OpenGL 2.1. Install the graphics driver, or start it on the machine itself")

// openWindow is the counter in its window, until the window is closed. What
// stops the start is shown in the window as well: a clerk sees no console.
func openWindow(ctx context.Context, config string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := noDumps(); err != nil {
		return err
	}
	c, err := openCounter(ctx, config)
	if err != nil {
		return errors.Join(err, show(ctx, screens{desk: stopped{problem: startProblem(err)}, crashes: newCrashes("", time.Now)}))
	}
	running, care := make(chan error, 1), c.upkeep(os.Stderr)
	tended := make(chan struct{})
	c.crashes.start(func() { running <- c.engine.Run(ctx) })
	c.crashes.start(func() { defer close(tended); care.run(ctx) })
	err = show(ctx, screens{desk: c.engine, printers: c.printer, printer: printer{c.printer}, papers: c.papers, settings: c.settings, preview: new(desk.Preview), crashes: c.crashes})
	cancel()
	if code := c.crashes.crashed(); code != "" {
		select { // a key that the chip is making comes into the journal
		case <-running:
		case <-time.After(crashPatience):
		}
		return errors.Join(errCrashed, restart(config, "-"+flagCrashed, code))
	}
	err = errors.Join(err, <-running)
	<-tended
	care.end()
	return errors.Join(err, c.Close())
}

// crashPatience is how long the work on the chip may go on after a defect was
// found elsewhere: as long as a real chip makes a key.
const crashPatience = 25 * time.Second

// sayCrashed says in a window of its own that the program ended by a defect,
// and opens the counter anew if the clerk wants it.
func sayCrashed(ctx context.Context, config, code string) error {
	again := false
	settings, _ := readSettings(config) // for the look alone; the start will say what is wrong with them
	err := show(ctx, screens{
		desk:    stopped{problem: &procedure.Error{Code: procedure.CodeInternal, Detail: "crash " + code}},
		crashed: code, restart: func() { again = true }, settings: settings,
		crashes: newCrashes("", time.Now),
	})
	if err != nil || !again {
		return err
	}
	return restart(config)
}

// screens is what one window shows.
type screens struct {
	desk     procedure.Desk
	printers app.Printers // nil: none
	printer  app.Printer
	papers   papers
	settings Settings
	preview  app.Preview // nil: none
	crashes  *crashLog
	crashed  string // code of the defect that ended the process before this one
	restart  func() // notes that the clerk wants the program started anew
}

// show opens the window and returns when it is closed or ctx ends.
func show(ctx context.Context, s screens) error {
	fyneapp.SetMetadata(fyne.AppMetadata{ID: "rs.gov.mup.salter", Name: "Salter", Version: version, Migrations: map[string]bool{"fyneDo": true}})
	fa := fyneapp.NewWithID("rs.gov.mup.salter")
	fa.SetIcon(fyne.NewStaticResource("salter.png", assets.IconPNG()))
	w := fa.NewWindow("Шалтер")
	w.Resize(fyne.NewSize(1360, 720)) // with its frame it fits 1366 × 768
	w.SetMaster()

	var look lookFile
	if s.settings.Data != "" { // else the start was stopped before they were read
		look = lookFile(s.settings.file(fileLook))
	}
	rest := newIdle()
	var ui *app.App
	second := newCitizenMonitor(s.settings, fa, w)
	end := ending{quit: func() { leaveLoop(ui) }, wake: rest.wake, crashes: s.crashes}
	s.crashes.arm(end.now)
	pin, again := pinBuffer(8), pinBuffer(8)
	defer clear(pin)
	defer clear(again)
	ui, err := app.New(app.Config{
		Desk: s.desk, Window: w, Printer: s.printer, Render: s.papers.render, RenderDaySheet: s.papers.daySheet,
		Version: version, Support: s.settings.Counter.Support, SetTheme: fa.Settings().SetTheme, Look: look.load(), SaveLook: look.save,
		Now: time.Now, Go: s.crashes.start, Post: end.post, FreeMemory: debug.FreeOSMemory, Close: end.now, Crashed: s.crashed, Restart: func() { s.restart(); end.now() },
		Zone: procedure.Belgrade(), PIN: pin, PINAgain: again, DigitsInOrder: s.settings.PIN.Ordered,
		NoSeal: !s.settings.Contract.SealRequired, NoBrought: !s.settings.Forms.AcceptBrought, AllBeforeClerk: s.settings.Forms.SignAllBeforeClerk, Erases: s.settings.Journal.PurgeAfterAck,
		Printers: s.printers, Preview: s.preview, LockAfter: time.Duration(s.settings.Clerk.LockMinutes) * time.Minute,
		Second: second, Pressed: func() bool { return slices.ContainsFunc(fa.Driver().AllWindows(), mouseDown) },
	})
	if err != nil {
		return err
	}
	w.SetCloseIntercept(func() {
		if ui.MayClose() {
			end.now()
		}
	})
	var missing error
	stop := func() {}
	fa.Lifecycle().SetOnStarted(func() {
		if !hasHandle(w) {
			missing = errNoWindow
			end.now()
			return
		}
		rest.start()
		end.post(func() { // Fyne asks for the signals on a goroutine of its own, which has run by then
			// Fyne would quit by itself, with snapshots still on their way.
			signal.Reset(os.Interrupt, syscall.SIGTERM)
			ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
			context.AfterFunc(ctx, end.now)
			ui.Start(ctx)
		})
	})
	followFocus(fa.Lifecycle(), end.post, ui.FocusLost)
	showAndRun(w, s.crashes, &missing)
	end.now()
	stop()
	return missing
}

// showAndRun shows w until it is closed. Without any display Fyne panics in
// its window library; that is a missing window, everything else a defect.
// Neither is loopLeft.
func showAndRun(w fyne.Window, crashes *crashLog, missing *error) {
	defer crashes.catch()
	defer func() {
		if r := recover(); r != nil && r != (loopLeft{}) {
			if !strings.Contains(fmt.Sprint(r), "NotInitialized") {
				panic(r)
			}
			*missing = errNoWindow
		}
	}()
	w.ShowAndRun()
}

// loopLeft unwinds Fyne's loop at the end. Its own end, App.Quit, waits now and
// then for ever: an event of its last turn is put into a queue that nobody
// reads any more, and the process holds the journal without a window.
type loopLeft struct{}

// leaveLoop hides the windows and leaves Fyne's loop. To be called on the
// goroutine of the user interface, and by nothing that recovers.
func leaveLoop(ui *app.App) {
	if ui != nil {
		ui.FocusLost()
	}
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		w.Hide()
	}
	panic(loopLeft{})
}

// followFocus calls lost when the program is no longer the one that is worked
// with. When one of its windows gives the keyboard to another, Fyne says so too,
// and takes it back with the next event.
func followFocus(l fyne.Lifecycle, post func(func()), lost func()) {
	away := false
	l.SetOnEnteredForeground(func() { away = false })
	l.SetOnExitedForeground(func() {
		away = true
		post(func() {
			if away {
				lost()
			}
		})
	})
}

// ending closes the way to the user interface before it is torn down: what
// is posted to Fyne after that runs at once, on the wrong goroutine, in a
// window that is gone.
type ending struct {
	quit    func()
	wake    func()
	crashes *crashLog

	mu   sync.Mutex
	over bool // guarded by mu
}

// post runs f on the goroutine of the user interface, or not at all.
func (e *ending) post(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over {
		e.wake()
		fyne.Do(func() { e.crashes.guard(f) })
	}
}

// now ends the user interface; it may be repeated and called from anywhere.
func (e *ending) now() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over {
		e.over = true
		e.wake()
		fyne.Do(e.quit)
	}
}

// hasHandle reports whether the system made the window: Fyne goes on without
// one when OpenGL is missing.
func hasHandle(w fyne.Window) bool {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return true
	}
	has := false
	native.RunNative(func(c any) {
		switch c := c.(type) {
		case driver.X11WindowContext:
			has = c.WindowHandle != 0
		case driver.WaylandWindowContext:
			has = c.WaylandSurface != 0
		case driver.WindowsWindowContext:
			has = c.HWND != 0
		default:
			has = true
		}
	})
	return has
}

// printer gives the errors of the machine's printer their codes in the core.
type printer struct{ p desk.Printer }

func (p printer) Print(ctx context.Context, title string, pdf []byte) error {
	if err := p.p.Print(ctx, title, pdf); err != nil {
		return printProblem(err)
	}
	return nil
}

// printProblem is the code of a failure of the printer.
func printProblem(err error) *procedure.Error {
	code := procedure.CodePrint
	switch {
	case errors.Is(err, desk.ErrNoPrinter):
		code = procedure.CodeNoPrinter
	case errors.Is(err, desk.ErrNoService):
		code = procedure.CodePrintService
	case errors.Is(err, desk.ErrStopped):
		code = procedure.CodePrinterStopped
	}
	return &procedure.Error{Code: code, Err: err}
}

// stopped is a desk at which nothing can be done but read why.
type stopped struct {
	procedure.Desk
	problem *procedure.Error
}

func (s stopped) Subscribe(ctx context.Context, f func(procedure.Snapshot)) {
	f(procedure.Snapshot{Stop: s.problem})
	<-ctx.Done()
}
