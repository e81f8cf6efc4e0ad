package card

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// directory builds a directory file.
func directory(entries ...dirEntry) []byte {
	b := make([]byte, directoryHead)
	binary.LittleEndian.PutUint16(b[6:], uint16(len(entries)))
	for _, e := range entries {
		var r [directoryEntry]byte
		copy(r[:entryName], e.name)
		binary.LittleEndian.PutUint16(r[entryName:], e.fid)
		if e.directory {
			r[entryName+2] = 1
		}
		b = append(b, r[:]...)
	}
	return b
}

// containers builds a container map without length prefix.
func containers(list ...container) []byte {
	var b []byte
	for _, c := range list {
		var r [containerSize]byte
		if c.valid {
			r[80] = 1
		}
		binary.LittleEndian.PutUint16(r[82:], uint16(c.signatureBits))
		binary.LittleEndian.PutUint16(r[84:], uint16(c.exchangeBits))
		b = append(b, r[:]...)
	}
	return b
}

// prefixed puts a length LE2 before b.
func prefixed(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// compressed builds a certificate file of the compressed form that claims size
// bytes.
func compressed(t testing.TB, der []byte, size int) []byte {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(der); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return prefixed(append([]byte{1, 0, byte(size), byte(size >> 8)}, z.Bytes()...))
}

func TestParseDirectory(t *testing.T) {
	full := directory(dirEntry{"mscp", 0x7100, true}, dirEntry{"kxc00", 0x7102, false}, dirEntry{"eightchr", 1, false})
	tests := []struct {
		name string
		file []byte
		want []dirEntry
		bad  bool
	}{
		{"entries", full, []dirEntry{{"mscp", 0x7100, true}, {"kxc00", 0x7102, false}, {"eightchr", 1, false}}, false},
		{"padding behind", append(bytes.Clone(full), 0, 0, 0), []dirEntry{{"mscp", 0x7100, true}, {"kxc00", 0x7102, false}, {"eightchr", 1, false}}, false},
		{"empty", directory(), []dirEntry{}, false},
		{"head cut", full[:9], nil, true},
		{"entry cut", full[:len(full)-1], nil, true},
		{"more entries than a directory can have", directory(make([]dirEntry, maxEntries+1)...), nil, true},
		{"count too large", append(bytes.Repeat([]byte{0xFF}, 10), full...), nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseDirectory(tt.file)
			if errors.Is(err, errFile) != tt.bad {
				t.Fatalf("error %v, want one: %v", err, tt.bad)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("entry %d: got %+v, want %+v", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func TestParseContainers(t *testing.T) {
	want := []container{{true, 0, 2048}, {true, 2048, 0}, {false, 0, 0}}
	plain := containers(want...)
	for _, tt := range []struct {
		name string
		file []byte
		bad  bool
	}{
		{"without prefix", plain, false},
		{"with prefix", prefixed(plain), false},
		{"cut", plain[:len(plain)-1], true},
		{"prefix of another length", append([]byte{5, 0}, plain...), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseContainers(tt.file)
			if errors.Is(err, errFile) != tt.bad {
				t.Fatalf("error %v, want one: %v", err, tt.bad)
			}
			if tt.bad {
				return
			}
			if len(got) != len(want) {
				t.Fatalf("got %d containers, want %d", len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("container %d: got %+v, want %+v", i, got[i], want[i])
				}
			}
		})
	}
}

func TestParseCertificateFile(t *testing.T) {
	der := append([]byte{0x30, 0x82, 0x0B, 0xB4}, bytes.Repeat([]byte{0xA5, 0x5A, 0x11}, 1000)...)
	bomb := compressed(t, bytes.Repeat([]byte{0x30}, 60000), 100)
	cut := compressed(t, der, len(der))
	cut = prefixed(cut[2 : len(cut)-8])
	for _, tt := range []struct {
		name string
		file []byte
		bad  bool
	}{
		{"raw, larger than 1,536 bytes", prefixed(der), false},
		{"compressed, larger than 1,536 bytes", compressed(t, der, len(der)), false},
		{"raw with padding behind", append(prefixed(der), 0, 0, 0), false},
		{"empty", nil, true},
		{"length past the end", prefixed(der)[:100], true},
		{"zeros, as after a torn write", make([]byte, 200), true},
		{"unknown form", prefixed([]byte{2, 0, 1, 0, 1}), true},
		{"stream cut", cut, true},
		{"more than it claims", bomb, true},
		{"less than it claims", compressed(t, der, len(der)+1), true},
		{"no zlib stream", prefixed([]byte{1, 0, 10, 0, 1, 2, 3, 4}), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseCertificateFile(tt.file)
			if errors.Is(err, errFile) != tt.bad {
				t.Fatalf("error %v, want one: %v", err, tt.bad)
			}
			if !tt.bad && !bytes.Equal(got, der) {
				t.Errorf("got %d bytes, want the certificate of %d", len(got), len(der))
			}
		})
	}
}

func TestParseTokenInfo(t *testing.T) {
	label := "NetSeT's CardEdge Token" + strings.Repeat(" ", 9)
	file := func(serial string) []byte {
		return append([]byte(label), append([]byte(serial), make([]byte, 20-len(serial))...)...)
	}
	for _, tt := range []struct {
		name, want string
		file       []byte
	}{
		{"serial", "ID007654321", file("ID007654321")},
		{"serial of full length", "12345678901234567890", file("12345678901234567890")},
		{"no serial", "", file("")},
		{"not printable", "", file("ID\x01")},
		{"cut", "", file("ID007654321")[:51]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTokenInfo(tt.file)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func FuzzParseDirectory(f *testing.F) {
	f.Add(directory(dirEntry{"mscp", 0x7100, true}))
	f.Add(directory()[:9])
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseDirectory(b)
		if err == nil && directoryHead+len(list)*directoryEntry > len(b) {
			t.Errorf("%d entries from %d bytes", len(list), len(b))
		}
	})
}

func FuzzParseContainers(f *testing.F) {
	f.Add(containers(container{true, 0, 2048}))
	f.Add(prefixed(containers(container{true, 2048, 0})))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseContainers(b)
		if err == nil && len(list)*containerSize > len(b) {
			t.Errorf("%d containers from %d bytes", len(list), len(b))
		}
	})
}

func FuzzParseCertificateFile(f *testing.F) {
	der := append([]byte{0x30, 3}, 1, 1, 0)
	f.Add(prefixed(der))
	f.Add(compressed(f, der, len(der)))
	f.Add(compressed(f, der, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		der, err := parseCertificateFile(b)
		if err == nil && len(der) > 0xFFFF {
			t.Errorf("certificate of %d bytes from %d", len(der), len(b))
		}
	})
}

func FuzzParseTokenInfo(f *testing.F) {
	f.Add(append([]byte(strings.Repeat(" ", 32)), []byte("ID007654321\x00\x00\x00\x00\x00\x00\x00\x00\x00")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		serial, err := parseTokenInfo(b)
		if err == nil && (serial == "" || len(serial) > 20) {
			t.Errorf("serial %q", serial)
		}
	})
}
