package evidence

import "bytes"

// eachMember calls fn with every member of the JSON object in the order of the
// bytes. The object must be valid JSON; value is a sub-slice of it. It is
// written by hand because encoding/json matches names without regard to case
// and lets the last of two equal names win.
func eachMember(object []byte, fn func(name, value []byte) error) error {
	rest := skipSpace(object[1:])
	for rest[0] != '}' {
		n := stringEnd(rest)
		name := rest[1 : n-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			return malformed("a member name holds an escape")
		}
		rest = skipSpace(rest[n:]) // at the colon
		rest = skipSpace(rest[1:]) // at the value
		n = valueEnd(rest)         // after the value
		if err := fn(name, rest[:n]); err != nil {
			return err
		}
		rest = skipSpace(rest[n:])
		if rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
	}
	return nil
}

// skipSpace drops leading blanks; an event has no other white space.
func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " ") }

// stringEnd returns the length of the string at the start of valid JSON,
// quotes included.
func stringEnd(b []byte) int {
	for i := 1; ; i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd returns the length of the value at the start of valid JSON.
func valueEnd(b []byte) int {
	switch b[0] {
	case '"':
		return stringEnd(b)
	case '{', '[':
		return bracketEnd(b)
	}
	return bytes.IndexAny(b, " ,]}")
}

// bracketEnd returns the length of the object or array at the start of valid
// JSON.
func bracketEnd(b []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch b[i] {
		case '"':
			i += stringEnd(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}
