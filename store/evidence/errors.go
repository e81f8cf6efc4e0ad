package evidence

import (
	"errors"
	"fmt"
)

// The errors somebody branches on.
var (
	// ErrHeader: the bytes are not an event.
	ErrHeader = errors.New("malformed event")
	// ErrTooLarge: an event or a checkpoint is over its limit.
	ErrTooLarge = errors.New("too large")
	// ErrCheckpoint: the bytes are not a checkpoint of the wanted origin, or
	// a wanted signature is missing or wrong.
	ErrCheckpoint = errors.New("bad checkpoint")
	// ErrKeyChange: the event does not change the checkpoint key, though its kind
	// says so: forged, or made for another place or journal.
	ErrKeyChange = errors.New("bad change of checkpoint key")
	// ErrProof: the bytes are not a proof, or it does not prove its event.
	ErrProof = errors.New("bad proof")
	// ErrExport: the bytes are not an export of a journal, or not all of it.
	ErrExport = errors.New("bad export")
)

// malformed wraps ErrHeader with what is wrong. The text never repeats a value
// of the event that was not checked to be short and harmless.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrHeader}, args...)...)
}
