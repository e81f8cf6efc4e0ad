//go:build unix

package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeSpace returns the bytes this account may still write in a directory.
func freeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
