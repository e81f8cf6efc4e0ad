package est

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// EncodeBase64 returns der as one line of base64 without a line break at its
// end: the form of RFC 8951 3.1 that every server accepts.
func EncodeBase64(der []byte) []byte {
	return base64.StdEncoding.AppendEncode(nil, der)
}

// DecodeBase64 reads a base64 body of at most max decoded bytes. White space
// of any kind may stand anywhere: many servers break lines with CRLF. Missing
// padding is accepted, any other character is not.
func DecodeBase64(r io.Reader, max int) ([]byte, error) {
	// Line breaks and padding add at most a few per cent; twice the size of
	// the text is far beyond any real body.
	limit := 2*base64.StdEncoding.EncodedLen(max) + 1024
	text, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if len(text) > limit {
		return nil, ErrTooLarge
	}
	packed := text[:0]
	for _, b := range text {
		switch b {
		case ' ', '\t', '\r', '\n', '\v', '\f':
		default:
			packed = append(packed, b)
		}
	}
	for len(packed) > 0 && packed[len(packed)-1] == '=' {
		packed = packed[:len(packed)-1]
	}
	out, err := base64.RawStdEncoding.AppendDecode(nil, packed)
	if err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	switch {
	case len(out) == 0:
		return nil, errors.New("decode body: empty")
	case len(out) > max:
		return nil, ErrTooLarge
	}
	return out, nil
}
