package app

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"fyne.io/fyne/v2"
)

// desktops are the windows in which pages are looked at: the smallest one, and
// what the panels of a desktop leave of the two usual screens. The citizen's
// pages fill those screens.
var desktops = []struct {
	name       string
	page, bare fyne.Size
}{
	{"1024x700", small, small},
	{"1366x768", fyne.NewSize(1360, 720), usual},
	{"1920x1080", fyne.NewSize(1920, 1040), fyne.NewSize(1920, 1080)},
}

// TestDrawScreens draws every page in every state and look, to be looked at;
// WANTED is an expression for the names of the pictures:
//
//	SCREENS=$PWD/build/pictures WANTED='^1366x768-sr-Cyrl-light-100/' go test ./app -run TestDrawScreens
func TestDrawScreens(t *testing.T) {
	folder, wanted := os.Getenv("SCREENS"), regexp.MustCompile(os.Getenv("WANTED"))
	if folder == "" {
		t.Skip("SCREENS names no folder")
	}
	everyLook(func(look Look) {
		for _, d := range desktops {
			for _, s := range scenes() {
				name := fmt.Sprintf("%s-%s-%s-%d/%s", d.name, look.Language, look.Colours, look.TextSize, s.name)
				if !wanted.MatchString(name) {
					continue
				}
				t.Run(name, func(t *testing.T) {
					c := openAs(t, s.start, d.page, look)
					if s.do != nil {
						s.do(c)
					}
					if c.app.page.bare {
						c.window.Resize(d.bare)
					}
					writePicture(t, filepath.Join(folder, name+".png"), c.window.Canvas().Capture())
				})
			}
		}
	})
}

// everyLook calls f with every look there is.
func everyLook(f func(Look)) {
	for _, colours := range Palettes() {
		for _, size := range TextSizes() {
			for _, l := range Languages() {
				f(Look{Language: l, Colours: colours, TextSize: size})
			}
		}
	}
}

func writePicture(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}
