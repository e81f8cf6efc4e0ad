package card

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPUKFile(t *testing.T) {
	const puk = "8014625739140268"
	text := "# cards of this counter\n\nID111111111 1111222233334444\r\n  ID222222222   " + puk + "  \nID333333333\nID444444444 5555666677778888"
	for _, tt := range []struct {
		name   string
		text   string
		mode   os.FileMode
		serial string
		want   string // "": ErrNoPUK
	}{
		{"first", text, 0o600, "ID111111111", "1111222233334444"},
		{"spaces around", text, 0o600, "ID222222222", puk},
		{"last, without end of line", text, 0o400, "ID444444444", "5555666677778888"},
		{"no PUK in the line", text, 0o600, "ID333333333", ""},
		{"no such card", text, 0o600, "ID555555555", ""},
		{"part of a serial", text, 0o600, "ID1", ""},
		{"no serial", text, 0o600, "", ""},
		{"empty file", "", 0o600, "ID111111111", ""},
		{"readable by the group", text, 0o640, "ID111111111", ""},
		{"readable by all", text, 0o604, "ID111111111", ""},
		{"writable by the group", text, 0o620, "ID111111111", ""},
		{"too large", text + strings.Repeat("#\n", maxPUKFile), 0o600, "ID111111111", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "puks")
			if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(name, tt.mode); err != nil {
				t.Fatal(err)
			}
			got, err := PUKFile(name).PUK(context.Background(), tt.serial)
			if string(got) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %d bytes, %v; want %d", len(got), err, len(tt.want))
			}
			if err != nil && (!errors.Is(err, ErrNoPUK) || strings.Contains(err.Error(), "1111")) {
				t.Errorf("error %q, want ErrNoPUK and nothing out of the file", err)
			}
		})
	}
	for _, name := range []string{filepath.Join(t.TempDir(), "missing"), t.TempDir()} {
		if _, err := PUKFile(name).PUK(context.Background(), "ID111111111"); !errors.Is(err, ErrNoPUK) {
			t.Errorf("%s: got %v, want ErrNoPUK", name, err)
		}
	}
}
