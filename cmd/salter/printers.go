package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/BurntSushi/toml"

	"salter/app/desk"
)

// printers is the printer of the counter and the choice of another one, which
// is kept from start to start.
type printers struct {
	*desk.Choice
	kept printerFile
}

// Choose implements app.Printers.
func (p printers) Choose(name string) error {
	if err := p.Use(name); err != nil {
		return err
	}
	return p.kept.save(name)
}

// printerFile keeps the printer that was chosen instead of the one that the
// settings name; when they name another one, the choice ends.
type printerFile struct {
	path  string
	usual string // of the settings
}

// printerEntries is its content.
type printerEntries struct {
	Printer string `toml:"printer"`
	Instead string `toml:"instead_of"`
}

// chosenPrinter is where the settings have their choice kept.
func chosenPrinter(s Settings) printerFile {
	return printerFile{path: s.file(filePrinter), usual: s.Printer}
}

// load returns the printer to use. A file that is missing or cannot be
// understood gives that of the settings; so does a folder, which nobody can
// choose: papers hold personal data, and only the settings say where they lie.
func (f printerFile) load() string {
	in, err := os.Open(f.path)
	if err != nil {
		return f.usual
	}
	defer in.Close()
	var e printerEntries
	_, err = toml.NewDecoder(io.LimitReader(in, maxLook)).Decode(&e)
	if err != nil || e.Instead != f.usual || e.Printer == "" || strings.HasPrefix(e.Printer, "folder:") {
		return f.usual
	}
	return e.Printer
}

// save keeps a choice; that of the settings' own printer is none.
func (f printerFile) save(name string) error {
	var b bytes.Buffer
	e := printerEntries{Instead: f.usual}
	if name != f.usual {
		e.Printer = name
	}
	if err := toml.NewEncoder(&b).Encode(e); err != nil {
		return fmt.Errorf("keep printer: %w", err)
	}
	return writeFile(f.path, b.Bytes(), 0o600)
}
