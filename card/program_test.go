//go:build linux

package card

import (
	"errors"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"salter/card/virtual"
)

// other is a second program with the card.
func other(t *testing.T, reader string, mode scard.ShareMode) *scard.Card {
	t.Helper()
	c, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	card, err := c.Connect(reader, mode, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = card.Disconnect(scard.LeaveCard) // perhaps done by the test
		_ = c.Release()
	})
	return card
}

func TestCardHeldByAnotherProgram(t *testing.T) {
	s, _, chip := citizen(t, virtual.Citizen)
	s.cfg.Patience = time.Second
	program := other(t, s.name, scard.ShareShared)
	if err := program.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for _, read := range []func() error{
		func() error { _, err := s.ReadIdentity(t.Context(), s.name); return err },
		func() error { _, err := s.Open(t.Context(), s.name, chip.Serial); return err },
	} {
		if err := read(); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("busy after %v, want about 2 s", took)
	}
	if err := program.EndTransaction(scard.LeaveCard); err != nil {
		t.Fatal(err)
	}
	s.cfg.Patience = 5 * time.Second
	if _, err := s.ReadIdentity(t.Context(), s.name); err != nil {
		t.Errorf("after it was let go: %v", err)
	}
}

func TestCardHeldExclusively(t *testing.T) {
	s, _, _ := citizen(t, virtual.Citizen)
	s.cfg.Patience = time.Second
	program := other(t, s.name, scard.ShareExclusive)
	if _, err := s.ReadChip(t.Context(), s.name); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if err := program.Disconnect(scard.LeaveCard); err != nil {
		t.Fatal(err)
	}
	s.cfg.Patience = 5 * time.Second // the machine may be busy, too
	if _, err := s.ReadChip(t.Context(), s.name); err != nil {
		t.Errorf("after it was let go: %v", err)
	}
}

// A program that holds the card while a session is open: the call is given up,
// the session is over, and a new one finishes the case.
func TestSessionHeldByAnotherProgram(t *testing.T) {
	s, _, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	s.cfg.KeyPatience = time.Second
	program := other(t, s.name, scard.ShareShared)
	if err := program.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	id := newID(t)
	if _, err := session.Generate(t.Context(), id); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if err := program.EndTransaction(scard.LeaveCard); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Key(t.Context(), id); !errors.Is(err, ErrReset) {
		t.Errorf("session after it: %v, want ErrReset", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	s.cfg.KeyPatience = patience
	s.finish(chip.Serial, id, nil)
}

func TestResetByAnotherProgram(t *testing.T) {
	s, _, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	program := other(t, s.name, scard.ShareShared)
	if err := program.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.ResetCard); err != nil {
		t.Fatal(err)
	}
	id := newID(t)
	_, err := session.Generate(t.Context(), id)
	if err != nil && !errors.Is(err, ErrReset) {
		t.Errorf("got %v, want success or ErrReset", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	s.finish(chip.Serial, id, nil)
}
