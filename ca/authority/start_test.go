package authority_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/db"
	"salter/ca/authority/keys"
)

func openAt(t *testing.T, dir string) (*authority.Authority, error) {
	t.Helper()
	return authority.Open(context.Background(), authority.Config{Dir: dir, IssuerKey: "rsa2048",
		API: "https://127.0.0.1:8443", Log: slog.New(slog.DiscardHandler)})
}

func mustOpen(t *testing.T, dir string) *authority.Authority {
	t.Helper()
	a, err := openAt(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func closeAuthority(t *testing.T, a *authority.Authority) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestStart walks through the life of a folder: made, opened again, refused
// when a part of it is gone.
func TestStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	// What a power cut left of a first start.
	if _, err := keys.Create(mkdir(t, dir, "pki.new")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mkdir(t, filepath.Join(dir, "profiles"), "citizen-sign.json.new"), []byte(`{"half`), 0o600); err != nil {
		t.Fatal(err)
	}
	a := mustOpen(t, dir)
	if !a.Demo() || a.ID() == "" {
		t.Errorf("demo %v, id %q", a.Demo(), a.ID())
	}
	chain, err := a.Chain("citizen-sign")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, dir); !errors.Is(err, db.ErrInUse) {
		t.Errorf("second open: got %v, want ErrInUse", err)
	}
	closeAuthority(t, a)

	again := mustOpen(t, dir)
	same, err := again.Chain("citizen-sign")
	if err != nil || !same[0].Equal(chain[0]) || !same[1].Equal(chain[1]) {
		t.Errorf("the second start has another hierarchy (%v)", err)
	}
	closeAuthority(t, again)

	for _, part := range []string{"pki", "ca.db"} {
		path := filepath.Join(dir, part)
		if err := os.Rename(path, path+".lost"); err != nil {
			t.Fatal(err)
		}
		if _, err := openAt(t, dir); !errors.Is(err, authority.ErrLost) {
			t.Errorf("without %s: got %v, want ErrLost", part, err)
		}
		if err := os.Rename(path+".lost", path); err != nil {
			t.Fatal(err)
		}
	}
	closeAuthority(t, mustOpen(t, dir))
}

// mkdir makes dir and returns the path of name in it.
func mkdir(t *testing.T, dir, name string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// TestOpenFolder: a folder that others can look into is not used.
func TestOpenFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	closeAuthority(t, mustOpen(t, dir))
	for _, mode := range []os.FileMode{0o755, 0o701, 0o720} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := openAt(t, dir); err == nil || !strings.Contains(err.Error(), "chmod 700") {
			t.Errorf("mode %04o: got %v, want what to do", mode, err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	closeAuthority(t, mustOpen(t, dir))
}

// TestClock: a clock that the hierarchy contradicts is not believed.
func TestClock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	closeAuthority(t, mustOpen(t, dir))
	for _, off := range []time.Duration{-time.Hour, 16 * 365 * 24 * time.Hour} {
		_, err := authority.Open(t.Context(), authority.Config{Dir: dir, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return time.Now().Add(off) }})
		if !errors.Is(err, authority.ErrClock) {
			t.Errorf("clock off by %v: got %v, want ErrClock", off, err)
		}
	}
}

func TestKeysAreNotReadable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	closeAuthority(t, mustOpen(t, dir))
	files, err := filepath.Glob(filepath.Join(dir, "pki", "*.key"))
	if err != nil || len(files) != 12 {
		t.Fatalf("key files: got %d, %v, want 12 for 12 purposes", len(files), err)
	}
	for _, f := range append(files, filepath.Join(dir, "pki", "secret")) {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", filepath.Base(f), info.Mode(), err)
		}
	}
}

func TestProductionRefusals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	a := mustOpen(t, dir)
	defer closeAuthority(t, a)
	for _, tt := range []struct {
		name, word string
		err        error
	}{
		{"demo keys", "demonstration", a.CheckProduction()},
		{"placeholder addresses", "placeholder", a.CheckProfiles()},
		{"loopback", "loopback", authority.CheckAddress("https://127.0.0.1:8443")},
		{"localhost", "loopback", authority.CheckAddress("https://localhost:8443")},
		{"no address", "not known", authority.CheckAddress("")},
	} {
		if !errors.Is(tt.err, authority.ErrProduction) || !strings.Contains(tt.err.Error(), tt.word) {
			t.Errorf("%s: got %v, want a reason with %q", tt.name, tt.err, tt.word)
		}
	}
}

func TestRealAddress(t *testing.T) {
	if err := authority.CheckAddress("https://ra.ca.mup.gov.rs:8443"); err != nil {
		t.Error(err)
	}
}

// TestPlaceholders: real addresses are no reason to refuse.
func TestPlaceholders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	a := mustOpen(t, dir)
	closeAuthority(t, a)
	realProfiles(t, dir)
	a = mustOpen(t, dir)
	defer closeAuthority(t, a)
	if err := a.CheckProfiles(); err != nil {
		t.Errorf("real addresses: %v", err)
	}
	if a.PolicyTag() != "2" {
		t.Errorf("policy version %s after a change, want 2", a.PolicyTag())
	}
}

// TestProfileThatDoesNotFit: an edited profile is found out at the start, not
// at the first request.
func TestProfileThatDoesNotFit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	closeAuthority(t, mustOpen(t, dir))
	path := filepath.Join(dir, "profiles", "citizen-sign.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"another kind of issuer key", `"rsa2048",`, `"rsa4096",`, "does not fit its profile"},
		{"an unknown switch", `"version"`, `"versoin"`, "parse profile"},
	} {
		edited := strings.Replace(string(good), tt.old, tt.new, 1)
		if edited == string(good) {
			t.Fatalf("%s: %s not found", tt.name, tt.old)
		}
		if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openAt(t, dir); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestPolicyFile: a switch that is misspelt must not fall back to a default.
func TestPolicyFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	closeAuthority(t, mustOpen(t, dir))
	path := filepath.Join(dir, "policy.json")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text string }{
		{"cut", string(file[:len(file)-3])},
		{"empty", ""},
		{"unknown switch", `{"roles.revocations":["clerk"]}`},
		{"switch in another letter case", `{"Roles.Revocation":["clerk"],"roles.revocation":["supervisor"]}`},
		{"switch twice", `{"roles.revocation":["clerk"],"roles.revocation":["supervisor"]}`},
		{"nobody", `{"roles.revocation":[]}`},
		{"nothing", `{}`},
		{"unknown role", `{"roles.revocation":["issue"]}`},
		{"role that must not", `{"roles.revocation":["clerk","auditor"]}`},
		{"age below nothing", `{"roles.revocation":["clerk"],"eligibility.supervisor_below_age":-1}`},
		{"age of nobody", `{"roles.revocation":["clerk"],"eligibility.supervisor_below_age":101}`},
		{"override that is no switch", `{"roles.revocation":["clerk"],"override.required":"yes"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if a, err := openAt(t, dir); err == nil {
				t.Error("opened")
				closeAuthority(t, a)
			} else if !strings.Contains(err.Error(), "policy.json") {
				t.Errorf("got %v, want the file named", err)
			}
		})
	}
}
