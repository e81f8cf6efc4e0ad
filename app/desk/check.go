package desk

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Check looks whether a job for the printer of that name (see Open) would be
// taken, without printing, and says where it would go: a printer, a folder, or
// "" for a program that shows it. Errors are those of Printer.
func Check(ctx context.Context, name string) (where string, err error) {
	dir, ok := strings.CutPrefix(name, "folder:")
	if !ok {
		return findPrinter(ctx, name)
	}
	probe, err := os.CreateTemp(dir, "check-*")
	if err != nil {
		return "", fmt.Errorf("check printer: %w", err)
	}
	if err := probe.Close(); err != nil {
		return "", fmt.Errorf("check printer: %w", err)
	}
	return dir, os.Remove(probe.Name())
}
