package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// rank is the weight of a button on its page.
type rank int

const (
	rankSecondary rank = iota
	rankPrimary        // one on each page
	rankLarge          // the one big action of the home page
	rankQuiet          // beside a row of a table
	rankLink           // in a notice, leads to a field
	rankDanger         // ends a case
	rankBand           // in the head of the page
)

// button names an action. It is never disabled: pressing it tells what is
// missing. Space and Enter press it.
type button struct {
	control
	rank  rank
	label string
	hint  string // the key that does the same, "" if none

	spoken string // the action in more words, where the label needs its place on the page; "" if not
}

func newButton(k *keys, r rank, label, hint string, act func()) *button {
	b := &button{rank: r, label: label, hint: hint}
	b.keys, b.act, b.enter = k, act, true
	b.ExtendBaseWidget(b)
	return b
}

// Tapped presses the button, which has the focus from then on.
func (b *button) Tapped(*fyne.PointEvent) { b.keys.focus(b); b.act() }

// MouseIn shows that the button can be pressed.
func (b *button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.keys.used(); b.Refresh() }

// MouseMoved changes nothing.
func (b *button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (b *button) MouseOut() { b.hovered = false; b.Refresh() }

// Cursor is a hand.
func (b *button) Cursor() desktop.Cursor { return desktop.PointerCursor }

// AccessibilityLabel is the action, in words that need nothing beside them.
func (b *button) AccessibilityLabel() string {
	if b.spoken != "" {
		return b.spoken
	}
	return b.label
}

// AccessibilityRole says that this is a button.
func (b *button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// colours are those of the area, its border, the label and the hint.
func (b *button) colours() (area, border, label, hint color.Color) {
	c := func(n fyne.ThemeColorName) color.Color { return theme.Color(n) }
	pick := func(plain, hover fyne.ThemeColorName) color.Color {
		if b.hovered {
			return c(hover)
		}
		return c(plain)
	}
	switch b.rank {
	case rankPrimary, rankLarge:
		area = pick(theme.ColorNamePrimary, colourPrimaryDark)
		return area, area, c(theme.ColorNameForegroundOnPrimary), c(theme.ColorNameForegroundOnPrimary)
	case rankQuiet:
		area = pick(colourSurface, theme.ColorNameHover)
		return area, area, c(theme.ColorNamePrimary), c(colourSecondary)
	case rankLink:
		area = pick(colourErrorSoft, colourSurface)
		return area, area, c(theme.ColorNameError), c(theme.ColorNameError)
	case rankBand:
		return pick(colourBand, colourBandHover), c(colourOnBandSoft), c(colourOnBand), c(colourOnBandSoft)
	case rankDanger:
		return pick(colourSurface, colourErrorSoft), c(theme.ColorNameError), c(theme.ColorNameError), c(colourSecondary)
	default:
		return pick(colourSurface, theme.ColorNameHover), c(theme.ColorNameInputBorder), c(theme.ColorNameForeground), c(colourSecondary)
	}
}

// CreateRenderer is called by Fyne.
func (b *button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{button: b, ring: canvas.NewRectangle(color.Transparent), area: canvas.NewRectangle(nil), label: canvas.NewText("", nil), hint: canvas.NewText("", nil)}
	r.Refresh()
	return r
}

type buttonRenderer struct {
	button      *button
	ring, area  *canvas.Rectangle
	label, hint *canvas.Text
}

// ringGap is the distance of the focus ring from the control it marks.
const ringGap = 3

// Layout centres label and hint in the area; the ring lies around it.
func (r *buttonRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.area.Move(fyne.NewSquareOffsetPos(ringGap))
	r.area.Resize(size.SubtractWidthHeight(2*ringGap, 2*ringGap))
	l, h := r.label.MinSize(), r.hint.MinSize()
	gap := r.gap()
	x := (size.Width - l.Width - gap - h.Width) / 2
	if r.button.rank == rankLink {
		x = ringGap + unit(1)
	}
	r.label.Move(fyne.NewPos(x, (size.Height-l.Height)/2))
	r.label.Resize(l)
	r.hint.Move(fyne.NewPos(x+l.Width+gap, (size.Height-h.Height)/2))
	r.hint.Resize(h)
}

func (r *buttonRenderer) gap() float32 {
	if r.hint.Text == "" {
		return 0
	}
	return unit(3)
}

// MinSize is at least 44 high (WCAG 2.2, 2.5.5).
func (r *buttonRenderer) MinSize() fyne.Size {
	height, side := unit(11), unit(5)
	switch r.button.rank {
	case rankPrimary:
		height, side = unit(12), unit(6)
	case rankLarge:
		height, side = unit(17), unit(9)
	case rankQuiet:
		side = unit(3)
	case rankLink:
		height, side = unit(7), unit(1)
	case rankBand:
		height, side = unit(8.5), unit(3)
	}
	w := r.label.MinSize().Width + r.gap() + r.hint.MinSize().Width + 2*side
	return fyne.NewSize(w+2*ringGap, height+2*ringGap)
}

// Objects from the back to the front.
func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.area, r.label, r.hint}
}

// Refresh follows state and theme.
func (r *buttonRenderer) Refresh() {
	area, border, label, hint := r.button.colours()
	r.area.FillColor, r.area.StrokeColor, r.area.StrokeWidth = area, border, theme.Size(theme.SizeNameInputBorder)
	r.area.CornerRadius = theme.Size(theme.SizeNameButtonRadius)
	r.label.Text, r.label.Color, r.label.TextSize = r.button.label, label, theme.TextSize()
	r.label.TextStyle.Bold = r.button.rank != rankQuiet && r.button.rank != rankSecondary && r.button.rank != rankBand
	if r.button.rank == rankLarge {
		r.label.TextSize = theme.Size(theme.SizeNameSubHeadingText)
	}
	r.hint.Text, r.hint.Color, r.hint.TextSize = r.button.hint, hint, theme.CaptionTextSize()
	drawRing(r.ring, r.button.focused)
	if r.button.rank == rankBand {
		r.ring.StrokeColor = theme.Color(colourOnBand)
	}
	r.Layout(r.button.Size())
	canvas.Refresh(r.button)
}

// Destroy has nothing to release.
func (r *buttonRenderer) Destroy() {}

// drawRing shows the keyboard's focus: 2 units wide in the focus colour.
func drawRing(ring *canvas.Rectangle, focused bool) {
	ring.StrokeWidth = 0
	if focused {
		ring.StrokeColor, ring.StrokeWidth = theme.Color(theme.ColorNameFocus), 2
	}
	ring.CornerRadius = theme.Size(theme.SizeNameButtonRadius) + ringGap
	ring.Refresh()
}
