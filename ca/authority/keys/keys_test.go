package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"salter/ca/authority/keys"
)

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s, err := keys.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Generate("p256")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put("policy", key); err != nil {
		t.Fatal(err)
	}
	if err := s.Put("policy", key); err == nil {
		t.Error("an existing key was overwritten")
	}
	again, err := keys.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Load("policy")
	if err != nil {
		t.Fatal(err)
	}
	if !key.(*ecdsa.PrivateKey).Equal(got) {
		t.Error("the loaded key is another one")
	}
	text, err := os.ReadFile(filepath.Join(dir, "policy.key"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, d) {
		t.Error("the file holds the key in clear")
	}
	if err := os.WriteFile(filepath.Join(dir, "root.key"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Load("root"); err == nil {
		t.Error("the policy key was loaded as the root key")
	}
}

func TestStoreRefusesDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s, err := keys.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Generate("p256")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put("checkpoint", key); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "checkpoint.key")
	if err := os.WriteFile(path, []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("checkpoint"); err == nil {
		t.Error("a file that is no key was loaded")
	}
	if _, err := s.Load("missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing key: got %v, want ErrNotExist", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(dir); err == nil {
		t.Error("a short secret was accepted")
	}
	if _, err := keys.Create(dir); err == nil {
		t.Error("an existing store was created again")
	}
}

func TestGenerate(t *testing.T) {
	for _, kind := range []string{"", "rsa", "rsa1024", "rsa9999", "p521", "dsa"} {
		if _, err := keys.Generate(kind); !errors.Is(err, keys.ErrKind) {
			t.Errorf("%q: got %v, want ErrKind", kind, err)
		}
	}
	p384, err := keys.Generate("p384")
	if err != nil {
		t.Fatal(err)
	}
	like, err := keys.Like(p384.Public())
	if err != nil {
		t.Fatal(err)
	}
	if c := like.Public().(*ecdsa.PublicKey).Curve; c.Params().BitSize != 384 {
		t.Errorf("like P-384: got %s", c.Params().Name)
	}
	if _, err := keys.Like(new(rsa.PublicKey)); err != nil {
		t.Errorf("like RSA: %v", err)
	}
}

// TestLoadOrMake: a key that is there stays, a damaged one is not replaced.
func TestLoadOrMake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s, err := keys.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.LoadOrMake("ocsp", "p256")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.LoadOrMake("ocsp", "p256")
	if err != nil || !made.(*ecdsa.PrivateKey).Equal(again) {
		t.Errorf("second time: %v, want the same key", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ocsp.key"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LoadOrMake("ocsp", "p256"); err == nil {
		t.Error("a damaged file was replaced")
	}
	if _, err := s.LoadOrMake("other", "p1"); !errors.Is(err, keys.ErrKind) {
		t.Errorf("unknown kind: got %v, want ErrKind", err)
	}
}
