//go:build unix

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockShared takes the lock that readers of SQLite take
// (https://www.sqlite.org/lockingv3.html): 510 bytes at 2^30 + 2, which a
// journal that is open holds exclusively. It fails with ErrInUse then. Closing
// the file gives the lock up.
func lockShared(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	lock := unix.Flock_t{Type: unix.F_RDLCK, Start: lockStart, Len: lockLength}
	err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return nil, ErrInUse
	}
	return nil, err
}
