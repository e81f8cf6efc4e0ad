package store

import (
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"

	"salter/store/evidence"
)

// The errors somebody branches on.
var (
	// ErrInUse: another process has the journal open.
	ErrInUse = errors.New("journal is in use")
	// ErrMissing: there is no journal at the path. Open never makes one.
	ErrMissing = errors.New("journal is missing")
	// ErrNewer: a later version of Salter wrote the journal.
	ErrNewer = errors.New("journal is of a newer version")
	// ErrTampered: the file is sound, but its contents contradict each other,
	// the tree or a countersigned checkpoint. See TamperedError.
	ErrTampered = errors.New("journal does not verify")
	// ErrCorrupt: the file is damaged or not a journal.
	ErrCorrupt = errors.New("journal is corrupt")
	// ErrForeign: the journal belongs to another workstation.
	ErrForeign = errors.New("journal of another workstation")
	// ErrKey: the file with the data key is missing, damaged, readable by
	// others, or not the one the sealed parts were sealed with.
	ErrKey = errors.New("data key unusable")
	// ErrTooLarge: an event or an opening is over its limit.
	ErrTooLarge = evidence.ErrTooLarge
	// ErrFull: the disk is full.
	ErrFull = errors.New("disk is full")
	// ErrCommitment: events and parts of one Append do not belong together:
	// an opening that no event commits to, or a commitment without opening.
	ErrCommitment = errors.New("commitment and opening do not match")
	// ErrNoPart: no event of the case commits to a part of this name.
	ErrNoPart = errors.New("no such part")
	// ErrErased: the part was erased after the authority had taken it over.
	ErrErased = errors.New("part is erased")
	// ErrNoEvent: the journal has no event of this number.
	ErrNoEvent = errors.New("no such event")
	// ErrNotAnchored: the event cannot be proven yet.
	ErrNotAnchored = errors.New("no countersigned checkpoint covers the event")
	// ErrFork: the authority holds another history than this journal, or more
	// of it: the journal was changed, cut or restored from an older copy, or
	// two journals claim to be the same workstation. Nothing is sent any more.
	ErrFork = errors.New("authority holds another history")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("journal is closed")
)

// TamperedError says where a journal contradicts itself. It matches
// ErrTampered.
type TamperedError struct {
	Seq    int64 // first event concerned; 0: not about one event
	Reason string
}

// Error gives the text for logs.
func (e *TamperedError) Error() string {
	if e.Seq == 0 {
		return fmt.Sprintf("%v: %s", ErrTampered, e.Reason)
	}
	return fmt.Sprintf("%v: event %d: %s", ErrTampered, e.Seq, e.Reason)
}

// Unwrap returns ErrTampered.
func (e *TamperedError) Unwrap() error { return ErrTampered }

// ForkError tells what the two sides of a fork hold. It matches ErrFork.
type ForkError struct {
	Ours   Head
	Theirs Head // zero: the authority's head could not be had
	Err    error
}

// Error gives the text for logs.
func (e *ForkError) Error() string {
	return fmt.Sprintf("%v: it holds %d events, we %d: %v", ErrFork, e.Theirs.Size, e.Ours.Size, e.Err)
}

// Unwrap returns ErrFork and the cause.
func (e *ForkError) Unwrap() []error { return []error{ErrFork, e.Err} }

// tampered makes a TamperedError.
func tampered(seq int64, format string, args ...any) error {
	return &TamperedError{Seq: seq, Reason: fmt.Sprintf(format, args...)}
}

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html).
const (
	codeBusy     = 5
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeTooBig   = 18
	codeNotADB   = 26
)

// sqliteCode returns the primary result code in err, 0 if there is none.
func sqliteCode(err error) int {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// classify puts the sentinel for a result code of SQLite before err.
func classify(err error) error {
	var sentinel error
	switch sqliteCode(err) {
	case codeBusy:
		sentinel = ErrInUse
	case codeCorrupt, codeTooBig, codeNotADB:
		sentinel = ErrCorrupt
	case codeFull:
		sentinel = ErrFull
	default:
		return err
	}
	if errors.Is(err, sentinel) {
		return err
	}
	return fmt.Errorf("%w: %w", sentinel, err)
}

// notThere says whether err means that a file does not exist.
func notThere(err error) bool { return errors.Is(err, fs.ErrNotExist) }
