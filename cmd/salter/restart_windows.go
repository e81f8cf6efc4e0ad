package main

import (
	"fmt"
	"os"
	"os/exec"
)

// restart starts a new process of this program; this one ends. What the new
// one says first is not about the journal, so it does not meet this one's lock.
func restart(config string, flags ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	if err := exec.Command(self, append([]string{"-config", config}, flags...)...).Start(); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}
