package card

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The sizes of the structures of the PKI applet's files, which follow
// Microsoft's smart card minidriver with directories of the vendor's own.
const (
	directoryHead  = 10
	directoryEntry = 12
	maxEntries     = 255 // a directory counts its free slots in one byte
	entryName      = 8
	containerSize  = 86
	tokenInfoSize  = 52
	tokenLabelSize = 32
)

// errFile is for a file of the PKI applet that cannot be understood; it never
// leaves the package without ErrUnreadable.
var errFile = errors.New("malformed file")

// dirEntry is one entry of a directory file.
type dirEntry struct {
	name      string
	fid       uint16
	directory bool
}

// parseDirectory reads a directory file: a head with free slots, next
// identifiers, number of entries LE2 at 6 and access word, then the entries:
// name of 8 bytes NUL padded, FID LE2, 1 for a directory, padding.
func parseDirectory(b []byte) ([]dirEntry, error) {
	if len(b) < directoryHead {
		return nil, fmt.Errorf("directory of %d bytes: %w", len(b), errFile)
	}
	n := int(binary.LittleEndian.Uint16(b[6:]))
	b = b[directoryHead:]
	if n > maxEntries || n*directoryEntry > len(b) {
		return nil, fmt.Errorf("directory of %d entries in %d bytes: %w", n, len(b), errFile)
	}
	list := make([]dirEntry, n)
	for i := range list {
		e := b[i*directoryEntry : (i+1)*directoryEntry]
		list[i] = dirEntry{
			name:      string(bytes.TrimRight(e[:entryName], "\x00")),
			fid:       binary.LittleEndian.Uint16(e[entryName:]),
			directory: e[entryName+2] == 1,
		}
	}
	return list, nil
}

// container is one record of the container map, cmapfile.
type container struct {
	valid         bool
	signatureBits int // size of the signature key; 0: none
	exchangeBits  int // size of the key exchange key; 0: none
}

// parseContainers reads cmapfile: perhaps a length LE2, then records of 86
// bytes: GUID in UTF-16 (80), flags, reserved, bits of the signature key LE2,
// bits of the key exchange key LE2.
func parseContainers(b []byte) ([]container, error) {
	if len(b) >= 2 && len(b)%containerSize == 2 {
		n := int(binary.LittleEndian.Uint16(b))
		if b = b[2:]; n <= len(b) {
			b = b[:n]
		}
	}
	if len(b)%containerSize != 0 {
		return nil, fmt.Errorf("container map of %d bytes: %w", len(b), errFile)
	}
	list := make([]container, len(b)/containerSize)
	for i := range list {
		r := b[i*containerSize : (i+1)*containerSize]
		list[i] = container{
			valid:         r[80]&1 != 0,
			signatureBits: int(binary.LittleEndian.Uint16(r[82:])),
			exchangeBits:  int(binary.LittleEndian.Uint16(r[84:])),
		}
	}
	return list, nil
}

// parseCertificateFile returns the DER of a certificate file: length LE2 of
// what follows, then either the DER or 01 00, its length LE2 and a zlib stream
// of it. Bytes behind the length are padding.
func parseCertificateFile(b []byte) ([]byte, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("certificate file of %d bytes: %w", len(b), errFile)
	}
	n := int(binary.LittleEndian.Uint16(b))
	if b = b[2:]; n > len(b) {
		return nil, fmt.Errorf("certificate file: length %d, %d bytes left: %w", n, len(b), errFile)
	}
	b = b[:n]
	switch {
	case len(b) > 0 && b[0] == 0x30: // SEQUENCE: not compressed
		return b, nil
	case len(b) < 4 || b[0] != 1 || b[1] != 0:
		return nil, fmt.Errorf("certificate file: unknown form: %w", errFile)
	}
	return inflate(b[4:], int(binary.LittleEndian.Uint16(b[2:])))
}

// inflate returns the size bytes of a zlib stream, which must hold exactly
// them.
func inflate(b []byte, size int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("inflate certificate: %w: %w", errFile, err)
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(size)+1))
	if err != nil {
		return nil, fmt.Errorf("inflate certificate: %w: %w", errFile, err)
	}
	if len(out) != size {
		return nil, fmt.Errorf("inflate certificate: not %d bytes: %w", size, errFile)
	}
	return out, nil
}

// parseTokenInfo returns the serial of file 70F3: label of 32 bytes space
// padded, serial of 20 bytes NUL padded.
func parseTokenInfo(b []byte) (string, error) {
	if len(b) < tokenInfoSize {
		return "", fmt.Errorf("token info of %d bytes: %w", len(b), errFile)
	}
	serial := bytes.TrimRight(b[tokenLabelSize:tokenInfoSize], "\x00 ")
	if len(serial) == 0 {
		return "", fmt.Errorf("token info without serial: %w", errFile)
	}
	for _, c := range serial {
		if c < 0x20 || c > 0x7E {
			return "", fmt.Errorf("token serial not printable: %w", errFile)
		}
	}
	return string(serial), nil
}
