package ca

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// maxDepth is how deep JSON may be nested; no message needs half of it.
const maxDepth = 16

// DecodeJSON decodes one JSON value of the protocol and nothing after it.
// Members that v does not know are ignored, so that the other end may say more
// than this version understands. What two readers could read in two ways is
// refused: a member that stands twice, also in another letter case, which
// encoding/json takes for the same.
func DecodeJSON(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode JSON: %w", err)
	}
	if err := checkDoubles(json.NewDecoder(bytes.NewReader(data)), 0); err != nil {
		return fmt.Errorf("decode JSON: %w", err)
	}
	return nil
}

// DecodeFile is DecodeJSON for what people write by hand or carry on a stick:
// a member that v does not know is refused, too.
func DecodeFile(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("decode JSON: %w", err)
	}
	return DecodeJSON(data, v)
}

// checkDoubles walks one value.
func checkDoubles(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return errors.New("nested too deep")
	}
	seen := make(map[string]bool)
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string) // encoding/json has no other names
			if text = strings.Map(fold, text); seen[text] {
				return errors.New("a member stands twice")
			}
			seen[text] = true
		}
		if err := checkDoubles(dec, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token() // the end
	return err
}

// fold maps all letter cases of a rune to one, as encoding/json compares names.
func fold(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}
