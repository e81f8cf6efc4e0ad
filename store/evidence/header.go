package evidence

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Limits of an event.
const (
	Version    = 1        // of the header
	MaxEvent   = 64 << 10 // bytes of one event
	MaxCommits = 32       // commitments of one event
	maxMembers = 64       // members of the object
	maxName    = 64       // bytes of a kind, a clerk number, a part name
)

// Header is what every event says about itself, whatever its body.
type Header struct {
	Kind    string              // what happened, for instance "card-read": lower-case words with hyphens
	Case    string              // UUID in lower case; empty: not about a case
	At      int64               // wall clock, Unix milliseconds; order never depends on it
	Run     int64               // number of the program run that wrote the event
	Mono    int64               // milliseconds since that run began, by the monotonic clock
	Clerk   string              // service number of the signed-in clerk; empty: nobody
	Commits map[string][32]byte // by part name: SHA-256 of the opening of a sealed part
}

// ParseHeader reads the header of an event:
//
//	{"v":1,"kind":"…","case":"…","at":…,"run":…,"mono":…,"clerk":"…","commits":{"name":"hex"},…}
//
// The event must be one line of valid JSON of at most MaxEvent bytes, an
// object without white space around it. The members v, kind, case, at, run and
// mono are required, clerk and commits may be absent; members it does not know
// are left to the reader of the kind. A member given twice, or spelt with an
// escape, is refused, so that no two readers can see different events in the
// same bytes. All errors wrap ErrHeader, but for the size: ErrTooLarge.
func ParseHeader(event []byte) (Header, error) {
	if len(event) > MaxEvent {
		return Header{}, fmt.Errorf("parse event of %d bytes: %w", len(event), ErrTooLarge)
	}
	if err := checkForm(event); err != nil {
		return Header{}, err
	}
	var h Header
	seen := make([][]byte, 0, 16)
	err := eachMember(event, func(name, value []byte) error {
		if contains(seen, name) {
			return malformed("a member stands twice")
		}
		if len(seen) == maxMembers {
			return malformed("more than %d members", maxMembers)
		}
		seen = append(seen, name)
		return h.set(string(name), value)
	})
	if err != nil {
		return Header{}, err
	}
	for _, name := range [...]string{"v", "kind", "case", "at", "run", "mono"} {
		if !contains(seen, []byte(name)) {
			return Header{}, malformed("member %q is missing", name)
		}
	}
	return h, nil
}

// contains says whether name is among the names seen. There are few of them: a
// map would take longer.
func contains(seen [][]byte, name []byte) bool {
	return slices.ContainsFunc(seen, func(s []byte) bool { return bytes.Equal(s, name) })
}

// checkForm refuses what is not a single-line JSON object.
func checkForm(event []byte) error {
	if len(event) < 2 || event[0] != '{' || event[len(event)-1] != '}' {
		return malformed("not a JSON object")
	}
	for _, c := range event {
		if c < 0x20 {
			return malformed("control character %#02x", c)
		}
	}
	if !utf8.Valid(event) {
		return malformed("not UTF-8")
	}
	if !json.Valid(event) {
		return malformed("not JSON")
	}
	return nil
}

// set takes over one member of the header.
func (h *Header) set(name string, value []byte) (err error) {
	switch name {
	case "v":
		if string(value) != strconv.Itoa(Version) {
			return malformed("version %.20q, want %d", value, Version)
		}
	case "kind":
		h.Kind, err = parseWord(name, value, ValidName)
	case "case":
		h.Case, err = parseWord(name, value, validCase)
	case "clerk":
		h.Clerk, err = parseWord(name, value, validClerk)
	case "at":
		h.At, err = parseNumber(name, value)
	case "run":
		h.Run, err = parseNumber(name, value)
	case "mono":
		h.Mono, err = parseNumber(name, value)
	case "commits":
		h.Commits, err = parseCommits(value)
	}
	return err
}

// parseWord reads a string without escapes that valid accepts.
func parseWord(name string, value []byte, valid func(string) bool) (string, error) {
	if value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", malformed("member %q is not a plain string", name)
	}
	word := string(value[1 : len(value)-1])
	if !valid(word) {
		return "", malformed("member %q has a value that is not allowed", name)
	}
	return word, nil
}

// parseNumber reads a whole number that is not negative.
func parseNumber(name string, value []byte) (int64, error) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n < 0 {
		return 0, malformed("member %q is not a whole number", name)
	}
	return n, nil
}

// parseCommits reads the object of commitments.
func parseCommits(value []byte) (map[string][32]byte, error) {
	if value[0] != '{' {
		return nil, malformed(`member "commits" is not an object`)
	}
	commits := make(map[string][32]byte)
	err := eachMember(value, func(word, digest []byte) error {
		name := string(word)
		if !ValidName(name) {
			return malformed("commitment has a name that is not allowed")
		}
		if _, twice := commits[name]; twice {
			return malformed("a commitment stands twice")
		}
		if len(commits) == MaxCommits {
			return malformed("more than %d commitments", MaxCommits)
		}
		sum, err := parseDigest(digest)
		if err != nil {
			return err
		}
		commits[name] = sum
		return nil
	})
	return commits, err
}

// parseDigest reads a quoted SHA-256 in lower-case hex.
func parseDigest(value []byte) (sum [32]byte, err error) {
	if len(value) != 2+2*len(sum) || value[0] != '"' {
		return sum, malformed("commitment is not 64 hex digits")
	}
	digits := value[1 : len(value)-1]
	if _, err := hex.Decode(sum[:], digits); err != nil || bytes.ContainsAny(digits, "ABCDEF") {
		return sum, malformed("commitment is not 64 hex digits in lower case")
	}
	return sum, nil
}

// ValidName says whether s may be the kind of an event or the name of a sealed
// part: lower-case letters, digits and hyphens, beginning with a letter, at
// most 64 bytes.
func ValidName(s string) bool {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// validCase accepts the empty string and a UUID in lower case
// (RFC 9562 section 4).
func validCase(s string) bool {
	if s == "" {
		return true
	}
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch hyphen := i == 8 || i == 13 || i == 18 || i == 23; {
		case hyphen && c != '-':
			return false
		case !hyphen && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f'):
			return false
		}
	}
	return true
}

// validClerk accepts what can be printed without quoting.
func validClerk(s string) bool {
	if len(s) > maxName {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
