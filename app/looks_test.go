package app

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// large are the looks in which the pages are laid out beside the usual one;
// every page in one of them, and with LOOKS=all in each. The other languages
// are those of TestSwitchLosesNothing.
var large = []Look{
	{Language: SerbianLatin, TextSize: 200},
	{Language: SerbianCyrillic, Colours: Contrast, TextSize: 150},
	{Language: English, Colours: Dark, TextSize: 200},
	{Language: SerbianCyrillic, Colours: Dark, TextSize: 125},
	{Language: SerbianCyrillic, TextSize: 175},
}

// TestPagesInEveryLook: nothing is cut and nothing overlaps, however large the
// text.
func TestPagesInEveryLook(t *testing.T) {
	size := usual
	if os.Getenv("SCREEN") == "full" {
		size = fyne.NewSize(1920, 1080)
	}
	for n, look := range large {
		for i, s := range scenes() {
			if i%len(large) != n && os.Getenv("LOOKS") != "all" {
				continue
			}
			name := fmt.Sprintf("%s %s %s %d", s.name, look.Language, look.Colours, look.TextSize)
			t.Run(name, func(t *testing.T) {
				c := openAs(t, s.start, size, look)
				if s.do != nil {
					s.do(c)
				}
				c.wantScreen(s.want)
				c.wantWhole(size)
			})
		}
	}
}

// wantWhole checks that the page has the size and shows everything. What is
// out of sight, and can be scrolled to, is not looked at.
func (c *counter) wantWhole(size fyne.Size) {
	c.t.Helper()
	c.window.Resize(size)
	if got := c.window.Canvas().Size(); got != size {
		c.t.Errorf("the page needs %v, want it to fit %v", got, size)
	}
	for _, s := range c.app.page.scrolls {
		if got := s.Content.MinSize().Width; got > s.Size().Width+0.5 {
			c.t.Errorf("what scrolls is %v wide in %v", got, s.Size())
		}
	}
	if !slices.ContainsFunc(c.app.page.scrolls, func(s *container.Scroll) bool { return s.Content.MinSize().Height > s.Size().Height }) {
		wantInside(c.t, c.window.Canvas().Content(), size)
	}
}
