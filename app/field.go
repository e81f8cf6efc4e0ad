package app

import (
	"slices"

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
	down    func() // where the key Down leads; nil: nowhere
	stale   bool   // the Space that led here is still held down
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
	in.keys.reached()
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
	case isEnter(e.Name), e.Name == fyne.KeyEscape, isFunction(e.Name):
		in.keys.page(e.Name)
	case e.Name == fyne.KeyDown && in.down != nil:
		in.down()
	default:
		in.Entry.TypedKey(e)
	}
}

// isFunction tells the function keys, F1 to F12, from the letter F.
func isFunction(name fyne.KeyName) bool { return len(name) > 1 && name[0] == 'F' }

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

// typed is a line of text under its name, which keeps text and cursor when the
// page is built anew.
func (a *App) typed(p, kept *page, name string, value *string, hint string, width float32) fyne.CanvasObject {
	in := a.kept(p, kept, name, a.words.say("field."+name), false)
	if in.Text != *value {
		in.SetText(*value)
	}
	in.OnChanged = func(s string) { *value = s }
	return field(in, hint, width)
}

// secret is a line for a password. Its text stays in the field alone.
func (a *App) secret(p, kept *page, name, label string) *input {
	return a.kept(p, kept, name, label, true)
}

// kept finds the input of that name on the page that was up before, or makes
// it, and puts the words of the last failure to it.
func (a *App) kept(p, kept *page, name, label string, secret bool) *input {
	var in *input
	if kept != nil {
		in, _ = kept.controls[name].(*input)
	}
	if in == nil {
		in = newInput(a.keys, label, secret)
	}
	in.OnChanged, in.label, in.problem = nil, label, ""
	if a.failure != nil && slices.Contains(a.failure.Fields, name) {
		in.problem = a.wrongField(a.failure, name)
	}
	p.add(name, in)
	return in
}

// field shows an input below its name, at a fixed width, with the words of a
// problem beneath it.
func field(in *input, hint string, width float32) fyne.CanvasObject {
	parts := []fyne.CanvasObject{para(styleStrong, in.label, width)}
	if hint != "" {
		parts = append(parts, para(styleCaption, hint, width))
	}
	parts = append(parts, container.New(fixedWidth(width), in))
	if in.problem != "" {
		parts = append(parts, row(unit(2), picture(pictureError, unit(4.5)), para(styleCaption.in("error").strong(), in.problem, width-unit(7))))
	}
	return column(unit(1), parts...)
}
