//go:build linux

package card

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"salter/card/virtual"
)

// finish does what is left of a case after something went wrong: a new session,
// the key pair if it is there and else a new one, the certificate, and the look
// at the chip from outside.
func (s *station) finish(serial string, id, der []byte) {
	t, ctx := s.t, context.Background()
	t.Helper()
	session := s.login(serial)
	key, err := session.Key(ctx, id)
	if errors.Is(err, ErrKeyMissing) {
		if err := session.Delete(ctx, id); err != nil {
			t.Fatalf("remove half a key pair: %v", err)
		}
		id, der = newID(t), nil
		key, err = session.Generate(ctx, id)
	}
	if err != nil {
		t.Fatalf("key pair: %v", err)
	}
	if der == nil {
		der = certify(t, key.Public(), "СТОЈАНОВИЋ", x509.KeyUsageContentCommitment)
	}
	if err := session.PutCertificate(ctx, id, der); err != nil {
		t.Fatalf("write certificate: %v", err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.shows(der)
}

// fault reads a fault in the form of the command line.
func fault(t *testing.T, s string) virtual.Fault {
	t.Helper()
	f, err := virtual.ParseFault(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// noRemoval is the wait for a removal in tests that have none.
const noRemoval = 50 * time.Millisecond

// again takes the card out, if a fault has not, and puts it in again.
func (s *station) again(card *virtual.Card) {
	s.t.Helper()
	s.eject()
	s.insert(card)
}

func TestPulledDuringGenerate(t *testing.T) {
	for _, f := range []string{"remove-before@46.1", "remove-after@46.1", "remove-after@D6.2"} {
		t.Run(f, func(t *testing.T) {
			ctx := context.Background()
			s, card, chip := citizen(t, virtual.Citizen)
			session := s.login(chip.Serial)
			id := newID(t)
			card.SetFault(fault(t, f))
			if _, err := session.Generate(ctx, id); !errors.Is(err, ErrRemoved) {
				t.Errorf("got %v, want ErrRemoved", err)
			}
			if _, err := session.Key(ctx, id); !errors.Is(err, ErrRemoved) {
				t.Errorf("after it: %v, want ErrRemoved", err)
			}
			if err := session.Close(); err != nil {
				t.Error(err)
			}
			s.again(card)
			s.finish(chip.Serial, id, nil)
		})
	}
}

func TestPulledDuringWrite(t *testing.T) {
	for _, f := range []string{"remove-after@E0.1", "remove-before@D6.4", "remove-before@D6.9"} {
		t.Run(f, func(t *testing.T) {
			ctx := context.Background()
			s, card, chip := citizen(t, virtual.Citizen)
			session := s.login(chip.Serial)
			id := newID(t)
			key, err := session.Generate(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			der := certify(t, key.Public(), "СТОЈАНОВИЋ", x509.KeyUsageContentCommitment)
			card.SetFault(fault(t, f))
			if err := session.PutCertificate(ctx, id, der); !errors.Is(err, ErrRemoved) {
				t.Errorf("got %v, want ErrRemoved", err)
			}
			s.again(card)
			s.finish(chip.Serial, id, der)
		})
	}
}

// A command refused in the middle of the write leaves something half-written.
// The next write finishes it, in a new session where the module drops the login
// after a failure.
func TestRefusedDuringWrite(t *testing.T) {
	for _, tt := range []struct {
		fault string
		want  error // nil: some *ModuleError
	}{
		{"sw@E0.1=6F00", nil},
		{"sw@D6.5=6581", nil},
		{"full", ErrFull},
		{"full-update", nil},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			ctx := context.Background()
			s, card, chip := citizen(t, virtual.Citizen)
			s.watch.lag = noRemoval
			session := s.login(chip.Serial)
			id := newID(t)
			key, err := session.Generate(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			der := certify(t, key.Public(), "СТОЈАНОВИЋ", x509.KeyUsageContentCommitment)
			card.SetFault(fault(t, tt.fault))
			var code *ModuleError
			switch err := session.PutCertificate(ctx, id, der); {
			case tt.want == nil && !errors.As(err, &code):
				t.Errorf("first write: %v, want an error of the module", err)
			case !errors.Is(err, tt.want) && tt.want != nil:
				t.Errorf("first write: %v, want %v", err, tt.want)
			}
			card.ClearFaults()
			if err := session.PutCertificate(ctx, id, der); err != nil && !errors.Is(err, ErrReset) {
				t.Errorf("second write: %v", err)
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
			s.finish(chip.Serial, id, der)
		})
	}
}

// A chip that loses its state in the middle: the module logs in again by
// itself, or the PIN has to be asked again.
func TestResetDuringWork(t *testing.T) {
	for _, f := range []string{"reset@46.1", "reset@D6.2"} {
		t.Run(f, func(t *testing.T) {
			ctx := context.Background()
			s, card, chip := citizen(t, virtual.Citizen)
			s.watch.lag = noRemoval
			session := s.login(chip.Serial)
			id := newID(t)
			card.SetFault(fault(t, f))
			_, err := session.Generate(ctx, id)
			var code *ModuleError
			if err != nil && !errors.Is(err, ErrReset) && !errors.As(err, &code) {
				t.Errorf("generate: %v", err)
			}
			if err := session.Close(); err != nil {
				t.Error(err)
			}
			s.finish(chip.Serial, id, nil)
		})
	}
}

func TestPulledDuringRead(t *testing.T) {
	s := newStation(t)
	card := makeCard(t, virtual.Citizen)
	s.insert(card)
	reads := map[string]func() error{
		"identity": func() error { _, err := s.ReadIdentity(t.Context(), s.name); return err },
		"chip":     func() error { _, err := s.ReadChip(t.Context(), s.name); return err },
	}
	for name, read := range reads {
		card.SetFault(fault(t, "remove-before@B0.2"))
		if err := read(); !errors.Is(err, ErrRemoved) {
			t.Errorf("%s: got %v, want ErrRemoved", name, err)
		}
		s.again(card)
		if err := read(); err != nil {
			t.Errorf("%s after it: %v", name, err)
		}
	}
}

func TestResetDuringRead(t *testing.T) {
	s, card, _ := citizen(t, virtual.Citizen)
	for _, f := range []string{"reset@A4.2", "reset@B0.1", "reset@B0.3", "sw@B0.2=6F00"} {
		card.SetFault(fault(t, f))
		id, err := s.ReadIdentity(t.Context(), s.name)
		if err != nil || id.Authenticity != Genuine {
			t.Errorf("%s: verdict %v, %v", f, id.Authenticity, err)
		}
		card.SetFault(fault(t, f))
		if _, err := s.ReadChip(t.Context(), s.name); err != nil {
			t.Errorf("%s: chip: %v", f, err)
		}
		card.ClearFaults()
	}
}

func TestSwappedDuringSession(t *testing.T) {
	s, _, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	s.eject()
	s.insert(makeOther(t, virtual.Citizen))
	if _, err := session.Generate(t.Context(), newID(t)); !errors.Is(err, ErrRemoved) {
		t.Errorf("session of the old card: %v, want ErrRemoved", err)
	}
	if _, err := s.ReadIdentity(t.Context(), s.name); err != nil {
		t.Errorf("new card, old session not closed: %v", err)
	}
	if _, err := s.Open(t.Context(), s.name, chip.Serial); !errors.Is(err, ErrOtherCard) {
		t.Errorf("open for the old card: %v, want ErrOtherCard", err)
	}
	if now := s.chip(); now.Serial == chip.Serial {
		t.Error("the other card has the same serial")
	}
}
