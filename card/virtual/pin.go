package virtual

import (
	"bytes"
	"crypto/subtle"

	"salter/card/apdu"
)

// The rules of PIN and PUK of the chip.
const (
	maxTries = 3
	minPIN   = 4
	maxPIN   = 8
	pukSize  = 16
)

// trim takes the zero padding off a PIN block; CardEdge pads to 8 bytes, the
// write view to 16.
func trim(block []byte) []byte { return bytes.TrimRight(block, "\x00") }

// goodPIN reports whether b may become the PIN: 4 to 8 digits.
func goodPIN(b []byte) bool {
	if len(b) < minPIN || len(b) > maxPIN {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// status answers a VERIFY without data: what is left, at no cost.
func (c *Card) pinStatus() apdu.SW {
	switch {
	case c.session.verified:
		return apdu.SWOK
	case c.state.PIN.Tries == 0:
		return apdu.SWBlocked
	}
	return apdu.SWTries(c.state.PIN.Tries)
}

// try compares block with s and counts. The counter is on disk before the
// answer leaves.
func (c *Card) try(s *secret, block []byte) apdu.SW {
	if s.Tries == 0 {
		return apdu.SWBlocked
	}
	c.dirty = true
	if subtle.ConstantTimeCompare(trim(block), []byte(s.Value)) != 1 || s.Value == "" {
		s.Tries--
		return apdu.SWTries(s.Tries)
	}
	s.Tries = maxTries
	return apdu.SWOK
}

// verifyPIN is VERIFY (ISO/IEC 7816-4 7.5.6) in both views.
func (c *Card) verifyPIN(block []byte) apdu.SW {
	sw := c.try(&c.state.PIN, block)
	c.session.verified = sw.OK()
	return sw
}

// changePIN is CHANGE REFERENCE DATA (7.5.7): old and new block. A new PIN of
// a wrong form is refused before a try is spent.
func (c *Card) changePIN(old, new []byte) apdu.SW {
	if !goodPIN(trim(new)) {
		return apdu.SWWrongData
	}
	sw := c.try(&c.state.PIN, old)
	c.session.verified = sw.OK()
	if sw.OK() {
		c.state.PIN.Value = string(trim(new))
	}
	return sw
}

// unblockPIN is RESET RETRY COUNTER (7.5.10): with a new PIN, or with nil to
// reset the counter only. Nobody is logged in by it.
func (c *Card) unblockPIN(puk, new []byte) apdu.SW {
	if new != nil && !goodPIN(trim(new)) {
		return apdu.SWWrongData
	}
	sw := c.try(&c.state.PUK, puk)
	if !sw.OK() {
		return sw
	}
	c.session.verified = false
	c.state.PIN.Tries = maxTries
	if new != nil {
		c.state.PIN.Value = string(trim(new))
	}
	return sw
}

// setFirst sets PUK or PIN of a card that has none yet.
func (c *Card) setFirst(reference byte, value []byte) apdu.SW {
	if c.state.PIN.Value != "" {
		return apdu.SWConditions
	}
	value = trim(value)
	switch reference {
	case 2:
		if len(value) != pukSize {
			return apdu.SWWrongData
		}
		c.state.PUK = secret{Value: string(value), Tries: maxTries}
	case 1:
		if !goodPIN(value) {
			return apdu.SWWrongData
		}
		c.state.PIN = secret{Value: string(value), Tries: maxTries}
		c.session.verified = true
	default:
		return apdu.SWNoReference
	}
	c.dirty = true
	return apdu.SWOK
}
