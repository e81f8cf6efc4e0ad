package virtual

import (
	"crypto/rand"
	"crypto/rsa"

	"salter/card/apdu"
)

// verifyWrite is VERIFY; without data it tells what is left.
func (c *Card) verifyWrite(cmd apdu.Command) apdu.SW {
	switch {
	case cmd.P1 != 0 || cmd.P2 != writePIN:
		return apdu.SWNoReference
	case len(cmd.Data) == 0:
		return c.pinStatus()
	case len(cmd.Data) != writeSize:
		return apdu.SWWrongLength
	}
	return c.verifyPIN(cmd.Data)
}

// changeWrite is CHANGE REFERENCE DATA; with P1 01 it sets PUK and PIN of a
// card that has none.
func (c *Card) changeWrite(cmd apdu.Command) apdu.SW {
	if cmd.P1 == 0x01 {
		return c.setFirst(cmd.P2, cmd.Data)
	}
	switch {
	case cmd.P1 != 0 || cmd.P2 != writePIN:
		return apdu.SWNoReference
	case len(cmd.Data) != 2*writeSize:
		return apdu.SWWrongLength
	}
	return c.changePIN(cmd.Data[:writeSize], cmd.Data[writeSize:])
}

// unblockWrite is RESET RETRY COUNTER: with PUK and new PIN, or with P1 01 and
// the PUK alone, which leaves the PIN as it is.
func (c *Card) unblockWrite(cmd apdu.Command) apdu.SW {
	switch {
	case cmd.P2 != writePIN:
		return apdu.SWNoReference
	case cmd.P1 == 0x00 && len(cmd.Data) == 2*writeSize:
		return c.unblockPIN(cmd.Data[:writeSize], cmd.Data[writeSize:])
	case cmd.P1 == 0x01 && len(cmd.Data) == writeSize:
		return c.unblockPIN(cmd.Data, nil)
	case cmd.P1 > 0x01:
		return apdu.SWWrongP1P2
	}
	return apdu.SWWrongLength
}

// generateKey is GENERATE ASYMMETRIC KEY PAIR: it answers with the public key
// (ISO/IEC 7816-8 5.1).
func (c *Card) generateKey(cmd apdu.Command) ([]byte, apdu.SW) {
	env := c.session.mse
	switch {
	case cmd.P1 != 0x42:
		return nil, apdu.SWWrongP1P2
	case !env.set:
		return nil, apdu.SWConditions
	case env.algorithm != algRSA2048:
		return nil, apdu.SWFuncUnsupported
	case len(env.keyRef) != 1 || env.keyRef[0] >= keySlots:
		return nil, apdu.SWNoReference
	case !c.session.verified && c.state.PIN.Value != "":
		return nil, apdu.SWNotSatisfied
	}
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, apdu.SWFailure
	}
	if err := c.state.setKey(env.keyRef[0], key); err != nil {
		return nil, apdu.SWFailure
	}
	c.dirty = true
	c.counts.KeyGen += c.timing.keyGen()
	var inner []byte
	inner = apdu.AppendTLV(inner, 0x81, key.N.FillBytes(make([]byte, rsaBits/8)))
	inner = apdu.AppendTLV(inner, 0x82, []byte{0x01, 0x00, 0x01})
	return apdu.AppendTLV(nil, 0x7F49, inner), apdu.SWOK
}

// rsaWrite is PERFORM SECURITY OPERATION with PKCS#1 v1.5 padding on the card.
func (c *Card) rsaWrite(cmd apdu.Command) ([]byte, apdu.SW) {
	switch {
	case !c.session.mse.set:
		return nil, apdu.SWConditions
	case !c.session.verified:
		return nil, apdu.SWNotSatisfied
	case c.session.mse.algorithm != algPKCS1:
		return nil, apdu.SWFuncUnsupported
	}
	key := c.slotKey()
	if key == nil {
		return nil, apdu.SWNoReference
	}
	switch {
	case cmd.P1 == 0x9E && cmd.P2 == 0x9A:
		return signPadded(key, cmd.Data)
	case cmd.P1 == 0x80 && cmd.P2 == 0x86:
		if len(cmd.Data) == 0 || cmd.Data[0] != 0 { // padding indicator
			return nil, apdu.SWWrongData
		}
		return decipher(key, cmd.Data[1:])
	}
	return nil, apdu.SWWrongP1P2
}

// slotKey returns the key that the security environment refers to in the
// write view.
func (c *Card) slotKey() *rsa.PrivateKey {
	if len(c.session.mse.keyRef) != 1 {
		return nil
	}
	return c.state.key(c.session.mse.keyRef[0])
}
