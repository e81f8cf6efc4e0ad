package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func newSpool(t *testing.T) *Spool {
	t.Helper()
	s, err := NewSpool(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSpoolLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "job-1.pdf")
	if err := os.WriteFile(left, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("paper of an earlier run: %v, want it gone", err)
	}

	var path string
	failed := errors.New("paper jam")
	err = s.with([]byte("pdf"), func(p string) error {
		path = p
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, want 0600", info.Mode().Perm())
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v, want %v", err, failed)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("paper after printing: %v, want it gone", err)
	}
}

func TestFolderPrinterNumbersJobs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "papers")
	p, err := Open("folder:"+dir, newSpool(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"BG-1 papers", "BG-1 papers", `a/b\c`} {
		if err := p.Print(context.Background(), title, []byte(title)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"01-BG-1-papers.pdf", "02-BG-1-papers.pdf", "03-a-b-c.pdf"} {
		info, err := os.Stat(filepath.Join(dir, want))
		if err != nil {
			t.Errorf("job not filed: %v", err)
			continue
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, want 0600", want, info.Mode().Perm())
		}
	}
}

func TestOpenRefusesNamelessFolder(t *testing.T) {
	if _, err := Open("folder:", newSpool(t)); err == nil {
		t.Error("got nil, want an error")
	}
}
