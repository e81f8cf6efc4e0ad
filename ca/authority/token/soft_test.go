//go:build cgo

package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"salter/ca/authority/token"
	"salter/ca/authority/token/softtoken"
)

// TestSign: every kind of key signs what others verify, is found again, and is
// made once.
func TestSign(t *testing.T) {
	soft := softtoken.New(t)
	tokens := token.New()
	defer func() {
		if err := tokens.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	message := []byte("message")
	sum256, sum384 := sha256.Sum256(message), sha512.Sum384(message)
	for _, tt := range []struct {
		kind   string
		digest []byte
		hash   crypto.Hash
		verify func(crypto.PublicKey, []byte) bool
	}{
		{"rsa2048", sum256[:], crypto.SHA256, func(k crypto.PublicKey, s []byte) bool {
			return rsa.VerifyPKCS1v15(k.(*rsa.PublicKey), crypto.SHA256, sum256[:], s) == nil
		}},
		{"p256", sum256[:], crypto.SHA256, func(k crypto.PublicKey, s []byte) bool { return ecdsa.VerifyASN1(k.(*ecdsa.PublicKey), sum256[:], s) }},
		{"p384", sum384[:], crypto.SHA384, func(k crypto.PublicKey, s []byte) bool { return ecdsa.VerifyASN1(k.(*ecdsa.PublicKey), sum384[:], s) }},
		{"ed25519", message, 0, func(k crypto.PublicKey, s []byte) bool { return ed25519.Verify(k.(ed25519.PublicKey), message, s) }},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			uri := soft.URI(tt.kind + " key")
			if _, err := tokens.Key(uri); !errors.Is(err, token.ErrNoKey) {
				t.Fatalf("before it is made: got %v, want ErrNoKey", err)
			}
			key, err := tokens.Make(uri, tt.kind)
			if err != nil {
				t.Fatal(err)
			}
			var signing sync.WaitGroup
			for range 8 {
				signing.Go(func() {
					if s, err := key.Sign(rand.Reader, tt.digest, tt.hash); err != nil || !tt.verify(key.Public(), s) {
						t.Errorf("sign: %v, or the signature does not verify", err)
					}
				})
			}
			signing.Wait()
			for _, find := range []func() (crypto.Signer, error){
				func() (crypto.Signer, error) { return tokens.Key(uri) },
				func() (crypto.Signer, error) { return tokens.Make(uri, tt.kind) },
			} {
				again, err := find()
				if err != nil || !again.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(key.Public()) {
					t.Errorf("found again: %v, or another key", err)
				}
			}
			if _, err := tokens.Make(uri, "rsa3072"); !errors.Is(err, token.ErrKind) {
				t.Errorf("as another kind: got %v, want ErrKind", err)
			}
		})
	}
	if _, err := tokens.Make(soft.URI("other"), "rsa1024"); !errors.Is(err, token.ErrKind) {
		t.Errorf("a short key: got %v, want ErrKind", err)
	}
}

// TestSignRefused: what a token must not be asked.
func TestSignRefused(t *testing.T) {
	soft := softtoken.New(t)
	tokens := token.New()
	defer func() { _ = tokens.Close() }()
	rsaKey, err := tokens.Make(soft.URI("r"), "rsa2048")
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := tokens.Make(soft.URI("e"), "p256")
	if err != nil {
		t.Fatal(err)
	}
	edKey, err := tokens.Make(soft.URI("d"), "ed25519")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		key    crypto.Signer
		digest []byte
		opts   crypto.SignerOpts
	}{
		{"PSS", rsaKey, make([]byte, 32), &rsa.PSSOptions{Hash: crypto.SHA256}},
		{"SHA-1", rsaKey, make([]byte, 20), crypto.SHA1},
		{"digest of another length", ecKey, make([]byte, 20), crypto.SHA256},
		{"ECDSA without a digest", ecKey, []byte("x"), crypto.Hash(0)},
		{"Ed25519 of a digest", edKey, make([]byte, 32), crypto.SHA256},
	} {
		if _, err := tt.key.Sign(rand.Reader, tt.digest, tt.opts); err == nil {
			t.Errorf("%s: signed", tt.name)
		}
	}
}

// TestTokenMissing: what is wrong with module, token or PIN is said.
func TestTokenMissing(t *testing.T) {
	soft := softtoken.New(t)
	wrong, open := filepath.Join(t.TempDir(), "wrong"), filepath.Join(t.TempDir(), "open")
	if err := errors.Join(os.WriteFile(wrong, []byte("0000\n"), 0o600), os.WriteFile(open, []byte("0000\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, uri string }{
		{"no such module", "pkcs11:token=t;object=a?module-path=/no/such.so&pin-source=" + wrong},
		{"no such token", "pkcs11:token=t;object=a?module-path=" + softtoken.Module + "&pin-source=" + wrong},
		{"wrong PIN", "pkcs11:token=" + soft.Label + ";object=a?module-path=" + softtoken.Module + "&pin-source=" + wrong},
		{"PIN file open to others", "pkcs11:token=" + soft.Label + ";object=a?module-path=" + softtoken.Module + "&pin-source=" + open},
		{"no PIN file", "pkcs11:token=" + soft.Label + ";object=a?module-path=" + softtoken.Module + "&pin-source=/no/such"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tokens := token.New()
			if _, err := tokens.Make(tt.uri, "p256"); err == nil {
				t.Error("made a key")
			}
			if err := tokens.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}
