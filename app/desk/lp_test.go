//go:build !windows

package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeLP puts an lp in front of PATH that behaves as the script says.
func fakeLP(t *testing.T, script string) (log string) {
	t.Helper()
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	text := "#!/bin/sh\nLOG=" + log + "\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "lp"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return log
}

func TestSystemPrinter(t *testing.T) {
	tests := []struct {
		name, printer, lp string
		want              string // arguments seen by lp
		noPrinter, fails  bool
	}{
		{name: "default printer", lp: `echo "$1 $2 $3 $4 $5 $6 $7" >$LOG; for f; do :; done; grep -q '^pdf$' "$f"`, want: "-t job -o media=A4 -o sides=one-sided --"},
		{name: "named printer", printer: "tray2", lp: `echo "$7 $8" >$LOG`, want: "-d tray2"},
		{name: "none set up", lp: `echo "lp: Error - no default destination available." >&2; exit 1`, noPrinter: true, fails: true},
		{name: "unknown printer", printer: "x", lp: `echo 'lp: The printer or class does not exist.' >&2; exit 1`, noPrinter: true, fails: true},
		{name: "refused", lp: `echo "lp: job too large" >&2; exit 1`, fails: true},
		{name: "silent failure", lp: `exit 3`, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := fakeLP(t, tt.lp)
			p, err := Open(tt.printer, newSpool(t))
			if err != nil {
				t.Fatal(err)
			}
			err = p.Print(context.Background(), "job", []byte("pdf\n"))
			if (err != nil) != tt.fails {
				t.Fatalf("got error %v, want failure %v", err, tt.fails)
			}
			if errors.Is(err, ErrNoPrinter) != tt.noPrinter {
				t.Errorf("got %v, want ErrNoPrinter %v", err, tt.noPrinter)
			}
			if tt.want == "" {
				return
			}
			seen, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(string(seen)); got != tt.want {
				t.Errorf("lp saw %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNoPrintingSystem(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p, err := Open("", newSpool(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Print(context.Background(), "job", nil); !errors.Is(err, ErrNoPrinter) {
		t.Errorf("got %v, want ErrNoPrinter", err)
	}
}

// fakeLpstat puts an lpstat in front of PATH that behaves as the script says.
func fakeLpstat(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lpstat"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestChoice: what is printed goes to the printer that was chosen last; one
// that was switched off stays in the list while it is in use.
func TestChoice(t *testing.T) {
	log := fakeLP(t, `echo "$8" >>$LOG`)
	fakeLpstat(t, `[ "$1" = -e ] && printf 'counter\ntray2\n'`)
	folder := "folder:" + t.TempDir()
	c, err := OpenChoice(folder, newSpool(t))
	if err != nil {
		t.Fatal(err)
	}
	print := func() {
		t.Helper()
		if err := c.Print(context.Background(), "job", []byte("pdf\n")); err != nil {
			t.Fatal(err)
		}
	}
	list := func(want ...string) {
		t.Helper()
		if got := c.List(context.Background()); !slices.Equal(got, want) {
			t.Errorf("the printers are %q, want %q", got, want)
		}
	}
	list(folder, "counter", "tray2")
	print()
	if err := c.Use("tray2"); err != nil {
		t.Fatal(err)
	}
	print()
	fakeLpstat(t, `exit 1`)
	list(folder, "tray2")
	if err := c.Use("folder:"); err == nil || c.Name() != "tray2" {
		t.Errorf("a printer that cannot be opened: %v, and %q is in use", err, c.Name())
	}
	if err := c.Use(folder); err != nil {
		t.Fatal(err)
	}
	print()
	filed, err := os.ReadDir(strings.TrimPrefix(folder, "folder:"))
	if err != nil || len(filed) != 2 {
		t.Errorf("%d jobs are in the folder, want 2 (%v)", len(filed), err)
	}
	if seen, err := os.ReadFile(log); err != nil || string(seen) != "tray2\n" {
		t.Errorf("lp saw %q, %v", seen, err)
	}
}

// TestCheck: where a job would go, as lpstat tells it.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name, printer, lpstat string
		want                  string
		noPrinter             bool
	}{
		{name: "default printer", lpstat: `[ "$1" = -d ] && echo "system default destination: counter"`, want: "counter"},
		{name: "named printer", printer: "tray2", lpstat: `[ "$1" = -e ] && printf 'counter\ntray2\n'`, want: "tray2"},
		{name: "no default", lpstat: `echo "no system default destination"`, noPrinter: true},
		{name: "unknown printer", printer: "x", lpstat: `printf 'counter\nxy\n'`, noPrinter: true},
		{name: "no service", lpstat: `echo "lpstat: Bad file descriptor" >&2; exit 1`, noPrinter: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fakeLpstat(t, tt.lpstat)
			got, err := Check(context.Background(), tt.printer)
			if got != tt.want || errors.Is(err, ErrNoPrinter) != tt.noPrinter {
				t.Errorf("got %q, %v, want %q, ErrNoPrinter %v", got, err, tt.want, tt.noPrinter)
			}
		})
	}
	folder := t.TempDir()
	if got, err := Check(context.Background(), "folder:"+folder); err != nil || got != folder {
		t.Errorf("a folder: got %q, %v", got, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%d files are left in it, %v", len(left), err)
	}
	if _, err := Check(context.Background(), "folder:"+filepath.Join(folder, "none")); err == nil {
		t.Error("a folder that is not there takes papers")
	}
}
