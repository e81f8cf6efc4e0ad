package evidence

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// exportTitle is the first line of an export of this version.
const exportTitle = "salter-journal-export/1"

// The lines of an export that are no event in clear begin with one of these.
const (
	lineEvent      = "event "
	lineCheckpoint = "checkpoint "
	lineOpening    = "opening "
	lineEnd        = "end "
)

// maxExportLine is the longest line: an opening in base64.
const maxExportLine = len(lineOpening) + (MaxOpening+2)/3*4

// ExportWriter writes events of one journal, checkpoints of it and openings to
// a file that NewExportReader reads:
//
//	salter-journal-export/1
//	<origin>
//	from <number of the first event>
//	{…}                    the next event, as stored
//	event <base64>         the next event, if it is not one line beginning with {
//	checkpoint <base64>    a signed checkpoint of the events so far
//	opening <base64>       an opening that an event commits to
//	end <number of events in the file>
//
// Each line ends with a newline. A file without its last line is cut.
type ExportWriter struct {
	w      *bufio.Writer
	events int64
	err    error // of the first write that failed; all later ones return it
}

// NewExportWriter begins an export of the journal of the given origin whose
// first event will be the one numbered from.
func NewExportWriter(w io.Writer, origin string, from int64) *ExportWriter {
	e := &ExportWriter{w: bufio.NewWriter(w)}
	e.line(exportTitle, "")
	e.line(origin, "")
	e.line("from ", strconv.FormatInt(from, 10))
	return e
}

// line writes one line.
func (e *ExportWriter) line(word, rest string) {
	if e.err == nil {
		_, e.err = e.w.WriteString(word + rest + "\n")
	}
}

// Event writes the next event.
func (e *ExportWriter) Event(body []byte) error {
	if len(body) > 0 && body[0] == '{' && bytes.IndexByte(body, '\n') < 0 {
		e.line(string(body), "")
	} else {
		e.line(lineEvent, base64.StdEncoding.EncodeToString(body))
	}
	e.events++
	return e.err
}

// Checkpoint writes a signed checkpoint. It belongs behind the last event that
// it covers.
func (e *ExportWriter) Checkpoint(signed []byte) error {
	e.line(lineCheckpoint, base64.StdEncoding.EncodeToString(signed))
	return e.err
}

// Opening writes an opening.
func (e *ExportWriter) Opening(opening []byte) error {
	e.line(lineOpening, base64.StdEncoding.EncodeToString(opening))
	return e.err
}

// Close writes the last line. It does not close the writer below.
func (e *ExportWriter) Close() error {
	e.line(lineEnd, strconv.FormatInt(e.events, 10))
	if e.err == nil {
		e.err = e.w.Flush()
	}
	return e.err
}

// Entry is one line of an export: one of the fields is set.
type Entry struct {
	Event      []byte
	Checkpoint []byte
	Opening    []byte
}

// ExportReader reads what an ExportWriter wrote. It verifies nothing.
type ExportReader struct {
	// Origin of the journal, and the number of the first event.
	Origin string
	From   int64

	r      *bufio.Reader
	events int64
	done   bool
}

// NewExportReader reads the first lines. All errors of the reader wrap
// ErrExport, but for those of r.
func NewExportReader(r io.Reader) (*ExportReader, error) {
	e := &ExportReader{r: bufio.NewReader(r)}
	title, err := e.line()
	if err != nil {
		return nil, err
	}
	if string(title) != exportTitle {
		return nil, fmt.Errorf("%w: first line is not %s", ErrExport, exportTitle)
	}
	origin, err := e.line()
	if err != nil {
		return nil, err
	}
	from, err := e.line()
	if err != nil {
		return nil, err
	}
	e.Origin = string(origin)
	number, ok := strings.CutPrefix(string(from), "from ")
	if e.From, err = strconv.ParseInt(number, 10, 64); !ok || err != nil || e.From < 1 || e.Origin == "" {
		return nil, fmt.Errorf("%w: want origin and number of the first event", ErrExport)
	}
	return e, nil
}

// Next returns the next entry, io.EOF after the last. A file that is cut gives
// an error instead.
func (e *ExportReader) Next() (Entry, error) {
	if e.done {
		return Entry{}, io.EOF
	}
	line, err := e.line()
	if err != nil {
		return Entry{}, err
	}
	if len(line) > 0 && line[0] == '{' {
		e.events++
		return Entry{Event: line}, nil
	}
	word, rest, _ := strings.Cut(string(line), " ")
	if word+" " == lineEnd {
		return Entry{}, e.end(rest)
	}
	content, err := base64.StdEncoding.Strict().DecodeString(rest)
	if err != nil || len(content) == 0 {
		return Entry{}, fmt.Errorf("%w: line behind event %d is damaged", ErrExport, e.From+e.events-1)
	}
	switch word + " " {
	case lineEvent:
		e.events++
		return Entry{Event: content}, nil
	case lineCheckpoint:
		return Entry{Checkpoint: content}, nil
	case lineOpening:
		return Entry{Opening: content}, nil
	}
	return Entry{}, fmt.Errorf("%w: line behind event %d is of no known kind", ErrExport, e.From+e.events-1)
}

// end checks the last line.
func (e *ExportReader) end(number string) error {
	if number != strconv.FormatInt(e.events, 10) {
		return fmt.Errorf("%w: holds %d events, its last line says otherwise", ErrExport, e.events)
	}
	if _, err := e.r.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: goes on behind its last line", ErrExport)
	}
	e.done = true
	return io.EOF
}

// line reads one line of bounded length, without its end.
func (e *ExportReader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := e.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxExportLine+1:
			return nil, fmt.Errorf("%w: %w", ErrExport, ErrTooLarge)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%w: it is cut", ErrExport)
		case err != nil:
			return nil, fmt.Errorf("read export: %w", err)
		default:
			return line[:len(line)-1], nil
		}
	}
}

// maxRun is how many bytes of events may stand before a checkpoint, where a
// reader needs a checkpoint after each run of them.
const maxRun = 1 << 20

// Each gives every run of events that ends with a checkpoint to push, with the
// number of its first event, and every opening to put. It ends with the first
// error. Events that no checkpoint follows are an error: who signed for them?
func (e *ExportReader) Each(push func(from int64, events [][]byte, checkpoint []byte) error, put func(opening []byte) error) error {
	var run [][]byte
	size := 0
	for {
		entry, err := e.Next()
		switch {
		case errors.Is(err, io.EOF) && len(run) == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: no checkpoint behind its last %d events", ErrExport, len(run))
		case err != nil:
			return err
		case entry.Event != nil:
			if run, size = append(run, entry.Event), size+len(entry.Event); size > maxRun {
				return fmt.Errorf("%w: no checkpoint within %d bytes of events", ErrExport, maxRun)
			}
		case entry.Checkpoint != nil:
			if err := push(e.From+e.events-int64(len(run)), run, entry.Checkpoint); err != nil {
				return err
			}
			run, size = nil, 0
		default:
			if err := put(entry.Opening); err != nil {
				return err
			}
		}
	}
}
