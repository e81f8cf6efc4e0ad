//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// restart puts a new process of this program in the place of this one, which
// takes nothing along: no lock, no session with the card, no memory. It returns
// only if it fails.
func restart(config string, flags ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	args := append([]string{self, "-config", config}, flags...)
	if err := syscall.Exec(self, args, os.Environ()); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}
