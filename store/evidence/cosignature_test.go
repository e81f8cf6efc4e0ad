package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// TestCosignatureBytes takes a cosignature apart by the words of the standard,
// without the code under test.
func TestCosignatureBytes(t *testing.T) {
	skey, vkey, err := GenerateCosigner(rand.Reader, "ca.example/journal")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewCosigner(skey, func() time.Time { return time.Unix(1679315147, 0) })
	if err != nil {
		t.Fatal(err)
	}
	text := "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSuffix(strings.TrimPrefix(string(signed), text+"\n— ca.example/journal "), "\n")
	raw, err := base64.StdEncoding.DecodeString(line)
	if err != nil || len(raw) != 4+8+64 {
		t.Fatalf("signature of %d bytes, %v", len(raw), err)
	}
	if got := binary.BigEndian.Uint64(raw[4:]); got != 1679315147 {
		t.Errorf("time in the signature = %d", got)
	}
	key, err := base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		t.Fatalf("public key % x, %v", key, err)
	}
	id := Commitment(append([]byte("ca.example/journal\n\x04"), key[1:]...))
	if !bytes.Equal(raw[:4], id[:4]) {
		t.Errorf("key ID % x, want % x", raw[:4], id[:4])
	}
	message := "cosignature/v1\ntime 1679315147\n" + text
	if !ed25519.Verify(key[1:], []byte(message), raw[12:]) {
		t.Error("Ed25519 signature does not verify")
	}
}

func TestCosignerKeysRefused(t *testing.T) {
	skey, vkey, err := GenerateCosigner(rand.Reader, "ca.example/journal")
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := GenerateCosigner(rand.Reader, "ca.example/journal")
	if err != nil {
		t.Fatal(err)
	}
	// PRIVATE+KEY+name+hash+key, and a key may hold a plus sign
	keyOf := func(s string) string { return "+" + strings.SplitN(s, "+", 5)[4] }
	mixed := strings.TrimSuffix(skey, keyOf(skey)) + keyOf(other)
	tests := []struct{ name, key string }{
		{"empty", ""},
		{"public for secret", vkey},
		{"hash of another key", mixed},
		{"no base64", strings.TrimSuffix(skey, keyOf(skey)) + "+*"},
		{"short", strings.TrimSuffix(skey, keyOf(skey)) + "+BAAA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewCosigner(tt.key, time.Now); err == nil {
				t.Error("NewCosigner succeeded")
			}
			public := strings.TrimPrefix(tt.key, privatePrefix)
			if public == vkey {
				return
			}
			if _, err := NewVerifier(public); err == nil {
				t.Error("NewVerifier succeeded")
			}
		})
	}
}

func TestCommit(t *testing.T) {
	opening, sum, err := Commit(rand.Reader, []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	if len(opening) != SaltSize+7 || string(opening[SaltSize:]) != "content" || sum != Commitment(opening) {
		t.Errorf("opening of %d bytes, commitment %x", len(opening), sum)
	}
	again, other, err := Commit(rand.Reader, []byte("content"))
	if err != nil || bytes.Equal(again, opening) || other == sum {
		t.Error("two commitments to the same content are equal")
	}
	if _, _, err := Commit(strings.NewReader("short"), nil); err == nil {
		t.Error("Commit without randomness succeeded")
	}
}
