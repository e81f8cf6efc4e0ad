package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	proofTitle = "c2sp.org/tlog-proof@v1"
	// maxProof is the largest proof: an event in base64, 63 hashes, a note.
	maxProof = 128 << 10
)

// Proof shows that one event stands in a journal, to somebody who has nothing
// else of it: the event, the path from its leaf to the root, and a signed
// checkpoint with that root.
type Proof struct {
	Seq        int64 // number of the event
	Event      []byte
	Path       tlog.RecordProof
	Checkpoint []byte // signed; its size is at least Seq
}

// Encode writes the proof in the form of C2SP tlog-proof
// (https://c2sp.org/tlog-proof); its extra data is the event, its index the
// number of the event less one.
func (p Proof) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofTitle, base64.StdEncoding.EncodeToString(p.Event), p.Seq-1)
	for _, h := range p.Path {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads what Encode writes; it checks nothing yet. All errors wrap
// ErrProof.
func ParseProof(text []byte) (Proof, error) {
	if len(text) > maxProof {
		return Proof{}, fmt.Errorf("%w: %w", ErrProof, ErrTooLarge)
	}
	head, signed, ok := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(lines) < 3 || lines[0] != proofTitle {
		return Proof{}, fmt.Errorf("%w: want %s, extra, index, hashes and a checkpoint", ErrProof, proofTitle)
	}
	extra, isExtra := strings.CutPrefix(lines[1], "extra ")
	event, err := base64.StdEncoding.Strict().DecodeString(extra)
	if !isExtra || err != nil || len(event) > MaxEvent {
		return Proof{}, fmt.Errorf("%w: extra data is not an event in base64", ErrProof)
	}
	number, isIndex := strings.CutPrefix(lines[2], "index ")
	index, err := strconv.ParseInt(number, 10, 62)
	if !isIndex || err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return Proof{}, fmt.Errorf("%w: index is not a whole number", ErrProof)
	}
	p := Proof{Seq: index + 1, Event: event, Checkpoint: signed}
	for _, line := range lines[3:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return Proof{}, fmt.Errorf("%w: path holds a line that is no hash", ErrProof)
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// Check verifies the signatures of the given keys on the checkpoint, of which
// there is at least one, and that the event with this number leads to its root.
// It returns the checkpoint: who relies on the proof looks at its origin.
func (p Proof) Check(by ...note.Verifier) (Checkpoint, error) {
	c, err := ReadCheckpoint(p.Checkpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	if c, err = OpenCheckpoint(p.Checkpoint, c.Origin, by...); err != nil {
		return Checkpoint{}, err
	}
	if p.Seq < 1 || p.Seq > c.Size {
		return Checkpoint{}, fmt.Errorf("%w: event %d is not among the %d of the checkpoint", ErrProof, p.Seq, c.Size)
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Seq-1, Leaf(p.Event)); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: event %d does not lead to the root of the checkpoint", ErrProof, p.Seq)
	}
	return c, nil
}
