package sod

import (
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"time"
)

// Bundle is what the authority gets of a card: the raw files 0F02 and 0F03 and
// the SOD 0F1C over them, so that it can check by itself for whom it signs.
//
// Encoded, it is one byte of version (1) and, for each of the three in this
// order, file identifier BE16, length BE32, bytes.
type Bundle struct {
	Document []byte // whole file 0F02
	Personal []byte // whole file 0F03
	SOD      []byte // whole file 0F1C
}

// bundleVersion is the first byte of an encoded Bundle.
const bundleVersion = 1

// maxFile is the largest whole file that a card can hold.
const maxFile = headerSize + maxBody

// Encode returns the one encoding of b.
func (b Bundle) Encode() []byte {
	out := []byte{bundleVersion}
	for _, p := range b.parts() {
		out = binary.BigEndian.AppendUint16(out, uint16(p.fid))
		out = binary.BigEndian.AppendUint32(out, uint32(len(*p.file)))
		out = append(out, *p.file...)
	}
	return out
}

// ParseBundle reads an encoded Bundle; nothing may be missing or left over.
// The files inside are not looked into. They are parts of data.
func ParseBundle(data []byte) (Bundle, error) {
	var b Bundle
	if len(data) == 0 || data[0] != bundleVersion {
		return Bundle{}, fmt.Errorf("parse card file bundle: unknown version: %w", ErrMalformed)
	}
	rest := data[1:]
	for _, p := range b.parts() {
		if len(rest) < 6 || FID(binary.BigEndian.Uint16(rest)) != p.fid {
			return Bundle{}, fmt.Errorf("parse card file bundle: %v not found: %w", p.fid, ErrMalformed)
		}
		n := uint64(binary.BigEndian.Uint32(rest[2:]))
		rest = rest[6:]
		if n > maxFile || n > uint64(len(rest)) {
			return Bundle{}, fmt.Errorf("parse card file bundle: %v has length %d, %d bytes left: %w", p.fid, n, len(rest), ErrMalformed)
		}
		*p.file, rest = rest[:n:n], rest[n:]
	}
	if len(rest) > 0 {
		return Bundle{}, fmt.Errorf("parse card file bundle: %d bytes left over: %w", len(rest), ErrMalformed)
	}
	return b, nil
}

// Verify checks the SOD of b against anchors at the present time at, as the
// function Verify does, and returns what the files say.
func (b Bundle) Verify(anchors []*x509.Certificate, at time.Time) (Document, Personal, error) {
	files := Files{FileDocument: b.Document, FilePersonal: b.Personal}
	if err := Verify(files, b.SOD, anchors, at); err != nil {
		return Document{}, Personal{}, err
	}
	d, err := ParseDocument(b.Document)
	if err != nil {
		return Document{}, Personal{}, err
	}
	p, err := ParsePersonal(b.Personal)
	if err != nil {
		return Document{}, Personal{}, err
	}
	return d, p, nil
}

// part is one file of a bundle and its place in it.
type part struct {
	fid  FID
	file *[]byte
}

// parts lists the files of b in the order of the encoding.
func (b *Bundle) parts() []part {
	return []part{{FileDocument, &b.Document}, {FilePersonal, &b.Personal}, {FileSODFixed, &b.SOD}}
}
