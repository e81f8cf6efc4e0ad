package card

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ebfe/scard"

	"salter/card/apdu"
)

// Role is the purpose of a certificate on the chip.
type Role int

// The two roles; a container has one key pair for each.
const (
	RoleAuthentication Role = iota // key exchange pair, file kxcNN
	RoleSignature                  // signature pair, file kscNN
)

// Certificate is one certificate on the chip.
type Certificate struct {
	Role      Role
	Container int // index in the container map
	KeyBits   int // size of the key pair by the container map
	DER       []byte
}

// Chip is the state of the PKI part of the chip, read without a PIN.
type Chip struct {
	Present      bool   // false: the card has no PKI part
	Serial       string // of the token, file 70F3
	Tries        int    // PIN tries left; −1 unknown, 0 blocked
	Certificates []Certificate
	// Damaged names the certificate files that programs cannot use: the file
	// cannot be read, or the container map does not know its key pair.
	Damaged []string
}

// The files of the PKI applet with fixed identifiers.
const (
	fidRoot      uint16 = 0x7000
	fidTokenInfo uint16 = 0x70F3
)

// pinReference is the citizen's PIN.
const pinReference byte = 0x80

// maxChipFile bounds the files of the PKI applet that are read.
const maxChipFile = 0x8000

// pkiApplet is the AID of the PKI applet (the one of PKCS#15, though inside it
// is not PKCS#15).
func pkiApplet() []byte { return []byte("\xA0\x00\x00\x00\x63PKCS-15") }

// ReadChip reads the state of the PKI part over a fresh connection, so it is
// also the independent read-back of what was written. It spends no PIN try.
// Errors: those of the reader, and ErrUnreadable, *StatusError. Like all native
// reads it refuses with ErrBusy while a session is logged in.
func (r *Readers) ReadChip(ctx context.Context, reader string) (Chip, error) {
	chip, err := transact(ctx, r, reader, scard.LeaveCard, func(c *channel, _ insertion) (Chip, error) { return readChip(c) })
	if err != nil {
		return Chip{}, fmt.Errorf("read chip: %w", err)
	}
	return chip, nil
}

// readChip is one try of ReadChip.
func readChip(c *channel) (Chip, error) {
	chip, err := readToken(c)
	if err != nil || !chip.Present {
		return Chip{}, err
	}
	root, err := readDirectory(c, fidRoot)
	if err != nil {
		return Chip{}, err
	}
	mscp, ok := find(root, "mscp")
	if !ok {
		return chip, nil // nothing was ever written
	}
	files, err := readDirectory(c, mscp.fid)
	if err != nil {
		return Chip{}, err
	}
	var containers []container
	if e, ok := find(files, "cmapfile"); ok {
		b, err := readChipFile(c, e.fid)
		if err != nil {
			return Chip{}, err
		}
		if containers, err = parseContainers(b); err != nil {
			return Chip{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
	}
	return chip, chip.readCertificates(c, files, containers)
}

// readToken selects the applet and reads serial and tries.
func readToken(c *channel) (Chip, error) {
	ok, err := selectApplet(c, pkiApplet())
	if err != nil || !ok {
		return Chip{}, err
	}
	b, err := readChipFile(c, fidTokenInfo)
	if err != nil {
		return Chip{}, err
	}
	chip := Chip{Present: true}
	if chip.Serial, err = parseTokenInfo(b); err != nil {
		return Chip{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	chip.Tries, err = readTries(c)
	return chip, err
}

// readTries asks for the tries left by a VERIFY without data, which spends none
// (ISO/IEC 7816-4 11.6.6). While another program has the PIN verified the card
// answers 9000, and the number stays unknown.
func readTries(c *channel) (int, error) {
	res, err := c.send(apdu.Command{INS: apdu.InsVerify, P2: pinReference})
	if err != nil {
		return -1, err
	}
	if n, ok := res.SW.Tries(); ok {
		return n, nil
	}
	switch res.SW {
	case apdu.SWBlocked:
		return 0, nil
	case apdu.SWOK:
		return -1, nil
	}
	return -1, &StatusError{Op: "read PIN tries", SW: res.SW}
}

// readCertificates reads the certificate files among files.
func (chip *Chip) readCertificates(c *channel, files []dirEntry, containers []container) error {
	for _, e := range files {
		cert, ok := certificateFile(e)
		if !ok {
			continue
		}
		b, err := readChipFile(c, e.fid)
		if err != nil && !errors.Is(err, ErrUnreadable) {
			return err
		}
		if err == nil {
			cert.DER, err = parseCertificateFile(b)
		}
		cert.KeyBits = keyBits(containers, cert)
		if err != nil || cert.KeyBits == 0 {
			chip.Damaged = append(chip.Damaged, e.name)
			continue
		}
		chip.Certificates = append(chip.Certificates, cert)
	}
	return nil
}

// certificateFile reads role and container from a file name: kxcNN, kscNN.
func certificateFile(e dirEntry) (Certificate, bool) {
	if e.directory || len(e.name) != 5 {
		return Certificate{}, false
	}
	n, err := strconv.ParseUint(e.name[3:], 10, 8)
	if err != nil {
		return Certificate{}, false
	}
	switch {
	case strings.HasPrefix(e.name, "kxc"):
		return Certificate{Role: RoleAuthentication, Container: int(n)}, true
	case strings.HasPrefix(e.name, "ksc"):
		return Certificate{Role: RoleSignature, Container: int(n)}, true
	}
	return Certificate{}, false
}

// keyBits returns the size of the key pair of a certificate by the container
// map, 0 if the map does not know it.
func keyBits(containers []container, cert Certificate) int {
	if cert.Container >= len(containers) || !containers[cert.Container].valid {
		return 0
	}
	if cert.Role == RoleSignature {
		return containers[cert.Container].signatureBits
	}
	return containers[cert.Container].exchangeBits
}

// find looks a name up in a directory.
func find(list []dirEntry, name string) (dirEntry, bool) {
	for _, e := range list {
		if e.name == name {
			return e, true
		}
	}
	return dirEntry{}, false
}

// readDirectory reads and parses a directory file.
func readDirectory(c *channel, fid uint16) ([]dirEntry, error) {
	b, err := readChipFile(c, fid)
	if err != nil {
		return nil, err
	}
	list, err := parseDirectory(b)
	if err != nil {
		return nil, fmt.Errorf("read %04X: %w: %w", fid, ErrUnreadable, err)
	}
	return list, nil
}

// readChipFile reads a whole file of the selected PKI applet. The answer to
// SELECT is FID BE2, size BE2 and six bytes of access conditions.
func readChipFile(c *channel, fid uint16) ([]byte, error) {
	op := fmt.Sprintf("read %04X", fid)
	cmd := apdu.Command{INS: apdu.InsSelect, Data: binary.BigEndian.AppendUint16(nil, fid), Ne: 10}
	info, err := selectFile(c, pkiApplet(), cmd, op)
	if err != nil {
		return nil, required(err)
	}
	if len(info) < 4 {
		return nil, fmt.Errorf("%s: answer of %d bytes: %w", op, len(info), ErrUnreadable)
	}
	size := int(binary.BigEndian.Uint16(info[2:]))
	if size > maxChipFile {
		return nil, fmt.Errorf("%s: size %d: %w", op, size, ErrUnreadable)
	}
	data := make([]byte, 0, size)
	for len(data) < size {
		part, err := readBinary(c, op, len(data), min(256, size-len(data)))
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			return nil, fmt.Errorf("%s: ends at %d of %d bytes: %w", op, len(data), size, ErrUnreadable)
		}
		data = append(data, part...)
	}
	return data[:size], nil
}
