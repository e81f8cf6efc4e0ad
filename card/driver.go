package card

import (
	"fmt"

	"salter/card/apdu"
)

// Driver names a make of chip whose own commands are known here. What every
// chip has in common needs none.
type Driver string

// The drivers.
const (
	// DriverVendor is the ministry's card. Its command to unblock a PIN is not
	// published, so it cannot be unblocked here.
	DriverVendor Driver = "vendor"
	// DriverTestCard is the virtual card, whose write view speaks the public
	// protocol of IsoApplet. Nothing is sent to a chip without that applet.
	DriverTestCard Driver = "test-card"
)

// Drivers lists them.
func Drivers() []Driver { return []Driver{DriverVendor, DriverTestCard} }

// unblocker is what a driver that can unblock does with a chip of its make,
// inside one transaction and with the PKI applet selected.
type unblocker interface {
	// knows reports whether the chip is of this make, by commands that change
	// nothing on any chip.
	knows(c *channel) (bool, error)
	// resetCounter gives the PIN its tries back and leaves it what it is, in
	// one attempt with the PUK. Only after knows.
	resetCounter(c *channel, puk []byte) error
	// goodPUK reports whether a PUK can be one of this make.
	goodPUK(puk []byte) bool
}

// unblocker returns what unblocks the cards of a driver; ErrCannotUnblock if
// that is not known.
func (d Driver) unblocker() (unblocker, error) {
	if d == DriverTestCard {
		return isoApplet{}, nil
	}
	return nil, fmt.Errorf("driver %q: %w", d, ErrCannotUnblock)
}

// isoApplet is the write view of the virtual card.
type isoApplet struct{}

// The parameters of IsoApplet 00.06.
const (
	isoAppletPIN = 0x01 // reference of the PIN
	isoAppletPUK = 16   // size of a PUK
)

// isoAppletAID is the applet that OpenSC writes through.
func isoAppletAID() []byte {
	return []byte{0xF2, 0x76, 0xA2, 0x88, 0xBC, 0xFB, 0xA6, 0x9D, 0x34, 0xF3, 0x10, 0x01}
}

// knows selects the applet, which answers with its version: major, minor,
// features.
func (isoApplet) knows(c *channel) (bool, error) {
	res, err := c.send(apdu.Command{INS: apdu.InsSelect, P1: 0x04, Data: isoAppletAID(), Ne: 256})
	if err != nil {
		return false, err
	}
	return res.SW.OK() && len(res.Data) == 3 && res.Data[0] == 0 && res.Data[1] == 6, nil
}

// resetCounter is RESET RETRY COUNTER with the PUK alone (ISO/IEC 7816-4
// 11.6.10).
func (isoApplet) resetCounter(c *channel, puk []byte) error {
	cmd := apdu.Command{INS: apdu.InsUnblock, P1: 0x01, P2: isoAppletPIN, Data: puk}
	res, err := c.exchange(cmd) // not send: it might send the PUK twice
	if err != nil {
		return err
	}
	if n, ok := res.SW.Tries(); ok && n > 0 {
		return &WrongPUKError{TriesLeft: n}
	}
	switch res.SW {
	case apdu.SWOK:
		return nil
	case apdu.SWNoTries, apdu.SWBlocked:
		return ErrPUKBlocked
	}
	return &StatusError{Op: "reset PIN counter", SW: res.SW}
}

// goodPUK wants the sixteen characters of a block.
func (isoApplet) goodPUK(puk []byte) bool { return len(puk) == isoAppletPUK }
