package evidence

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// readExport reads a whole export.
func readExport(text []byte) (r *ExportReader, entries []Entry, err error) {
	if r, err = NewExportReader(bytes.NewReader(text)); err != nil {
		return nil, nil, err
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r, entries, nil
		}
		if err != nil {
			return r, entries, err
		}
		entries = append(entries, e)
	}
}

// writeExport writes the entries.
func writeExport(t testing.TB, origin string, from int64, entries []Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewExportWriter(&b, origin, from)
	for _, e := range entries {
		var err error
		switch {
		case e.Event != nil:
			err = w.Event(e.Event)
		case e.Checkpoint != nil:
			err = w.Checkpoint(e.Checkpoint)
		default:
			err = w.Opening(e.Opening)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExport(t *testing.T) {
	entries := []Entry{
		{Event: []byte(event(""))},
		{Event: []byte("not an event\nat all")},
		{Event: []byte("{\n}")},
		{Checkpoint: []byte("mup.gov.rs/counter/X\n3\nroot\n\n— sig\n")},
		{Opening: bytes.Repeat([]byte{7}, 100_000)},
		{Event: []byte(`{"v":1,"kind":"шалтер"}`)},
	}
	text := writeExport(t, Origin("X"), 8, entries)
	r, got, err := readExport(text)
	if err != nil {
		t.Fatal(err)
	}
	if r.Origin != Origin("X") || r.From != 8 || !reflect.DeepEqual(got, entries) {
		t.Errorf("read %s from %d: %d entries, want those written", r.Origin, r.From, len(got))
	}
	if want := "salter-journal-export/1\nmup.gov.rs/counter/X\nfrom 8\n" + event("") + "\nevent bm90"; !strings.HasPrefix(string(text), want) {
		t.Errorf("export begins with %.200q, want %q", text, want)
	}
	for cut := range len(text) {
		if cut > 400 && cut < len(text)-400 {
			continue // inside the opening
		}
		if _, _, err := readExport(text[:cut]); !errors.Is(err, ErrExport) {
			t.Fatalf("cut at %d: error %v, want ErrExport", cut, err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	const head = "salter-journal-export/1\nmup.gov.rs/counter/X\nfrom 1\n"
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"other title", "salter-journal-export/2\nmup.gov.rs/counter/X\nfrom 1\nend 0\n"},
		{"no origin", "salter-journal-export/1\n\nfrom 1\nend 0\n"},
		{"from nothing", "salter-journal-export/1\nx\nfrom 0\nend 0\n"},
		{"no from", "salter-journal-export/1\nx\n1\nend 0\n"},
		{"unknown line", head + "note QUJD\nend 0\n"},
		{"empty line", head + "\nend 0\n"},
		{"base64 damaged", head + "event QUJ\nend 1\n"},
		{"no content", head + "opening \nend 0\n"},
		{"wrong number", head + "{}\nend 2\n"},
		{"number not plain", head + "{}\nend 01\n"},
		{"behind the end", head + "{}\nend 1\n{}\n"},
		{"no end", head + "{}\n"},
		{"line too long", head + "opening " + strings.Repeat("A", maxExportLine) + "\nend 0\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := readExport([]byte(tt.text)); !errors.Is(err, ErrExport) {
				t.Errorf("error %v, want ErrExport", err)
			}
		})
	}
}

// failingWriter takes so many bytes.
type failingWriter struct{ left int }

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestExportWriterFails(t *testing.T) {
	w := NewExportWriter(&failingWriter{left: 10_000}, "x", 1)
	var err error
	for range 1000 {
		err = w.Event([]byte(event("")))
	}
	if err == nil || w.Close() == nil {
		t.Error("a failed write is not reported, by the events or by Close")
	}
}

// FuzzExport reads foreign bytes; what is accepted is written as it was read,
// but for events that need not be in base64.
func FuzzExport(f *testing.F) {
	f.Add([]byte("salter-journal-export/1\nx\nfrom 1\n{}\ncheckpoint QUJD\nopening QUJD\nevent QUJD\nend 2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, entries, err := readExport(text)
		if err != nil {
			return
		}
		again := writeExport(t, r.Origin, r.From, entries)
		r2, entries2, err := readExport(again)
		if err != nil || r2.Origin != r.Origin || r2.From != r.From || !reflect.DeepEqual(entries2, entries) {
			t.Errorf("read %d entries, then %d, %v", len(entries), len(entries2), err)
		}
	})
}

func TestExportEach(t *testing.T) {
	type call struct {
		from, events int64
		checkpoint   string
	}
	var calls []call
	openings := 0
	refused := errors.New("refused")
	each := func(text []byte, fail error) error {
		calls, openings = nil, 0
		r, err := NewExportReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return r.Each(func(from int64, events [][]byte, checkpoint []byte) error {
			calls = append(calls, call{from, int64(len(events)), string(checkpoint)})
			return fail
		}, func([]byte) error {
			openings++
			return fail
		})
	}
	e, c, o := Entry{Event: []byte("{}")}, Entry{Checkpoint: []byte("c")}, Entry{Opening: []byte("o")}
	text := writeExport(t, "x", 5, []Entry{e, e, c, o, e, c, o})
	if err := each(text, nil); err != nil || openings != 2 || !reflect.DeepEqual(calls, []call{{5, 2, "c"}, {7, 1, "c"}}) {
		t.Errorf("calls %v, %d openings, %v", calls, openings, err)
	}
	if err := each(text, refused); !errors.Is(err, refused) || len(calls) != 1 {
		t.Errorf("calls %v, %v, want the first refused", calls, err)
	}
	if err := each(text[:len(text)-3], nil); !errors.Is(err, ErrExport) {
		t.Errorf("cut: %v, want ErrExport", err)
	}
	if err := each(writeExport(t, "x", 1, []Entry{e, c, e}), nil); !errors.Is(err, ErrExport) {
		t.Errorf("events without checkpoint: %v, want ErrExport", err)
	}
	large := Entry{Event: bytes.Repeat([]byte("x"), MaxEvent)}
	if err := each(writeExport(t, "x", 1, slices.Repeat([]Entry{large}, maxRun/MaxEvent+1)), nil); !errors.Is(err, ErrExport) {
		t.Errorf("a long run without checkpoint: %v, want ErrExport", err)
	}
}
