package app

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// longList is a list of any length of which only the lines in sight exist. A
// click, Space or Enter opens a line; arrows, Page Up, Page Down, Home and End
// move; every other key goes to the page.
type longList struct {
	widget.List
	keys   *keys
	label  string
	at     int // the line that the keyboard is on
	length func() int
	open   func(int)
}

func newLongList(k *keys, label string, length func() int, update func(int, *caseLine), open func(int)) *longList {
	l := &longList{keys: k, label: label, length: length, open: open}
	l.Length = length
	l.CreateItem = func() fyne.CanvasObject { return newCaseLine() }
	l.UpdateItem = func(i int, o fyne.CanvasObject) { update(i, o.(*caseLine)) }
	l.OnSelected = func(i int) {
		l.at = i
		l.UnselectAll() // so that it can be opened once more
		l.open(i)
	}
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained brings the list into sight.
func (l *longList) FocusGained() { l.List.FocusGained(); l.keys.reached() }

// KeyDown notes a fresh press.
func (l *longList) KeyDown(e *fyne.KeyEvent) { l.keys.down(e.Name) }

// KeyUp ends it.
func (l *longList) KeyUp(e *fyne.KeyEvent) { l.keys.up(e.Name) }

// TypedRune passes characters on.
func (l *longList) TypedRune(r rune) { l.keys.rune(r) }

// linesPerPage is how far Page Up and Page Down go.
const linesPerPage = 8

// TypedKey moves, opens, or passes the key on.
func (l *longList) TypedKey(e *fyne.KeyEvent) {
	last := l.length() - 1
	switch e.Name {
	case fyne.KeyUp:
		l.move(l.at-1, last)
	case fyne.KeyDown:
		l.move(l.at+1, last)
	case fyne.KeyPageUp:
		l.move(l.at-linesPerPage, last)
	case fyne.KeyPageDown:
		l.move(l.at+linesPerPage, last)
	case fyne.KeyHome:
		l.move(0, last)
	case fyne.KeyEnd:
		l.move(last, last)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if last >= 0 && l.keys.take(e.Name) {
			l.open(min(l.at, last))
		}
	default:
		l.keys.page(e.Name)
	}
}

func (l *longList) move(to, last int) {
	if last >= 0 {
		l.at = min(max(to, 0), last)
		l.Highlight(l.at)
	}
}

// AccessibilityLabel is what the list holds.
func (l *longList) AccessibilityLabel() string { return l.label }

// AccessibilityRole says that it holds others.
func (l *longList) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// listSheet is a sheet for a long list. It is put together from four narrow
// shapes and a thick line inside them: where the processor draws the window, a
// rounded area costs four times as much as a line of its size, and all of it is
// drawn anew with every step by which the list moves.
func listSheet(o fyne.CanvasObject) *fyne.Container {
	area, border := theme.Color(colourSurface), theme.Color(colourLine)
	l := listSheetLayout{edge: theme.Size(theme.SizeNameSeparatorThickness), radius: theme.Size(theme.SizeNameCardRadius)}
	var sides [4]*canvas.Rectangle // top, bottom, left, right
	for i := range sides {
		sides[i] = canvas.NewRectangle(area)
		sides[i].StrokeColor, sides[i].StrokeWidth = border, l.edge
	}
	sides[0].TopLeftCornerRadius, sides[0].TopRightCornerRadius = l.radius, l.radius
	sides[1].BottomLeftCornerRadius, sides[1].BottomRightCornerRadius = l.radius, l.radius
	sides[2].CornerRadius, sides[3].CornerRadius = 0.01, 0.01 // else their edges are drawn harder than those of the two
	return container.New(l, sides[0], sides[1], sides[2], sides[3], canvas.NewLine(area), o)
}

// listSheetLayout places the four sides, the area inside them, and what is on the
// sheet.
type listSheetLayout struct{ edge, radius float32 }

// MinSize is that of what is on the sheet.
func (l listSheetLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[len(objects)-1].MinSize()
}

// Layout lets the area cover the inner edges of the sides. Its height is an even
// number, because the middle of a line lies between two pixels.
func (l listSheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	side, border := 2*l.radius, 2*l.edge
	place(objects[0], 0, 0, size.Width, side)
	place(objects[1], 0, size.Height-side, size.Width, side)
	place(objects[2], 0, l.radius, side, size.Height-side)
	place(objects[3], size.Width-side, l.radius, side, size.Height-side)
	area := objects[4].(*canvas.Line)
	half := float32(math.Ceil(float64(size.Height-side)/2)) + border
	area.StrokeWidth = 2 * half
	place(area, border, size.Height/2, size.Width-2*border, 0)
	place(objects[5], 0, 0, size.Width, size.Height)
}

// caseLine is one line of a list of cases: a sign, who and which case, how it
// stands, and whether the authority holds it. The list uses it for one case
// after another.
type caseLine struct {
	widget.BaseWidget
	words caseWords
	signs map[string]fyne.CanvasObject
	texts [5]*canvas.Text // name, number, state, when, sent
	box   *fyne.Container
}

// caseWords are the words of a line.
type caseWords struct {
	sign                            drawing
	name, number, state, when, sent string
	faint                           bool // the name is none
}

// caseSigns are all signs that a line can have.
var caseSigns = []drawing{pictureDone, pictureWarning, pictureWait}

func newCaseLine() *caseLine {
	l := &caseLine{signs: map[string]fyne.CanvasObject{}}
	objects := []fyne.CanvasObject{}
	for _, d := range caseSigns {
		o := picture(d, 20)
		o.Hide()
		l.signs[d.name] = o
		objects = append(objects, o)
	}
	for i := range l.texts {
		l.texts[i] = canvas.NewText("", nil)
		objects = append(objects, l.texts[i])
	}
	l.box = container.New(&caseLineLayout{l}, objects...)
	l.ExtendBaseWidget(l)
	l.paint()
	return l
}

// set shows another case.
func (l *caseLine) set(w caseWords) {
	if l.words == w {
		return
	}
	l.words = w
	for name, o := range l.signs {
		if name == w.sign.name {
			o.Show()
		} else {
			o.Hide()
		}
	}
	l.paint()
	l.box.Layout.Layout(l.box.Objects, l.Size())
	canvas.Refresh(l)
}

// paint takes the sizes and colours of the theme.
func (l *caseLine) paint() {
	for i, t := range l.texts {
		t.TextSize, t.Color, t.TextStyle.Bold = theme.TextSize(), theme.Color(theme.ColorNameForeground), false
		if i == 1 || i == 3 {
			t.TextSize, t.Color = theme.CaptionTextSize(), theme.Color(colourSecondary)
		}
	}
	l.texts[0].TextStyle.Bold = !l.words.faint
	if l.words.faint {
		l.texts[0].Color = theme.Color(colourSecondary)
	}
}

// Refresh follows the theme.
func (l *caseLine) Refresh() {
	l.paint()
	l.BaseWidget.Refresh()
}

// CreateRenderer is called by Fyne.
func (l *caseLine) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.box) }

// AccessibilityLabel is the whole line.
func (l *caseLine) AccessibilityLabel() string {
	w := l.words
	return w.name + ", " + w.number + ", " + w.state + ", " + w.when + ", " + w.sent
}

// AccessibilityRole says that the line can be opened.
func (l *caseLine) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// caseLineLayout shares the width of a line among its columns, and cuts what is
// longer than its column.
type caseLineLayout struct{ line *caseLine }

// MinSize is two lines of text high.
func (c *caseLineLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	height := fyne.MeasureText("Ш", theme.TextSize(), fyne.TextStyle{}).Height + fyne.MeasureText("Ш", theme.CaptionTextSize(), fyne.TextStyle{}).Height
	return fyne.NewSize(unit(100), height+unit(2.5))
}

// Layout puts sign, name and number, state and time, and the journey to the
// authority beside each other.
func (c *caseLineLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	l := c.line
	for _, o := range l.signs {
		o.Move(fyne.NewPos(unit(3), (size.Height-unit(5))/2))
		o.Resize(fyne.NewSquareSize(unit(5)))
	}
	left, gap := unit(3)+unit(5)+unit(3), unit(3)
	width := size.Width - left - 2*gap - unit(3)
	third := min(7*theme.TextSize(), width/4) // for two short words
	first := (width - third) * 0.4
	second := width - third - first
	top := unit(1.25)
	below := top + l.texts[0].MinSize().Height
	for i, at := range []struct{ x, y, width float32 }{
		{left, top, first}, {left, below, first},
		{left + first + gap, top, second}, {left + first + gap, below, second},
		{left + first + second + 2*gap, top, third},
	} {
		t := l.texts[i]
		t.Text = cut([]string{l.words.name, l.words.number, l.words.state, l.words.when, l.words.sent}[i], t, at.width)
		t.Move(fyne.NewPos(at.x, at.y))
		t.Resize(fyne.NewSize(at.width, t.MinSize().Height))
	}
}

// cut shortens words to what fits the width.
func cut(s string, t *canvas.Text, width float32) string {
	fits := func(s string) bool { return fyne.MeasureText(s, t.TextSize, t.TextStyle).Width <= width }
	if fits(s) {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes) // as many runes fit, and do not
	for high-low > 1 {
		if middle := (low + high) / 2; fits(string(runes[:middle]) + "…") {
			low = middle
		} else {
			high = middle
		}
	}
	return string(runes[:low]) + "…"
}
