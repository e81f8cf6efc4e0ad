package evidence

import (
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Leaf is the hash of an event as a leaf of the tree: SHA-256(0x00 ‖ event)
// (RFC 6962 section 2.1).
func Leaf(event []byte) tlog.Hash { return tlog.RecordHash(event) }

// Tree is the growing end of a Merkle tree: its size and the roots of the
// complete subtrees at its right edge, which is all that is needed to add
// leaves and to tell the root. The nodes themselves lie with the caller, in
// the order of tlog.StoredHashIndex. The zero Tree is empty and ready to use.
// A Tree belongs to one goroutine; Clone gives a copy that can be given up
// with a transaction.
type Tree struct {
	size int64
	edge []tlog.Hash // roots of the complete subtrees, largest first
}

// LoadTree reads the growing end of the tree of the given size from its nodes.
func LoadTree(size int64, nodes tlog.HashReader) (*Tree, error) {
	if size < 0 {
		return nil, fmt.Errorf("load tree: size %d", size)
	}
	var indexes []int64
	for level := bits.Len64(uint64(size)) - 1; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	edge, err := nodes.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("load tree of size %d: %w", size, err)
	}
	if len(edge) != len(indexes) {
		return nil, fmt.Errorf("load tree of size %d: %d nodes, want %d", size, len(edge), len(indexes))
	}
	return &Tree{size: size, edge: slices.Clone(edge)}, nil
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// NextNode is the stored index of the first node the next Append returns.
func (t *Tree) NextNode() int64 { return tlog.StoredHashCount(t.size) }

// Append adds a leaf and returns the nodes to be stored at NextNode and the
// indexes after it: the leaf, then the root of each subtree it completes.
func (t *Tree) Append(leaf tlog.Hash) []tlog.Hash {
	nodes := []tlog.Hash{leaf}
	h := leaf
	for range bits.TrailingZeros64(^uint64(t.size)) {
		last := len(t.edge) - 1
		h = tlog.NodeHash(t.edge[last], h)
		t.edge = t.edge[:last]
		nodes = append(nodes, h)
	}
	t.edge = append(t.edge, h)
	t.size++
	return nodes
}

// Root is the hash of the whole tree; of an empty one, SHA-256 of nothing.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		return tlog.Hash(Commitment(nil))
	}
	last := len(t.edge) - 1
	h := t.edge[last]
	for _, left := range slices.Backward(t.edge[:last]) {
		h = tlog.NodeHash(left, h)
	}
	return h
}

// Clone returns an independent copy.
func (t *Tree) Clone() *Tree {
	return &Tree{size: t.size, edge: slices.Clone(t.edge)}
}
