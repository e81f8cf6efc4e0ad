package authority

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// snapshotPrefix begins the names of the folders that Snapshot makes.
const snapshotPrefix = "snapshot-"

// Snapshot copies the database as it is at one moment, and every file that
// belongs to it, into a new folder inside the authority's own, which is where
// personal data in clear may lie. Whoever asked removes it; what a killed
// program left there for a day is removed here.
func (a *Authority) Snapshot(ctx context.Context) (folder string, err error) {
	if err := a.removeSnapshots(); err != nil {
		return "", fmt.Errorf("take snapshot: %w", err)
	}
	dir, err := filepath.Abs(a.cfg.Dir)
	if err != nil {
		return "", fmt.Errorf("take snapshot: %w", err)
	}
	if folder, err = os.MkdirTemp(dir, snapshotPrefix+"*"); err != nil {
		return "", fmt.Errorf("take snapshot: %w", err)
	}
	err = a.db.Snapshot(ctx, filepath.Join(folder, "ca.db"))
	for _, name := range []string{"pki", "profiles"} {
		if err == nil {
			err = os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(dir, name)))
		}
	}
	if err == nil {
		err = copyFile(filepath.Join(folder, "policy.json"), filepath.Join(dir, "policy.json"))
	}
	if err != nil {
		return "", fmt.Errorf("take snapshot: %w", errors.Join(err, os.RemoveAll(folder)))
	}
	return folder, nil
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// removeSnapshots removes what lies there for a day.
func (a *Authority) removeSnapshots() error {
	found, err := filepath.Glob(filepath.Join(a.cfg.Dir, snapshotPrefix+"*"))
	if err != nil {
		return err
	}
	for _, folder := range found {
		info, err := os.Stat(folder)
		if err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			err = os.RemoveAll(folder)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
