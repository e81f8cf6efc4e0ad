package app

import (
	"crypto/rand"
	"math/big"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"fyne.io/fyne/v2/widget"
)

// The length of the user PIN of the ID card, in digits.
const (
	pinMin = 4
	pinMax = 8
)

// padTexts are the words on the pad.
type padTexts struct {
	clear, back, confirm string
	key                  string // that confirms
	entered              func(n int) string
}

// pad takes the citizen's PIN into a fixed buffer, and a new PIN that is typed
// twice into two. A digit is never part of
// a string on its way in: it goes from the key straight into the buffer.
//
// The pad gives no sign of which key was pressed: no hover, no press colour,
// no animation, no focus ring; the only answer is the row of dots, as many as
// digits, in a field that is always as wide. All keys
// lie inside the one widget, so that a click never takes the keyboard away.
type pad struct {
	widget.BaseWidget
	keys  *keys
	texts padTexts

	buf     []byte   // pinMax bytes; wiped by wipe
	n       int      // digits entered
	first   []byte   // pinMax bytes for a PIN that is typed once more; wiped by wipe
	firstN  int      // digits in first
	order   [10]byte // the digit on each place of the pad
	height  float32  // factor for the height of all that is on it
	open    bool     // digits are taken
	confirm func()
	changed func() // some input came
}

func newPad(k *keys, buf, first []byte) *pad {
	p := &pad{keys: k, buf: buf, first: first, height: 1}
	p.ExtendBaseWidget(p)
	return p
}

// begin empties the pad and deals the digits anew, once for each attempt.
func (p *pad) begin(inOrder bool) error {
	p.wipe()
	return p.deal(inOrder)
}

// again keeps what was typed and takes it a second time, on digits dealt anew.
func (p *pad) again(inOrder bool) error {
	copy(p.first, p.buf)
	p.firstN = p.n
	p.empty()
	return p.deal(inOrder)
}

// deal gives each place its digit and opens the pad.
func (p *pad) deal(inOrder bool) error {
	p.open = true
	p.order = [10]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0}
	if inOrder {
		p.Refresh()
		return nil
	}
	for i := len(p.order) - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return err
		}
		p.order[i], p.order[j.Int64()] = p.order[j.Int64()], p.order[i]
	}
	p.Refresh()
	return nil
}

// wipe overwrites the buffers and takes no more digits.
func (p *pad) wipe() {
	clear(p.buf)
	clear(p.first)
	p.n, p.firstN, p.open = 0, 0, false
	p.Refresh()
}

// pin lends the digits entered; they stay in the pad's buffer.
func (p *pad) pin() []byte { return p.buf[:p.n] }

// typedFirst lends the digits that were entered before again.
func (p *pad) typedFirst() []byte { return p.first[:p.firstN] }

// enter takes one digit, 0 to 9.
func (p *pad) enter(digit byte) {
	if !p.open || p.n == len(p.buf) {
		return
	}
	p.buf[p.n] = '0' + digit
	p.n++
	p.Refresh()
}

// back takes the last digit away.
func (p *pad) back() {
	if p.n > 0 {
		p.n--
		p.buf[p.n] = 0
		p.Refresh()
	}
}

// empty takes all digits away.
func (p *pad) empty() {
	clear(p.buf)
	p.n = 0
	p.Refresh()
}

// FocusGained shows nothing.
func (p *pad) FocusGained() {}

// FocusLost shows nothing; the page sends digits here all the same.
func (p *pad) FocusLost() {}

// KeyDown notes a fresh press.
func (p *pad) KeyDown(e *fyne.KeyEvent) { p.keys.down(e.Name) }

// KeyUp ends it.
func (p *pad) KeyUp(e *fyne.KeyEvent) { p.keys.up(e.Name) }

// TypedRune takes the digits of the keyboard and of its numeric pad.
func (p *pad) TypedRune(r rune) {
	if !p.open {
		return
	}
	p.changed()
	if r >= '0' && r <= '9' {
		p.enter(byte(r - '0'))
	}
}

// TypedKey takes Backspace and Delete; Enter and Esc belong to the page.
func (p *pad) TypedKey(e *fyne.KeyEvent) {
	if !p.open {
		return
	}
	p.changed()
	switch e.Name {
	case fyne.KeyBackspace:
		p.back()
	case fyne.KeyDelete:
		p.empty()
	default:
		p.keys.page(e.Name)
	}
}

// Tapped finds the key under the pointer.
func (p *pad) Tapped(e *fyne.PointEvent) {
	if !p.open {
		return
	}
	p.changed()
	place, ok := p.placeAt(e.Position)
	if !ok {
		return
	}
	switch place {
	case placeClear:
		p.empty()
	case placeBack:
		p.back()
	case placeConfirm:
		p.confirm()
	default:
		p.enter(p.order[digitIndex(place)])
	}
}

// AccessibilityLabel tells how many digits were entered and nothing else.
func (p *pad) AccessibilityLabel() string { return p.texts.entered(p.n) }

// AccessibilityRole says that this is text.
func (p *pad) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// The places of the pad: nine digits in three rows, then clear, the tenth
// digit and back, then confirm over the whole width.
const (
	placeClear   = 9
	placeLast    = 10
	placeBack    = 11
	placeConfirm = 12
	places       = 13
)

// digitIndex is the index into order of a place that holds a digit.
func digitIndex(place int) int {
	if place == placeLast {
		return 9
	}
	return place
}

// The measures of the pad, in steps of the grid.
const (
	keyWidth, keyHeight = 30, 18
	keyGap              = 2
	dotsHeight          = 13
	confirmHeight       = 15
	padWidth            = 3*keyWidth + 2*keyGap
	padHeight           = dotsHeight + 4*(keyHeight+keyGap) + confirmHeight
	padLowest           = 0.7 // below it the digits would touch the edges of their keys
)

// fit makes the keys lower where there is not the height for the usual ones.
func (p *pad) fit(height float32) { p.height = min(max(height/unit(padHeight), padLowest), 1) }

// high is a height in steps of the grid.
func (p *pad) high(steps float32) float32 { return unit(steps) * p.height }

// placeBox is where a place lies.
func (p *pad) placeBox(place int) (fyne.Position, fyne.Size) {
	if place == placeConfirm {
		return fyne.NewPos(0, p.high(padHeight-confirmHeight)), fyne.NewSize(unit(padWidth), p.high(confirmHeight))
	}
	column, row := float32(place%3), float32(place/3)
	return fyne.NewPos(unit(column*(keyWidth+keyGap)), p.high(dotsHeight+row*(keyHeight+keyGap))), fyne.NewSize(unit(keyWidth), p.high(keyHeight))
}

func (p *pad) placeAt(at fyne.Position) (int, bool) {
	for place := range places {
		pos, size := p.placeBox(place)
		if at.X >= pos.X && at.Y >= pos.Y && at.X < pos.X+size.Width && at.Y < pos.Y+size.Height {
			return place, true
		}
	}
	return 0, false
}

// CreateRenderer is called by Fyne.
func (p *pad) CreateRenderer() fyne.WidgetRenderer {
	r := &padRenderer{pad: p, field: canvas.NewRectangle(nil), hint: canvas.NewText("", nil)}
	for range pinMax {
		r.dots = append(r.dots, canvas.NewCircle(nil))
	}
	for range places {
		r.areas = append(r.areas, canvas.NewRectangle(nil))
		t := canvas.NewText("", nil)
		t.Alignment = fyne.TextAlignCenter
		r.labels = append(r.labels, t)
	}
	r.Refresh()
	return r
}

type padRenderer struct {
	pad    *pad
	field  *canvas.Rectangle // in which the dots appear
	hint   *canvas.Text      // the key that confirms, beside the words
	dots   []*canvas.Circle
	areas  []*canvas.Rectangle
	labels []*canvas.Text
}

// Layout puts every key at its fixed place.
func (r *padRenderer) Layout(fyne.Size) {
	r.field.Move(fyne.NewPos(0, 0))
	r.field.Resize(fyne.NewSize(unit(padWidth), r.pad.high(dotsHeight-keyGap)))
	dot, step := unit(4.5), unit(8.5)
	for i, d := range r.dots {
		d.Move(fyne.NewPos(unit(6)+float32(i)*step, r.pad.high(dotsHeight-keyGap)/2-dot/2))
		d.Resize(fyne.NewSquareSize(dot))
	}
	for place := range places {
		pos, size := r.pad.placeBox(place)
		r.areas[place].Move(pos)
		r.areas[place].Resize(size)
		h := r.labels[place].MinSize().Height
		r.labels[place].Move(pos.AddXY(0, (size.Height-h)/2))
		r.labels[place].Resize(fyne.NewSize(size.Width, h))
	}
	r.layoutConfirm()
}

// layoutConfirm puts the name of the key behind the words.
func (r *padRenderer) layoutConfirm() {
	pos, size := r.pad.placeBox(placeConfirm)
	label, hint := r.labels[placeConfirm], r.hint
	l, h := label.MinSize(), hint.MinSize()
	x := pos.X + (size.Width-l.Width-hintGap()-h.Width)/2
	label.Move(fyne.NewPos(x, pos.Y+(size.Height-l.Height)/2))
	label.Resize(l)
	hint.Move(fyne.NewPos(x+l.Width+hintGap(), pos.Y+(size.Height-h.Height)/2))
	hint.Resize(h)
}

// hintGap is between a label and the name of its key.
func hintGap() float32 { return unit(3) }

// MinSize is fixed.
func (r *padRenderer) MinSize() fyne.Size {
	return fyne.NewSize(unit(padWidth), r.pad.high(padHeight))
}

// Objects from the back to the front.
func (r *padRenderer) Objects() []fyne.CanvasObject {
	os := []fyne.CanvasObject{r.field}
	for _, d := range r.dots {
		os = append(os, d)
	}
	for i := range places {
		os = append(os, r.areas[i], r.labels[i])
	}
	return append(os, r.hint)
}

// Refresh shows the dots; the keys change only when the digits are dealt.
func (r *padRenderer) Refresh() {
	p := r.pad
	r.field.CornerRadius = theme.Size(theme.SizeNameInputRadius)
	r.field.FillColor, r.field.StrokeColor, r.field.StrokeWidth = theme.Color(theme.ColorNameInputBackground), theme.Color(theme.ColorNameInputBorder), theme.Size(theme.SizeNameInputBorder)
	for i, d := range r.dots {
		d.FillColor, d.Hidden = theme.Color(theme.ColorNameForeground), i >= p.n
	}
	for place := range places {
		r.key(place)
	}
	clear, back := r.labels[placeClear], r.labels[placeBack] // alike
	clear.TextSize = min(clear.TextSize, back.TextSize)
	back.TextSize = clear.TextSize
	r.Layout(p.Size())
	canvas.Refresh(p)
}

func (r *padRenderer) key(place int) {
	area, label := r.areas[place], r.labels[place]
	area.CornerRadius = theme.Size(theme.SizeNameButtonRadius)
	area.FillColor, area.StrokeColor, area.StrokeWidth = theme.Color(theme.ColorNameBackground), theme.Color(theme.ColorNameInputBorder), theme.Size(theme.SizeNameInputBorder)
	label.Color, label.TextSize, label.TextStyle.Bold = theme.Color(theme.ColorNameForeground), theme.TextSize(), false
	switch place {
	case placeClear:
		label.Text = r.pad.texts.clear
	case placeBack:
		label.Text = r.pad.texts.back
	case placeConfirm:
		label.Text = r.pad.texts.confirm
		area.FillColor, area.StrokeColor = theme.Color(theme.ColorNamePrimary), theme.Color(theme.ColorNamePrimary)
		label.Color, label.TextSize, label.TextStyle.Bold = theme.Color(theme.ColorNameForegroundOnPrimary), theme.Size(sizeLead), true
		r.hint.Text, r.hint.Color, r.hint.TextSize = r.pad.texts.key, theme.Color(theme.ColorNameForegroundOnPrimary), theme.Size(theme.SizeNameCaptionText)
	default:
		label.Text = digits[r.pad.order[digitIndex(place)]]
		label.TextSize, label.TextStyle.Bold = theme.Size(theme.SizeNameHeadingText), true
	}
	_, size := r.pad.placeBox(place)
	room := size.Width - unit(4)
	if place == placeConfirm {
		room -= hintGap() + r.hint.MinSize().Width
	}
	if wide := label.MinSize().Width; wide > room { // large text in a narrow key
		label.TextSize *= room / wide
	}
}

// digits are the faces of the keys; which of them was pressed is not kept.
var digits = [10]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

// Destroy has nothing to release.
func (r *padRenderer) Destroy() {}
