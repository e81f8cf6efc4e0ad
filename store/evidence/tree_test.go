package evidence

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// nodes keeps a tree's hashes in memory.
type nodes []tlog.Hash

func (n nodes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		if i >= int64(len(n)) {
			return nil, errors.New("no such node")
		}
		out = append(out, n[i])
	}
	return out, nil
}

// TestTree compares every size up to 200 with the tree that tlog computes
// from the events, and goes on from a loaded tree.
func TestTree(t *testing.T) {
	var stored, want nodes
	tree := new(Tree)
	for n := range int64(200) {
		e := fmt.Appendf(nil, "event %d", n+1)
		hashes, err := tlog.StoredHashes(n, e, want)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, hashes...)

		if got := tree.NextNode(); got != int64(len(stored)) {
			t.Fatalf("size %d: NextNode = %d, want %d", n, got, len(stored))
		}
		stored = append(stored, tree.Append(Leaf(e))...)
		if fmt.Sprint(stored) != fmt.Sprint(want) {
			t.Fatalf("size %d: stored nodes differ", n+1)
		}
		root, err := tlog.TreeHash(n+1, want)
		if err != nil {
			t.Fatal(err)
		}
		if tree.Root() != root || tree.Size() != n+1 {
			t.Fatalf("size %d: root %v, want %v", tree.Size(), tree.Root(), root)
		}
		if tree, err = LoadTree(n+1, stored); err != nil {
			t.Fatal(err)
		}
		if tree.Root() != root {
			t.Fatalf("size %d: root of the loaded tree differs", n+1)
		}
	}
}

func TestTreeEmpty(t *testing.T) {
	want, err := tlog.TreeHash(0, nodes(nil))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadTree(0, nodes(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Root(); got != want || new(Tree).Root() != want {
		t.Errorf("root of the empty tree = %v, want %v", got, want)
	}
}

func TestTreeClone(t *testing.T) {
	tree := new(Tree)
	for i := range 6 {
		tree.Append(Leaf([]byte{byte(i)}))
	}
	before := tree.Root()
	given := tree.Clone()
	for i := range 9 {
		given.Append(Leaf([]byte{0xff, byte(i)}))
	}
	if tree.Root() != before || tree.Size() != 6 {
		t.Errorf("appending to a clone changed the original")
	}
}

func TestLoadTreeFails(t *testing.T) {
	short := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
	tests := []struct {
		name  string
		size  int64
		nodes tlog.HashReader
	}{
		{"negative size", -1, nodes(nil)},
		{"nodes missing", 3, nodes(make([]tlog.Hash, 2))},
		{"short read", 3, short},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := LoadTree(tt.size, tt.nodes); err == nil {
				t.Error("LoadTree succeeded")
			}
		})
	}
}
