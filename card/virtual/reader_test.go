package virtual_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"salter/card/apdu"
	"salter/card/virtual"
)

// terminal plays a program that talks to the card directly, byte for byte.
type terminal struct {
	t    testing.TB
	card *virtual.Card
}

// send transmits a command in hex and returns the answer.
func (m terminal) send(command string) apdu.Response {
	m.t.Helper()
	answer, err := m.card.Transmit(bytesOf(m.t, command))
	if err != nil {
		m.t.Fatalf("transmit %q: %v", command, err)
	}
	r, err := apdu.ParseResponse(answer)
	if err != nil {
		m.t.Fatalf("transmit %q: %v", command, err)
	}
	return r
}

// bytesOf decodes hex with spaces.
func bytesOf(t testing.TB, command string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(command, " ", ""))
	if err != nil {
		t.Fatalf("command %q: %v", command, err)
	}
	return raw
}

// hexByte gives the two digits of a byte.
func hexByte(i int) string { return fmt.Sprintf("%02X", i) }

// want transmits a command and checks the status word; the data are returned.
func (m terminal) want(command string, sw apdu.SW) []byte {
	m.t.Helper()
	r := m.send(command)
	if r.SW != sw {
		m.t.Fatalf("%s: got %v, want %v", command, r.SW, sw)
	}
	return r.Data
}

// cardEdgeFile selects a file of the CardEdge view and reads it in pieces.
func (m terminal) cardEdgeFile(fid uint16, piece int) ([]byte, bool) {
	m.t.Helper()
	r := m.send("00A40000 02" + hex.EncodeToString(binary.BigEndian.AppendUint16(nil, fid)) + "0A")
	if r.SW == apdu.SWFileNotFound {
		return nil, false
	}
	if !r.SW.OK() || len(r.Data) != 10 || binary.BigEndian.Uint16(r.Data) != fid {
		m.t.Fatalf("select %04X: got %X %v, want ten bytes with the identifier", fid, r.Data, r.SW)
	}
	size := int(binary.BigEndian.Uint16(r.Data[2:]))
	var content []byte
	for len(content) < size {
		n := len(content)
		part := m.want("00B0"+hex.EncodeToString([]byte{byte(n >> 8), byte(n), byte(piece)}), apdu.SWOK)
		if len(part) == 0 {
			m.t.Fatalf("read %04X at %d of %d: no data", fid, n, size)
		}
		content = append(content, part...)
	}
	if len(content) != size {
		m.t.Fatalf("read %04X: got %d bytes, want %d", fid, len(content), size)
	}
	return content, true
}

const selectCardEdge = "00A40400 0C A000000063504B43532D3135"

// readCertificate reads a certificate file of the CardEdge view as a strict
// reader does; nil if it is not there.
func readCertificate(t testing.TB, card *virtual.Card, fid uint16) []byte {
	t.Helper()
	m := terminal{t, card}
	m.want(selectCardEdge, apdu.SWOK)
	file, ok := m.cardEdgeFile(fid, 0xFF)
	if !ok {
		return nil
	}
	if len(file) < 6 || int(binary.LittleEndian.Uint16(file)) != len(file)-2 || file[2] != 1 || file[3] != 0 {
		t.Fatalf("certificate file %04X: head %X of %d bytes", fid, file[:6], len(file))
	}
	z, err := zlib.NewReader(bytes.NewReader(file[6:]))
	if err != nil {
		t.Fatalf("certificate file %04X: %v", fid, err)
	}
	der, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("certificate file %04X: %v", fid, err)
	}
	if len(der) != int(binary.LittleEndian.Uint16(file[4:])) {
		t.Fatalf("certificate file %04X: got %d bytes, want the %d it states", fid, len(der), binary.LittleEndian.Uint16(file[4:]))
	}
	return der
}
