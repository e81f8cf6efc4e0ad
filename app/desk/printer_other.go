//go:build !windows

package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// submit hands the file to CUPS. lp copies it before it returns. Each copy of
// a paper goes to another holder, so two never share a sheet.
func submit(ctx context.Context, printer, title, path string) error {
	lp, err := exec.LookPath("lp")
	if err != nil {
		return fmt.Errorf("print: %w", ErrNoPrinter)
	}
	args := []string{"-t", title, "-o", "media=A4", "-o", "sides=one-sided"}
	if printer != "" {
		args = append(args, "-d", printer)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, lp, append(args, "--", path)...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return lpError(err, said.String())
	}
	return nil
}

// lpError tells "no printer" from every other refusal of lp.
func lpError(err error, said string) error {
	said = strings.TrimSpace(said)
	for _, s := range []string{"no default destination", "does not exist", "No destinations added", "Bad file descriptor", "scheduler not responding"} {
		if strings.Contains(said, s) {
			return fmt.Errorf("print: %w: %s", ErrNoPrinter, said)
		}
	}
	if said == "" {
		return fmt.Errorf("print: %w", err)
	}
	return fmt.Errorf("print: %w", errors.New(said))
}
