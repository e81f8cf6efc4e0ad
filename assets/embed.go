// Package assets holds what Salter shows and prints but does not compute: the
// message catalogues of the screens, the templates of the papers, the icon and
// the licences of the fonts. Everything is built into the program, so that a
// counter needs no data files that somebody could swap.
//
// The markup of the templates is described in templates/README.md.
package assets

import (
	"embed"
	"io/fs"
)

//go:embed messages/*.json
//go:embed templates/*.txt templates/SHA256SUMS
//go:embed icon/salter.svg icon/salter.png
//go:embed licences/*.txt
var files embed.FS

// Messages returns the message catalogues of the screens, one JSON file for
// each language and script, at the root of the returned file system.
func Messages() fs.FS { return sub("messages") }

// Templates returns the templates of the papers, named
// <kind>-<version>.<script>.txt, at the root of the returned file system. A
// template that was once in use is never changed: the journal names it by its
// SHA-256. A change is a new file with a new version.
func Templates() fs.FS { return sub("templates") }

// IconSVG returns the icon of the program as a scalable drawing.
func IconSVG() []byte { return read("icon/salter.svg") }

// IconPNG returns the icon of the program as 256 by 256 pixels.
func IconPNG() []byte { return read("icon/salter.png") }

// FontLicence returns the licence under which the typeface Noto Sans is
// distributed with the program (SIL Open Font License 1.1).
func FontLicence() string { return string(read("licences/NotoSans-OFL.txt")) }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic("assets: " + err.Error()) // the name is a constant of this file
	}
	return f
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("assets: " + err.Error()) // embedded: the build fails without it
	}
	return b
}
