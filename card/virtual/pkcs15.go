package virtual

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"salter/card/apdu"
)

// accessP15 is that of the PKCS#15 directory: anybody may create, the PIN may
// delete.
func accessP15() []byte { return []byte{0, 0, 0, 0, 0, 0, accessPIN} }

// accessPublic is that of the directory's own files: the PIN may change and
// delete, anybody may read.
func accessPublic() []byte {
	return []byte{accessPIN, accessPIN, accessPIN, accessPIN, accessPIN, accessPIN, accessAlways}
}

// blankTree is the write view of a card as it leaves the factory, before
// pkcs15-init.
func blankTree() *file { return &file{FID: fidMF, Dir: true} }

// initialTree is the write view of a personalised card: what OpenSC 0.23
// leaves after pkcs15-init, so that it needs no initialisation. serial becomes
// the serial number of the token.
func initialTree(serial []byte, now time.Time) *file {
	public := func(fid uint16, size int, content []byte) *file {
		f := written(fid, content, size)
		f.Access = accessPublic()
		return f
	}
	tree := blankTree()
	tree.Files = []*file{
		public(0x2F00, 128, efDir()),
		{FID: fidP15, Dir: true, Size: 5000, Access: accessP15(), Files: []*file{
			public(0x4401, 256, efAODF()),
			public(0x5031, 256, efODF()),
			public(0x5032, 0, efTokenInfo(serial, now)),
			public(0x4946, 128, append([]byte{0x01, 0x06}, "pkcs15\x00"...)),
		}},
	}
	return tree
}

// efDir names the PKCS#15 application and its path (ISO/IEC 7816-15 7.2).
func efDir() []byte {
	var b []byte
	b = apdu.AppendTLV(b, 0x4F, aidCardEdge())
	b = apdu.AppendTLV(b, 0x50, []byte("JavaCard isoApplet"))
	b = apdu.AppendTLV(b, 0x51, path(fidMF, fidP15))
	return apdu.AppendTLV(nil, 0x61, b)
}

// efODF points to the directory of PINs and to those of keys and certificates
// that exist (ISO/IEC 7816-15 8.1).
func efODF(more ...uint16) []byte {
	entry := func(b []byte, tag uint32, fid uint16) []byte {
		p := apdu.AppendTLV(nil, 0x04, path(fidMF, fidP15, fid))
		return apdu.AppendTLV(b, tag, apdu.AppendTLV(nil, 0x30, p))
	}
	b := entry(nil, 0xA8, 0x4401)
	for _, fid := range more {
		b = entry(b, map[uint16]uint32{fidPrK: 0xA0, fidPuK: 0xA1, fidCer: 0xA4}[fid], fid)
	}
	return b
}

// efAODF describes the one PIN: reference 1, 4 to 16 characters stored,
// padded with zeros.
func efAODF() []byte {
	b, err := hex.DecodeString("3030" + "300E0C08" + hex.EncodeToString([]byte("User PIN")) + "030206C0" +
		"30030401FF" + "A118" + "3016" + "0302028C" + "0A0101" + "020104" + "020110" + "020110" + "800101" + "040100")
	if err != nil {
		panic(err) // a constant of ours
	}
	b[1] = byte(len(b) - 2)
	return b
}

// efTokenInfo is TokenInfo (ISO/IEC 7816-15 8.10).
func efTokenInfo(serial []byte, now time.Time) []byte {
	var b []byte
	b = apdu.AppendTLV(b, 0x02, []byte{0})
	b = apdu.AppendTLV(b, 0x04, serial)
	b = apdu.AppendTLV(b, 0x0C, []byte("unknown"))
	b = apdu.AppendTLV(b, 0x80, []byte("JavaCard isoApplet"))
	b = apdu.AppendTLV(b, 0x03, []byte{0x04, 0x10})
	b = apdu.AppendTLV(b, 0xA5, apdu.AppendTLV(nil, 0x18, []byte(now.UTC().Format("20060102150405Z"))))
	return apdu.AppendTLV(nil, 0x30, b)
}

// path encodes a path of file identifiers.
func path(fids ...uint16) []byte {
	var b []byte
	for _, f := range fids {
		b = binary.BigEndian.AppendUint16(b, f)
	}
	return b
}

// tokenSerialBytes turns ID and nine digits into the serial number of the
// PKCS#15 token: eight bytes, digits two to a byte. OpenSC shows it in hex, so
// that a PKCS#11 token's serial ends with the digits of file 70F3.
func tokenSerialBytes(serial string) ([]byte, error) {
	if len(serial) != 11 || serial[:2] != "ID" {
		return nil, fmt.Errorf("token serial is not ID and nine digits")
	}
	b, err := hex.DecodeString("0000000" + serial[2:])
	if err != nil {
		return nil, fmt.Errorf("token serial is not ID and nine digits")
	}
	return b, nil
}
