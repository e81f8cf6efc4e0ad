package assets

import (
	"bytes"
	"image/png"
	"io/fs"
	"strings"
	"testing"
)

func TestIcon(t *testing.T) {
	img, err := png.Decode(bytes.NewReader(IconPNG()))
	if err != nil {
		t.Fatalf("decode PNG icon: %v", err)
	}
	if b := img.Bounds(); b.Dx() != 256 || b.Dy() != 256 {
		t.Errorf("icon is %v, want 256 by 256", b)
	}
	if _, _, _, a := img.At(128, 128).RGBA(); a != 0xffff {
		t.Errorf("the middle of the icon is transparent")
	}
	if !bytes.Contains(IconSVG(), []byte("<svg")) {
		t.Errorf("the SVG icon is no SVG")
	}
}

func TestFontLicence(t *testing.T) {
	for _, want := range []string{"Noto Sans", "SIL OPEN FONT LICENSE Version 1.1", "PERMISSION & CONDITIONS", "TERMINATION", "DISCLAIMER"} {
		if !strings.Contains(FontLicence(), want) {
			t.Errorf("the licence lacks %q", want)
		}
	}
}

func TestTemplatesAreListed(t *testing.T) {
	names, err := fs.Glob(Templates(), "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 5 {
		t.Errorf("templates: %v, want one for each of five papers", names)
	}
}

func TestMessagesCanBeRead(t *testing.T) {
	if _, err := fs.ReadDir(Messages(), "."); err != nil {
		t.Errorf("list messages: %v", err)
	}
}
