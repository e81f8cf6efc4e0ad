package app

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// tick is a sentence with a box (a confirmation) or with a ring (one of
// several answers) before it. Space or a click anywhere on it ticks.
type tick struct {
	control
	label   *text
	note    *text // explains an answer; nil: none
	round   bool
	boxed   bool // drawn as a card of its own
	on      bool
	changed func(bool)

	question string    // that this answers, where it is spoken; "" if the sentence is enough
	spoken   [2]string // off, on
}

func newTick(k *keys, label string, measure float32, on bool, changed func(bool)) *tick {
	t := &tick{label: para(styleBody, label, measure), on: on, changed: changed}
	t.keys = k
	t.act = func() { t.set(!t.on) }
	t.ExtendBaseWidget(t)
	return t
}

// newAnswer makes one answer of a question; choosing it does not unchoose it.
func newAnswer(k *keys, label string, measure float32, on bool, chosen func()) *tick {
	t := newTick(k, label, measure, on, func(bool) { chosen() })
	t.round, t.boxed = true, true
	t.act = func() { t.set(true) }
	t.ExtendBaseWidget(t)
	return t
}

// explain puts a smaller text below the sentence.
func (t *tick) explain(note string) {
	if note != "" {
		t.note = para(styleCaption, note, t.label.measure)
	}
}

// words are the sentence and its explanation, as high as they are together.
func (t *tick) words() (objects []fyne.CanvasObject, size fyne.Size) {
	objects, size = []fyne.CanvasObject{t.label}, t.label.MinSize()
	if t.note != nil {
		m := t.note.MinSize()
		objects, size = append(objects, t.note), fyne.NewSize(max(size.Width, m.Width), size.Height+m.Height)
	}
	return objects, size
}

func (t *tick) set(on bool) {
	t.on = on
	t.Refresh()
	t.changed(on)
}

// Tapped ticks; the focus stays here.
func (t *tick) Tapped(*fyne.PointEvent) { t.keys.focus(t); t.act() }

// MouseIn shows that the row can be ticked.
func (t *tick) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.keys.used(); t.Refresh() }

// MouseMoved changes nothing.
func (t *tick) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (t *tick) MouseOut() { t.hovered = false; t.Refresh() }

// Cursor is a hand.
func (t *tick) Cursor() desktop.Cursor { return desktop.PointerCursor }

// AccessibilityLabel is the sentence with its state, behind the question that
// it answers.
func (t *tick) AccessibilityLabel() string {
	says := t.label.content
	switch {
	case strings.HasSuffix(t.question, "?"):
		says = t.question + " " + says
	case t.question != "":
		says = t.question + ": " + says
	}
	if t.note != nil {
		says += ". " + strings.TrimSuffix(t.note.content, ".")
	}
	if t.on {
		return says + ", " + t.spoken[1]
	}
	return says + ", " + t.spoken[0]
}

// AccessibilityRole says that it can be pressed.
func (t *tick) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer is called by Fyne.
func (t *tick) CreateRenderer() fyne.WidgetRenderer {
	r := &tickRenderer{tick: t, ring: canvas.NewRectangle(color.Transparent), area: canvas.NewRectangle(nil), box: canvas.NewRectangle(nil), mark: picture(pictureTick, unit(4))}
	r.Refresh()
	return r
}

type tickRenderer struct {
	tick            *tick
	ring, area, box *canvas.Rectangle
	mark            *canvas.Image
}

// boxSide is the side of the box, and of the ring.
func boxSide() float32 { return unit(6) }

func (r *tickRenderer) inset() float32 {
	if r.tick.boxed {
		return unit(3)
	}
	return unit(1)
}

// Layout puts the box before the first line of the sentence.
func (r *tickRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.area.Move(fyne.NewSquareOffsetPos(ringGap))
	r.area.Resize(size.SubtractWidthHeight(2*ringGap, 2*ringGap))
	x := ringGap + r.inset()
	words, total := r.tick.words()
	r.box.Move(fyne.NewPos(x, (size.Height-boxSide())/2))
	r.box.Resize(fyne.NewSquareSize(boxSide()))
	r.mark.Resize(fyne.NewSquareSize(unit(4)))
	r.mark.Move(r.box.Position().AddXY(unit(1), unit(1)))
	x += boxSide() + unit(3)
	y := (size.Height - total.Height) / 2
	for _, o := range words {
		h := o.MinSize().Height
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(size.Width-x, h))
		y += h
	}
}

// MinSize is at least 44 high.
func (r *tickRenderer) MinSize() fyne.Size {
	_, label := r.tick.words()
	w := label.Width + boxSide() + unit(3) + 2*(ringGap+r.inset())
	return fyne.NewSize(w, max(unit(10), label.Height+2*r.inset())+2*ringGap)
}

// Objects from the back to the front.
func (r *tickRenderer) Objects() []fyne.CanvasObject {
	words, _ := r.tick.words()
	return append([]fyne.CanvasObject{r.ring, r.area, r.box, r.mark}, words...)
}

// Refresh follows state and theme.
func (r *tickRenderer) Refresh() {
	t := r.tick
	r.area.FillColor, r.area.StrokeWidth = theme.Color(colourSurface), 0
	r.area.CornerRadius = theme.Size(theme.SizeNameInputRadius)
	if t.boxed {
		r.area.StrokeColor, r.area.StrokeWidth = theme.Color(theme.ColorNameInputBorder), theme.Size(theme.SizeNameInputBorder)
	}
	if t.boxed && t.on {
		r.area.FillColor, r.area.StrokeColor = theme.Color(colourPrimarySoft), theme.Color(theme.ColorNamePrimary)
	}
	if t.hovered && !t.on {
		r.area.FillColor = theme.Color(theme.ColorNameHover)
	}
	r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = theme.Color(colourSurface), theme.Color(theme.ColorNameInputBorder), 2
	r.box.CornerRadius = 5
	if t.round {
		r.box.CornerRadius = boxSide() / 2
	}
	r.mark.Hide()
	if t.on {
		r.box.FillColor, r.box.StrokeColor = theme.Color(theme.ColorNamePrimary), theme.Color(theme.ColorNamePrimary)
		r.mark.Show()
	}
	drawRing(r.ring, t.focused)
	r.Layout(t.Size())
	canvas.Refresh(t)
}

// Destroy has nothing to release.
func (r *tickRenderer) Destroy() {}
