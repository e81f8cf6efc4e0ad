package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// createPrivate makes an empty file that its owner alone may read, in place of
// one that an interrupted attempt may have left.
func createPrivate(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !notThere(err) {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// place gives a finished file its name, durably. It never replaces a file that
// has the name already: the error then matches fs.ErrExist.
func place(finished, path string) error {
	if err := os.Link(finished, path); err != nil {
		return fmt.Errorf("place file: %w", err)
	}
	if err := os.Remove(finished); err != nil {
		return fmt.Errorf("place file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir puts the entries of a directory on stable storage. Windows has no
// such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// rewrite writes a file in place with the bytes it has, and puts them on stable
// storage.
func rewrite(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffer := make([]byte, 1<<20)
	for offset := int64(0); ; {
		n, err := f.ReadAt(buffer, offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			return f.Sync()
		}
		if _, err := f.WriteAt(buffer[:n], offset); err != nil {
			return err
		}
		offset += int64(n)
	}
}
