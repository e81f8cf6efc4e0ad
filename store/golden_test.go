package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

var update = flag.Bool("update", false, "make the golden journal of the present version anew")

// goldenFiles is the beginning of the names of the golden journals' files, one
// journal for each version there ever was.
const goldenFiles = "../testdata/journal-v"

// golden is what must be read from a golden journal in every later version.
type golden struct {
	Workstation   string
	CheckpointKey string // encoded signer of the workstation, the first
	Verifier      string // its public half; empty: not kept then
	Further       string // encoded signer that came after it; empty: none
	AuthorityKey  string // encoded verifier
	Events        []string
	Root          string
	Acked         int64
	Parts         []goldenPart
}

// goldenPart is the latest version of a part.
type goldenPart struct {
	Case, Name, Content string
	Erased              bool
}

// TestGolden opens the journals that each version wrote and finds everything in
// them.
func TestGolden(t *testing.T) {
	scripts, err := migrations()
	fatal(t, err)
	if *update {
		makeGolden(t, fmt.Sprint(goldenFiles, len(scripts)))
	}
	for version := range scripts {
		files := fmt.Sprint(goldenFiles, version+1)
		t.Run(filepath.Base(files), func(t *testing.T) { readGolden(t, files) })
	}
}

// readGolden opens one of them.
func readGolden(t *testing.T, files string) {
	var want golden
	text, err := os.ReadFile(files + ".json")
	fatal(t, err)
	fatal(t, json.Unmarshal(text, &want))
	signer, err := note.NewSigner(want.CheckpointKey)
	fatal(t, err)
	authority, err := evidence.NewVerifier(want.AuthorityKey)
	fatal(t, err)
	var further []note.Signer
	if want.Further != "" {
		second, err := note.NewSigner(want.Further)
		fatal(t, err)
		further = append(further, second)
	}
	dir := t.TempDir()
	b := &bench{t: t, path: filepath.Join(dir, "journal.db"), config: Config{
		Workstation: want.Workstation, KeyFile: filepath.Join(dir, "data.key"), Signer: signer, Authority: authority,
		Verifier: want.Verifier, Further: further,
	}}
	copyFile(t, files+".db", b.path)
	copyFile(t, files+".key", b.config.KeyFile)

	ctx := context.Background()
	c := openCopy(t, b.path, CopyConfig{Authority: []note.Verifier{authority}, KeyFile: b.config.KeyFile})
	r, err := c.Verify(ctx)
	if err != nil || len(r.Findings) > 0 || len(r.Keys) != len(further) || r.Head.Size != int64(len(want.Events)) || r.Covered != want.Acked {
		t.Errorf("as a copy: %+v, %v", r, err)
	}
	fatal(t, c.Close())
	j := b.open()
	fatal(t, j.Verify(ctx))
	for i, e := range replay(t, j) {
		if i >= len(want.Events) || string(e) != want.Events[i] {
			t.Errorf("event %d is %s", i+1, e)
		}
	}
	head, err := j.Head(ctx)
	fatal(t, err)
	if head.Size != int64(len(want.Events)) || fmt.Sprintf("%x", head.Root) != want.Root {
		t.Errorf("head %d %x, want %d %s", head.Size, head.Root, len(want.Events), want.Root)
	}
	if s := j.SyncState(); s.Acked != want.Acked {
		t.Errorf("%d events acknowledged, want %d", s.Acked, want.Acked)
	}
	for _, p := range want.Parts {
		opening, err := j.Part(ctx, p.Case, p.Name)
		switch {
		case p.Erased && err == nil:
			t.Errorf("part %s is not erased", p.Name)
		case !p.Erased && (err != nil || !bytes.Equal(opening[evidence.SaltSize:], []byte(p.Content))):
			t.Errorf("part %s = %q, %v, want %q", p.Name, opening, err, p.Content)
		}
	}
	fill(t, j, 1)
	fatal(t, j.Verify(ctx))
}

// makeGolden writes the golden files of the present version.
func makeGolden(t *testing.T, files string) {
	t.Helper()
	ctx := context.Background()
	b := newBench(t)
	want := golden{Workstation: testWorkstation}
	var vkey, skey string
	var err error
	want.CheckpointKey, want.Verifier, err = note.GenerateKey(rand.Reader, evidence.Origin(testWorkstation))
	fatal(t, err)
	b.config.Signer, err = note.NewSigner(want.CheckpointKey)
	fatal(t, err)
	b.config.Verifier = want.Verifier
	skey, vkey, err = evidence.GenerateCosigner(rand.Reader, "ca.example/journal")
	fatal(t, err)
	want.AuthorityKey = vkey
	b.authority, err = evidence.NewCosigner(skey, func() time.Time { return testTime })
	fatal(t, err)
	b.config.Authority, err = evidence.NewVerifier(vkey)
	fatal(t, err)

	j := b.open()
	l := newLedger(b.authority)
	add := func(kind, caseID string, parts ...Part) {
		fatal(t, j.Append(ctx, [][]byte{event(kind, caseID, kind, parts...)}, parts))
	}
	add("app-started", "")
	add("card-read", caseA, part(t, caseA, "record", "record A"), part(t, caseA, "chip-files", "files A"))
	add("email", caseA, part(t, caseA, "email", "first@example.rs"))
	fatal(t, j.Sync(ctx, l))
	fatal(t, j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "UPDATE person SET sealed = NULL WHERE part = 'chip-files'")
		return err
	}))
	add("email", caseA, part(t, caseA, "email", "second@example.rs"))
	add("card-read", caseB, part(t, caseB, "record", "record B"))
	var second string
	want.Further, second, err = note.GenerateKey(rand.Reader, evidence.Origin(testWorkstation))
	fatal(t, err)
	next, err := note.NewSigner(want.Further)
	fatal(t, err)
	_, err = j.Rekey(ctx, next, second)
	fatal(t, err)
	fatal(t, j.Sync(ctx, l))
	add("closed", caseA)
	add("app-ended", "")
	head, err := j.Head(ctx)
	fatal(t, err)
	for _, e := range replay(t, j) {
		want.Events = append(want.Events, string(e))
	}
	want.Root, want.Acked = fmt.Sprintf("%x", head.Root), j.SyncState().Acked
	want.Parts = []goldenPart{
		{Case: caseA, Name: "record", Content: "record A"},
		{Case: caseA, Name: "chip-files", Erased: true},
		{Case: caseA, Name: "email", Content: "second@example.rs"},
		{Case: caseB, Name: "record", Content: "record B"},
	}
	fatal(t, j.Close())
	fatal(t, os.MkdirAll(filepath.Dir(files), 0o755))
	copyFile(t, b.path, files+".db")
	copyFile(t, b.config.KeyFile, files+".key")
	text, err := json.MarshalIndent(want, "", "\t")
	fatal(t, err)
	fatal(t, os.WriteFile(files+".json", append(text, '\n'), 0o644))
}
