package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
)

// TestPictures holds a dozen pages against golden pictures, those in which a
// wrong colour or a shifted line would be seen first. They change with every
// release of Fyne; what differs is written to testdata/failed. Written anew,
// and then to be looked at, by
//
//	go test ./app -run TestPictures -update
func TestPictures(t *testing.T) {
	all := scenes()
	for _, p := range []struct {
		scene string
		look  Look
	}{
		{"sign-in", Look{}},
		{"home card", Look{}},
		{"home card", Look{Colours: Dark, Language: SerbianLatin}},
		{"home card", Look{Colours: Contrast, TextSize: 200}},
		{"person", Look{Language: SerbianLatin}},
		{"person", Look{Colours: Contrast, TextSize: 150}},
		{"signed open", Look{Language: English}},
		{"content", Look{}},
		{"pad", Look{}},
		{"pad", Look{Language: English, TextSize: 200}},
		{"trouble card", Look{Colours: Dark}},
		{"hand-over", Look{Language: SerbianLatin, Colours: Contrast}},
	} {
		l := p.look.normal()
		name := strings.ReplaceAll(fmt.Sprintf("%s-%s-%s-%d", p.scene, l.Language, l.Colours, l.TextSize), " ", "-")
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(all, func(s scene) bool { return s.name == p.scene })
			if i < 0 {
				t.Fatalf("there is no scene %q", p.scene)
			}
			c := openAs(t, all[i].start, usual, l)
			if all[i].do != nil {
				all[i].do(c)
			}
			c.window.Resize(usual)
			c.window.Canvas().Unfocus() // the cursor of a field blinks
			if *update {
				writePicture(t, filepath.Join("testdata", name+".png"), c.window.Canvas().Capture())
				return
			}
			test.AssertRendersToImage(t, name+".png", c.window.Canvas())
		})
	}
}
