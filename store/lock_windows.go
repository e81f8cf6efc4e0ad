package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
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
	at := windows.Overlapped{Offset: lockStart}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_FAIL_IMMEDIATELY, 0, lockLength, 0, &at)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, ErrInUse
	}
	return nil, err
}
