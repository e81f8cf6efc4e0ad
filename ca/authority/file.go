package authority

import (
	"errors"
	"os"
	"path/filepath"
)

// replaceFile writes a file as a whole, durably: after a crash there is what
// was there before, or all of it.
func replaceFile(path string, text []byte, mode os.FileMode) error {
	fresh := path + ".new"
	if err := os.WriteFile(fresh, text, mode); err != nil {
		return err
	}
	if err := syncPath(fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// syncPath puts a file, or the names in a folder, on stable storage.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
