//go:build unix

package authority

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks f (flock(2)); held means that another process has.
func tryLock(f *os.File) (held bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	return errors.Is(err, unix.EWOULDBLOCK), err
}
