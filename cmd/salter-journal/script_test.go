package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"salter/store"
	"salter/store/evidence"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"salter-journal": main})
}

// TestScripts reads like the manual of the command.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"journal": makeJournal,
			"append":  appendEvents,
			"hold":    hold,
			"backup":  backup,
			"crash":   crash,
			"status":  status,
			"replace": replace,
			"rekey":   rekey,
		},
	})
}

const caseID = "0192f0c1-2b3c-7d4e-8f50-112233445566"

// content is what the sealed parts of these journals hold.
const content = `{"surname":"ПЕТРОВИЋ","personal_number":"0101990710018"}`

// countersigner is an authority that signs whatever it is sent.
type countersigner struct{ key note.Signer }

func (countersigner) Head(context.Context) ([]byte, error) { return nil, nil }

func (c countersigner) Push(_ context.Context, _ int64, _ [][]byte, checkpoint []byte) ([]byte, [][32]byte, error) {
	signed, err := evidence.Cosign(checkpoint, c.key)
	return signed, nil, err
}

func (countersigner) PutBlob(context.Context, [32]byte, []byte) error { return nil }

// config reads the keys of a journal's directory.
func config(ts *testscript.TestScript, dir string) (store.Config, countersigner) {
	read := func(name string) string { return ts.ReadFile(filepath.Join(dir, name)) }
	signer, err := note.NewSigner(read("counter.skey"))
	ts.Check(err)
	authority, err := evidence.NewVerifier(read("authority.vkey"))
	ts.Check(err)
	cosigner, err := evidence.NewCosigner(read("authority.skey"), func() time.Time { return time.Unix(1_790_000_100, 0) })
	ts.Check(err)
	c := store.Config{
		Workstation: "BG-017-03", KeyFile: filepath.Join(dir, "data.key"), Signer: signer, Verifier: read("counter.vkey"), Authority: authority,
	}
	if text, err := os.ReadFile(filepath.Join(dir, "next.skey")); err == nil {
		next, err := note.NewSigner(string(text))
		ts.Check(err)
		c.Further = []note.Signer{next}
	}
	return c, countersigner{cosigner}
}

// makeJournal makes a counter's directory with an empty journal: journal DIR.
func makeJournal(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	write := func(name, text string) { ts.Check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)) }
	skey, vkey, err := note.GenerateKey(rand.Reader, evidence.Origin("BG-017-03"))
	ts.Check(err)
	write("counter.skey", skey)
	write("counter.vkey", vkey)
	skey, vkey, err = evidence.GenerateCosigner(rand.Reader, "ca.example/journal")
	ts.Check(err)
	write("authority.skey", skey)
	write("authority.vkey", vkey)
	c, _ := config(ts, dir)
	ts.Check(store.Create(context.Background(), filepath.Join(dir, "journal.db"), c))
}

// open opens a counter's journal to write.
func open(ts *testscript.TestScript, dir string) (*store.Journal, countersigner) {
	c, authority := config(ts, dir)
	j, err := store.Open(context.Background(), filepath.Join(dir, "journal.db"), c)
	ts.Check(err)
	return j, authority
}

// appendEvents appends events, the first with a part, and ships them if told
// so: append DIR N [sync].
func appendEvents(ts *testscript.TestScript, _ bool, args []string) {
	j, authority := open(ts, ts.MkAbs(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(fill(j, n))
	if len(args) > 2 {
		ts.Check(j.Sync(context.Background(), authority))
	}
	ts.Check(j.Close())
}

// fill appends n events, the first with a part.
func fill(j *store.Journal, n int) error {
	opening, sum, err := evidence.Commit(rand.Reader, []byte(content))
	if err != nil {
		return err
	}
	parts, commits := []store.Part{{Case: caseID, Name: "record", Opening: opening}}, fmt.Sprintf(`"record":%q`, hex.EncodeToString(sum[:]))
	for i := range n {
		e := fmt.Appendf(nil, `{"v":1,"kind":"step","case":%q,"at":%d,"run":1,"mono":%d,"clerk":"PS-1042","commits":{%s},"body":{"n":%d}}`,
			caseID, 1_790_000_000_000+i, i, commits, i)
		if err := j.Append(context.Background(), [][]byte{e}, parts); err != nil {
			return err
		}
		parts, commits = nil, ""
	}
	return nil
}

// status runs a command that must end with an exit status: status N COMMAND….
func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("%v ended with %v, want exit status %s", args[1:], err, args[0])
	}
}

// replace changes the first such text in a file: replace FILE OLD NEW.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// rekey changes the checkpoint key, once: rekey DIR.
func rekey(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	skey, vkey, err := note.GenerateKey(rand.Reader, evidence.Origin("BG-017-03"))
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(dir, "next.skey"), []byte(skey), 0o600))
	next, err := note.NewSigner(skey)
	ts.Check(err)
	j, _ := open(ts, dir)
	_, err = j.Rekey(context.Background(), next, vkey)
	ts.Check(err)
	ts.Check(j.Close())
}

// hold keeps a journal open until the script ends: hold DIR.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	j, _ := open(ts, ts.MkAbs(args[0]))
	ts.Defer(func() { j.Close() })
}

// backup makes a copy: backup DIR TO.
func backup(ts *testscript.TestScript, _ bool, args []string) {
	j, _ := open(ts, ts.MkAbs(args[0]))
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o700))
	_, err := j.Backup(context.Background(), ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(j.Close())
}

// crash leaves a journal as a killed program does, some events still in the
// log: crash DIR N TO.
func crash(ts *testscript.TestScript, _ bool, args []string) {
	j, _ := open(ts, ts.MkAbs(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(fill(j, n))
	to := ts.MkAbs(args[2])
	ts.Check(os.MkdirAll(to, 0o700))
	for _, suffix := range [...]string{"", "-wal"} {
		text, err := os.ReadFile(filepath.Join(ts.MkAbs(args[0]), "journal.db"+suffix))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(to, "journal.db"+suffix), text, 0o600))
	}
	ts.Check(j.Close())
}
