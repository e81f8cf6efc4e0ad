package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"salter/store"
	"salter/store/evidence"
)

// Enrolment creates the journal; every start opens it, appends and replays.
func Example() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "journal")
	defer os.RemoveAll(dir)
	skey, _, _ := note.GenerateKey(rand.Reader, evidence.Origin("BG-017-03"))
	signer, _ := note.NewSigner(skey)
	_, vkey, _ := evidence.GenerateCosigner(rand.Reader, "ca.example/journal")
	authority, _ := evidence.NewVerifier(vkey)
	config := store.Config{
		Workstation: "BG-017-03",
		KeyFile:     filepath.Join(dir, "data.key"),
		Signer:      signer,
		Authority:   authority,
	}
	path := filepath.Join(dir, "journal.db")

	if err := store.Create(ctx, path, config); err != nil {
		fmt.Println(err)
		return
	}
	j, err := store.Open(ctx, path, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer j.Close()

	const caseID = "0192f0c1-2b3c-7d4e-8f50-112233445566"
	opening, sum, _ := evidence.Commit(rand.Reader, []byte("what nobody else may read"))
	event := fmt.Appendf(nil, `{"v":1,"kind":"card-read","case":%q,"at":1790000000000,"run":1,"mono":0,"commits":{"record":"%x"},"body":{}}`, caseID, sum)
	err = j.Append(ctx, [][]byte{event}, []store.Part{{Case: caseID, Name: "record", Opening: opening}})
	fmt.Println("append:", err)

	err = j.Replay(ctx, func(seq int64, event []byte) error {
		h, err := evidence.ParseHeader(event)
		fmt.Println("event", seq, h.Kind)
		return err
	})
	fmt.Println("replay:", err)
	opening, err = j.Part(ctx, caseID, "record")
	fmt.Printf("part: %s %v\n", opening[evidence.SaltSize:], err)
	// Output:
	// append: <nil>
	// event 1 card-read
	// replay: <nil>
	// part: what nobody else may read <nil>
}
