package main

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/go-gl/glfw/v3.4/glfw"

	"salter/app"
)

// The values of counter.citizen_monitor.
const (
	monitorAuto = "auto" // the second one where there is one
	monitorSame = "same" // never another than the clerk's
)

// citizenMonitor is a second monitor with a window of its own on it. Which one
// that is, is decided each time it is opened. Fyne would look for another name
// than that of the first monitor; two of a kind have the same.
type citizenMonitor struct {
	program fyne.App
	clerk   fyne.Window
	window  fyne.Window     // nil until it is needed
	at      image.Rectangle // the monitor it is to cover
}

// newCitizenMonitor is nil where the settings do not want one.
func newCitizenMonitor(s Settings, program fyne.App, clerk fyne.Window) app.SecondMonitor {
	if s.Counter.CitizenMonitor != monitorAuto {
		return nil
	}
	return &citizenMonitor{program: program, clerk: clerk}
}

// Open implements app.SecondMonitor.
func (m *citizenMonitor) Open() fyne.Window {
	clerk, ok := placeOf(m.clerk)
	if !ok {
		return nil
	}
	if m.at, ok = secondMonitor(monitors(), clerk); !ok {
		return nil
	}
	if m.window == nil {
		if !canOpenWindow() {
			return nil
		}
		m.window = m.program.NewWindow(m.clerk.Title())
	}
	w, ok := m.window.(desktop.Window)
	if !ok {
		return nil
	}
	w.RequestPosition(m.at.Min.X+1, m.at.Min.Y+1) // to Fyne 0, 0 is no position
	m.window.Show()
	m.window.SetFullScreen(true) // on the monitor where it is
	return m.window
}

// Stands implements app.SecondMonitor.
func (m *citizenMonitor) Stands() bool {
	at, ok := placeOf(m.window)
	scale := m.window.Canvas().Scale()
	return ok && at == m.at && stands(monitors(), at) && hasRoom(at, scale)
}

// Close implements app.SecondMonitor. A window in full screen cannot be hidden.
func (m *citizenMonitor) Close() {
	m.window.SetFullScreen(false)
	m.window.Hide()
}

// The smallest monitor on which the citizen's pages have room.
const (
	monitorWidth  = 1024
	monitorHeight = 700
)

func hasRoom(at image.Rectangle, scale float32) bool {
	return float32(at.Dx()) >= monitorWidth*scale && float32(at.Dy()) >= monitorHeight*scale
}

// secondMonitor is the first monitor beside that on which most of the clerk's
// window is. Monitors that overlap show the same, and are one.
func secondMonitor(all []image.Rectangle, clerk image.Rectangle) (image.Rectangle, bool) {
	var his image.Rectangle
	most := 0
	for _, m := range all {
		seen := m.Intersect(clerk).Size()
		if n := seen.X * seen.Y; n > most {
			his, most = m, n
		}
	}
	if most == 0 {
		return image.Rectangle{}, false // nobody sees it: it is not known where the clerk is
	}
	for _, m := range all {
		if !m.Overlaps(his) && hasRoom(m, 1) {
			return m, true
		}
	}
	return image.Rectangle{}, false
}

// stands reports whether a window at that place covers one monitor, and no part
// of another.
func stands(all []image.Rectangle, at image.Rectangle) bool {
	covered := false
	for _, m := range all {
		if m.Overlaps(at) && m != at {
			return false
		}
		covered = covered || m == at
	}
	return covered
}

// monitors lists the monitors in the coordinates of the desktop. To be called on
// the goroutine of the user interface, when there is a window.
func monitors() []image.Rectangle {
	var all []image.Rectangle
	for _, m := range glfw.GetMonitors() {
		mode := m.GetVideoMode()
		if mode == nil {
			continue // just pulled out
		}
		x, y := m.GetPos()
		all = append(all, image.Rect(x, y, x+mode.Width, y+mode.Height))
	}
	return all
}

// placeOf is where a window is; false if the system does not say, as on Wayland.
func placeOf(w fyne.Window) (at image.Rectangle, known bool) {
	if glfw.GetPlatform() == glfw.PlatformWayland {
		return at, false
	}
	withHandle(w, func(g *glfw.Window) {
		x, y := g.GetPos()
		width, height := g.GetSize()
		at, known = image.Rect(x, y, x+width, y+height), true
	})
	return at, known
}

// mouseDown reports whether the first button of the mouse is held down in a
// window.
func mouseDown(w fyne.Window) (down bool) {
	withHandle(w, func(g *glfw.Window) { down = g.GetMouseButton(glfw.MouseButtonLeft) == glfw.Press })
	return down
}

// withHandle calls f with what the toolkit's window is to the system, if there
// is one. To be called on the goroutine of the user interface.
func withHandle(w fyne.Window, f func(*glfw.Window)) {
	in, ok := w.(interface{ RunWithContext(func()) }) // Fyne's window on the desktop
	if !ok {
		return
	}
	in.RunWithContext(func() {
		if g := glfw.GetCurrentContext(); g != nil {
			f(g)
		}
	})
}

// canOpenWindow reports whether the system gives another window with OpenGL.
// Fyne ends the program if it does not.
func canOpenWindow() bool {
	glfw.WindowHint(glfw.Visible, glfw.False)
	w, err := glfw.CreateWindow(64, 64, "", nil, nil)
	if err != nil {
		return false
	}
	w.Destroy()
	return true
}
