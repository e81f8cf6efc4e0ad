// Package softtoken makes PKCS#11 tokens in software for tests.
package softtoken

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Module is SoftHSM2's module, where Debian installs it (package softhsm2).
const Module = "/usr/lib/softhsm/libsofthsm2.so"

// Token is a token in a folder of its own.
type Token struct {
	Label string
	Conf  string // value of SOFTHSM2_CONF, for processes that use it
	pin   string
}

// New makes a token and points this process's environment to it. A machine
// without SoftHSM2 fails the test and is told what to install.
func New(t testing.TB) *Token {
	t.Helper()
	dir := t.TempDir()
	s := &Token{Label: "salter", Conf: filepath.Join(dir, "softhsm2.conf"), pin: filepath.Join(dir, "pin")}
	for path, text := range map[string]string{s.Conf: "directories.tokendir = " + dir + "\nlog.level = ERROR\n", s.pin: "271828\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOFTHSM2_CONF", s.Conf)
	out, err := exec.CommandContext(t.Context(), "softhsm2-util", "--init-token", "--free", "--label", s.Label, "--pin", "271828", "--so-pin", "31415926").CombinedOutput()
	if err != nil {
		t.Fatalf("make token (apt-get install softhsm2): %v\n%s", err, out)
	}
	return s
}

// URI names a key on the token.
func (s *Token) URI(object string) string {
	return "pkcs11:token=" + url.PathEscape(s.Label) + ";object=" + url.PathEscape(object) + "?module-path=" + Module + "&pin-source=file:" + s.pin
}
