package cms

import (
	"bytes"
	"errors"
	"testing"

	"github.com/smallstep/pkcs7"
)

// overlapping is a message whose elements reach into each other: each level
// doubles the work of a decoder that trusts the lengths.
func overlapping(levels int) []byte {
	return append(bytes.Repeat([]byte{0x30, 6, 0x30, 2}, levels), 5, 0, 5, 0, 5, 0, 5, 0)
}

func TestParseRefusesBadNesting(t *testing.T) {
	tests := []struct {
		name    string
		message []byte
	}{
		{"empty", nil},
		{"tag alone", []byte{0x30}},
		{"overlapping", overlapping(60)},
		{"deep", bytes.Repeat([]byte{0x30, 0x80}, 1<<15)},
		{"length beyond the end", []byte{0x30, 3, 5, 0}},
		{"length of too many octets", []byte{0x30, 0x84, 0, 0, 0, 2, 5, 0}},
		{"length cut off", []byte{0x30, 0x82, 1}},
		{"child beyond its parent", []byte{0x30, 2, 5, 1, 0}},
		{"indefinite without an end", []byte{0x30, 0x80, 5, 0}},
		{"indefinite and primitive", []byte{0x04, 0x80, 0, 0}},
		{"large tag", []byte{0x3F, 0x81, 1, 0}},
		{"something behind it", []byte{0x30, 0, 0x30, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.message); !errors.Is(err, ErrNesting) {
				t.Errorf("got %v, want %v", err, ErrNesting)
			}
		})
	}
}

func TestParse(t *testing.T) {
	message, err := pkcs7.DegenerateCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(message); err != nil {
		t.Errorf("well-formed message: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	message, err := pkcs7.DegenerateCertificate(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add(overlapping(3))
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 1<<12 {
			return
		}
		_, _ = Parse(message) // must return
	})
}
