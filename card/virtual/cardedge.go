package virtual

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"

	"salter/card/apdu"
)

// Parameters of the CardEdge view.
const (
	cardEdgePIN  = 0x80 // reference of the PIN
	cardEdgeSize = 8    // a PIN block
	classVendor  = 0xB0 // CLA of vendor commands
	insRandom    = 0x83 // random bytes, under the vendor class
)

// Algorithm references of MSE in the CardEdge view.
const (
	algRaw  = 0x00 // the whole block comes from outside
	algPads = 0x02 // the card pads PKCS#1 v1.5
)

// cardEdge is the PKI applet.
func (c *Card) cardEdge(cmd apdu.Command) ([]byte, apdu.SW) {
	if cmd.CLA == classVendor {
		if cmd.INS == insRandom {
			return random(cmd)
		}
		return nil, apdu.SWUnknownINS
	}
	switch cmd.INS {
	case apdu.InsSelect:
		return c.selectCardEdgeFile(cmd)
	case apdu.InsReadBinary:
		return c.readSelected(cmd, apdu.SWOK)
	case apdu.InsVerify:
		return nil, c.verifyCardEdge(cmd)
	case apdu.InsChange:
		return nil, c.changeCardEdge(cmd)
	case apdu.InsMSE:
		return nil, c.setEnvironment(cmd)
	case apdu.InsPSO:
		return c.rsaCardEdge(cmd)
	case apdu.InsGetChallenge:
		return random(cmd)
	}
	return nil, apdu.SWUnknownINS
}

// random answers with as many random bytes as asked for.
func random(cmd apdu.Command) ([]byte, apdu.SW) {
	if cmd.Ne == 0 {
		return nil, apdu.SWWrongLength
	}
	b := make([]byte, min(cmd.Ne, 256))
	_, _ = rand.Read(b) // never fails
	return b, apdu.SWOK
}

// selectCardEdgeFile answers with ten bytes: file identifier, size and six
// access bytes whose meaning is not published.
func (c *Card) selectCardEdgeFile(cmd apdu.Command) ([]byte, apdu.SW) {
	if cmd.P1 != 0x00 {
		return nil, apdu.SWWrongP1P2
	}
	if len(cmd.Data) != 2 {
		return nil, apdu.SWWrongLength
	}
	fid := binary.BigEndian.Uint16(cmd.Data)
	content := c.state.cardEdgeFile(fid)
	if content == nil {
		return nil, apdu.SWFileNotFound
	}
	c.session.selected = content
	if cmd.P2&0x0C == 0x0C {
		return nil, apdu.SWOK
	}
	info := binary.BigEndian.AppendUint16(nil, fid)
	info = binary.BigEndian.AppendUint16(info, uint16(len(content)))
	return append(info, 0, 0, 0, 0, 0, 0), apdu.SWOK
}

// verifyCardEdge is VERIFY; without data it tells what is left.
func (c *Card) verifyCardEdge(cmd apdu.Command) apdu.SW {
	switch {
	case cmd.P1 != 0 || cmd.P2 != cardEdgePIN:
		return apdu.SWNoReference
	case len(cmd.Data) == 0:
		return c.pinStatus()
	case len(cmd.Data) != cardEdgeSize:
		return apdu.SWWrongLength
	}
	return c.verifyPIN(cmd.Data)
}

// changeCardEdge is CHANGE REFERENCE DATA.
func (c *Card) changeCardEdge(cmd apdu.Command) apdu.SW {
	switch {
	case cmd.P1 != 0 || cmd.P2 != cardEdgePIN:
		return apdu.SWNoReference
	case len(cmd.Data) != 2*cardEdgeSize:
		return apdu.SWWrongLength
	}
	return c.changePIN(cmd.Data[:cardEdgeSize], cmd.Data[cardEdgeSize:])
}

// setEnvironment is MANAGE SECURITY ENVIRONMENT SET: algorithm and key
// reference in any order, everything else ignored. Both views use it. The
// template in P2 is not looked at: one reader sends that of a signature
// before it deciphers.
func (c *Card) setEnvironment(cmd apdu.Command) apdu.SW {
	if cmd.P1&0x0F != 0x01 {
		return apdu.SWWrongP1P2
	}
	fields, err := apdu.ParseTLVs(cmd.Data)
	if err != nil {
		return apdu.SWWrongData
	}
	env := securityEnv{set: true}
	if v, ok := apdu.FindTLV(fields, 0x80); ok && len(v) == 1 {
		env.algorithm = v[0]
	}
	if v, ok := apdu.FindTLV(fields, 0x84); ok {
		env.keyRef = append([]byte(nil), v...)
	}
	c.session.mse = env
	return apdu.SWOK
}

// rsaCardEdge is PERFORM SECURITY OPERATION. A raw block has 256 bytes, one
// more than a short command carries: its first byte travels in P2.
func (c *Card) rsaCardEdge(cmd apdu.Command) ([]byte, apdu.SW) {
	if cmd.P1 != 0x9E && cmd.P1 != 0x80 {
		return nil, apdu.SWWrongP1P2
	}
	if cmd.P1 == 0x80 && cmd.P2 == 0x86 {
		// Taken for the ISO form with a padding indicator; such a block has
		// to be sent as a signature, which is the same operation.
		return nil, apdu.SWWrongP1P2
	}
	switch {
	case !c.session.mse.set:
		return nil, apdu.SWConditions
	case !c.session.verified:
		return nil, apdu.SWNotSatisfied
	}
	key := c.state.containerKey(c.session.mse.keyRef)
	if key == nil {
		return nil, apdu.SWNoReference
	}
	if c.session.mse.algorithm == algPads && cmd.P1 == 0x9E {
		return signPadded(key, cmd.Data)
	}
	return rawRSA(key, append([]byte{cmd.P2}, cmd.Data...))
}

// signPadded signs with PKCS#1 v1.5 padding around whatever comes, normally a
// DigestInfo.
func signPadded(key *rsa.PrivateKey, content []byte) ([]byte, apdu.SW) {
	signature, err := rsa.SignPKCS1v15(nil, key, 0, content)
	if err != nil {
		return nil, apdu.SWWrongLength
	}
	return signature, apdu.SWOK
}
