package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPrinterIsKept: the choice is there at the next start, until the settings
// name another printer; a folder cannot be chosen, and no file keeps a counter
// from starting.
func TestPrinterIsKept(t *testing.T) {
	f := printerFile{path: filepath.Join(t.TempDir(), "printer.toml"), usual: "counter"}
	want := func(f printerFile, want string) {
		t.Helper()
		if got := f.load(); got != want {
			t.Errorf("the printer is %q, want %q", got, want)
		}
	}
	save := func(name string) {
		t.Helper()
		if err := f.save(name); err != nil {
			t.Fatal(err)
		}
	}
	want(f, "counter")
	save("tray2")
	want(f, "tray2")
	want(printerFile{path: f.path, usual: "new"}, "new")
	save("counter")
	want(f, "counter")
	save("folder:/elsewhere")
	want(f, "counter")
	if err := os.WriteFile(f.path, []byte("printer = \"x\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(f, "counter")
}
