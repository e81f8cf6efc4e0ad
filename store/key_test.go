package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeyFile(t *testing.T) {
	digits := strings.Repeat("0a", keySize)
	tests := []struct {
		name, text string
		newest     int64 // 0: refused
	}{
		{"one key", "1 " + digits + "\n", 1},
		{"three keys", "1 " + digits + "\n2 " + digits + "\n7 " + digits + "\n", 7},
		{"empty", "", 0},
		{"no newline", "1 " + digits, 0},
		{"empty line", "1 " + digits + "\n\n", 0},
		{"short key", "1 " + digits[2:] + "\n", 0},
		{"long key", "1 " + digits + "0a\n", 0},
		{"odd digits", "1 " + digits[1:] + "\n", 0},
		{"no hex", "1 " + strings.Repeat("zz", keySize) + "\n", 0},
		{"no id", digits + "\n", 0},
		{"zero", "0 " + digits + "\n", 0},
		{"twice", "1 " + digits + "\n1 " + digits + "\n", 0},
		{"falling", "2 " + digits + "\n1 " + digits + "\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data.key")
			fatal(t, os.WriteFile(path, []byte(tt.text), 0o600))
			keys, err := loadKeys(path)
			if tt.newest == 0 {
				if !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "0a0a") {
					t.Errorf("loadKeys = %v, want ErrKey without the key", err)
				}
				return
			}
			fatal(t, err)
			if keys.newest != tt.newest {
				t.Errorf("newest key %d, want %d", keys.newest, tt.newest)
			}
		})
	}
}

// TestNewKey: a new key seals from now on, the old one opens what it sealed.
func TestNewKey(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	j := b.open()
	first := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", first)}, []Part{first}))
	fatal(t, j.Close())
	text, err := os.ReadFile(b.config.KeyFile)
	fatal(t, err)
	fatal(t, os.WriteFile(b.config.KeyFile, append(text, "2 "+strings.Repeat("0b", keySize)+"\n"...), 0o600))
	j = b.open()
	second := part(t, caseB, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseB, "", second)}, []Part{second}))
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	fatal(t, os.WriteFile(b.config.KeyFile, text, 0o600))
	if _, err := Open(ctx, b.path, b.config); !errors.Is(err, ErrKey) {
		t.Errorf("Open without the second key = %v, want ErrKey", err)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte("1 " + strings.Repeat("0a", keySize) + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if keys, err := parseKeys(text); err == nil && keys.aead[keys.newest] == nil {
			t.Errorf("no newest key in %q", text)
		}
	})
}
