package desk

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// submit opens the file in the program that shows PDFs, where the clerk
// prints it: Windows has no print verb for PDF that every counter offers. The
// spooled file goes away when submit returns, so the viewer gets a copy in the
// same folder, which the next start clears.
func submit(ctx context.Context, _, _, path string) error {
	pdf, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	shown := strings.TrimSuffix(path, ".pdf") + "-print.pdf"
	if err := os.WriteFile(shown, pdf, 0o600); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	open := filepath.Join(os.Getenv("SystemRoot"), "System32", "rundll32.exe")
	if err := exec.CommandContext(ctx, open, "url.dll,FileProtocolHandler", shown).Run(); err != nil {
		return fmt.Errorf("print: open viewer: %w", err)
	}
	return nil
}
