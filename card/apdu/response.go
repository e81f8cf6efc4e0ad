package apdu

import "fmt"

// Response is a response APDU: data, which may be empty, and status word.
type Response struct {
	Data []byte
	SW   SW
}

// ParseResponse decodes an answer. Data is a part of b, not a copy.
func ParseResponse(b []byte) (Response, error) {
	if len(b) < 2 {
		return Response{}, fmt.Errorf("parse response of %d bytes: %w", len(b), ErrLength)
	}
	n := len(b) - 2
	return Response{Data: b[:n:n], SW: SW(uint16(b[n])<<8 | uint16(b[n+1]))}, nil
}

// Bytes encodes r.
func (r Response) Bytes() []byte {
	b := make([]byte, 0, len(r.Data)+2)
	b = append(b, r.Data...)
	return append(b, byte(r.SW>>8), byte(r.SW))
}
