package app

import (
	"context"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// The screen locks itself when nobody has used it for a while: nobody is signed
// out, the case stays as it is, and work on the chip goes on. The citizen's
// pages show nothing that would have to be hidden; behind them the screen locks
// as well, so that the clerk's pages come back to him alone.

// active notes that somebody uses the screen.
func (a *App) active() { a.used.Store(a.cfg.Now().UnixNano()) }

// idle reports whether the screen is to be locked. It may be called from any
// goroutine.
func (a *App) idle(now time.Time) bool {
	return a.cfg.LockAfter > 0 && now.Sub(time.Unix(0, a.used.Load())) >= a.cfg.LockAfter
}

// lock hides the clerk's pages until he has typed his password.
func (a *App) lock() {
	if a.locked || a.snapshot.Clerk == nil || a.snapshot.Stop != nil {
		return
	}
	a.locked, a.under = true, nil
	if a.citizen.stage == atClerk {
		a.render()
	}
}

// unlock takes the password out of the field at once; a wrong one is typed
// again.
func (a *App) unlock(in *input) {
	if a.working != "" {
		return
	}
	password := []byte(in.Text)
	in.SetText("")
	a.do("unlock", func(ctx context.Context) error {
		defer clear(password)
		return a.cfg.Desk.Unlock(ctx, password)
	}, func() { a.locked = false })
}

// lockedPage asks for the password of the clerk who is signed in. Another clerk
// can sign him out: that leaves the case as "later" does.
func (a *App) lockedPage(p, kept *page) fyne.CanvasObject {
	in := a.secret(p, kept, fieldPassword, a.words.say("field.password"))
	p.first = fieldPassword
	p.retype, p.noticed = true, true
	a.setBack(p, a.words.say("home.sign-out"), func() { a.do("sign-out", a.cfg.Desk.SignOut, nil) })
	p.back.hint = ""
	delete(p.keys, fyne.KeyEscape) // signing out is never an accident
	a.setPrimary(p, a.words.say("locked.do"), func() { a.unlock(in) })
	width := a.dialogWidth()
	parts := []fyne.CanvasObject{row(unit(4), picture(pictureLock, unit(10)), para(styleHeading, a.words.say("locked.heading"), width-unit(14)))}
	if n := a.notices(p, width); n != nil {
		parts = append(parts, n)
	}
	text := a.words.fill("locked.text", with{"Name": a.snapshot.Clerk.Name})
	if a.snapshot.Case != nil {
		text += " " + a.words.say("locked.case")
	}
	parts = append(parts, para(styleSecondary, text, width), field(in, "", width))
	return centred(panel(column(unit(4), parts...)))
}

// sensor lies behind everything and notes the movements of the mouse.
type sensor struct {
	widget.BaseWidget
	moved func()
}

func newSensor(moved func()) *sensor {
	s := &sensor{moved: moved}
	s.ExtendBaseWidget(s)
	return s
}

// MouseIn notes a movement.
func (s *sensor) MouseIn(*desktop.MouseEvent) { s.moved() }

// MouseMoved notes a movement.
func (s *sensor) MouseMoved(*desktop.MouseEvent) { s.moved() }

// MouseOut notes a movement, onto another object.
func (s *sensor) MouseOut() { s.moved() }

// CreateRenderer is called by Fyne.
func (s *sensor) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}
