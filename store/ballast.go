package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// DefaultMinFree is how much must be free before a case begins, in bytes.
	DefaultMinFree = 200 << 20
	// ballastSize is what is kept aside for the case that is running when the
	// disk fills up. A case takes less than one MiB.
	ballastSize = 32 << 20
)

// Space is how much room there is for the journal.
type Space struct {
	Free    int64 // bytes that may still be written beside the journal
	MinFree int64 // as configured
	// Ballast says whether the reserve is in place. It was given up if the
	// disk was full, and comes back when there is room again.
	Ballast bool
}

// Enough says whether a new case may begin. One that runs may always go on.
func (s Space) Enough() bool { return s.Ballast && s.Free >= s.MinFree }

// Space looks how much room there is, and puts the reserve in place if it is
// missing and MinFree stays free beside it. It is to be asked before a case
// begins; the first call on a workstation writes 32 MiB. It does not hold up
// those who append, unless they find the disk full.
func (j *Journal) Space(ctx context.Context) (Space, error) {
	s, err := j.space(ctx)
	if err != nil {
		return Space{}, fmt.Errorf("look for room: %w", err)
	}
	return s, nil
}

// space does the work of Space.
func (j *Journal) space(ctx context.Context) (s Space, err error) {
	if err := ctx.Err(); err != nil {
		return s, err
	}
	j.ballast.Lock()
	defer j.ballast.Unlock()
	s.MinFree = j.config.MinFree
	dir, path := filepath.Dir(j.path), j.ballastPath()
	if s.Free, err = freeSpace(dir); err != nil {
		return s, err
	}
	info, err := os.Lstat(path)
	if err != nil && !notThere(err) {
		return s, err
	}
	s.Ballast = err == nil && info.Size() == ballastSize
	if s.Ballast || s.Free < s.MinFree+ballastSize {
		return s, nil
	}
	switch err := fillBallast(path); {
	case errors.Is(err, syscall.ENOSPC):
		return s, nil // somebody else was faster
	case err != nil:
		return s, err
	}
	s.Ballast = true
	s.Free, err = freeSpace(dir)
	return s, err
}

// ballastPath is beside the journal: journal.ballast for journal.db.
func (j *Journal) ballastPath() string {
	return strings.TrimSuffix(j.path, filepath.Ext(j.path)) + ".ballast"
}

// fillBallast writes the reserve. It is random: zeros take no room on a file
// system that compresses.
func fillBallast(path string) error {
	f, err := createPrivate(path)
	if err != nil {
		return fmt.Errorf("make reserve: %w", err)
	}
	_, err = io.CopyN(f, rand.Reader, ballastSize)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path) // a part of it is none
		return fmt.Errorf("make reserve: %w", err)
	}
	return nil
}

// releaseBallast gives the reserve up, and says whether there was one.
func (j *Journal) releaseBallast() bool {
	j.ballast.Lock()
	defer j.ballast.Unlock()
	return os.Remove(j.ballastPath()) == nil
}
