//go:build linux

package card

import (
	"context"
	"errors"
	"testing"

	"salter/card/virtual"
)

// puks is a PUKSource for tests.
type puks map[string]string

func (p puks) PUK(_ context.Context, serial string) ([]byte, error) {
	puk, ok := p[serial]
	if !ok {
		return nil, ErrNoPUK
	}
	return []byte(puk), nil
}

// unblocking makes the card of the station one that can be unblocked.
func (s *station) unblocking(serial, puk string) {
	s.cfg.Driver, s.cfg.PUKs = DriverTestCard, puks{serial: puk}
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
			s.unblocking(chip.Serial, virtual.PresetPUK)
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
			id := newID(t)
			if _, err := session.Generate(ctx, id); err != nil {
				t.Errorf("generate after it: %v", err)
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
