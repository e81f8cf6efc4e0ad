package desk

import (
	"fmt"
	"os"
	"path/filepath"
)

// Spool is a folder (mode 0700) for papers on their way to the printer, each
// a file of mode 0600.
type Spool struct{ dir string }

// NewSpool makes the folder dir, or empties it.
func NewSpool(dir string) (*Spool, error) {
	s := &Spool{dir}
	if err := s.Clear(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	return s, nil
}

// Clear removes the folder with all papers in it.
func (s *Spool) Clear() error {
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("clear spool: %w", err)
	}
	return nil
}

// with writes pdf to a file of its own, calls f with its path and removes it.
func (s *Spool) with(pdf []byte, f func(path string) error) error {
	file, err := os.CreateTemp(s.dir, "job-*.pdf") // CreateTemp gives 0600
	if err != nil {
		return fmt.Errorf("spool paper: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(pdf)
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("spool paper: %w", err)
	}
	return f(filepath.Clean(file.Name()))
}
