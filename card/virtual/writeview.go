package virtual

import (
	"encoding/binary"
	"slices"

	"salter/card/apdu"
)

// Parameters of the write view (IsoApplet API 00.06).
const (
	writePIN    = 0x01 // reference of the PIN
	writeSize   = 16   // a PIN or PUK block
	algPKCS1    = 0x11 // sign and decipher with PKCS#1 v1.5 padding
	algRSA2048  = 0xF3 // generate RSA-2048
	keySlots    = 16
	rsaBits     = 2048
	featureExt  = 0x01 // extended APDUs
	featureRand = 0x02 // GET CHALLENGE
)

// writeViewVersion is the answer to SELECT of the write view: API version and
// features. OpenSC 0.23 accepts only major 0; newer ones fall back to it when
// GET DATA is unknown.
func writeViewVersion() []byte { return []byte{0x00, 0x06, featureExt | featureRand} }

// writeView is the applet that PKCS#11 modules write through.
func (c *Card) writeView(cmd apdu.Command) ([]byte, apdu.SW) {
	switch cmd.INS {
	case apdu.InsSelect:
		return c.selectWriteFile(cmd)
	case apdu.InsReadBinary:
		return c.readFile(cmd)
	case apdu.InsUpdateBinary:
		return nil, c.updateFile(cmd)
	case apdu.InsCreateFile:
		return nil, c.createFile(cmd)
	case apdu.InsDeleteFile:
		return nil, c.deleteFile(cmd)
	case apdu.InsVerify:
		return nil, c.verifyWrite(cmd)
	case apdu.InsChange:
		return nil, c.changeWrite(cmd)
	case apdu.InsUnblock:
		return nil, c.unblockWrite(cmd)
	case apdu.InsMSE:
		return nil, c.setEnvironment(cmd)
	case apdu.InsGenerateKey:
		return c.generateKey(cmd)
	case apdu.InsPSO:
		return c.rsaWrite(cmd)
	case apdu.InsGetChallenge:
		return random(cmd)
	}
	return nil, apdu.SWUnknownINS
}

// allowed reports whether an access byte lets the command through. Before a
// PIN exists the card is being made and everything is allowed.
func (c *Card) allowed(access byte) bool {
	if c.state.PIN.Value == "" {
		return true
	}
	return access == accessAlways || access == accessPIN && c.session.verified
}

// selectWriteFile is SELECT by identifier, by path or of the parent.
func (c *Card) selectWriteFile(cmd apdu.Command) ([]byte, apdu.SW) {
	if len(cmd.Data)%2 != 0 {
		return nil, apdu.SWWrongLength
	}
	var path []uint16
	for pair := range slices.Chunk(cmd.Data, 2) {
		path = append(path, binary.BigEndian.Uint16(pair))
	}
	f, sw := c.resolve(cmd.P1, path)
	if f == nil {
		return nil, sw
	}
	c.session.current = f
	if cmd.P2&0x0C == 0x0C {
		return nil, apdu.SWOK
	}
	return f.fci(), apdu.SWOK
}

// resolve finds what a SELECT means (ISO/IEC 7816-4 table 39).
func (c *Card) resolve(p1 byte, path []uint16) (*file, apdu.SW) {
	var f *file
	switch p1 {
	case 0x00:
		switch {
		case len(path) == 0 || len(path) == 1 && path[0] == fidMF:
			f = c.state.MF
		case len(path) == 1:
			f = c.directory().find(path...)
		}
	case 0x03:
		if f = c.state.MF.parentOf(c.directory()); f == nil {
			f = c.state.MF
		}
	case 0x08:
		f = c.state.MF.find(path...)
	case 0x09:
		f = c.directory().find(path...)
	default:
		return nil, apdu.SWWrongP1P2
	}
	if f == nil || c.going(f) {
		return nil, apdu.SWFileNotFound
	}
	return f, apdu.SWOK
}

// directory returns the current directory: the selected one, or that of the
// selected file.
func (c *Card) directory() *file {
	f := c.session.current
	switch {
	case f == nil:
		return c.state.MF
	case f.Dir:
		return f
	}
	if d := c.state.MF.parentOf(f); d != nil {
		return d
	}
	return c.state.MF
}

// offset reads the offset of READ and UPDATE BINARY in the selected file.
func (c *Card) offset(cmd apdu.Command) (f *file, off int, sw apdu.SW) {
	f = c.session.current
	if f == nil || f.Dir {
		return nil, 0, apdu.SWConditions
	}
	if cmd.P1&0x80 != 0 {
		return nil, 0, apdu.SWWrongP1P2
	}
	off = int(cmd.P1)<<8 | int(cmd.P2)
	if off > len(f.Data) {
		return nil, 0, apdu.SWOffset
	}
	return f, off, apdu.SWOK
}

// readFile is READ BINARY.
func (c *Card) readFile(cmd apdu.Command) ([]byte, apdu.SW) {
	f, off, sw := c.offset(cmd)
	if f == nil {
		return nil, sw
	}
	if !c.allowed(f.access(accessRead)) {
		return nil, apdu.SWNotSatisfied
	}
	rest := f.Data[off:]
	return slices.Clone(rest[:min(len(rest), cmd.Ne)]), apdu.SWOK
}

// updateFile is UPDATE BINARY.
func (c *Card) updateFile(cmd apdu.Command) apdu.SW {
	f, off, sw := c.offset(cmd)
	if f == nil {
		return sw
	}
	if !c.allowed(f.access(accessUpdate)) {
		return apdu.SWNotSatisfied
	}
	end := off + len(cmd.Data)
	if len(cmd.Data) == 0 || end > len(f.Data) {
		return apdu.SWWrongLength
	}
	if isObjectDirectory(f.FID) {
		return c.updateDirectory(f, off, cmd.Data)
	}
	copy(f.Data[off:], cmd.Data)
	switch {
	case off == 0:
		f.Filled = end
	case off <= f.Filled:
		f.Filled = max(f.Filled, end)
	}
	if isCertificate(f.FID) {
		c.state.noteWritten(f.FID)
	}
	c.dirty = true
	return apdu.SWOK
}

// isCertificate reports whether OpenSC keeps certificates under this
// identifier.
func isCertificate(fid uint16) bool { return fid>>8 == 0x34 }

// createFile is CREATE FILE: the new file becomes current.
func (c *Card) createFile(cmd apdu.Command) apdu.SW {
	f, sw := fileFromFCI(cmd.Data)
	if f == nil {
		return sw
	}
	c.finishDeletions() // the file that goes may have had this identifier
	dir := c.directory()
	right := accessCreateFile
	if f.Dir {
		right = accessCreateDir
	}
	switch {
	case !c.allowed(dir.access(right)):
		return apdu.SWNotSatisfied
	case dir.child(f.FID) != nil || f.FID == fidMF:
		return apdu.SWFileExists
	case c.state.MF.room()+f.room() > capacity || c.state.MF.depthOf(dir) >= maxDepth:
		return apdu.SWNoRoom
	}
	dir.Files = append(dir.Files, f)
	c.session.current = f
	c.dirty = true
	return apdu.SWOK
}

// deleteFile is DELETE FILE: a child of the current directory. The file of an
// object goes with its entry in the object directory.
func (c *Card) deleteFile(cmd apdu.Command) apdu.SW {
	if len(cmd.Data) != 2 {
		return apdu.SWWrongLength
	}
	dir := c.directory()
	f := dir.child(binary.BigEndian.Uint16(cmd.Data))
	if f == nil || c.going(f) {
		return apdu.SWFileNotFound
	}
	if !c.allowed(dir.access(accessDeleteChild)) || !c.allowed(f.access(accessDeleteSelf)) {
		return apdu.SWNotSatisfied
	}
	c.session.current = dir
	if isObject(f.FID) {
		c.session.change.deleted = append(c.session.change.deleted, f)
	} else {
		c.remove(f)
	}
	return apdu.SWOK
}
