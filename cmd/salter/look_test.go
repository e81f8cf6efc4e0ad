package main

import (
	"os"
	"path/filepath"
	"testing"

	"salter/app"
)

// TestLookIsKept: what was chosen is there at the next start, and no file
// keeps a counter from starting.
func TestLookIsKept(t *testing.T) {
	f := lookFile(filepath.Join(t.TempDir(), "look.toml"))
	if got := f.load(); got != (app.Look{}) {
		t.Errorf("without a file the look is %+v, want the usual", got)
	}
	want := app.Look{Language: app.English, Colours: app.Contrast, TextSize: 150}
	if err := f.save(want); err != nil {
		t.Fatal(err)
	}
	if got := f.load(); got != want {
		t.Errorf("the look is %+v after a start, want %+v", got, want)
	}
	if err := os.WriteFile(string(f), []byte("text_size = \"huge\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := f.load(); got != (app.Look{}) {
		t.Errorf("a broken file gives %+v, want the usual", got)
	}
	if err := lookFile(filepath.Join(t.TempDir(), "missing", "look.toml")).save(want); err == nil {
		t.Error("saving into a missing folder is no error")
	}
	if err := lookFile("").save(want); err != nil {
		t.Errorf("without a path: %v", err)
	}
}
