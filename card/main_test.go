//go:build linux

package card

import (
	"io/fs"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"salter/card/cardtest"
	"salter/card/virtual"
)

func TestMain(m *testing.M) { cardtest.Main(m) }

// models keeps what takes long to make, the test CA for card data and one card
// of each preset, as files by name.
var models struct {
	sync.Mutex
	made map[string]fstest.MapFS
}

// copyModel returns a new folder with the files of a model, which is made at
// its first use.
func copyModel(t testing.TB, name string, make_ func(dir string) error) string {
	t.Helper()
	models.Lock()
	defer models.Unlock()
	dir := t.TempDir()
	if files, ok := models.made[name]; ok {
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if err := make_(dir); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(os.DirFS(dir), path)
		files[path] = &fstest.MapFile{Data: data, Mode: 0o600}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if models.made == nil {
		models.made = make(map[string]fstest.MapFS)
	}
	models.made[name] = files
	return dir
}

// issuer returns the test CA that all cards are made with.
func issuer(t testing.TB) *virtual.Issuer {
	t.Helper()
	dir := copyModel(t, "issuer", func(dir string) error {
		_, err := virtual.OpenIssuer(dir)
		return err
	})
	i, err := virtual.OpenIssuer(dir)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// makeCard returns a fresh copy of the one card of a preset.
func makeCard(t testing.TB, p virtual.Preset) *virtual.Card {
	t.Helper()
	ca := issuer(t)
	dir := copyModel(t, string(p), func(dir string) error {
		_, err := virtual.New(dir, p, ca, time.Now())
		return err
	})
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
