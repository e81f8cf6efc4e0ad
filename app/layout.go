package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// column puts objects below each other; each gets the full width.
func column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// row puts objects beside each other, centred on one line.
func row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap}, objects...)
}

// rowsOf puts objects beside each other, in as many rows as they need.
func rowsOf(objects []fyne.CanvasObject, gap, width float32) []fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for len(objects) > 0 {
		n := len(objects)
		for n > 1 && row(gap, objects[:n]...).MinSize().Width > width {
			n--
		}
		rows, objects = append(rows, row(gap, objects[:n]...)), objects[n:]
	}
	return rows
}

// topRow puts objects beside each other, aligned at the top.
func topRow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, top: true}, objects...)
}

// spread puts left at the left and right at the right end of one line.
func spread(left, right fyne.CanvasObject) *fyne.Container {
	return container.New(spreadLayout{}, left, right)
}

// centred puts an object into the middle of the space there is.
func centred(o fyne.CanvasObject) *fyne.Container { return container.New(layout.NewCenterLayout(), o) }

// natural keeps an object at its own size, at the top left.
func natural(o fyne.CanvasObject) *fyne.Container { return topRow(0, o) }

// inset leaves space around an object.
func inset(vertical, horizontal float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(vertical, vertical, horizontal, horizontal), o)
}

// fixed gives an object one width.
func fixed(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(fixedWidth(width), o)
}

// filled puts a colour behind an object.
func filled(colour fyne.ThemeColorName, o fyne.CanvasObject) *fyne.Container {
	return container.NewStack(canvas.NewRectangle(theme.Color(colour)), o)
}

// panel is a white sheet with one subject on it.
func panel(o fyne.CanvasObject) *fyne.Container {
	return sheet(colourSurface, colourLine, inset(unit(4), unit(6), o))
}

// sheet is a rounded area with a border.
func sheet(area, border fyne.ThemeColorName, o fyne.CanvasObject) *fyne.Container {
	r := canvas.NewRectangle(theme.Color(area))
	r.StrokeColor, r.StrokeWidth = theme.Color(border), theme.Size(theme.SizeNameSeparatorThickness)
	r.CornerRadius = theme.Size(theme.SizeNameCardRadius)
	return container.NewStack(r, o)
}

// rule is a thin line between two parts of a panel.
func rule() fyne.CanvasObject {
	r := canvas.NewRectangle(theme.Color(colourLine))
	r.SetMinSize(fyne.NewSize(1, theme.Size(theme.SizeNameSeparatorThickness)))
	return r
}

// around puts objects at the edges of another one, without gaps. The
// keyboard's focus goes through them in the order of reading: top, left,
// centre, right, bottom. Any but the centre may be nil.
func around(top, bottom, left, right, centre fyne.CanvasObject) *fyne.Container {
	var objects []fyne.CanvasObject
	for _, o := range []fyne.CanvasObject{top, left, centre, right, bottom} {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return container.New(&edges{top, bottom, left, right, centre}, objects...)
}

type edges struct{ top, bottom, left, right, centre fyne.CanvasObject }

// minSize is nothing for what is not there.
func minSize(o fyne.CanvasObject) fyne.Size {
	if o == nil || !o.Visible() {
		return fyne.Size{}
	}
	return o.MinSize()
}

// MinSize adds the edges to the centre.
func (e *edges) MinSize([]fyne.CanvasObject) fyne.Size {
	t, b, l, r, c := minSize(e.top), minSize(e.bottom), minSize(e.left), minSize(e.right), minSize(e.centre)
	return fyne.NewSize(
		max(l.Width+c.Width+r.Width, t.Width, b.Width),
		t.Height+max(l.Height, c.Height, r.Height)+b.Height)
}

// Layout gives the centre what the edges leave.
func (e *edges) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	t, b, l, r := minSize(e.top).Height, minSize(e.bottom).Height, minSize(e.left).Width, minSize(e.right).Width
	middle := size.Height - t - b
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		if o != nil {
			o.Move(fyne.NewPos(x, y))
			o.Resize(fyne.NewSize(w, h))
		}
	}
	place(e.top, 0, 0, size.Width, t)
	place(e.bottom, 0, size.Height-b, size.Width, b)
	place(e.left, 0, t, l, middle)
	place(e.right, size.Width-r, t, r, middle)
	place(e.centre, l, t, size.Width-l-r, middle)
}

// gap is empty space.
func gap(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(1, height))
	return r
}

// fixedWidth gives its object one width and the height it wants.
type fixedWidth float32

// MinSize is the fixed width.
func (w fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(float32(w), h)
}

// Layout keeps it at the left.
func (w fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(fyne.NewSize(min(float32(w), size.Width), size.Height))
	}
}

// atMost gives its object no more than one height.
type atMost float32

// MinSize is that of the object.
func (atMost) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout keeps it at the top.
func (h atMost) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(size.Width, min(float32(h), size.Height)))
}

// atLeast gives its object no less than one height.
type atLeast float32

// MinSize is not lower than that height.
func (h atLeast) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(m.Width, max(m.Height, float32(h)))
}

// Layout fills the space.
func (atLeast) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(size)
}

type rowLayout struct {
	gap float32
	top bool
}

// MinSize is the sum of the widths.
func (l rowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for i, o := range objects {
		m := o.MinSize()
		if i > 0 {
			s.Width += l.gap
		}
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	return s
}

// Layout gives each object its own size.
func (l rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for _, o := range objects {
		m := o.MinSize()
		y := (size.Height - m.Height) / 2
		if l.top {
			y = 0
		}
		o.Move(fyne.NewPos(x, y))
		o.Resize(m)
		x += m.Width + l.gap
	}
}

type spreadLayout struct{}

// MinSize leaves a little space between the two.
func (spreadLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+unit(4)+b.Width, max(a.Height, b.Height))
}

// Layout puts the two at the ends.
func (spreadLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	objects[0].Resize(a)
	objects[0].Move(fyne.NewPos(0, (size.Height-a.Height)/2))
	objects[1].Resize(b)
	objects[1].Move(fyne.NewPos(size.Width-b.Width, (size.Height-b.Height)/2))
}

// gridLayout puts objects into rows of as many equal columns; those of a row
// are equally high.
type gridLayout struct {
	columns int
	gap     float32
}

// rows are the heights of the rows, and the width of the widest object.
func (l gridLayout) rows(objects []fyne.CanvasObject) (heights []float32, width float32) {
	heights = make([]float32, (len(objects)+l.columns-1)/l.columns)
	for i, o := range objects {
		m := o.MinSize()
		heights[i/l.columns] = max(heights[i/l.columns], m.Height)
		width = max(width, m.Width)
	}
	return heights, width
}

// MinSize is that of the widest object in every column.
func (l gridLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	heights, width := l.rows(objects)
	s := fyne.NewSize(float32(l.columns)*width+float32(l.columns-1)*l.gap, 0)
	for i, h := range heights {
		if i > 0 {
			s.Height += l.gap / 2
		}
		s.Height += h
	}
	return s
}

// Layout shares the width among the columns.
func (l gridLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	heights, _ := l.rows(objects)
	width := (size.Width - float32(l.columns-1)*l.gap) / float32(l.columns)
	y := float32(0)
	for i, o := range objects {
		at := i % l.columns
		o.Move(fyne.NewPos(float32(at)*(width+l.gap), y))
		o.Resize(fyne.NewSize(width, heights[i/l.columns]))
		if at == l.columns-1 {
			y += heights[i/l.columns] + l.gap/2
		}
	}
}

// The smallest window for which the pages are laid out, and the usual one.
const (
	narrowest   = 1024
	lowest      = 700
	usualWidth  = 1360
	usualHeight = 720
)

// resized fills the window with the page and has it built anew for another
// size.
type resized struct {
	app  *App
	pane *pane
}

// MinSize does not depend on the page: a page follows the window, never the
// other way round.
func (*resized) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(narrowest, lowest) }

// Layout fills the window.
func (r *resized) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
	if a := r.app; r.pane.size != size {
		r.pane.size = size
		a.cfg.Go(func() { // not from inside a layout
			a.cfg.Post(func() {
				a.dress()
				a.render()
			})
		})
	}
}
