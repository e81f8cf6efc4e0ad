package evidence

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

const keyOrigin = "mup.gov.rs/counter/BG-017-03"

// keyPair makes a checkpoint key.
func keyPair(t testing.TB, name string) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, vkey
}

// keyEvent is an event with the change in it.
func keyEvent(t testing.TB, c KeyChange, old, next note.Signer) []byte {
	t.Helper()
	body, err := c.Sign(old, next)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"v":1,"kind":"checkpoint-key","case":"","at":1,"run":1,"mono":1,"body":%s}`, body)
}

func TestEpochs(t *testing.T) {
	firstSigner, first := keyPair(t, keyOrigin)
	secondSigner, second := keyPair(t, keyOrigin)
	thirdSigner, third := keyPair(t, keyOrigin)
	one := keyEvent(t, KeyChange{keyOrigin, 5, first, second}, firstSigner, secondSigner)
	two := keyEvent(t, KeyChange{keyOrigin, 9, second, third}, secondSigner, thirdSigner)
	known, err := NewEpochs(first)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Epochs{"first key known": known, "first key not known": {}} {
		t.Run(name, func(t *testing.T) {
			after, err := e.Add(keyOrigin, 5, one)
			if err == nil {
				after, err = after.Add(keyOrigin, 9, two)
			}
			if err != nil {
				t.Fatal(err)
			}
			for size, want := range map[int64]note.Signer{
				1: firstSigner, 4: firstSigner, 5: secondSigner, 8: secondSigner, 9: thirdSigner, 1 << 40: thirdSigner,
			} {
				if got := after.At(size); got == nil || got.KeyHash() != want.KeyHash() {
					t.Errorf("key at %d: got %v, want %08x", size, got, want.KeyHash())
				}
			}
			if after.Last() != third || len(after.Changes()) != 2 {
				t.Errorf("last key %s of %d changes", after.Last(), len(after.Changes()))
			}
			if len(e.Changes()) != 0 || e.Last() == third {
				t.Error("adding changed the epochs it began with")
			}
		})
	}
}

func TestKeyChangeRefused(t *testing.T) {
	signer, first := keyPair(t, keyOrigin)
	nextSigner, next := keyPair(t, keyOrigin)
	strangerSigner, stranger := keyPair(t, keyOrigin)
	otherSigner, other := keyPair(t, "mup.gov.rs/counter/BG-017-04")
	good := KeyChange{keyOrigin, 5, first, next}
	event := keyEvent(t, good, signer, nextSigner)
	known, err := NewEpochs(first)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := known.Add(keyOrigin, 5, event)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		to    Epochs
		seq   int64
		event []byte
	}{
		{"another number", known, 6, event},
		{"another key in force", changed, 7, keyEvent(t, KeyChange{keyOrigin, 7, first, stranger}, signer, strangerSigner)},
		{"before the last change", changed, 4, keyEvent(t, KeyChange{keyOrigin, 4, next, stranger}, nextSigner, strangerSigner)},
		{"without the old key", known, 5, keyEvent(t, good, nextSigner, nextSigner)},
		{"without the new key", known, 5, keyEvent(t, good, signer, signer)},
		{"a stranger for the old key", known, 5, keyEvent(t, good, strangerSigner, nextSigner)},
		{"the same key", known, 5, keyEvent(t, KeyChange{keyOrigin, 5, first, first}, signer, signer)},
		{"a key of another counter", known, 5, keyEvent(t, KeyChange{keyOrigin, 5, first, other}, signer, otherSigner)},
		{"another journal", known, 5, keyEvent(t, KeyChange{"mup.gov.rs/counter/BG-017-04", 5, first, next}, signer, nextSigner)},
		{"an edited key", known, 5, bytes.Replace(event, []byte(next), []byte(stranger), 1)},
		{"no note", known, 5, []byte(`{"v":1,"kind":"checkpoint-key","case":"","at":1,"run":1,"mono":1,"body":{"note":7}}`)},
		{"another kind", known, 5, []byte(strings.Replace(string(event), "checkpoint-key", "checkpoint-kex", 1))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, err := tt.to.Add(keyOrigin, tt.seq, tt.event)
			if !errors.Is(err, ErrKeyChange) {
				t.Errorf("got %v, want ErrKeyChange", err)
			}
			if after.Last() != tt.to.Last() {
				t.Error("a refused change counts")
			}
		})
	}
}

// TestKeyChangeIsNoCheckpoint: what the keys sign cannot be used as the other.
func TestKeyChangeIsNoCheckpoint(t *testing.T) {
	_, first := keyPair(t, keyOrigin)
	_, next := keyPair(t, keyOrigin)
	if _, err := ParseCheckpoint(KeyChange{keyOrigin, 5, first, next}.text()); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("got %v, want ErrCheckpoint", err)
	}
}

func FuzzKeyChange(f *testing.F) {
	signer, first := keyPair(f, keyOrigin)
	nextSigner, next := keyPair(f, keyOrigin)
	f.Add(keyEvent(f, KeyChange{keyOrigin, 5, first, next}, signer, nextSigner))
	f.Add([]byte(`{"v":1,"kind":"checkpoint-key","case":"","at":1,"run":1,"mono":1,"body":{"note":"a\nb\n\n"}}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		known, err := NewEpochs(first)
		if err != nil {
			t.Fatal(err)
		}
		after, err := known.Add(keyOrigin, 5, event)
		if err == nil && after.Last() != next {
			t.Errorf("a change to %s that nobody signed", after.Last())
		}
		if err != nil && !errors.Is(err, ErrKeyChange) && !errors.Is(err, ErrHeader) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("error of another kind: %v", err)
		}
	})
}
