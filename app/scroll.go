package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// scrolling lets an object be higher than its place. What gets the keyboard's
// focus comes into sight by itself.
func (p *page) scrolling(o fyne.CanvasObject) fyne.CanvasObject {
	s := container.NewVScroll(o)
	p.scrolls = append(p.scrolls, s)
	return s
}

// scrollByKeys lets Page Up and Page Down move the nth of what scrolls, where
// nothing in it can have the focus.
func (p *page) scrollByKeys(nth int) {
	by := func(pages float32) func() {
		return func() {
			if nth >= len(p.scrolls) {
				return
			}
			s := p.scrolls[nth]
			most := max(s.Content.MinSize().Height-s.Size().Height, 0)
			s.ScrollToOffset(fyne.NewPos(0, min(max(s.Offset.Y+pages*s.Size().Height*0.9, 0), most)))
		}
	}
	p.keys[fyne.KeyPageUp], p.keys[fyne.KeyPageDown] = by(-1), by(+1)
}

// bringIntoSight scrolls to the control that has the focus.
func (p *page) bringIntoSight() {
	f, ok := p.canvas.Focused().(fyne.CanvasObject)
	if !ok {
		return
	}
	for _, s := range p.scrolls {
		at, here := placeIn(s.Content, f)
		if !here {
			continue
		}
		height, seen := f.Size().Height, s.Size().Height
		offset := min(s.Offset.Y, max(at.Y-sightMargin, 0))
		offset = max(offset, at.Y+height+sightMargin-seen)
		if offset != s.Offset.Y {
			s.ScrollToOffset(fyne.NewPos(0, offset))
		}
	}
}

// sightMargin is kept free above and below what comes into sight, so that its
// question can be read too.
const sightMargin = 32

// placeIn finds an object among the containers of another one.
func placeIn(in, o fyne.CanvasObject) (fyne.Position, bool) {
	if in == o {
		return fyne.Position{}, true
	}
	c, ok := in.(*fyne.Container)
	if !ok {
		return fyne.Position{}, false
	}
	for _, child := range c.Objects {
		if at, ok := placeIn(child, o); ok {
			return at.Add(child.Position()), true
		}
	}
	return fyne.Position{}, false
}
