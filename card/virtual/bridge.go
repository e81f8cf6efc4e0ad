package virtual

import (
	"bytes"
	"compress/zlib"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode/utf16"
)

// The files of the CardEdge view. Root, certificate files and token info are
// where real cards have them; the others follow from the order of creation.
const (
	ceRoot     uint16 = 0x7000
	ceCardID   uint16 = 0x7001
	ceCardCF   uint16 = 0x7002
	ceCardApps uint16 = 0x7003
	ceMscp     uint16 = 0x7100
	ceMap      uint16 = 0x7101
	ceFirst    uint16 = 0x7102 // container i has its certificate in ceFirst+i
	ceToken    uint16 = 0x70F3
)

// Sizes of the CardEdge structures.
const (
	dirHeader  = 10
	dirEntry   = 12
	mapRecord  = 86
	guidSize   = 80
	labelSize  = 32
	serialSize = 20
	freeSlots  = 20 // file slots of a directory
)

// The two containers of the chip.
const (
	containerAuth = iota // key exchange: authentication
	containerSign        // signature: non-repudiation
	containers
)

// container is one certificate of the CardEdge view with its key.
type container struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

// containers derives what the CardEdge view shows from the write view: of the
// complete certificates that have a key on the chip, the one written last for
// each role.
func (s *state) containers() [containers]*container {
	var shown [containers]*container
	dir := s.MF.find(fidP15)
	if dir == nil {
		return shown
	}
	for _, fid := range s.Written {
		cert := certificateIn(dir.child(fid))
		if cert == nil {
			continue
		}
		pub, ok := cert.PublicKey.(*rsa.PublicKey)
		if !ok {
			continue
		}
		for _, slot := range s.Keys {
			if slot.key.PublicKey.Equal(pub) {
				shown[roleOf(cert)] = &container{cert: cert, key: slot.key}
			}
		}
	}
	return shown
}

// certificateIn returns the certificate in a file of the write view; nil if
// the file is not there, holds none, or was not written to its end.
func certificateIn(f *file) *x509.Certificate {
	if f == nil {
		return nil
	}
	n := derLength(f.Data)
	if n == 0 || f.Filled < n || len(bytes.Trim(f.Data[n:], "\x00")) > 0 {
		return nil
	}
	cert, err := x509.ParseCertificate(f.Data[:n])
	if err != nil {
		return nil
	}
	return cert
}

// derLength returns the length of the SEQUENCE at the start of b, its head
// included; 0 if b does not hold all of it.
func derLength(b []byte) int {
	if len(b) < 4 || b[0] != 0x30 || b[1] != 0x82 {
		return 0
	}
	n := 4 + int(binary.BigEndian.Uint16(b[2:]))
	if n > len(b) {
		return 0
	}
	return n
}

// roleOf returns the container for a certificate.
func roleOf(cert *x509.Certificate) int {
	if cert.KeyUsage&x509.KeyUsageContentCommitment != 0 {
		return containerSign
	}
	return containerAuth
}

// pairOf is the number of the key pair in a container's key reference: 1 key
// exchange, 2 signature.
func pairOf(i int) uint16 {
	if i == containerSign {
		return 2
	}
	return 1
}

// keyReference is the file identifier of the private key in container i.
func keyReference(i int) uint16 {
	return 0x6000 | uint16(i)<<4&0x0FF0 | pairOf(i)<<2&0x000C | 1
}

// containerKey returns the key that a two-byte reference of MSE names.
func (s *state) containerKey(ref []byte) *rsa.PrivateKey {
	if len(ref) != 2 {
		return nil
	}
	for i, k := range s.containers() {
		if k != nil && keyReference(i) == binary.BigEndian.Uint16(ref) {
			return k.key
		}
	}
	return nil
}

// cardEdgeFile returns the content of a file of the CardEdge view, nil if
// there is none.
func (s *state) cardEdgeFile(fid uint16) []byte {
	switch fid {
	case ceRoot:
		return directory(freeSlots, 0x7004, 0x7200, []entry{
			{"cardid", ceCardID, false}, {"cardcf", ceCardCF, false}, {"cardapps", ceCardApps, false}, {"mscp", ceMscp, true},
		})
	case ceCardID:
		h := sha256.Sum256([]byte("cardid " + s.TokenSerial))
		return h[:16]
	case ceCardCF:
		return make([]byte, 6)
	case ceCardApps:
		return append([]byte("mscp"), 0, 0, 0, 0)
	case ceMscp:
		return s.mscp()
	case ceMap:
		return s.containerMap()
	case ceToken:
		return tokenInfo(s.TokenSerial)
	}
	if i := int(fid) - int(ceFirst); i >= 0 && i < containers {
		if k := s.containers()[i]; k != nil {
			return certificateFile(k.cert.Raw)
		}
	}
	return nil
}

// entry is one line of a directory.
type entry struct {
	name string
	fid  uint16
	dir  bool
}

// directory encodes a directory file: counts of free slots, the next free
// identifiers, number of entries, write access, then the entries.
func directory(free int, nextFile, nextDir uint16, entries []entry) []byte {
	b := []byte{byte(free - len(entries)), 4}
	b = binary.LittleEndian.AppendUint16(b, nextFile)
	b = binary.LittleEndian.AppendUint16(b, nextDir)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	b = binary.LittleEndian.AppendUint16(b, 0)
	for _, e := range entries {
		var line [dirEntry]byte
		copy(line[:8], e.name)
		binary.LittleEndian.PutUint16(line[8:], e.fid)
		if e.dir {
			line[10] = 1
		}
		b = append(b, line[:]...)
	}
	return b
}

// mscp encodes the directory of the container map and the certificates.
func (s *state) mscp() []byte {
	entries := []entry{{"cmapfile", ceMap, false}}
	for i, k := range s.containers() {
		if k == nil {
			continue
		}
		kind := "kxc"
		if i == containerSign {
			kind = "ksc"
		}
		entries = append(entries, entry{fmt.Sprintf("%s%02d", kind, i), ceFirst + uint16(i), false})
	}
	return directory(freeSlots, ceFirst+containers, 0x7200, entries)
}

// containerMap encodes cmapfile: length, then one record for each container,
// of zeros where it is empty.
func (s *state) containerMap() []byte {
	b := binary.LittleEndian.AppendUint16(nil, containers*mapRecord)
	for i, k := range s.containers() {
		record := make([]byte, mapRecord)
		if k != nil {
			copy(record[:guidSize], containerName(s.TokenSerial, i, k.key))
			record[guidSize] = 0x01 // valid
			bits := uint16(k.key.N.BitLen())
			if i == containerAuth {
				record[guidSize] |= 0x02 // default container
				binary.LittleEndian.PutUint16(record[guidSize+4:], bits)
			} else {
				binary.LittleEndian.PutUint16(record[guidSize+2:], bits)
			}
		}
		b = append(b, record...)
	}
	return b
}

// containerName is a GUID in braces, UTF-16LE, that stays the same for the
// same key.
func containerName(serial string, i int, key *rsa.PrivateKey) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d ", serial, i)
	h.Write(key.N.Bytes())
	x := hex.EncodeToString(h.Sum(nil)[:16])
	name := fmt.Sprintf("{%s-%s-%s-%s-%s}", x[:8], x[8:12], x[12:16], x[16:20], x[20:])
	var b []byte
	for _, u := range utf16.Encode([]rune(name)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// tokenInfo encodes file 70F3.
func tokenInfo(serial string) []byte {
	b := bytes.Repeat([]byte{' '}, labelSize)
	copy(b, "NetSeT's CardEdge Token")
	b = append(b, make([]byte, serialSize)...)
	copy(b[labelSize:], serial)
	return b
}

// certificateFile encodes a certificate: length of what follows, a mark, the
// uncompressed length, a zlib stream.
func certificateFile(der []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(der) // a bytes.Buffer takes everything
	_ = w.Close()
	b := binary.LittleEndian.AppendUint16(nil, uint16(4+z.Len()))
	b = append(b, 0x01, 0x00)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(der)))
	return append(b, z.Bytes()...)
}

// noteWritten puts a certificate file at the end of the order of writing.
func (s *state) noteWritten(fid uint16) {
	s.noteDeleted(fid)
	s.Written = append(s.Written, fid)
}

// noteDeleted takes a file off the order of writing.
func (s *state) noteDeleted(fid uint16) {
	s.Written = slices.DeleteFunc(s.Written, func(f uint16) bool { return f == fid })
}
