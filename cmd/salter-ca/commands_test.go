package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestHelp: every command can be worked from its help, and the manual names
// it.
func TestHelp(t *testing.T) {
	for _, c := range commands() {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			p := program{out: &out, err: &errs}
			if err := p.dispatch(t.Context(), append(strings.Fields(c.name), "-h")); err != nil || errs.Len() > 0 {
				t.Fatalf("help: got %v and %q on standard error", err, errs.String())
			}
			for _, want := range []string{"usage: salter-ca " + c.name, c.about, "-"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("help says nothing of %q:\n%s", want, out.String())
				}
			}
			for line := range strings.Lines(c.about) {
				if len(line) > 100 {
					t.Errorf("line of %d characters: %s", len(line), line)
				}
			}
			if len(c.about) < 40 {
				t.Errorf("one cannot work from %q", c.about)
			}
		})
	}
}
