package card

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
)

// PUKSource knows the PUKs of the cards that are served here.
type PUKSource interface {
	// PUK returns the PUK of the card whose token has that serial
	// (Chip.Serial), in a buffer of its own that the caller wipes. ErrNoPUK
	// if the source knows none.
	PUK(ctx context.Context, serial string) ([]byte, error)
}

// PUKFile is a PUKSource: the path of a text file with one line for each card,
// the token's serial and the PUK with a space between them. Empty lines and
// lines that begin with # say nothing. The file is read anew for each PUK. It
// is refused unless it is a regular file that nobody but its owner may read or
// write (mode 0600 or 0400); on Windows, where a mode says nothing about that,
// always.
type PUKFile string

// maxPUKFile bounds the file; it is for demonstrations and small offices.
const maxPUKFile = 1 << 20

// PUK looks the serial up.
func (f PUKFile) PUK(_ context.Context, serial string) ([]byte, error) {
	text, err := f.read()
	defer clear(text)
	if err != nil {
		return nil, fmt.Errorf("look up PUK: %w: %w", ErrNoPUK, err)
	}
	for line := range bytes.Lines(text) {
		of, puk, ok := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		if ok && string(of) == serial {
			return bytes.Clone(bytes.TrimSpace(puk)), nil
		}
	}
	return nil, fmt.Errorf("look up PUK: %w", ErrNoPUK)
}

// read reads the whole file into one buffer, which never grows: no copy of it
// is left behind.
func (f PUKFile) read() ([]byte, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat() // of what was opened, not of what has the name by now
	if err != nil {
		return nil, err
	}
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", f)
	case mode.Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s may be read by others: mode %04o, want 0600", f, mode.Perm())
	case info.Size() > maxPUKFile:
		return nil, fmt.Errorf("%s has %d bytes", f, info.Size())
	}
	text := make([]byte, info.Size())
	n, err := io.ReadFull(file, text)
	if err != nil {
		clear(text)
		return nil, fmt.Errorf("read %s after %d bytes: %w", f, n, err)
	}
	return text, nil
}
