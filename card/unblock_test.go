//go:build linux

package card

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"salter/card/virtual"
)

// puks is a PUKSource that keeps what it has handed out.
type puks struct {
	of   map[string]string
	out  [][]byte
	fail error // instead of an answer
}

func (p *puks) PUK(_ context.Context, serial string) ([]byte, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	puk, ok := p.of[serial]
	if !ok {
		return nil, ErrNoPUK
	}
	p.out = append(p.out, []byte(puk))
	return p.out[len(p.out)-1], nil
}

// wiped checks that nothing handed out is left.
func (p *puks) wiped(t *testing.T) {
	t.Helper()
	for _, b := range p.out {
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Error("a PUK is not wiped")
		}
	}
}

// unblocking makes the card of the station one that can be unblocked.
func (s *station) unblocking(serial, puk string) *puks {
	source := &puks{of: map[string]string{serial: puk}}
	s.cfg.Driver, s.cfg.PUKs = DriverTestCard, source
	return source
}

// open opens a session without logging in.
func (s *station) open(serial string) *Session {
	s.t.Helper()
	session, err := s.Open(context.Background(), s.name, serial)
	if err != nil {
		s.t.Fatal(err)
	}
	return session
}

func TestUnblock(t *testing.T) {
	for _, tt := range []struct {
		name      string
		pin       []byte // new one; nil: kept
		knows     string // works afterwards
		forgotten string // does not
	}{
		{"keep", nil, virtual.PresetPIN, "135790"},
		{"change", []byte("135790"), "135790", virtual.PresetPIN},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := context.Background()
			s, card, chip := citizen(t, virtual.Blocked)
			source := s.unblocking(chip.Serial, virtual.PresetPUK)
			if err := s.CanUnblock(ctx, s.name); err != nil {
				t.Fatalf("can unblock: %v", err)
			}
			session := s.open(chip.Serial)
			for range 2 {
				if err := session.Unblock(ctx, tt.pin); err != nil {
					t.Fatal(err)
				}
				if card.TriesLeft() != 3 {
					t.Errorf("%d tries left, want 3", card.TriesLeft())
				}
			}
			var e *WrongPINError
			if err := session.Login(ctx, []byte(tt.forgotten)); !errors.As(err, &e) || e.TriesLeft != 2 {
				t.Errorf("other PIN: %v, want wrong PIN with 2 tries left", err)
			}
			if err := session.Login(ctx, []byte(tt.knows)); err != nil {
				t.Fatalf("PIN after it: %v", err)
			}
			if _, err := session.Generate(ctx, newID(t)); err != nil {
				t.Errorf("generate after it: %v", err)
			}
			// With somebody logged in, and with tries left: the same.
			if err := session.Unblock(ctx, tt.pin); err != nil {
				t.Errorf("while logged in: %v", err)
			}
			if _, err := session.Generate(ctx, newID(t)); err == nil {
				t.Error("a login is left after unblocking")
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
			s.opensWith(chip.Serial, tt.knows)
			source.wiped(t)
		})
	}
}

// Who cannot unblock says so, before any attempt is made.
func TestCannotUnblock(t *testing.T) {
	ctx := context.Background()
	s, card, chip := citizen(t, virtual.Blocked)
	known := &puks{of: map[string]string{chip.Serial: virtual.PresetPUK}}
	broken := errors.New("safe does not open")
	for _, tt := range []struct {
		name   string
		driver Driver
		puks   PUKSource
		want   error
	}{
		{"vendor's card", DriverVendor, known, ErrCannotUnblock},
		{"no driver", "", known, ErrCannotUnblock},
		{"no source", DriverTestCard, nil, ErrNoPUK},
		{"another card's PUK", DriverTestCard, &puks{of: map[string]string{"ID000000000": virtual.PresetPUK}}, ErrNoPUK},
		{"impossible PUK", DriverTestCard, &puks{of: map[string]string{chip.Serial: "1234"}}, ErrNoPUK},
		{"source fails", DriverTestCard, &puks{fail: broken}, broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.cfg.Driver, s.cfg.PUKs = tt.driver, tt.puks
			if err := s.CanUnblock(ctx, s.name); !errors.Is(err, tt.want) {
				t.Errorf("can unblock: %v, want %v", err, tt.want)
			}
			session := s.open(chip.Serial)
			sent := card.Stats().APDUs
			for _, pin := range [][]byte{nil, []byte(otherPIN)} {
				if err := session.Unblock(ctx, pin); !errors.Is(err, tt.want) {
					t.Errorf("unblock: %v, want %v", err, tt.want)
				}
			}
			if n := card.Stats().APDUs - sent; n != 0 {
				t.Errorf("%d commands sent to the card", n)
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A chip without the applet of the test card is sent neither PUK nor PIN,
// whatever is configured.
func TestUnblockOtherMake(t *testing.T) {
	ctx := context.Background()
	s, card, chip := citizen(t, virtual.Blocked)
	s.unblocking(chip.Serial, virtual.PresetPUK)
	session := s.open(chip.Serial)
	log := logOf(card)
	for _, pin := range [][]byte{nil, []byte(otherPIN)} {
		card.SetFault(fault(t, "sw@A4.3=6A82")) // the selection of the applet
		if err := session.Unblock(ctx, pin); !errors.Is(err, ErrCannotUnblock) {
			t.Errorf("unblock: %v, want ErrCannotUnblock", err)
		}
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	card.SetFault(fault(t, "sw@A4.3=6A82"))
	if err := s.CanUnblock(ctx, s.name); !errors.Is(err, ErrCannotUnblock) {
		t.Errorf("can unblock: %v, want ErrCannotUnblock", err)
	}
	if strings.Contains(log.String(), "00 2C") || strings.Contains(log.String(), "00 24") {
		t.Errorf("the chip was sent a PUK or a PIN:\n%s", log)
	}
	card.ClearFaults()
	s.eject()
	s.insert(makeCard(t, virtual.Apollo))
	if err := s.CanUnblock(ctx, s.name); !errors.Is(err, ErrOldCard) {
		t.Errorf("card without PKI part: %v, want ErrOldCard", err)
	}
	s.eject()
	if err := s.CanUnblock(ctx, s.name); !errors.Is(err, ErrNoCard) {
		t.Errorf("empty reader: %v, want ErrNoCard", err)
	}
}

// The PUK has three tries, counted by the card, and each call makes one.
func TestWrongPUK(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name string
		pin  []byte
		left []int // after each wrong attempt; −1 unknown, 0 blocked
	}{
		{"keep", nil, []int{2, 1, 0, 0}},
		{"change", []byte(otherPIN), []int{-1, -1, -1, 0}}, // the module says "wrong" to the blocking one too
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, card, chip := citizen(t, virtual.Blocked)
			source := s.unblocking(chip.Serial, "1111222233334444")
			session := s.open(chip.Serial)
			for _, want := range tt.left {
				err := session.Unblock(ctx, tt.pin)
				var wrong *WrongPUKError
				switch {
				case want == 0 && !errors.Is(err, ErrPUKBlocked):
					t.Errorf("got %v, want ErrPUKBlocked", err)
				case want != 0 && (!errors.As(err, &wrong) || wrong.TriesLeft != want):
					t.Errorf("got %v, want a wrong PUK with %d tries left", err, want)
				}
			}
			s.unblocking(chip.Serial, virtual.PresetPUK)
			if err := session.Unblock(ctx, tt.pin); !errors.Is(err, ErrPUKBlocked) {
				t.Errorf("right PUK, too late: %v, want ErrPUKBlocked", err)
			}
			if card.TriesLeft() != 0 {
				t.Errorf("PIN has %d tries, want 0", card.TriesLeft())
			}
			source.wiped(t)
		})
	}
}

// A new PIN that can be none, and an empty one, never reach the card; an empty
// one is not taken for "keep".
func TestUnblockPINFormat(t *testing.T) {
	s, card, chip := citizen(t, virtual.Blocked)
	s.unblocking(chip.Serial, virtual.PresetPUK)
	session := s.open(chip.Serial)
	for _, pin := range []string{"", "123", "123456789", "12a4", " 1234"} {
		if err := session.Unblock(t.Context(), []byte(pin)); !errors.Is(err, ErrPINFormat) {
			t.Errorf("%d characters: %v, want ErrPINFormat", len(pin), err)
		}
	}
	if card.TriesLeft() != 0 {
		t.Error("the counter was reset")
	}
}

// OpenSC 0.23 hangs for ever after a card was pulled at its first command after
// a reset. Open notices before that, and the next session works.
func TestPulledAtFirstCommand(t *testing.T) {
	for _, f := range []string{"remove-before@A4.3", "remove-after@A4.3"} { // two are our own look at the chip
		t.Run(f, func(t *testing.T) {
			s, card, chip := citizen(t, virtual.Citizen)
			if err := s.open(chip.Serial).Close(); err != nil { // the module has seen the card
				t.Fatal(err)
			}
			card.SetFault(fault(t, f))
			if _, err := s.Open(t.Context(), s.name, chip.Serial); !errors.Is(err, ErrRemoved) {
				t.Errorf("got %v, want ErrRemoved", err)
			}
			s.again(card)
			s.opensWith(chip.Serial, virtual.PresetPIN)
		})
	}
}
