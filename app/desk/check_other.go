//go:build !windows

package desk

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// findPrinter asks CUPS for the printer of that name, or for the default one.
func findPrinter(ctx context.Context, name string) (string, error) {
	if name != "" {
		if slices.Contains(printers(ctx), name) {
			return name, nil
		}
		return "", fmt.Errorf("check printer: %w", ErrNoPrinter)
	}
	said, err := lpstat(ctx, "-d") // "system default destination: NAME"
	if _, found, ok := strings.Cut(said, "destination: "); err == nil && ok {
		return strings.TrimSpace(found), nil
	}
	return "", fmt.Errorf("check printer: %w", ErrNoPrinter)
}

// printers names the printers of CUPS; none if it does not run.
func printers(ctx context.Context) []string {
	said, err := lpstat(ctx, "-e") // all names, one a line
	if err != nil {
		return nil
	}
	return strings.Fields(said)
}

func lpstat(ctx context.Context, option string) (said string, err error) {
	path, err := exec.LookPath("lpstat")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, option)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	return string(out), err
}
