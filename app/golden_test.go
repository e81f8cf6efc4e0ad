package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// TestPagesInWords holds every page in every language against a golden text:
// the title, all words in the order of the tree, and the controls in the order
// of the Tab key, as a program for the blind would name them. Written anew by
//
//	go test ./app -run TestPagesInWords -update
func TestPagesInWords(t *testing.T) {
	for _, l := range Languages() {
		t.Run(string(l), func(t *testing.T) {
			var b strings.Builder
			seen := map[screen]bool{}
			for _, s := range scenes() {
				if seen[s.want] {
					continue // one scene of each page
				}
				seen[s.want] = true
				c := openAs(t, s.start, usual, Look{Language: l})
				if s.do != nil {
					s.do(c)
				}
				c.outline(&b)
			}
			golden(t, filepath.Join("testdata", "pages."+string(l)+".txt"), b.String())
		})
	}
}

// outline writes what the page says and which controls it has.
func (c *counter) outline(b *strings.Builder) {
	fmt.Fprintf(b, "== %s: %s\n", c.app.page.screen, c.window.Title())
	for _, w := range c.said() {
		if w != "" {
			fmt.Fprintf(b, "   %s\n", strings.ReplaceAll(w, "\n", " "))
		}
	}
	first := c.window.Canvas().Focused()
	for f, n := first, 0; f != nil && n < 100; n++ {
		name := c.app.page.focused()
		label := ""
		if a, ok := f.(fyne.Accessible); ok {
			label = a.AccessibilityLabel()
		}
		fmt.Fprintf(b, "   > %s: %s\n", name, label)
		c.window.Canvas().FocusNext()
		if f = c.window.Canvas().Focused(); f == first {
			break
		}
	}
}

// said are the words of the page as words does, but each text whole, wherever
// it is broken into lines.
func (c *counter) said() []string {
	var all []string
	lines := map[fyne.CanvasObject]bool{}
	walk(c.window.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		switch o := o.(type) {
		case *text:
			all = append(all, o.content)
			for _, l := range rendererOf(o) {
				lines[l] = true
			}
		case *canvas.Text:
			if !lines[o] {
				all = append(all, o.Text)
			}
		case *input:
			all = append(all, o.AccessibilityLabel(), o.Text)
		}
	})
	return all
}

// golden compares text with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, have := strings.Split(string(b), "\n"), strings.Split(got, "\n")
	for i := range min(len(want), len(have)) {
		if want[i] != have[i] {
			t.Fatalf("%s, line %d: the page says\n%s\nand not\n%s\nIf that is meant, run this test with -update", path, i+1, have[i], want[i])
		}
	}
	if len(want) != len(have) {
		t.Errorf("%s has %d lines, the pages %d: run this test with -update", path, len(want), len(have))
	}
}
