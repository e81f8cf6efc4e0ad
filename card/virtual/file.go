package virtual

import (
	"encoding/binary"
	"fmt"

	"salter/card/apdu"
)

// The identifiers of the write view that mean something to the card itself.
const (
	fidMF  uint16 = 0x3F00
	fidP15 uint16 = 0x5015 // the PKCS#15 directory
	fidPrK uint16 = 0x4402 // directory of private keys
	fidPuK uint16 = 0x4403 // directory of public keys
	fidCer uint16 = 0x4404 // directory of certificates
)

// capacity is the room of the write view in bytes, files and directories.
const capacity = 48 << 10

// maxDepth bounds the nesting of directories.
const maxDepth = 4

// file is an elementary file or a directory of the write view.
type file struct {
	FID  uint16 `json:"fid"`
	Dir  bool   `json:"dir,omitempty"`
	Size int    `json:"size"` // as created; of an elementary file that of Data
	// Access holds the seven access bytes; see the consts below.
	Access []byte  `json:"access,omitempty"`
	Data   []byte  `json:"data,omitempty"`
	Files  []*file `json:"files,omitempty"`
	// Filled is how many bytes from the start have been written since the
	// last write to offset 0: a file that was torn off in the middle of
	// being written is told from a complete one by it.
	Filled int `json:"filled,omitempty"`
}

// Places of the access bytes (after the leading FF of tag 86).
const (
	accessDeleteSelf  = 0
	accessCreateDir   = 4
	accessCreateFile  = 5
	accessUpdate      = 5
	accessDeleteChild = 6
	accessRead        = 6
)

// Values of the access bytes.
const (
	accessAlways byte = 0x00
	accessPIN    byte = 0x90
	accessNever  byte = 0xFF
)

// child returns the file directly below f.
func (f *file) child(fid uint16) *file {
	for _, c := range f.Files {
		if c.FID == fid {
			return c
		}
	}
	return nil
}

// find follows a path of file identifiers from f.
func (f *file) find(path ...uint16) *file {
	for _, fid := range path {
		if f = f.child(fid); f == nil {
			return nil
		}
	}
	return f
}

// parentOf returns the directory below f that holds target, nil if none does.
func (f *file) parentOf(target *file) *file {
	for _, c := range f.Files {
		if c == target {
			return f
		}
		if p := c.parentOf(target); p != nil {
			return p
		}
	}
	return nil
}

// depthOf returns how far below f the directory target lies, −1 if it does not.
func (f *file) depthOf(target *file) int {
	if f == target {
		return 0
	}
	for _, c := range f.Files {
		if d := c.depthOf(target); d >= 0 {
			return d + 1
		}
	}
	return -1
}

// room returns the bytes that f and everything below it take.
func (f *file) room() int {
	n := len(f.Data) + 16
	for _, c := range f.Files {
		n += c.room()
	}
	return n
}

// access returns one access byte; a file without any is open.
func (f *file) access(i int) byte {
	if i >= len(f.Access) {
		return accessAlways
	}
	return f.Access[i]
}

// fci is the answer to SELECT (ISO/IEC 7816-4 7.4.3).
func (f *file) fci() []byte {
	size, kind := f.Size, byte(0x01)
	if f.Dir {
		kind = 0x38
	} else {
		size = len(f.Data)
	}
	var b []byte
	b = apdu.AppendTLV(b, 0x81, binary.BigEndian.AppendUint16(nil, uint16(size)))
	b = apdu.AppendTLV(b, 0x82, []byte{kind})
	b = apdu.AppendTLV(b, 0x83, binary.BigEndian.AppendUint16(nil, f.FID))
	if len(f.Access) > 0 {
		b = apdu.AppendTLV(b, 0x86, append([]byte{0xFF}, f.Access...))
	}
	return apdu.AppendTLV(nil, 0x6F, b)
}

// fileFromFCI makes the file that a CREATE command describes.
func fileFromFCI(data []byte) (*file, apdu.SW) {
	outer, rest, err := apdu.ParseTLV(data)
	if err != nil || len(rest) > 0 || outer.Tag != 0x6F {
		return nil, apdu.SWWrongData
	}
	fields, err := apdu.ParseTLVs(outer.Value)
	if err != nil {
		return nil, apdu.SWWrongData
	}
	kind, _ := apdu.FindTLV(fields, 0x82)
	fid, _ := apdu.FindTLV(fields, 0x83)
	if len(kind) == 0 || len(fid) != 2 {
		return nil, apdu.SWWrongData
	}
	f := &file{FID: binary.BigEndian.Uint16(fid)}
	if size, ok := apdu.FindTLV(fields, 0x81); ok && len(size) == 2 {
		f.Size = int(binary.BigEndian.Uint16(size))
	}
	if sec, ok := apdu.FindTLV(fields, 0x86); ok {
		if len(sec) != 8 || sec[0] != 0xFF {
			return nil, apdu.SWWrongData
		}
		f.Access = append([]byte(nil), sec[1:]...)
	}
	switch kind[0] & 0x3F { // without the bit for sharing
	case 0x38:
		f.Dir = true
	case 0x01:
		f.Size = roomFor(f.FID, f.Size)
		f.Data = make([]byte, f.Size)
	default:
		return nil, apdu.SWFuncUnsupported
	}
	return f, apdu.SWOK
}

// roomFor gives the object directories more room than OpenSC asks for: it
// copies the subject of a certificate into the entry of its key, so that the
// 512 bytes it creates them with are full at the second certificate. It obeys
// the size in the FCI.
func roomFor(fid uint16, asked int) int {
	switch fid {
	case fidPrK:
		return max(asked, 2048)
	case fidPuK, fidCer:
		return max(asked, 1024)
	}
	return asked
}

// check verifies a loaded tree.
func (f *file) check(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("file %04X: nested too deep", f.FID)
	}
	if len(f.Access) != 0 && len(f.Access) != 7 {
		return fmt.Errorf("file %04X: %d access bytes", f.FID, len(f.Access))
	}
	if f.Filled < 0 || f.Filled > len(f.Data) || len(f.Data) > 0xFFFF || f.Size < 0 || f.Size > 0xFFFF {
		return fmt.Errorf("file %04X: size out of range", f.FID)
	}
	if !f.Dir && len(f.Files) > 0 || f.Dir && len(f.Data) > 0 {
		return fmt.Errorf("file %04X: both file and directory", f.FID)
	}
	for _, c := range f.Files {
		if c == nil {
			return fmt.Errorf("directory %04X: empty entry", f.FID)
		}
		if err := c.check(depth + 1); err != nil {
			return err
		}
	}
	return nil
}
