package card

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ebfe/scard"

	"salter/card/apdu"
)

// The features of a reader with a pad of its own (PC/SC part 10, 2.2 and 2.6).
const (
	ctlGetFeatures = 3400

	featureVerify     = 0x06 // FEATURE_VERIFY_PIN_DIRECT
	featureModify     = 0x07 // FEATURE_MODIFY_PIN_DIRECT
	featureProperties = 0x12 // FEATURE_GET_TLV_PROPERTIES

	propertyMinPIN = 0x06 // bMinPINSize
	propertyMaxPIN = 0x07 // bMaxPINSize
)

// controller sends commands to the reader itself.
type controller interface {
	Control(ioctl uint32, in []byte) (out []byte, err error)
}

// pinPad is what the pad of a reader offers: the control codes of its
// features; 0: it has not got that one.
type pinPad struct{ verify, modify uint32 }

// fits reports whether the whole card can be served: a pad that cannot take
// the longest or the shortest PIN would shut out citizens who have one.
func fits(properties map[byte][]byte) bool {
	within := func(tag byte, good func(int) bool) bool {
		v := properties[tag]
		return len(v) != 1 || v[0] == 0 || good(int(v[0])) // not said
	}
	return within(propertyMaxPIN, func(n int) bool { return n >= maxPIN }) &&
		within(propertyMinPIN, func(n int) bool { return n <= minPIN })
}

// discover asks the reader for its pad; the zero value: it has none. A reader
// that does not understand the question has none either.
func discover(c controller) (pinPad, error) {
	answer, err := c.Control(scard.CtlCode(ctlGetFeatures), nil)
	if err != nil {
		return pinPad{}, noFeature(err)
	}
	features, err := parseTLV(answer)
	if err != nil {
		return pinPad{}, fmt.Errorf("read features: %w", err)
	}
	code := func(tag byte) uint32 {
		if v := features[tag]; len(v) == 4 {
			return binary.BigEndian.Uint32(v)
		}
		return 0
	}
	pad := pinPad{code(featureVerify), code(featureModify)}
	if ask := code(featureProperties); ask != 0 && pad != (pinPad{}) {
		answer, err := c.Control(ask, nil)
		if err != nil {
			return pad, noFeature(err)
		}
		properties, err := parseTLV(answer)
		if err != nil {
			return pinPad{}, fmt.Errorf("read properties of the pad: %w", err)
		}
		if !fits(properties) {
			return pinPad{}, nil
		}
	}
	return pad, nil
}

// noFeature tells a reader that does not know a control code from one that is
// gone.
func noFeature(err error) error {
	switch named := pcscError("ask reader for its pad", err); {
	case errors.Is(named, ErrNoService), errors.Is(named, ErrNoReader), errors.Is(named, ErrNoCard), errors.Is(named, ErrRemoved),
		errors.Is(named, ErrReset), errors.Is(named, ErrMute):
		return named
	}
	return nil
}

// parseTLV reads tag, length, value (PC/SC part 10, 2.2: one byte each for tag
// and length).
func parseTLV(b []byte) (map[byte][]byte, error) {
	all := make(map[byte][]byte)
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil, errors.New("truncated")
		}
		all[b[0]] = b[2 : 2+b[1]]
		b = b[2+b[1]:]
	}
	return all, nil
}

// The parts that both structures have in common (PC/SC part 10, 2.5.2, 2.5.3),
// for the PIN block of the PKI applet: ASCII digits, left, padded with 00.
const (
	padWait      = 30     // seconds, for the first key and from then on
	padFormat    = 0x82   // in bytes, left-justified, ASCII
	padBlock     = maxPIN // bytes
	padConfirm   = 0x02   // the citizen ends with the OK key
	padLanguage  = 0x081A // Serbian, Latin script: displays have no other
	padAskTwice  = 0x03   // the old PIN first, the new one twice
	padDigits    = minPIN<<8 | maxPIN
	cardNewBlock = 2 * padBlock
)

// verifyStructure is PIN_VERIFY_STRUCTURE around the VERIFY of the card.
func verifyStructure() []byte {
	b := []byte{padWait, padWait, padFormat, padBlock, 0}
	b = binary.LittleEndian.AppendUint16(b, padDigits)
	b = append(b, padConfirm, 1) // one message
	b = binary.LittleEndian.AppendUint16(b, padLanguage)
	b = append(b, 0, 0, 0, 0) // the first message; no T=1 prologue
	return withTemplate(b, apdu.InsVerify, padBlock)
}

// modifyStructure is PIN_MODIFY_STRUCTURE around the CHANGE REFERENCE DATA of
// the card: the old block, then the new one.
func modifyStructure() []byte {
	b := []byte{padWait, padWait, padFormat, padBlock, 0, 0, padBlock} // where old and new begin
	b = binary.LittleEndian.AppendUint16(b, padDigits)
	b = append(b, padAskTwice, padConfirm, 3) // three messages
	b = binary.LittleEndian.AppendUint16(b, padLanguage)
	b = append(b, 0, 1, 2, 0, 0, 0) // their numbers; no T=1 prologue
	return withTemplate(b, apdu.InsChange, cardNewBlock)
}

// withTemplate adds the command that the reader fills in.
func withTemplate(b []byte, ins byte, size int) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(5+size))
	b = append(b, 0x00, ins, 0x00, pinReference, byte(size))
	return append(b, make([]byte, size)...)
}

// The answers of the reader itself (PC/SC part 10, 2.5.4).
const (
	swPadTimeout   apdu.SW = 0x6400
	swPadCancelled apdu.SW = 0x6401
	swPadDiffers   apdu.SW = 0x6402 // the new PIN was typed differently the second time
	swPadLength    apdu.SW = 0x6403
)

// ask has the citizen type, and returns when he has. A time-out, a cancel, and
// what the reader finds wrong by itself cost no try.
func ask(c controller, ioctl uint32, structure []byte) error {
	answer, err := c.Control(ioctl, structure)
	if err != nil {
		return pcscError("ask for the PIN on the reader", err)
	}
	res, err := apdu.ParseResponse(answer)
	if err != nil {
		return fmt.Errorf("ask for the PIN on the reader: %w", err)
	}
	if n, ok := res.SW.Tries(); ok && n > 0 {
		return &WrongPINError{TriesLeft: n}
	}
	switch res.SW {
	case apdu.SWOK:
		return nil
	case apdu.SWNoTries, apdu.SWBlocked:
		return ErrPINBlocked
	case swPadTimeout:
		return ErrPadTimeout
	case swPadCancelled:
		return ErrPadCancelled
	case swPadDiffers:
		return ErrPINDiffers
	case swPadLength:
		return ErrPINFormat
	}
	return &StatusError{Op: "ask for the PIN on the reader", SW: res.SW}
}
