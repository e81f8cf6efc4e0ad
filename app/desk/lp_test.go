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

// fakeCUPS puts programs of CUPS in front of PATH that behave as the scripts
// say; each writes its arguments into the log first.
func fakeCUPS(t *testing.T, scripts map[string]string) (log string) {
	t.Helper()
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	for name, script := range scripts {
		text := "#!/bin/sh\necho \"" + name + " $*\" >>" + log + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return log
}

// running is an lpstat of a CUPS with the printers counter (the default one)
// and tray2, which take everything.
const running = `case "$1" in
-r) echo "scheduler is running" ;;
-d) echo "system default destination: counter" ;;
-e) printf 'counter\ntray2\n' ;;
esac`

// TestJobsAfterTaken: what becomes of a job that CUPS has taken.
func TestJobsAfterTaken(t *testing.T) {
	const taken = `echo "request id is tray2-7 (1 file(s))"`
	waiting := func(printer, job string) string {
		return `if [ "$1" = -l ]; then printf '` + printer + `\ntray2-7  clerk  1024\n` + job + `'; else ` + running + `
fi`
	}
	tests := []struct {
		name, lpstat string
		stopped      bool
	}{
		{"printed", running, false},
		{"queue stopped meanwhile", waiting("printer tray2 disabled since now -", ""), true},
		{"printer off", waiting("printer tray2 now printing tray2-7.", "\\tStatus: The printer is not responding.\\n"), true},
		{"no paper", waiting("printer tray2 now printing tray2-7.\\n\\tAlerts: media-empty-error", ""), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := fakeCUPS(t, map[string]string{"lpstat": tt.lpstat, "lp": taken, "cancel": ""})
			p, err := Open("tray2", newSpool(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Print(context.Background(), "job", []byte("pdf\n")); errors.Is(err, ErrStopped) != tt.stopped || !tt.stopped && err != nil {
				t.Errorf("got %v, want ErrStopped %t", err, tt.stopped)
			}
			seen, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if took := strings.Contains(string(seen), "cancel tray2-7\n"); took != tt.stopped {
				t.Errorf("the job was taken back: %t, want %t", took, tt.stopped)
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
	if err := p.Print(context.Background(), "job", nil); !errors.Is(err, ErrNoService) {
		t.Errorf("got %v, want ErrNoService", err)
	}
}

// TestChoice: what is printed goes to the printer that was chosen last; one
// that was switched off stays in the list while it is in use.
func TestChoice(t *testing.T) {
	log := fakeCUPS(t, map[string]string{"lpstat": running, "lp": ""})
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
	seen, err := os.ReadFile(log)
	if err != nil || strings.Count(string(seen), "\nlp ") != 1 || !strings.Contains(string(seen), "\nlp -d tray2 ") {
		t.Errorf("CUPS saw %q, %v", seen, err)
	}
	fakeCUPS(t, map[string]string{"lpstat": "exit 1"})
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
}

// TestCheckFolder: a folder that takes papers, and one that does not.
func TestCheckFolder(t *testing.T) {
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
