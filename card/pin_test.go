//go:build linux

package card

import (
	"context"
	"errors"
	"testing"

	"salter/card/virtual"
)

// wrong makes one attempt with a wrong PIN.
func wrong(t *testing.T, s *Session) error {
	t.Helper()
	return s.Login(context.Background(), []byte("0000"))
}

func TestWrongPIN(t *testing.T) {
	ctx := context.Background()
	s, card, chip := citizen(t, virtual.Citizen)
	session, err := s.Open(ctx, s.name, chip.Serial)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 1} {
		var e *WrongPINError
		if err := wrong(t, session); !errors.As(err, &e) || e.TriesLeft != want {
			t.Fatalf("got %v, want wrong PIN with %d tries left", err, want)
		}
		if card.TriesLeft() != want {
			t.Fatalf("card has %d tries left, want %d: one attempt each", card.TriesLeft(), want)
		}
	}
	if err := session.Login(ctx, []byte(virtual.PresetPIN)); err != nil {
		t.Fatalf("right PIN: %v", err)
	}
	if card.TriesLeft() != 3 {
		t.Errorf("%d tries left after the right PIN, want 3", card.TriesLeft())
	}
	if _, err := session.Generate(ctx, newID(t)); err != nil {
		t.Errorf("generate after a wrong and a right PIN: %v", err)
	}
}

func TestPINBlocked(t *testing.T) {
	ctx := context.Background()
	s, card, chip := citizen(t, virtual.LastTry)
	session, err := s.Open(ctx, s.name, chip.Serial)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the attempt that blocks, and one that is not made
		if err := wrong(t, session); !errors.Is(err, ErrPINBlocked) {
			t.Errorf("got %v, want ErrPINBlocked", err)
		}
	}
	if err := session.Login(ctx, []byte(virtual.PresetPIN)); !errors.Is(err, ErrPINBlocked) {
		t.Errorf("right PIN on a blocked card: %v, want ErrPINBlocked", err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.chip().Tries; got != 0 || card.TriesLeft() != 0 {
		t.Errorf("chip shows %d tries, card has %d", got, card.TriesLeft())
	}
	if session, err = s.Open(ctx, s.name, chip.Serial); err != nil {
		t.Fatal(err)
	}
	if err := wrong(t, session); !errors.Is(err, ErrPINBlocked) {
		t.Errorf("new session: %v, want ErrPINBlocked", err)
	}
}

// The reading of tries, serial and certificates never spends a try, and neither
// does opening a session.
func TestNoTrySpent(t *testing.T) {
	s, card, chip := citizen(t, virtual.LastTry)
	for range 3 {
		s.chip()
		session, err := s.Open(t.Context(), s.name, chip.Serial)
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Login(t.Context(), nil); !errors.Is(err, ErrPINFormat) {
			t.Errorf("no PIN: %v, want ErrPINFormat", err)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if card.TriesLeft() != 1 {
		t.Errorf("%d tries left, want 1", card.TriesLeft())
	}
}

func TestChangePINOnCard(t *testing.T) {
	ctx := context.Background()
	s, card, chip := citizen(t, virtual.Citizen)
	session, err := s.Open(ctx, s.name, chip.Serial)
	if err != nil {
		t.Fatal(err)
	}
	var e *WrongPINError
	if err := session.ChangePIN(ctx, []byte("0000"), []byte("654321")); !errors.As(err, &e) || e.TriesLeft != 2 {
		t.Fatalf("wrong old PIN: %v, want wrong PIN with 2 tries left", err)
	}
	if err := session.ChangePIN(ctx, []byte(virtual.PresetPIN), []byte("654321")); err != nil {
		t.Fatal(err)
	}
	if err := session.Login(ctx, []byte("654321")); err != nil {
		t.Errorf("new PIN: %v", err)
	}
	if err := session.ChangePIN(ctx, []byte("654321"), []byte("1357")); err != nil {
		t.Errorf("change while logged in: %v", err)
	}
	if _, err := session.Generate(ctx, newID(t)); err == nil {
		t.Error("a login is left after the change")
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.opensWith(chip.Serial, "1357")
	if card.TriesLeft() != 3 {
		t.Errorf("%d tries left, want 3", card.TriesLeft())
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		preset virtual.Preset
		serial string
		want   error
	}{
		{"another card", virtual.Citizen, "ID000000000", ErrOtherCard},
		{"card without PKI part", virtual.Apollo, "ID000000000", ErrOldCard},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStation(t)
			s.insert(makeCard(t, tt.preset))
			if _, err := s.Open(t.Context(), s.name, tt.serial); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}
