package store

import (
	"fmt"
	"math"

	"golang.org/x/sys/windows"
)

// freeSpace returns the bytes this account may still write in a directory.
func freeSpace(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return int64(min(free, math.MaxInt64)), nil
}
