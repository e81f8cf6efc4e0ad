package sod

import (
	"encoding/binary"
	"fmt"
)

// FID identifies a file of the identity applet.
type FID uint16

// The files of the identity applet.
const (
	FileDocument    FID = 0x0F02 // number, type and dates of the card
	FilePersonal    FID = 0x0F03 // the holder
	FileResidence   FID = 0x0F04 // his address
	FilePortrait    FID = 0x0F06
	FileSODFixed    FID = 0x0F1C // signature over 0F02, 0F03, 0F06
	FileSODVariable FID = 0x0F1D // signature over 0F04
)

// headerSize is the size of the header of a file and of the inner header of
// portrait and SOD: two bytes that nobody checks, then the length LE16 of
// what follows.
const headerSize = 4

// maxBody is the largest body that the length field can say.
const maxBody = 0xFFFF

// String gives the four hex digits.
func (f FID) String() string { return fmt.Sprintf("%04X", uint16(f)) }

// Files holds whole files, header included, by their identifier.
type Files map[FID][]byte

// Body returns what follows the header of a whole file. The length in the
// header must be the one of the file; an empty body is malformed, because no
// real file has one.
func Body(file []byte) ([]byte, error) {
	if len(file) < headerSize {
		return nil, fmt.Errorf("read header of %d bytes: %w", len(file), ErrMalformed)
	}
	n := int(binary.LittleEndian.Uint16(file[2:]))
	body := file[headerSize:]
	if n == 0 || n != len(body) {
		return nil, fmt.Errorf("read header: length %d for %d bytes: %w", n, len(body), ErrMalformed)
	}
	return body, nil
}

// withHeader puts a header before body; it panics on a body that no header can
// describe, which only our own code could make.
func withHeader(head uint16, body []byte) []byte {
	if len(body) > maxBody {
		panic("sod: body too large for a card file")
	}
	file := make([]byte, headerSize, headerSize+len(body))
	binary.LittleEndian.PutUint16(file, head)
	binary.LittleEndian.PutUint16(file[2:], uint16(len(body)))
	return append(file, body...)
}

// EncodeFile builds a whole data file from records.
func EncodeFile(f FID, records []Record) []byte {
	return withHeader(uint16(f), appendRecords(nil, records))
}

// EncodePortrait builds the whole portrait file from a JPEG.
func EncodePortrait(jpeg []byte) []byte {
	return withHeader(uint16(FilePortrait), withHeader(uint16(FilePortrait), jpeg))
}

// Portrait returns the JPEG inside a whole portrait file; it does not look
// into it.
func Portrait(file []byte) ([]byte, error) {
	jpeg, err := inner(file)
	if err != nil {
		return nil, fmt.Errorf("read portrait: %w", err)
	}
	return jpeg, nil
}

// inner returns what follows the second header of portrait and SOD files.
// Bytes behind its length are padding.
func inner(file []byte) ([]byte, error) {
	body, err := Body(file)
	if err != nil {
		return nil, err
	}
	if len(body) < headerSize {
		return nil, fmt.Errorf("inner header of %d bytes: %w", len(body), ErrMalformed)
	}
	n := int(binary.LittleEndian.Uint16(body[2:]))
	if n == 0 || n > len(body)-headerSize {
		return nil, fmt.Errorf("inner header: length %d for %d bytes: %w", n, len(body)-headerSize, ErrMalformed)
	}
	return body[headerSize : headerSize+n], nil
}
