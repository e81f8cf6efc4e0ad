package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// input is a line of typed text. Enter, Esc and the function keys go to the
// page, so that Enter means the primary action here too.
type input struct {
	widget.Entry
	keys    *keys
	label   string
	problem string
	noPaste bool
	stale   bool // the Space that led here is still held down
}

func newInput(k *keys, label string, secret bool) *input {
	in := &input{keys: k, label: label}
	in.Password = secret
	in.Wrapping = fyne.TextWrapOff
	in.ExtendBaseWidget(in)
	return in
}

// KeyDown notes a fresh press.
func (in *input) KeyDown(e *fyne.KeyEvent) { in.keys.down(e.Name); in.Entry.KeyDown(e) }

// KeyUp ends it.
func (in *input) KeyUp(e *fyne.KeyEvent) { in.keys.up(e.Name); in.Entry.KeyUp(e) }

// FocusGained notes whether a Space that chose an answer has led here: its
// character comes only now, and does not belong into the field.
func (in *input) FocusGained() {
	in.stale = in.keys.held[fyne.KeySpace]
	in.Entry.FocusGained()
}

// TypedRune takes a character.
func (in *input) TypedRune(r rune) {
	if r == ' ' && in.stale && in.keys.held[fyne.KeySpace] {
		return
	}
	in.Entry.TypedRune(r)
}

// TypedKey keeps the editing keys and passes the others to the page.
func (in *input) TypedKey(e *fyne.KeyEvent) {
	switch {
	case isEnter(e.Name), e.Name == fyne.KeyEscape, e.Name == fyne.KeyF2:
		in.keys.page(e.Name)
	default:
		in.Entry.TypedKey(e)
	}
}

// TypedShortcut refuses to paste where the words have to be typed again.
func (in *input) TypedShortcut(s fyne.Shortcut) {
	if _, paste := s.(*fyne.ShortcutPaste); paste && in.noPaste {
		return
	}
	in.Entry.TypedShortcut(s)
}

// TappedSecondary opens no menu: it would be in English, and offer what
// TypedShortcut refuses.
func (in *input) TappedSecondary(*fyne.PointEvent) {}

// AccessibilityLabel is the name of the field and what is wrong with it.
func (in *input) AccessibilityLabel() string {
	if in.problem == "" {
		return in.label
	}
	return in.label + ": " + in.problem
}

// AccessibilityRole says that this is text.
func (in *input) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// field shows an input below its name, at a fixed width, with the words of a
// problem beneath it.
func field(in *input, hint string, width float32) fyne.CanvasObject {
	parts := []fyne.CanvasObject{line(styleStrong, in.label)}
	if hint != "" {
		parts = append(parts, para(styleCaption, hint, width))
	}
	parts = append(parts, container.New(fixedWidth(width), in))
	if in.problem != "" {
		parts = append(parts, row(unit(2), picture(pictureError, 18), para(styleCaption.in("error").strong(), in.problem, width-unit(7))))
	}
	return column(unit(1), parts...)
}
