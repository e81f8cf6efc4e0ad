package card

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/card/virtual"
)

// shared is a folder for what the tests make once: the test CA for card data
// and one card of each preset.
var shared string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "card")
	if err != nil {
		panic(err)
	}
	shared = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// issuer returns the test CA that all cards are made with.
func issuer(t testing.TB) *virtual.Issuer {
	t.Helper()
	i, err := virtual.OpenIssuer(filepath.Join(shared, "issuer"))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// makeCard returns a fresh copy of the one card of a preset.
func makeCard(t testing.TB, p virtual.Preset) *virtual.Card {
	t.Helper()
	model := filepath.Join(shared, string(p))
	if _, err := virtual.Open(model); err != nil {
		if _, err := virtual.New(model, p, issuer(t), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(model)); err != nil {
		t.Fatal(err)
	}
	c, err := virtual.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// makeOther returns a card of a preset that is not the one of makeCard.
func makeOther(t testing.TB, p virtual.Preset) *virtual.Card {
	t.Helper()
	c, err := virtual.New(t.TempDir(), p, issuer(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
