package apdu

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// unhex decodes hex with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// long is n bytes of data.
func long(n int) []byte { return bytes.Repeat([]byte{0xA5}, n) }

// TestCommand encodes and decodes the forms of ISO/IEC 7816-3 12.1.3.
func TestCommand(t *testing.T) {
	for _, tc := range []struct {
		name    string
		command Command
		head    string // of the encoding
		size    int
	}{
		{"case 1", Command{INS: 0x20, P2: 0x80}, "00200080", 4},
		{"case 2", Command{INS: 0xB0, Ne: 4}, "00B0000004", 5},
		{"case 2, all", Command{INS: 0xB0, Ne: 256}, "00B0000000", 5},
		{"case 3", Command{INS: 0xA4, P1: 4, Data: []byte{1, 2}}, "00A40400020102", 7},
		{"case 3, longest", Command{INS: 0xD6, Data: long(255)}, "00D60000FF", 260},
		{"case 4", Command{CLA: 0x10, INS: 0x2A, P1: 0x9E, P2: 0x9A, Data: []byte{7}, Ne: 256}, "102A9E9A010700", 7},
		{"case 2 extended", Command{INS: 0x46, P1: 0x42, Ne: 65536}, "00464200000000", 7},
		{"case 2 extended, 257", Command{INS: 0x46, Ne: 257}, "00460000000101", 7},
		{"case 3 extended", Command{INS: 0xDB, Data: long(256)}, "00DB0000000100A5", 263},
		{"case 4 extended by data", Command{INS: 0x2A, Data: long(257), Ne: 256}, "002A0000000101", 4 + 3 + 257 + 2},
		{"case 4 extended by answer", Command{INS: 0x2A, Data: []byte{9}, Ne: 300}, "002A000000000109012C", 10},
		{"largest", Command{INS: 0xDB, Data: long(65535), Ne: 65536}, "00DB000000FFFF", 4 + 3 + 65535 + 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := tc.command.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if len(b) != tc.size || !bytes.HasPrefix(b, unhex(t, tc.head)) {
				t.Errorf("encoded: got %d bytes %X..., want %d bytes %s...", len(b), b[:min(10, len(b))], tc.size, tc.head)
			}
			got, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != tc.command.String() || !bytes.Equal(got.Data, tc.command.Data) {
				t.Errorf("decoded: got %v, want %v", got, tc.command)
			}
		})
	}
}

// TestCommandRefused lists what cannot be encoded or decoded.
func TestCommandRefused(t *testing.T) {
	for _, c := range []Command{{Data: long(65536)}, {Ne: 65537}, {Ne: -1}} {
		if _, err := c.Bytes(); !errors.Is(err, ErrLength) {
			t.Errorf("encode %v: got %v, want ErrLength", c, err)
		}
	}
	for _, s := range []string{
		"", "00A404", // no header
		"00A404000201", "00A4040002010203 04", // Lc does not fit
		"00DB00000001", "00DB0000000000 01", "00DB0000000002 01", "00DB0000000001 01020304", // extended
	} {
		if c, err := Parse(unhex(t, s)); !errors.Is(err, ErrLength) {
			t.Errorf("parse %s: got %v, error %v, want ErrLength", s, c, err)
		}
	}
}

// TestSecrets checks that a PIN in a command is neither printed nor kept.
func TestSecrets(t *testing.T) {
	c := Command{INS: InsVerify, P2: 0x80, Data: []byte("1234\x00\x00\x00\x00")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, c); strings.Contains(s, "1234") || strings.Contains(s, "31 32") || strings.Contains(s, "0x31") || strings.Contains(s, "49") {
			t.Errorf("%s prints the PIN: %s", verb, s)
		}
	}
	c.Wipe()
	if !bytes.Equal(c.Data, make([]byte, 8)) {
		t.Errorf("after Wipe: %X", c.Data)
	}
}

// TestResponse decodes answers.
func TestResponse(t *testing.T) {
	r, err := ParseResponse(unhex(t, "010203 9000"))
	if err != nil || r.SW != SWOK || !bytes.Equal(r.Data, []byte{1, 2, 3}) {
		t.Errorf("got %X %v, error %v", r.Data, r.SW, err)
	}
	if !bytes.Equal(r.Bytes(), unhex(t, "0102039000")) {
		t.Errorf("encoded: got %X", r.Bytes())
	}
	if _, err := ParseResponse([]byte{0x90}); !errors.Is(err, ErrLength) {
		t.Errorf("one byte: got %v, want ErrLength", err)
	}
}

// TestSW checks the status words that carry a number.
func TestSW(t *testing.T) {
	for _, tc := range []struct {
		sw         SW
		tries      int
		isTries    bool
		more       int
		isMore     bool
		ok, warned bool
	}{
		{SWOK, 0, false, 0, false, true, false},
		{0x63C0, 0, true, 0, false, false, false},
		{SWTries(3), 3, true, 0, false, false, false},
		{0x6300, 0, false, 0, false, false, false},
		{SWMore(14), 0, false, 14, true, false, false},
		{SWMore(256), 0, false, 256, true, false, false},
		{SWMore(1000), 0, false, 256, true, false, false},
		{SWEndOfFile, 0, false, 0, false, false, true},
		{SWBlocked, 0, false, 0, false, false, false},
	} {
		tries, isTries := tc.sw.Tries()
		more, isMore := tc.sw.More()
		if tries != tc.tries || isTries != tc.isTries || more != tc.more || isMore != tc.isMore || tc.sw.OK() != tc.ok || tc.sw.Warning() != tc.warned {
			t.Errorf("%v: tries %d %v, more %d %v, ok %v, warning %v", tc.sw, tries, isTries, more, isMore, tc.sw.OK(), tc.sw.Warning())
		}
	}
	if got := SWTries(2).String(); got != "63C2" {
		t.Errorf("String: got %s", got)
	}
}

// TestTLV encodes and decodes data objects.
func TestTLV(t *testing.T) {
	for _, tc := range []struct {
		tag  uint32
		size int
		head string
	}{
		{0x6F, 0, "6F00"}, {0x81, 0x7F, "817F"}, {0x81, 0x80, "818180"}, {0x81, 0x100, "81820100"},
		{0x7F49, 0x109, "7F49820109"}, {0x53, 0x10000, "5383010000"}, {0x5F8101, 1, "5F810101"},
	} {
		b := AppendTLV(nil, tc.tag, long(tc.size))
		if !bytes.HasPrefix(b, unhex(t, tc.head)) {
			t.Errorf("encode %X of %d bytes: got %X..., want %s...", tc.tag, tc.size, b[:min(len(b), 6)], tc.head)
		}
		got, rest, err := ParseTLV(append(b, 0x99))
		if err != nil || got.Tag != tc.tag || len(got.Value) != tc.size || !bytes.Equal(rest, []byte{0x99}) {
			t.Errorf("decode %X: got %X of %d bytes, rest %X, error %v", tc.tag, got.Tag, len(got.Value), rest, err)
		}
	}
	list, err := ParseTLVs(unhex(t, "8001F3 840100"))
	if v, ok := FindTLV(list, 0x84); err != nil || !ok || !bytes.Equal(v, []byte{0}) {
		t.Errorf("find 84: got %X, %v, error %v", v, ok, err)
	}
	if _, ok := FindTLV(list, 0x81); ok {
		t.Error("find 81: got a value that is not there")
	}
	if list, err := ParseTLVs(unhex(t, "8001F3 8402")); !errors.Is(err, ErrTLV) || len(list) != 1 {
		t.Errorf("cut sequence: got %v, error %v, want one object and ErrTLV", list, err)
	}
	for _, s := range []string{"", "6F", "6F02 01", "6F80 0000", "6F8401000000", "6F81", "7F", "7F80", "7F8180", "6F8201"} {
		if got, _, err := ParseTLV(unhex(t, s)); !errors.Is(err, ErrTLV) {
			t.Errorf("parse %q: got %+v, error %v, want ErrTLV", s, got, err)
		}
	}
}

// FuzzCommand: what can be parsed encodes to a command of the same meaning.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"00200080", "00A404000CA000000063504B43532D3135", "00464200000000", "00DB00000001000000"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b)
		if err != nil {
			return
		}
		again, err := c.Bytes()
		if err != nil {
			t.Fatalf("encode %v: %v", c, err)
		}
		d, err := Parse(again)
		if err != nil || d.String() != c.String() || !bytes.Equal(d.Data, c.Data) {
			t.Errorf("%X: got %v, error %v, want %v", b, d, err, c)
		}
	})
}

// FuzzTLV: objects that were read encode to what is read again.
func FuzzTLV(f *testing.F) {
	f.Add([]byte{0x6F, 0x0B, 0x81, 2, 0, 0, 0x82, 1, 0x38, 0x83, 2, 0x3F, 0})
	f.Add([]byte{0x7F, 0x49, 0x82, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ParseTLVs(b)
		if err != nil {
			return
		}
		var out []byte
		for _, o := range list {
			out = AppendTLV(out, o.Tag, o.Value)
		}
		again, err := ParseTLVs(out)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%X: encoded %X: got %d objects, error %v, want %d", b, out, len(again), err, len(list))
		}
		for i := range list {
			if again[i].Tag != list[i].Tag || !bytes.Equal(again[i].Value, list[i].Value) {
				t.Errorf("object %d differs", i)
			}
		}
	})
}
