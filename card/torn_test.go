//go:build linux

package card

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"salter/card/virtual"
)

// places draws n of the numbers from 1 to total, in order; all of them with
// SALTER_TORTURE=1.
func places(total, n int) []int {
	all := rand.New(rand.NewPCG(7, uint64(total))).Perm(total)
	if os.Getenv("SALTER_TORTURE") == "" {
		all = all[:min(n, total)]
	}
	slices.Sort(all)
	for i := range all {
		all[i]++
	}
	return all
}

// tearable is one call that a removal can cut off at any of its commands.
type tearable struct {
	name  string
	card  func(*station) *virtual.Card
	login bool // the call needs one
	call  func(context.Context, *Session) error
	// torn checks what must hold wherever the card was pulled.
	torn func(*station)
	// done checks what must hold once the call was made again to its end.
	done func(*station)
}

// TestTorn pulls the card at every command of opening, unblocking and retiring,
// before or after it took effect, looks at what is left, and finishes.
func TestTorn(t *testing.T) {
	for _, w := range []tearable{opening(), unblocking("keep", nil), unblocking("change", []byte(otherPIN)), retiring()} {
		t.Run(w.name, func(t *testing.T) {
			s := newStation(t)
			total := w.commands(s)
			t.Logf("%d commands", total)
			torn, lost := 0, 0
			defer func() { t.Logf("torture: card tears %d, lost %d", torn, lost) }()
			for i, n := range places(total, 3) {
				for j, kind := range []virtual.FaultKind{virtual.RemoveBefore, virtual.RemoveAfter} {
					if os.Getenv("SALTER_TORTURE") == "" && i%2 != j {
						continue
					}
					torn++
					if !t.Run(fmt.Sprintf("%s command %d", kind, n), func(t *testing.T) {
						s.t = t
						w.tear(s, virtual.Fault{Kind: kind, When: virtual.When{N: n}})
					}) {
						lost++
					}
				}
			}
		})
	}
}

// begin opens a session for the call.
func (w tearable) begin(s *station) *Session {
	s.t.Helper()
	serial := s.chip().Serial
	s.unblocking(serial, virtual.PresetPUK)
	if w.login {
		return s.login(serial)
	}
	return s.open(serial)
}

// commands counts the commands of the undisturbed call.
func (w tearable) commands(s *station) int {
	s.t.Helper()
	card := w.card(s)
	s.insert(card)
	defer s.eject()
	session := w.begin(s)
	before := card.Stats().APDUs
	if err := w.call(s.t.Context(), session); err != nil {
		s.t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		s.t.Fatal(err)
	}
	total := card.Stats().APDUs - before
	w.done(s)
	return total
}

// tear has the call cut off, and made again.
func (w tearable) tear(s *station, f virtual.Fault) {
	card := w.card(s)
	s.insert(card)
	defer s.eject()
	session := w.begin(s)
	f.When.N += card.Stats().APDUs
	card.SetFault(f)
	if err := w.call(s.t.Context(), session); !errors.Is(err, ErrRemoved) {
		s.t.Errorf("torn: %v, want ErrRemoved", err)
	}
	if err := session.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.again(card)
	w.torn(s)
	session = w.begin(s)
	if err := w.call(s.t.Context(), session); err != nil {
		s.t.Fatalf("again: %v", err)
	}
	if err := session.Close(); err != nil {
		s.t.Fatal(err)
	}
	w.done(s)
}

// opening is Readers.Open and a login.
func opening() tearable {
	works := func(s *station) {
		s.t.Helper()
		s.opensWith(s.chip().Serial, virtual.PresetPIN)
	}
	return tearable{
		name: "open",
		card: func(s *station) *virtual.Card { return makeCard(s.t, virtual.Citizen) },
		call: func(ctx context.Context, former *Session) error {
			session, err := former.r.Open(ctx, former.reader, former.serial)
			if err != nil {
				return err
			}
			return errors.Join(session.Login(ctx, []byte(virtual.PresetPIN)), session.Close())
		},
		torn: works,
		done: works,
	}
}

// otherPIN is not the preset's.
const otherPIN = "135790"

// unblocking is Session.Unblock of a blocked card.
func unblocking(name string, pin []byte) tearable {
	known := virtual.PresetPIN
	if pin != nil {
		known = otherPIN
	}
	return tearable{
		name: "unblock " + name,
		card: func(s *station) *virtual.Card { return makeCard(s.t, virtual.Blocked) },
		call: func(ctx context.Context, session *Session) error { return session.Unblock(ctx, pin) },
		torn: func(s *station) {
			s.t.Helper()
			switch chip := s.chip(); chip.Tries { // done or not done, nothing between
			case 0:
			case 3:
				s.opensWith(chip.Serial, known)
			default:
				s.t.Errorf("torn: %d tries left, want 0 or 3", chip.Tries)
			}
		},
		done: func(s *station) {
			s.t.Helper()
			s.opensWith(s.chip().Serial, known)
		},
	}
}

// opensWith checks that pin is the PIN.
func (s *station) opensWith(serial, pin string) {
	s.t.Helper()
	session := s.open(serial)
	if err := session.Login(s.t.Context(), []byte(pin)); err != nil {
		s.t.Errorf("log in: %v", err)
	}
	if err := session.Close(); err != nil {
		s.t.Error(err)
	}
}

// keptID is the identifier of the new key pair on a renewed card.
func keptID() []byte { return bytes.Repeat([]byte{0x5A}, 20) }

// renewed is a card with a new signature certificate under keptID beside the
// old one.
func renewed(s *station) *virtual.Card {
	s.t.Helper()
	card := makeCard(s.t, virtual.Renewal)
	s.insert(card)
	defer s.eject()
	session := s.login(s.chip().Serial)
	session.renew(s.t, keptID())
	if err := session.Close(); err != nil {
		s.t.Fatal(err)
	}
	return card
}

// retiring is Session.Retire on a renewed card.
func retiring() tearable {
	return tearable{
		name:  "retire",
		card:  renewed,
		login: true,
		call: func(ctx context.Context, session *Session) error {
			_, err := session.Retire(ctx, keptID())
			return err
		},
		torn: func(s *station) { s.holds("torn", 3) },
		done: func(s *station) { s.holds("retired", 2) },
	}
}

// holds checks a card of the preset renewal with a new certificate: it shows
// authentication and new signature to everybody, every certificate has its key,
// and there are at most so many families of objects.
func (s *station) holds(when string, families int) {
	s.t.Helper()
	chip := s.chip()
	var roles []Role
	for _, c := range chip.Certificates {
		roles = append(roles, c.Role)
	}
	if !slices.Equal(roles, []Role{RoleAuthentication, RoleSignature}) || len(chip.Damaged) > 0 {
		s.t.Errorf("%s: chip shows roles %v, damaged %v; want one certificate of each role", when, roles, chip.Damaged)
	}
	session := s.login(chip.Serial)
	defer session.Close()
	all, err := session.inventory()
	if err != nil {
		s.t.Fatalf("%s: list objects: %v", when, err)
	}
	if i := slices.IndexFunc(all, func(f *family) bool { return bytes.Equal(f.id, keptID()) }); i < 0 || !all[i].complete() {
		s.t.Errorf("%s: the new certificate and its key are not there as a whole", when)
	}
	if len(all) > families {
		s.t.Errorf("%s: %d families on the token, want at most %d", when, len(all), families)
	}
	for _, f := range all {
		if len(f.certificates) > 0 && len(f.private) == 0 {
			s.t.Errorf("%s: certificate %x has no key", when, f.id)
		}
	}
}
