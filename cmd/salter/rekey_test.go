package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"salter/app/procedure"
	"salter/ca"
)

// TestRekey changes the checkpoint key of a counter twice, the second time with
// a key that an interrupted call left waiting: the authority goes along.
func TestRekey(t *testing.T) {
	v := newVisit(t, seams{})
	synced := func() {
		t.Helper()
		v.await("the sync", func(s procedure.Snapshot) bool { return s.Sync.Total > 0 && s.Sync.Acked == s.Sync.Total })
	}
	synced()
	v.stop()
	var said bytes.Buffer
	v.do("change the key", rekey(v.ctx, v.set, &said))
	v.open()
	synced()
	v.stop()

	keys, err := laterKeys(v.set)
	v.do("read keys", err)
	if len(keys) != 1 || !strings.Contains(said.String(), keys[0].verifier) {
		t.Fatalf("%d keys; said %q, want the verifier of the one", len(keys), said.String())
	}
	keys, err = addKey(v.set, keys)
	v.do("keep a key and stop there", err)
	v.open() // with a key that waits
	synced()
	v.stop()
	v.wantRequestWith(keys[0].verifier)
	said.Reset()
	v.do("change the key again", rekey(v.ctx, v.set, &said))
	if !strings.Contains(said.String(), keys[1].verifier) {
		t.Errorf("said %q, want the verifier of the key that waited", said.String())
	}
	v.open()
	synced()
	if info, err := os.Stat(v.set.file(fileLaterKeys)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file of keys: %v, %v, want mode 0600", info, err)
	}
}

// wantRequestWith enrols the counter again and wants that key in the request:
// the authority knows the one in force alone.
func (v *visit) wantRequestWith(verifier string) {
	v.t.Helper()
	enrolment := v.set.file(fileEnrolment)
	v.do("put the enrolment aside", os.Rename(enrolment, enrolment+".aside"))
	path := filepath.Join(v.t.TempDir(), "request.json")
	v.do("enrol again", enrolRequest(v.ctx, v.set, path))
	v.do("put the enrolment back", os.Rename(enrolment+".aside", enrolment))
	text, err := os.ReadFile(path)
	var request ca.EnrolmentRequest
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	v.do("read request", err)
	if request.CheckpointKey != verifier {
		v.t.Errorf("the request shows the key %s, want %s", request.CheckpointKey, verifier)
	}
}
