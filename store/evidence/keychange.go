package evidence

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// KindCheckpointKey is the kind of the event by which the key changes that signs
// a journal's checkpoints. The change counts from the event itself on: a
// checkpoint that covers it is signed with the new key, a smaller one with the
// old.
const KindCheckpointKey = "checkpoint-key"

// KeyChange is one change of the key, signed with both.
type KeyChange struct {
	Origin   string // of the journal; also the name of both keys
	Seq      int64  // number of the event
	Old, New string // encoded verifiers
}

// text is what both keys sign:
//
//	<origin>
//	checkpoint-key <number of the event>
//	<old verifier>
//	<new verifier>
//
// Its second line keeps it from being taken for a checkpoint.
func (c KeyChange) text() string {
	return fmt.Sprintf("%s\n%s %d\n%s\n%s\n", c.Origin, KindCheckpointKey, c.Seq, c.Old, c.New)
}

// keyChangeBody is the body of the event.
type keyChangeBody struct {
	Note string `json:"note"`
}

// Sign returns the body of the event, a JSON object: the note over the change,
// signed first with the old key, which says who decides, then with the new one,
// which says that it is there.
func (c KeyChange) Sign(old, next note.Signer) (body []byte, err error) {
	signed, err := note.Sign(&note.Note{Text: c.text()}, old, next)
	if err != nil {
		return nil, fmt.Errorf("sign change of key: %w", err)
	}
	return json.Marshal(keyChangeBody{string(signed)})
}

// parseKeyChange reads the event seq of a journal, which must be of
// KindCheckpointKey, and verifies both signatures with the keys it names itself.
func parseKeyChange(origin string, seq int64, event []byte) (c KeyChange, next note.Verifier, err error) {
	var e struct {
		Kind string        `json:"kind"`
		Body keyChangeBody `json:"body"`
	}
	if _, err := ParseHeader(event); err != nil {
		return c, nil, err
	}
	if err := json.Unmarshal(event, &e); err != nil || e.Kind != KindCheckpointKey {
		return c, nil, fmt.Errorf("%w: no note in it", ErrKeyChange)
	}
	text, _, _ := strings.Cut(e.Body.Note, "\n\n")
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return c, nil, fmt.Errorf("%w: want origin, event, old and new key", ErrKeyChange)
	}
	c = KeyChange{Origin: origin, Seq: seq, Old: lines[2], New: lines[3]}
	if text+"\n" != c.text() {
		return c, nil, fmt.Errorf("%w: made for another event or journal", ErrKeyChange)
	}
	old, errOld := NewVerifier(c.Old)
	next, errNext := NewVerifier(c.New)
	if errOld != nil || errNext != nil || old.Name() != origin || next.Name() != origin || c.Old == c.New {
		return c, nil, fmt.Errorf("%w: keys cannot be read", ErrKeyChange)
	}
	n, err := openNote([]byte(e.Body.Note), old, next)
	if err != nil || !hasSignature(n, old) || !hasSignature(n, next) {
		return c, nil, fmt.Errorf("%w: not signed with both keys", ErrKeyChange)
	}
	return c, next, nil
}

// Epochs are the keys that a journal's checkpoints are signed with, each for its
// sizes. The zero Epochs know none. Add leaves earlier copies as they were.
type Epochs struct {
	first   note.Verifier // nil: not known
	encoded string        // of the last key; empty: not known
	changes []epoch       // in order
}

// epoch is the time of one key after the first.
type epoch struct {
	KeyChange
	key note.Verifier
}

// NewEpochs begins with a journal's first key, encoded.
func NewEpochs(first string) (Epochs, error) {
	v, err := NewVerifier(first)
	return Epochs{first: v, encoded: first}, err
}

// Add takes over the change in the event seq: it must be signed with the last
// key and follow the last change. If no key is known the first change tells the
// first one. Errors wrap ErrKeyChange or ErrHeader.
func (e Epochs) Add(origin string, seq int64, event []byte) (Epochs, error) {
	c, key, err := parseKeyChange(origin, seq, event)
	if err != nil {
		return e, err
	}
	if e.encoded == "" {
		e.first, _ = NewVerifier(c.Old) // it was read before
		e.encoded = c.Old
	}
	if c.Old != e.encoded {
		return e, fmt.Errorf("%w: not signed with the key in force", ErrKeyChange)
	}
	if n := len(e.changes); n > 0 && e.changes[n-1].Seq >= seq {
		return e, fmt.Errorf("%w: out of order", ErrKeyChange)
	}
	e.changes = append(e.changes[:len(e.changes):len(e.changes)], epoch{c, key})
	e.encoded = c.New
	return e, nil
}

// At returns the key for checkpoints of a size; nil if it is not known.
func (e Epochs) At(size int64) note.Verifier {
	key := e.first
	for _, c := range e.changes {
		if c.Seq > size {
			break
		}
		key = c.key
	}
	return key
}

// Last is the key in force, encoded; empty if it is not known.
func (e Epochs) Last() string { return e.encoded }

// Changes returns the changes in order.
func (e Epochs) Changes() []KeyChange {
	var list []KeyChange
	for _, c := range e.changes {
		list = append(list, c.KeyChange)
	}
	return list
}
