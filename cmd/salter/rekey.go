package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/store"
	"salter/store/evidence"
)

// checkpointKey is a key that signs the journal's checkpoints, both halves in
// the encoding of sumdb/note.
type checkpointKey struct{ signer, verifier string }

// laterKeys reads the checkpoint keys that came after the one of the enrolment,
// oldest first: a line "<signer> <verifier>" each. All are kept: the authority
// may have lost what an older one signed, and asks for it again. The last one
// may still be waiting for its event.
func laterKeys(s Settings) ([]checkpointKey, error) {
	text, err := os.ReadFile(s.file(fileLaterKeys))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint keys: %w", err)
	}
	defer clear(text)
	var keys []checkpointKey
	for line := range bytes.Lines(text) {
		signer, verifier, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		k := checkpointKey{string(signer), string(verifier)}
		if _, err := k.open(); !ok || err != nil {
			return nil, fmt.Errorf("read checkpoint keys: line %d of %s is damaged", len(keys)+1, fileLaterKeys) // the text is secret
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// open returns the signer.
func (k checkpointKey) open() (note.Signer, error) { return note.NewSigner(k.signer) }

// rekey changes the key that signs the checkpoints of the journal. Salter must
// be closed. The new key is on the disk before the event that puts it into
// force; one that an interrupted call left waiting is taken.
func rekey(ctx context.Context, s Settings, out io.Writer) error {
	j, id, err := openClosed(ctx, s)
	if err != nil {
		return err
	}
	defer j.Close()
	keys, err := laterKeys(s)
	if err != nil {
		return err
	}
	used := []string{id.keys.Verifier}
	for _, c := range j.KeyChanges() {
		used = append(used, c.New)
	}
	if len(keys) == 0 || slices.Contains(used, keys[len(keys)-1].verifier) {
		if keys, err = addKey(s, keys); err != nil {
			return err
		}
	}
	next := keys[len(keys)-1]
	signer, err := next.open()
	if err != nil {
		return errors.New("change checkpoint key: new key cannot be read")
	}
	seq, err := j.Rekey(ctx, signer, next.verifier)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "event %d changes the checkpoint key to %s; the authority learns it with the next sync\n", seq, next.verifier)
	return nil
}

// useKeyInForce gives a counter that enrols again, with the journal it has, the
// checkpoint key that is in force there. A key that waits for its event is not.
func useKeyInForce(ctx context.Context, s Settings, keys *ca.WorkstationKeys) error {
	later, err := laterKeys(s)
	if err != nil || len(later) == 0 {
		return err
	}
	j, err := store.OpenCopy(ctx, s.file(fileJournal), store.CopyConfig{})
	if err != nil {
		return err
	}
	report, err := j.Verify(ctx)
	if err := errors.Join(err, j.Close()); err != nil || len(report.Keys) == 0 {
		return err
	}
	last := report.Keys[len(report.Keys)-1].New
	for _, k := range later {
		if k.verifier == last {
			keys.Checkpoint, keys.Verifier = k.signer, k.verifier
			return nil
		}
	}
	return fmt.Errorf("the journal's checkpoint key is not in %s", fileLaterKeys)
}

// addKey makes a key and keeps it with the others.
func addKey(s Settings, keys []checkpointKey) ([]checkpointKey, error) {
	signer, verifier, err := note.GenerateKey(rand.Reader, evidence.Origin(s.Counter.Name))
	if err != nil {
		return nil, fmt.Errorf("make checkpoint key: %w", err)
	}
	keys = append(keys, checkpointKey{signer, verifier})
	var text []byte
	for _, k := range keys {
		text = fmt.Appendf(text, "%s %s\n", k.signer, k.verifier)
	}
	defer clear(text)
	return keys, writeFile(s.file(fileLaterKeys), text, 0o600)
}
