package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxCheckpoint is the size limit of a signed checkpoint. Two signatures take
// about 400 bytes; the note travels in an HTTP header.
const MaxCheckpoint = 2 << 10

// Origin is the first line of the checkpoints of a workstation's journal, and
// the name of the workstation's checkpoint key.
func Origin(workstation string) string { return "mup.gov.rs/counter/" + workstation }

// Checkpoint names one state of one journal.
type Checkpoint struct {
	Origin string
	Size   int64     // number of events
	Root   tlog.Hash // of the tree over them
}

// Text is the note's text: origin, size in decimal, root in base64, each line
// ended by a newline.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// Sign returns the checkpoint as a note signed by s.
func (c Checkpoint) Sign(s note.Signer) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.Text()}, s)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint at %d: %w", c.Size, err)
	}
	return signed, nil
}

// Cosign adds a signature line by s to a signed checkpoint. The lines already
// there stay as they are and are not verified: open the checkpoint first.
func Cosign(signed []byte, s note.Signer) ([]byte, error) {
	if len(signed) > MaxCheckpoint {
		return nil, fmt.Errorf("cosign checkpoint: %w", ErrTooLarge)
	}
	n, err := openNote(signed)
	if err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	out, err := note.Sign(n, s)
	if err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	return out, nil
}

// OpenCheckpoint verifies a signed checkpoint: it must be of the origin and
// carry a valid signature by each of the given keys, of which there is at
// least one. Signatures by other keys are ignored. All errors wrap
// ErrCheckpoint.
func OpenCheckpoint(signed []byte, origin string, by ...note.Verifier) (Checkpoint, error) {
	if len(signed) > MaxCheckpoint {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, ErrTooLarge)
	}
	n, err := openNote(signed, by...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	for _, v := range by {
		if !hasSignature(n, v) {
			return Checkpoint{}, fmt.Errorf("%w: no signature by %s+%08x", ErrCheckpoint, v.Name(), v.KeyHash())
		}
	}
	if len(by) == 0 {
		return Checkpoint{}, fmt.Errorf("%w: no key to verify it with", ErrCheckpoint)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != origin {
		return Checkpoint{}, fmt.Errorf("%w: origin is not %s", ErrCheckpoint, origin)
	}
	return c, nil
}

// ReadCheckpoint reads a signed checkpoint without verifying any signature. All
// errors wrap ErrCheckpoint.
func ReadCheckpoint(signed []byte) (Checkpoint, error) {
	if len(signed) > MaxCheckpoint {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, ErrTooLarge)
	}
	n, err := openNote(signed)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return ParseCheckpoint(n.Text)
}

// openNote is note.Open that also returns a note none of whose signatures is
// by a known key.
func openNote(signed []byte, by ...note.Verifier) (*note.Note, error) {
	n, err := note.Open(signed, note.VerifierList(by...))
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		return unverified.Note, nil
	}
	return n, err
}

// hasSignature says whether v is among the verified signatures of n.
func hasSignature(n *note.Note, v note.Verifier) bool {
	for _, sig := range n.Sigs {
		if sig.Name == v.Name() && sig.Hash == v.KeyHash() {
			return true
		}
	}
	return false
}

// ParseCheckpoint reads the text of a checkpoint without looking at
// signatures. It accepts exactly what Text writes: extension lines, which the
// standard allows, are refused. All errors wrap ErrCheckpoint.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return Checkpoint{}, fmt.Errorf("%w: want origin, size and root", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || lines[1] != strconv.FormatInt(size, 10) {
		return Checkpoint{}, fmt.Errorf("%w: size is not a whole number", ErrCheckpoint)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("%w: root is not a hash in base64", ErrCheckpoint)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: tlog.Hash(root)}, nil
}

// Extends says whether signed is the note base with signature lines added.
// Only the bytes are compared, no signature is verified.
func Extends(signed, base []byte) bool {
	return len(signed) > len(base) && bytes.HasPrefix(signed, base)
}
