package app

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// keys tells a fresh press of a key from the repetition of one that is held
// down: Fyne reports both as TypedKey, and a key held too long must never
// answer the question of the next page. It belongs to the UI goroutine.
type keys struct {
	now   func() time.Time
	fresh map[fyne.KeyName]bool
	held  map[fyne.KeyName]bool
	// carried are keys that were held when another window got the keyboard,
	// with the moment until which their next press is still that one.
	carried map[fyne.KeyName]time.Time
	// used is told that somebody uses keyboard or mouse.
	used func()
	// page gets every key that the focused control has no use for.
	page func(fyne.KeyName)
	// reached is told that a control got the focus.
	reached func()
	// focus gives a control the focus: Fyne takes it from the others when
	// something is clicked, and gives it to nobody.
	focus func(fyne.Focusable)
	// rune gets every character that the focused control has no use for.
	rune func(rune)
}

func newKeys(now func() time.Time) *keys {
	return &keys{
		now: now, fresh: map[fyne.KeyName]bool{}, held: map[fyne.KeyName]bool{}, carried: map[fyne.KeyName]time.Time{},
		reached: func() {}, used: func() {}, focus: func(fyne.Focusable) {},
	}
}

func (k *keys) down(name fyne.KeyName) {
	until, carried := k.carried[name]
	delete(k.carried, name)
	k.fresh[name], k.held[name] = !carried || k.now().After(until), true
	k.used()
}

func (k *keys) up(name fyne.KeyName) {
	delete(k.fresh, name)
	delete(k.held, name)
}

// cross is to be called when another window gets the keyboard. A key that is
// held then begins to repeat in the new window, where the toolkit takes that
// for a press of its own.
func (k *keys) cross() {
	for name := range k.held {
		k.carried[name] = k.now().Add(carriedFor)
	}
}

// carriedFor is longer than any system waits before a held key repeats.
const carriedFor = 1200 * time.Millisecond

// forget lets no press of an earlier page count on the next one.
func (k *keys) forget() { clear(k.fresh) }

// take reports whether name was freshly pressed, once for each press.
func (k *keys) take(name fyne.KeyName) bool {
	f := k.fresh[name]
	delete(k.fresh, name)
	return f
}

// control is the keyboard side of all our controls. Space and Enter act on it
// if act is set; every other key, and Enter on a control that only toggles,
// goes to the page.
type control struct {
	widget.BaseWidget
	keys    *keys
	focused bool
	hovered bool
	enter   bool // Enter acts on the control itself
	act     func()
}

// FocusGained draws the ring.
func (c *control) FocusGained() { c.focused = true; c.Refresh(); c.keys.reached() }

// FocusLost removes the ring.
func (c *control) FocusLost() { c.focused = false; c.Refresh() }

// KeyDown notes a fresh press.
func (c *control) KeyDown(e *fyne.KeyEvent) { c.keys.down(e.Name) }

// KeyUp ends it.
func (c *control) KeyUp(e *fyne.KeyEvent) { c.keys.up(e.Name) }

// TypedRune passes characters on.
func (c *control) TypedRune(r rune) { c.keys.rune(r) }

// TypedKey acts on a fresh Space or Enter and passes the rest on.
func (c *control) TypedKey(e *fyne.KeyEvent) {
	own := e.Name == fyne.KeySpace || c.enter && isEnter(e.Name)
	if !own || c.act == nil {
		c.keys.page(e.Name)
		return
	}
	if c.keys.take(e.Name) {
		c.act()
	}
}

func isEnter(name fyne.KeyName) bool { return name == fyne.KeyReturn || name == fyne.KeyEnter }
