package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/BurntSushi/toml"

	"salter/app"
)

// lookFile is the path of the file that keeps the look of the screens from
// start to start; empty: it is not kept. Nothing else depends on it.
type lookFile string

// lookEntries is its content.
type lookEntries struct {
	Language string `toml:"language"`
	Colours  string `toml:"colours"`
	TextSize int    `toml:"text_size"`
}

// maxLook bounds what is read.
const maxLook = 4 << 10

// load returns the look that was kept. A file that is missing or cannot be
// understood gives the usual look: a counter must start.
func (f lookFile) load() app.Look {
	var e lookEntries
	in, err := os.Open(string(f))
	if err != nil {
		return app.Look{}
	}
	defer in.Close()
	if _, err := toml.NewDecoder(io.LimitReader(in, maxLook)).Decode(&e); err != nil {
		return app.Look{}
	}
	return app.Look{Language: app.Language(e.Language), Colours: app.Colours(e.Colours), TextSize: e.TextSize}
}

// save keeps a look.
func (f lookFile) save(l app.Look) error {
	if f == "" {
		return nil
	}
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(lookEntries{string(l.Language), string(l.Colours), l.TextSize}); err != nil {
		return fmt.Errorf("keep look: %w", err)
	}
	return writeFile(string(f), b.Bytes(), 0o644)
}
