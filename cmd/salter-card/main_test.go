//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"salter/card/cardtest"
)

func TestMain(m *testing.M) {
	testscript.Main(cardtest.Inside(m), map[string]func(){"salter-card": main})
}

// TestScripts runs the manual in testdata.
func TestScripts(t *testing.T) {
	// One for each script that inserts a card; they run at the same time.
	readers := map[string]*cardtest.Reader{"run": cardtest.NewReader(t), "killed": cardtest.NewReader(t)}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			script := strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")
			if reader, ok := readers[script]; ok {
				e.Setenv("VPCD", reader.Addr())
				e.Setenv("READER", reader.Name())
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"eventually": eventually},
	})
}

// eventually repeats a command until its output matches a pattern: it waits
// for what other processes do.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually PATTERN COMMAND...")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	var out []byte
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"))
		out, _ = cmd.CombinedOutput()
		if pattern.Match(bytes.TrimSpace(out)) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%v never matched %q; last output:\n%s", args[1:], args[0], out)
}
