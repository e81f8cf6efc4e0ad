package apdu

import "fmt"

// Instruction bytes and the chaining bit of CLA (ISO/IEC 7816-4 5.4).
const (
	InsVerify       byte = 0x20
	InsMSE          byte = 0x22
	InsChange       byte = 0x24
	InsPSO          byte = 0x2A
	InsUnblock      byte = 0x2C
	InsGenerateKey  byte = 0x46
	InsGetChallenge byte = 0x84
	InsSelect       byte = 0xA4
	InsReadBinary   byte = 0xB0
	InsGetResponse  byte = 0xC0
	InsGetData      byte = 0xCA
	InsUpdateBinary byte = 0xD6
	InsCreateFile   byte = 0xE0
	InsDeleteFile   byte = 0xE4
	ClassChaining   byte = 0x10 // bit of CLA: more of this command follows
)

// What the length fields can say (ISO/IEC 7816-3 12.1.3).
const (
	maxShortData      = 255
	maxShortExpected  = 256
	maxExtended       = 65535
	maxExtendedExpect = 65536
)

// Command is a command APDU. Ne is the largest number of answer bytes
// expected: 0 none (no Le field), 1..256 fit the short form, up to 65536 need
// the extended form. The zero Le byte of the short form is Ne 256, that of the
// extended form 65536.
type Command struct {
	CLA, INS, P1, P2 byte
	Data             []byte
	Ne               int
}

// Bytes encodes c, in the short form wherever it fits (ISO/IEC 7816-3 12.1.3).
// It fails if Data or Ne are larger than the extended form can say.
func (c Command) Bytes() ([]byte, error) {
	nc := len(c.Data)
	if nc > maxExtended || c.Ne < 0 || c.Ne > maxExtendedExpect {
		return nil, fmt.Errorf("encode command %02X: %d data bytes, %d expected: %w", c.INS, nc, c.Ne, ErrLength)
	}
	b := make([]byte, 0, 9+nc)
	b = append(b, c.CLA, c.INS, c.P1, c.P2)
	if nc <= maxShortData && c.Ne <= maxShortExpected {
		if nc > 0 {
			b = append(append(b, byte(nc)), c.Data...)
		}
		if c.Ne > 0 {
			b = append(b, byte(c.Ne)) // 256 becomes 00
		}
		return b, nil
	}
	b = append(b, 0)
	if nc > 0 {
		b = append(append(b, byte(nc>>8), byte(nc)), c.Data...)
	}
	if c.Ne > 0 {
		b = append(b, byte(c.Ne>>8), byte(c.Ne)) // 65536 becomes 0000
	}
	return b, nil
}

// Parse decodes a command APDU in either form. Data is a part of b, not a
// copy.
func Parse(b []byte) (Command, error) {
	if len(b) < 4 {
		return Command{}, fmt.Errorf("parse command of %d bytes: %w", len(b), ErrLength)
	}
	c := Command{CLA: b[0], INS: b[1], P1: b[2], P2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0:
		return c, nil
	case len(body) == 1:
		c.Ne = expected(int(body[0]), maxShortExpected)
		return c, nil
	case body[0] != 0:
		return c.parseShort(body)
	}
	return c.parseExtended(body[1:])
}

// parseShort reads Lc, data and perhaps Le of the short form.
func (c Command) parseShort(body []byte) (Command, error) {
	nc := int(body[0])
	switch len(body) {
	case 1 + nc:
	case 2 + nc:
		c.Ne = expected(int(body[1+nc]), maxShortExpected)
	default:
		return Command{}, fmt.Errorf("parse command %02X: Lc %d in a body of %d bytes: %w", c.INS, nc, len(body), ErrLength)
	}
	c.Data = body[1 : 1+nc : 1+nc]
	return c, nil
}

// parseExtended reads what follows the 00 that marks the extended form.
func (c Command) parseExtended(body []byte) (Command, error) {
	if len(body) < 2 {
		return Command{}, fmt.Errorf("parse extended command %02X: %w", c.INS, ErrLength)
	}
	n := int(body[0])<<8 | int(body[1])
	rest := body[2:]
	if len(rest) == 0 {
		c.Ne = expected(n, maxExtendedExpect)
		return c, nil
	}
	if n == 0 {
		return Command{}, fmt.Errorf("parse extended command %02X: Lc 0 with data: %w", c.INS, ErrLength)
	}
	switch len(rest) {
	case n:
	case n + 2:
		c.Ne = expected(int(rest[n])<<8|int(rest[n+1]), maxExtendedExpect)
	default:
		return Command{}, fmt.Errorf("parse extended command %02X: Lc %d in a body of %d bytes: %w", c.INS, n, len(rest), ErrLength)
	}
	c.Data = rest[:n:n]
	return c, nil
}

// expected turns an Le field into a count: 0 means all.
func expected(le, all int) int {
	if le == 0 {
		return all
	}
	return le
}

// Wipe clears the data field in place: PIN, PUK and what else must not stay in
// memory.
func (c Command) Wipe() { clear(c.Data) }

// String gives class, instruction and parameters and the length of the data,
// never the data: for INS 20, 24 and 2C they are a PIN.
func (c Command) String() string {
	return fmt.Sprintf("%02X %02X %02X %02X Lc=%d Ne=%d", c.CLA, c.INS, c.P1, c.P2, len(c.Data), c.Ne)
}

// GoString hides the data field in %#v too.
func (c Command) GoString() string { return "apdu.Command{" + c.String() + "}" }
