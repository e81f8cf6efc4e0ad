package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// noDumps keeps the memory of this process, the PIN in it while it is typed,
// out of core files and from other programs of the same account.
func noDumps() error {
	err := errors.Join(
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
	if err != nil {
		return fmt.Errorf("switch core files off: %w", err)
	}
	return nil
}
