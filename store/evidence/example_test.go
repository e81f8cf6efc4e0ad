package evidence_test

import (
	"crypto/rand"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// The workstation signs the state of its journal, the authority recomputes
// the tree from the events it received and adds its own signature.
func Example() {
	skey, vkey, _ := note.GenerateKey(rand.Reader, evidence.Origin("BG-017-03"))
	counter, _ := note.NewSigner(skey)
	counterKey, _ := evidence.NewVerifier(vkey)
	skey, vkey, _ = evidence.GenerateCosigner(rand.Reader, "ca.example/journal")
	authority, _ := evidence.NewCosigner(skey, time.Now)
	authorityKey, _ := evidence.NewVerifier(vkey)

	event := []byte(`{"v":1,"kind":"app-started","case":"","at":1790000000000,"run":1,"mono":0,"body":{}}`)
	tree := new(evidence.Tree)
	tree.Append(evidence.Leaf(event))
	checkpoint := evidence.Checkpoint{Origin: evidence.Origin("BG-017-03"), Size: tree.Size(), Root: tree.Root()}
	signed, _ := checkpoint.Sign(counter)

	got, err := evidence.OpenCheckpoint(signed, evidence.Origin("BG-017-03"), counterKey)
	fmt.Println(got.Size, got.Root == tree.Root(), err)
	countersigned, _ := evidence.Cosign(signed, authority)
	_, err = evidence.OpenCheckpoint(countersigned, evidence.Origin("BG-017-03"), counterKey, authorityKey)
	fmt.Println(err)
	// Output:
	// 1 true <nil>
	// <nil>
}
