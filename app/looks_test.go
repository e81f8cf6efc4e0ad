package app

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// sight is a window and a look in which the pages are laid out.
type sight struct {
	size fyne.Size
	look Look
}

// sights are both usual screens, and what a desktop leaves of them to a window,
// with text of every size in every language.
func sights() []sight {
	var all []sight
	for _, percent := range TextSizes() {
		for _, size := range []fyne.Size{fyne.NewSize(1360, 720), usual, fyne.NewSize(1920, 1040), fyne.NewSize(1920, 1080)} {
			for _, l := range Languages() {
				all = append(all, sight{size, Look{Language: l, TextSize: percent}})
			}
		}
	}
	return all
}

// ofCitizen are the pages that the citizen sees.
var ofCitizen = []screen{screenTurn, screenPad, screenAgain, screenWeak, screenChecking, screenOnReader, screenLastTry, screenThanks}

// TestPagesInEveryLook: nothing is cut and nothing overlaps, however large the
// text; the primary button is in sight, and no page of the citizen has to be
// scrolled. Every page is laid out in one of the sights, the citizen's also on
// the smaller screen with the largest text in all languages; with LOOKS=all each
// in each.
func TestPagesInEveryLook(t *testing.T) {
	all := sights()
	for n, at := range all {
		for i, s := range scenes() {
			citizens := slices.Contains(ofCitizen, s.want) && at.look.TextSize == 200 && at.size == usual
			if i%len(all) != n && !citizens && os.Getenv("LOOKS") != "all" {
				continue
			}
			t.Run(fmt.Sprintf("%s %s %d %vx%v", s.name, at.look.Language, at.look.TextSize, at.size.Width, at.size.Height), func(t *testing.T) {
				c := openAs(t, s.start, at.size, at.look)
				if s.do != nil {
					s.do(c)
				}
				c.wantScreen(s.want)
				c.wantWhole(at.size)
			})
		}
	}
}

// wantWhole checks that the page has the size and shows everything, or lets it
// be scrolled to.
func (c *counter) wantWhole(size fyne.Size) {
	c.t.Helper()
	c.window.Resize(size)
	if got := c.window.Canvas().Size(); got != size {
		c.t.Errorf("the page needs %v, want it to fit %v", got, size)
	}
	p := c.app.page
	for _, s := range p.scrolls {
		if got := s.Content.MinSize().Width; got > s.Size().Width+0.5 {
			c.t.Errorf("what scrolls is %v wide in %v", got, s.Size())
		}
	}
	if p.bare && p.missing > 0 {
		c.t.Errorf("a page of the citizen lacks %v of height", p.missing)
	}
	wantInside(c.t, c.window.Canvas().Content(), size)
	wantApart(c.t, c)
	seen := p.primary == nil || p.inline
	walk(c.window.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		switch o := o.(type) {
		case *button:
			if m := o.MinSize(); m.Width > o.Size().Width+0.5 || m.Height > o.Size().Height+0.5 {
				c.t.Errorf("the button %q needs %v and got %v", o.label, m, o.Size())
			}
			seen = seen || o == p.primary && at.X+o.Size().Width <= size.Width && at.Y+o.Size().Height <= size.Height
		case *canvas.Text:
			if m := o.MinSize(); m.Width > o.Size().Width+0.5 {
				c.t.Errorf("%q needs %v and got %v", o.Text, m, o.Size())
			}
		}
	})
	if !seen {
		c.t.Error("the primary button is out of sight")
	}
}
