package procedure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// EventVersion is the version of the envelope that this program writes. A
// reader of a later version reads this one too; bodies are never migrated.
const EventVersion = 1

// MaxEvent is the largest event, in bytes.
const MaxEvent = 64 << 10

// Event is one line of the journal. The line holds no personal data: what
// belongs to the person is sealed in a Part, and Commits holds the SHA-256 of
// its opening under the part's name.
type Event struct {
	Kind    Kind
	Case    CaseID            // empty: of the counter
	At      time.Time         // wall clock, to the millisecond
	Run     int64             // counts the starts of the program
	Mono    time.Duration     // since the start of the program
	Clerk   string            // number of the clerk signed in; may be empty
	Commits map[string]string // name of a part → hex SHA-256 of its opening
	// Body points to the body of the kind, for instance *CaseOpened; nil for
	// a kind that this version does not know, which is kept and passed over.
	Body any
}

// line is the wire form: one line of JSON.
type line struct {
	V       int               `json:"v"`
	Kind    Kind              `json:"kind"`
	Case    CaseID            `json:"case"`
	At      int64             `json:"at"`
	Run     int64             `json:"run"`
	Mono    int64             `json:"mono"`
	Clerk   string            `json:"clerk"`
	Commits map[string]string `json:"commits"`
	Body    json.RawMessage   `json:"body"`
}

// Encode gives the bytes that are stored, hashed and shipped.
func (e Event) Encode() ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Kind, err)
	}
	l := line{
		V: EventVersion, Kind: e.Kind, Case: e.Case, At: e.At.UnixMilli(), Run: e.Run,
		Mono: e.Mono.Milliseconds(), Clerk: e.Clerk, Commits: e.Commits, Body: body,
	}
	if l.Commits == nil {
		l.Commits = map[string]string{}
	}
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Kind, err)
	}
	if len(b) > MaxEvent {
		return nil, fmt.Errorf("encode %s: %d bytes are more than %d", e.Kind, len(b), MaxEvent)
	}
	return b, nil
}

// DecodeEvent reads one line of the journal. A later version of the envelope
// is refused with CodeUpgrade; a line that cannot be read with CodeTampered.
func DecodeEvent(b []byte) (Event, error) {
	bad := func(err error) (Event, error) {
		return Event{}, &Error{Code: CodeTampered, Detail: "decode event", Err: err}
	}
	if len(b) > MaxEvent {
		return bad(fmt.Errorf("%d bytes", len(b)))
	}
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return bad(err)
	}
	if l.V > EventVersion {
		return Event{}, &Error{Code: CodeUpgrade, Detail: fmt.Sprintf("event of version %d", l.V)}
	}
	if l.V < 1 || l.Kind == "" {
		return bad(fmt.Errorf("version %d, kind %q", l.V, l.Kind))
	}
	e := Event{
		Kind: l.Kind, Case: l.Case, At: time.UnixMilli(l.At), Run: l.Run,
		Mono: time.Duration(l.Mono) * time.Millisecond, Clerk: l.Clerk, Commits: l.Commits,
	}
	e.Body = bodyOf(l.Kind)
	if e.Body == nil {
		return e, nil
	}
	if len(bytes.TrimSpace(l.Body)) == 0 {
		return bad(fmt.Errorf("%s without a body", l.Kind))
	}
	if err := json.Unmarshal(l.Body, e.Body); err != nil {
		return bad(fmt.Errorf("body of %s: %w", l.Kind, err))
	}
	return e, nil
}
