//go:build linux

package card

import (
	"context"
	"errors"
	"testing"
	"time"

	"salter/card/cardtest"
	"salter/card/virtual"
)

// A service that has stopped answering holds up nobody for longer than he is
// patient, whatever he asks for, and is forgiven when it answers again.
func TestServiceFrozen(t *testing.T) {
	s, _, chip := citizen(t, virtual.Citizen)
	s.cfg.Patience = time.Second
	thaw := cardtest.FreezeService(t)
	for name, call := range map[string]func() error{
		"identity": func() error { _, err := s.ReadIdentity(t.Context(), s.name); return err },
		"open":     func() error { _, err := s.Open(t.Context(), s.name, chip.Serial); return err },
		"presence": func() error {
			ctx, cancel := context.WithTimeoutCause(t.Context(), s.cfg.Patience, ErrBusy)
			defer cancel()
			return s.watch.still(ctx, s.name, 1)
		},
	} {
		start := time.Now()
		if err := call(); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v, want ErrBusy", name, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: %v, want about 1 s", name, took)
		}
	}
	select {
	case <-s.Events(t.Context()):
	case <-time.After(time.Second):
		t.Error("a new caller of Events got nothing")
	}
	thaw()
	s.cfg.Patience = patience
	if _, err := s.ReadIdentity(t.Context(), s.name); err != nil {
		t.Errorf("after it answers again: %v", err)
	}
	s.login(chip.Serial)
	s.cfg.Patience = time.Second
	thaw = cardtest.FreezeService(t)
	start := time.Now()
	if err := s.Close(); !errors.Is(err, ErrBusy) {
		t.Errorf("close: %v, want ErrBusy", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("close: %v, want about 2 s", took)
	}
	thaw()
	s.cfg.Patience = patience
}

func TestServiceGoneDuringSession(t *testing.T) {
	s, card, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	cardtest.StopService(t)
	s.await(StateNoService)
	if _, err := session.Generate(t.Context(), newID(t)); !errors.Is(err, ErrNoService) && !errors.Is(err, ErrRemoved) {
		t.Errorf("got %v, want ErrNoService", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	s.reader.Eject()
	cardtest.StartService(t)
	s.await(StateEmpty)
	s.insert(card)
	s.finish(chip.Serial, newID(t), nil)
}
