//go:build !windows

package desk

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// findPrinter asks CUPS for the printer of that name, or for the default one.
func findPrinter(ctx context.Context, name string) (string, error) {
	lpstat, err := exec.LookPath("lpstat")
	if err != nil {
		return "", fmt.Errorf("check printer: %w", ErrNoPrinter)
	}
	args := []string{"-d"} // "system default destination: NAME"
	if name != "" {
		args = []string{"-e"} // all names, one a line
	}
	cmd := exec.CommandContext(ctx, lpstat, args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	said, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("check printer: %w", ErrNoPrinter)
	}
	if _, found, ok := strings.Cut(string(said), "destination: "); ok && name == "" {
		return strings.TrimSpace(found), nil
	}
	for line := range strings.Lines(string(said)) {
		if name != "" && strings.TrimSpace(line) == name {
			return name, nil
		}
	}
	return "", fmt.Errorf("check printer: %w", ErrNoPrinter)
}
