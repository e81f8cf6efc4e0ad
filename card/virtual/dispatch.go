package virtual

import (
	"bytes"

	"salter/card/apdu"
)

// applet is one application of the chip.
type applet int

// The applets. After power-on none is selected; an Apollo card then answers
// with its identity files.
const (
	appletNone applet = iota
	appletIdentity
	appletCardEdge
	appletWrite
)

// dispatch handles what is common to all applets: selection by AID, chaining,
// GET RESPONSE.
func (c *Card) dispatch(cmd apdu.Command) apdu.Response {
	if cmd.INS == apdu.InsGetResponse {
		return c.getResponse(cmd)
	}
	c.session.pending = nil
	if cmd.INS != apdu.InsUpdateBinary {
		c.finishChange()
	}
	if cmd.INS == apdu.InsSelect && cmd.P1 == 0x04 {
		return c.selectApplet(cmd)
	}
	switch c.chain(&cmd) {
	case chainMore:
		return apdu.Response{SW: apdu.SWOK}
	case chainBroken:
		return apdu.Response{SW: apdu.SWConditions}
	}
	data, sw := c.handle(cmd)
	return c.reply(cmd, data, sw)
}

// What chain found.
const (
	chainNone   = iota // a whole command, its parts joined
	chainMore          // a part, more to come
	chainBroken        // does not go on with the command that was begun
)

// maxChain bounds the data of a chained command.
const maxChain = 4096

// chain collects the parts of a chained command (ISO/IEC 7816-4 5.3.3): all
// have the same header but for the bit in CLA.
func (c *Card) chain(cmd *apdu.Command) int {
	head := [3]byte{cmd.INS, cmd.P1, cmd.P2}
	begun := c.session.chained != nil
	more := cmd.CLA != classVendor && cmd.CLA&apdu.ClassChaining != 0
	if !begun && !more {
		return chainNone
	}
	data := append(c.session.chained, cmd.Data...)
	if begun && head != c.session.chainHead || len(data) > maxChain {
		c.session.chained = nil
		return chainBroken
	}
	if more {
		c.session.chained, c.session.chainHead = append([]byte{}, data...), head
		return chainMore
	}
	cmd.Data, c.session.chained = data, nil
	return chainNone
}

// reply splits an answer that a short command cannot take.
func (c *Card) reply(cmd apdu.Command, data []byte, sw apdu.SW) apdu.Response {
	limit := cmd.Ne
	if limit == 0 || limit > 256 && len(data) <= limit {
		limit = max(256, limit)
	}
	if len(data) <= limit {
		return apdu.Response{Data: data, SW: sw}
	}
	c.session.pending = data[limit:]
	return apdu.Response{Data: data[:limit], SW: apdu.SWMore(len(data) - limit)}
}

// getResponse hands out what reply held back.
func (c *Card) getResponse(cmd apdu.Command) apdu.Response {
	data := c.session.pending
	if len(data) == 0 {
		return apdu.Response{SW: apdu.SWConditions}
	}
	c.session.pending = nil
	return c.reply(cmd, data, apdu.SWOK)
}

// selectApplet is SELECT by AID; five bytes of it are enough.
func (c *Card) selectApplet(cmd apdu.Command) apdu.Response {
	a := c.appletByAID(cmd.Data)
	if a == appletNone {
		return apdu.Response{SW: apdu.SWFileNotFound}
	}
	c.finishDeletions()
	keep := c.session.verified && c.session.applet == a && a == appletCardEdge
	mse := c.session.mse
	c.session = session{applet: a, verified: keep}
	if keep {
		// OpenSC selects again between MSE and PSO.
		c.session.mse = mse
	}
	if a == appletWrite {
		c.session.current = c.state.MF
		return apdu.Response{Data: writeViewVersion(), SW: apdu.SWOK}
	}
	return apdu.Response{SW: apdu.SWOK}
}

// appletByAID finds an applet of this chip.
func (c *Card) appletByAID(aid []byte) applet {
	match := func(full []byte) bool { return len(aid) >= 5 && bytes.HasPrefix(full, aid) }
	switch {
	case len(c.state.Identity.AID) > 0 && !c.has(NoIdentity) && match(c.state.Identity.AID):
		return appletIdentity
	case c.state.hasPKI() && match(aidCardEdge()):
		return appletCardEdge
	case c.state.hasPKI() && match(aidWriteView()):
		return appletWrite
	}
	return appletNone
}

// handle gives a command to the selected applet.
func (c *Card) handle(cmd apdu.Command) ([]byte, apdu.SW) {
	vendor := cmd.CLA == classVendor && c.session.applet == appletCardEdge
	switch {
	case cmd.CLA != 0 && !vendor:
		return nil, apdu.SWUnknownCLA
	case c.session.applet == appletCardEdge:
		return c.cardEdge(cmd)
	case c.session.applet == appletWrite:
		return c.writeView(cmd)
	case c.session.applet == appletIdentity || len(c.state.Identity.AID) == 0:
		return c.identity(cmd)
	}
	return nil, apdu.SWUnknownINS
}

// aidCardEdge is the PKCS#15 AID, under which the CardEdge applet answers.
func aidCardEdge() []byte { return append([]byte{0xA0, 0x00, 0x00, 0x00, 0x63}, "PKCS-15"...) }

// aidWriteView is the AID of IsoApplet.
func aidWriteView() []byte {
	return []byte{0xF2, 0x76, 0xA2, 0x88, 0xBC, 0xFB, 0xA6, 0x9D, 0x34, 0xF3, 0x10, 0x01}
}
