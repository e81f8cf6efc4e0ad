//go:build linux

package card

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/ebfe/scard"

	"salter/card/virtual"
)

// Control codes of the reader of the tests.
const (
	ioctlVerify     = 0x42330006
	ioctlModify     = 0x42330007
	ioctlProperties = 0x42330012
)

// What somebody does at the pad instead of typing a PIN.
const (
	cancels = "cancel"
	sleeps  = "nothing"
)

// padReader is a reader with a pad and a card in it. It takes the structures
// apart as a reader does, asks for one PIN after the other, and sends the
// command that came of them to the card.
type padReader struct {
	*virtual.Card
	t          *testing.T
	features   []byte // in place of its own
	properties []byte
	unknown    bool // it does not understand the question for features
	gone       bool // the card is pulled while the citizen types

	fingers []string // what is typed, PIN by PIN
	shown   []string // the prompts
}

func (r *padReader) Control(ioctl uint32, in []byte) ([]byte, error) {
	switch {
	case r.gone && ioctl != scard.CtlCode(3400):
		return nil, scard.ErrRemovedCard
	case ioctl == scard.CtlCode(3400) && r.unknown:
		return nil, scard.ErrUnsupportedFeature
	case ioctl == scard.CtlCode(3400) && r.features != nil:
		return r.features, nil
	case ioctl == scard.CtlCode(3400):
		var out []byte
		for _, code := range []uint32{ioctlVerify, ioctlModify, ioctlProperties} {
			out = binary.BigEndian.AppendUint32(append(out, byte(code), 4), code)
		}
		return out, nil
	case ioctl == ioctlProperties:
		return r.properties, nil
	case ioctl == ioctlVerify:
		return r.run(in, []string{"PIN"}, 15, 1)
	case ioctl == ioctlModify:
		return r.run(in, []string{"old", "new", "again"}, 20, 3)
	}
	return nil, scard.ErrInvalidParameter
}

// run checks every field of a structure (PC/SC part 10, 2.5.2 and 2.5.3), has
// the PINs typed, fills the command in and sends it.
func (r *padReader) run(b []byte, prompts []string, length int, messages byte) ([]byte, error) {
	if len(b) < length+4 {
		return []byte{0x6B, 0x80}, nil
	}
	modify := len(prompts) > 1
	rest := b[5:]
	size := 8
	if modify {
		if rest[0] != 0 || rest[1] != 8 {
			r.t.Errorf("blocks begin at %d and %d, want 0 and 8", rest[0], rest[1])
		}
		rest, size = rest[2:], 16
	}
	digits := binary.LittleEndian.Uint16(rest)
	rest = rest[2:]
	if modify {
		if rest[0] != 3 {
			r.t.Errorf("bConfirmPIN is %d, want 3", rest[0])
		}
		rest = rest[1:]
	}
	if b[0] == 0 || b[1] == 0 || b[2] != 0x82 || b[3] != 8 || b[4] != 0 || digits != 0x0408 || rest[0] != 2 || rest[1] != messages ||
		binary.LittleEndian.Uint16(rest[2:]) != 0x081A {
		r.t.Errorf("structure % X", b)
	}
	template := b[length+4:]
	if n := binary.LittleEndian.Uint32(b[length:]); int(n) != len(template) || len(template) != 5+size || int(template[4]) != size {
		r.t.Errorf("command % X of %d bytes, %d announced", template, len(template), n)
		return []byte{0x6B, 0x80}, nil
	}
	var typed []string
	for _, prompt := range prompts {
		r.shown = append(r.shown, prompt)
		pin := r.fingers[0]
		r.fingers = r.fingers[1:]
		switch {
		case pin == cancels:
			return []byte{0x64, 0x01}, nil
		case pin == sleeps:
			return []byte{0x64, 0x00}, nil
		case len(pin) < int(digits>>8) || len(pin) > int(digits&0xFF):
			return []byte{0x64, 0x03}, nil
		}
		typed = append(typed, pin)
	}
	if modify && typed[1] != typed[2] {
		return []byte{0x64, 0x02}, nil
	}
	command := bytes.Clone(template)
	copy(command[5:], typed[0])
	if modify {
		copy(command[13:], typed[1])
	}
	return r.Transmit(command)
}

func padStation(t *testing.T, p virtual.Preset) (*padReader, string) {
	t.Helper()
	r := &padReader{Card: makeCard(t, p), t: t}
	chip, err := readToken(direct(r))
	if err != nil {
		t.Fatal(err)
	}
	return r, chip.Serial
}

func verifyOn(p pinPad) (uint32, []byte) { return p.verify, verifyStructure() }
func modifyOn(p pinPad) (uint32, []byte) { return p.modify, modifyStructure() }

func TestPINOnPad(t *testing.T) {
	const pin, next = virtual.PresetPIN, "86420975"
	for _, tt := range []struct {
		name    string
		preset  virtual.Preset
		command func(pinPad) (uint32, []byte)
		fingers []string
		want    error
		tries   int // left afterwards
		shown   int // prompts
	}{
		{"right", virtual.Citizen, verifyOn, []string{pin}, nil, 3, 1},
		{"wrong", virtual.Citizen, verifyOn, []string{"0000"}, &WrongPINError{TriesLeft: 2}, 2, 1},
		{"wrong, the last try", virtual.LastTry, verifyOn, []string{"0000"}, ErrPINBlocked, 0, 1},
		{"blocked: nobody is asked", virtual.Blocked, verifyOn, nil, ErrPINBlocked, 0, 0},
		{"cancel", virtual.LastTry, verifyOn, []string{cancels}, ErrPadCancelled, 1, 1},
		{"time-out", virtual.LastTry, verifyOn, []string{sleeps}, ErrPadTimeout, 1, 1},
		{"too short", virtual.LastTry, verifyOn, []string{"123"}, ErrPINFormat, 1, 1},
		{"change", virtual.Citizen, modifyOn, []string{pin, next, next}, nil, 3, 3},
		{"change, wrong old PIN", virtual.Citizen, modifyOn, []string{"0000", next, next}, &WrongPINError{TriesLeft: 2}, 2, 3},
		{"change, typed differently", virtual.LastTry, modifyOn, []string{pin, next, "11111111"}, ErrPINDiffers, 1, 3},
		{"change, cancel at the second", virtual.LastTry, modifyOn, []string{pin, next, cancels}, ErrPadCancelled, 1, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, serial := padStation(t, tt.preset)
			r.fingers = tt.fingers
			err := askOnPad(direct(r), serial, tt.command)
			var wrong, got *WrongPINError
			switch {
			case errors.As(tt.want, &wrong):
				if !errors.As(err, &got) || *got != *wrong {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			case !errors.Is(err, tt.want):
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if r.TriesLeft() != tt.tries || len(r.shown) != tt.shown || len(r.fingers) != 0 {
				t.Errorf("%d tries left, prompts %q; want %d, and %d prompts", r.TriesLeft(), r.shown, tt.tries, tt.shown)
			}
			if tt.name != "change" {
				return
			}
			r.fingers = []string{next}
			if err := askOnPad(direct(r), serial, verifyOn); err != nil {
				t.Errorf("the new PIN: %v", err)
			}
		})
	}
}

// TestPadRefuses: nobody is asked for the PIN of another card, or by a reader
// that cannot.
func TestPadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*padReader)
		serial string
		want   error
	}{
		{"another card", func(*padReader) {}, "ID000000000", ErrOtherCard},
		{"no pad", func(r *padReader) { r.unknown = true }, "", ErrNoPad},
		{"no such feature", func(r *padReader) { r.features = []byte{} }, "", ErrNoPad},
		{"card pulled", func(r *padReader) { r.gone, r.features = true, []byte{0x06, 4, 0x42, 0x33, 0, 6} }, "", ErrRemoved},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, serial := padStation(t, virtual.LastTry)
			if tt.serial != "" {
				serial = tt.serial
			}
			tt.change(r)
			if err := askOnPad(direct(r), serial, verifyOn); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if len(r.shown) != 0 || r.TriesLeft() != 1 {
				t.Errorf("prompts %q, %d tries left", r.shown, r.TriesLeft())
			}
		})
	}
}

func TestDiscover(t *testing.T) {
	both := pinPad{verify: ioctlVerify, modify: ioctlModify}
	for _, tt := range []struct {
		name       string
		features   []byte
		properties []byte
		want       pinPad
		fails      bool
	}{
		{"pad", nil, nil, both, false},
		{"pad for 4 to 16 digits", nil, []byte{6, 1, 4, 7, 1, 16}, both, false},
		{"sizes not said", nil, []byte{6, 1, 0, 7, 1, 0, 1, 2, 16, 2}, both, false},
		{"pad for 6 digits at most", nil, []byte{7, 1, 6}, pinPad{}, false},
		{"pad for 6 digits at least", nil, []byte{6, 1, 6}, pinPad{}, false},
		{"verify alone", []byte{6, 4, 0x42, 0x33, 0, 6}, nil, pinPad{verify: ioctlVerify}, false},
		{"no features", []byte{}, nil, pinPad{}, false},
		{"another feature", []byte{0x0A, 4, 0, 0, 0, 1}, nil, pinPad{}, false},
		{"code of two bytes", []byte{6, 2, 0, 6}, nil, pinPad{}, false},
		{"truncated features", []byte{6, 4, 0x42}, nil, pinPad{}, true},
		{"truncated properties", nil, []byte{7}, pinPad{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := discover(&padReader{t: t, features: tt.features, properties: tt.properties})
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %+v, %v; want %+v, error %v", got, err, tt.want, tt.fails)
			}
		})
	}
}

// TestPadStructures compares with the bytes of PC/SC part 10.
func TestPadStructures(t *testing.T) {
	zeros := make([]byte, 16)
	verify := append([]byte{0x1E, 0x1E, 0x82, 0x08, 0x00, 0x08, 0x04, 0x02, 0x01, 0x1A, 0x08, 0, 0, 0, 0, 0x0D, 0, 0, 0,
		0x00, 0x20, 0x00, 0x80, 0x08}, zeros[:8]...)
	modify := append([]byte{0x1E, 0x1E, 0x82, 0x08, 0x00, 0x00, 0x08, 0x08, 0x04, 0x03, 0x02, 0x03, 0x1A, 0x08, 0, 1, 2, 0, 0, 0,
		0x15, 0, 0, 0, 0x00, 0x24, 0x00, 0x80, 0x10}, zeros...)
	if got := verifyStructure(); !slices.Equal(got, verify) {
		t.Errorf("verify\n got % X\nwant % X", got, verify)
	}
	if got := modifyStructure(); !slices.Equal(got, modify) {
		t.Errorf("modify\n got % X\nwant % X", got, modify)
	}
}

// FuzzPadTLV reads what any reader may answer.
func FuzzPadTLV(f *testing.F) {
	f.Add([]byte{6, 4, 0x42, 0x33, 0, 6})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseTLV(b)
		if err == nil {
			fits(all)
		}
	})
}

// TestNoPad: the readers of this machine have none, and a token that does not
// take the PIN from a reader is never logged in to without one.
func TestNoPad(t *testing.T) {
	s, card, chip := citizen(t, virtual.LastTry)
	use, err := s.PadUse(t.Context(), s.name)
	if err != nil || use != PadNone {
		t.Errorf("use %d, %v; want none", use, err)
	}
	if err := s.CheckPINOnPad(t.Context(), s.name, chip.Serial); !errors.Is(err, ErrNoPad) {
		t.Errorf("check: %v, want %v", err, ErrNoPad)
	}
	if err := s.ChangePINOnPad(t.Context(), s.name, chip.Serial); !errors.Is(err, ErrNoPad) {
		t.Errorf("change: %v, want %v", err, ErrNoPad)
	}
	session, err := s.Open(t.Context(), s.name, chip.Serial)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.LoginOnPad(t.Context()); !errors.Is(err, ErrNoPad) {
		t.Errorf("login: %v, want %v", err, ErrNoPad)
	}
	if card.TriesLeft() != 1 {
		t.Errorf("%d tries left, want 1", card.TriesLeft())
	}
	if err := session.Login(t.Context(), []byte(virtual.PresetPIN)); err != nil {
		t.Errorf("log in on the screen afterwards: %v", err)
	}
}
