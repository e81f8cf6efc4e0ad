package virtual

import (
	"encoding/binary"
	"slices"

	"salter/card/apdu"
	"salter/card/sod"
)

// identity is the applet with the holder's files; no PIN. On an Apollo card
// the same files lie in the default directory behind a longer header.
func (c *Card) identity(cmd apdu.Command) ([]byte, apdu.SW) {
	switch cmd.INS {
	case apdu.InsSelect:
		return c.selectIdentityFile(cmd)
	case apdu.InsReadBinary:
		return c.readSelected(cmd, apdu.SWEndOfFile)
	}
	return nil, apdu.SWUnknownINS
}

// selectIdentityFile is SELECT by file identifier; 08 is what readers send,
// 00 is seen with Apollo cards.
func (c *Card) selectIdentityFile(cmd apdu.Command) ([]byte, apdu.SW) {
	if cmd.P1 != 0x08 && cmd.P1 != 0x00 {
		return nil, apdu.SWWrongP1P2
	}
	if len(cmd.Data) != 2 {
		return nil, apdu.SWWrongLength
	}
	fid := sod.FID(binary.BigEndian.Uint16(cmd.Data))
	content := c.identityFile(fid)
	if content == nil {
		return nil, apdu.SWFileNotFound
	}
	c.session.selected = content
	if cmd.Ne == 0 {
		return nil, apdu.SWOK
	}
	return binary.BigEndian.AppendUint16(slices.Clone(cmd.Data), uint16(len(content))), apdu.SWOK
}

// identityFile returns a file as it is read, faults applied; nil if the card
// does not have it.
func (c *Card) identityFile(fid sod.FID) []byte {
	content := c.state.Identity.Files[fid]
	signature := fid == sod.FileSODFixed || fid == sod.FileSODVariable
	switch {
	case c.has(NoIdentity) || len(content) == 0 || signature && c.has(NoSOD):
		return nil
	case fid == sod.FilePersonal && c.has(Damaged):
		return c.cutShort(content)
	case fid == sod.FilePersonal && c.has(BadSOD):
		changed := slices.Clone(content)
		changed[len(changed)-1] ^= 0x01
		return changed
	}
	return content
}

// cutShort takes the last bytes off a file, with a header that fits: its last
// record then claims more than there is.
func (c *Card) cutShort(content []byte) []byte {
	const cut = 5
	head := 4
	if len(c.state.Identity.AID) == 0 {
		head = apolloHeader
	}
	short := slices.Clone(content[:max(head, len(content)-cut)])
	binary.LittleEndian.PutUint16(short[head-2:], uint16(len(short)-head))
	return short
}

// readSelected is READ BINARY on the selected content. short is the status
// word for an answer with fewer bytes than asked for.
func (c *Card) readSelected(cmd apdu.Command, short apdu.SW) ([]byte, apdu.SW) {
	content := c.session.selected
	if content == nil {
		return nil, apdu.SWConditions
	}
	if cmd.P1&0x80 != 0 { // short file identifiers are not known here
		return nil, apdu.SWWrongP1P2
	}
	off := int(cmd.P1)<<8 | int(cmd.P2)
	switch {
	case cmd.Ne == 0:
		return nil, apdu.SWWrongLength
	case off > len(content):
		return nil, apdu.SWOffset
	}
	rest := content[off:]
	if cmd.Ne <= len(rest) {
		return rest[:cmd.Ne], apdu.SWOK
	}
	return rest, short
}
