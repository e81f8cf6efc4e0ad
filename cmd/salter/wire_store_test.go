package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"salter/app/procedure"
	"salter/store"
)

// TestStoreError: what the core itself found in a replay keeps its code, or a
// damaged journal would look like one that cannot be written for a moment.
func TestStoreError(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want procedure.Code
	}{
		{"found by the core", errors.Join(&procedure.Error{Code: procedure.CodeUpgrade}), procedure.CodeUpgrade},
		{"found by the store", store.ErrCorrupt, procedure.CodeTampered},
		{"another history", store.ErrFork, procedure.CodeFork},
		{"another history, with heads", &store.ForkError{Ours: store.Head{Size: 2}, Err: errors.New("other")}, procedure.CodeFork},
		{"anything else", errors.New("disk"), procedure.CodeJournal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := asProblem(storeError(tt.err)); got.Code != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

// TestRecovery: the data key is kept for the officers of journal.recovery; a
// file that names nobody is not taken for one that does.
func TestRecovery(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	path := filepath.Join(t.TempDir(), "recovery.txt")
	v.set.Journal.Recovery = path
	for _, text := range []string{"", "# nobody yet\n"} {
		v.write(path, []byte(text))
		if _, err := joinCounter(v.ctx, v.set, v.seams); err == nil {
			t.Errorf("%q: the counter opened, want an error", text)
		}
	}
	officer, err := age.GenerateX25519Identity()
	v.do("make key", err)
	v.write(path, []byte("# an officer\n"+officer.Recipient().String()+"\n"))
	v.open()
	state := v.c.journal.KeyState()
	if state.Err != nil || state.RecoveryFile == "" {
		t.Fatalf("the key is kept in %q, %v", state.RecoveryFile, state.Err)
	}
	again := filepath.Join(t.TempDir(), "data.key")
	v.do("recover key", store.RecoverKeys(again, state.RecoveryFile, strings.NewReader(officer.String())))
	got, err := os.ReadFile(again)
	v.do("read key", err)
	want, err := os.ReadFile(v.set.file(fileDataKey))
	v.do("read key", err)
	if !bytes.Equal(got, want) {
		t.Error("the officer gets another key")
	}
}

// TestKeptHead: an older copy of the whole folder does not open in its place,
// because the head lies beside the folder.
func TestKeptHead(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	old, err := os.ReadFile(v.set.file(fileJournal))
	v.do("copy journal", err)
	v.open()
	v.stop()
	v.write(v.set.file(fileJournal), old)
	if _, err := joinCounter(v.ctx, v.set, v.seams); asProblem(storeError(err)).Code != procedure.CodeTampered {
		t.Errorf("an older journal: got %v, want %s", err, procedure.CodeTampered)
	}
	if _, err := os.Stat(v.set.Data + ".head"); err != nil {
		t.Errorf("the head does not lie beside the folder: %v", err)
	}
}
