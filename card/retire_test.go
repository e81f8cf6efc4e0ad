//go:build linux

package card

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salter/card/virtual"
)

// renew issues one more signature certificate beside what is there.
func (s *Session) renew(t testing.TB, id []byte) (der []byte) {
	t.Helper()
	key, err := s.Generate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	der = certify(t, key.Public(), fmt.Sprintf("renewed %x", id[:4]), x509.KeyUsageContentCommitment)
	if err := s.PutCertificate(t.Context(), id, der); err != nil {
		t.Fatal(err)
	}
	return der
}

// retire is Session.Retire that has to remove so many certificates.
func (s *Session) mustRetire(t testing.TB, keep []byte, want int) {
	t.Helper()
	switch removed, err := s.Retire(t.Context(), keep); {
	case err != nil:
		t.Fatal(err)
	case removed != want:
		t.Errorf("%d certificates removed, want %d", removed, want)
	}
}

// TestTenRenewals renews a card ten times. Each time there are one signature
// certificate and its key afterwards, in the same room as before, which our own
// reader and the programs of the opensc package read.
func TestTenRenewals(t *testing.T) {
	dir := t.TempDir()
	card, err := virtual.New(dir, virtual.Renewal, issuer(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := newStation(t)
	s.insert(card)
	before := s.chip()
	room := roomOf(t, dir)
	var id, der []byte
	for range 10 {
		session := s.login(before.Serial)
		id = newID(t)
		der = session.renew(t, id)
		session.mustRetire(t, id, 1)
		session.mustRetire(t, id, 0)
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		now := s.chip()
		if len(now.Certificates) != 2 || !bytes.Equal(now.Certificates[0].DER, before.Certificates[0].DER) ||
			!bytes.Equal(now.Certificates[1].DER, der) || len(now.Damaged) > 0 {
			t.Fatalf("chip shows %d certificates, damaged %v; want the old authentication and the new signature one",
				len(now.Certificates), now.Damaged)
		}
		if got := roomOf(t, dir); got.files != room.files || got.slots > room.slots+1 {
			t.Fatalf("%d object files and %d key slots in use, want %d and at most one more than %d",
				got.files, got.slots, room.files, room.slots)
		}
	}
	checkSigning(t, s.key(before.Serial, id))
	s.readByOpenSC(id)
}

// key opens a session and finds a key pair in it.
func (s *station) key(serial string, id []byte) *Key {
	s.t.Helper()
	session := s.login(serial)
	s.t.Cleanup(func() { session.Close() })
	key, err := session.Key(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

// room is what objects take on a card.
type room struct{ files, slots int }

// roomOf counts the files of keys and certificates, and the key slots in use,
// in the state of a virtual card.
func roomOf(t *testing.T, dir string) room {
	t.Helper()
	type file struct {
		FID   uint16 `json:"fid"`
		Files []file `json:"files"`
	}
	var state struct {
		MF   file       `json:"mf"`
		Keys []struct{} `json:"keys"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "card.json"))
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := room{slots: len(state.Keys)}
	for _, d := range state.MF.Files {
		for _, f := range d.Files {
			if f.FID>>8 == 0x33 || f.FID>>8 == 0x34 {
				r.files++
			}
		}
	}
	return r
}

// readByOpenSC has the programs of the opensc package list a card with one
// authentication and one signature certificate, and sign with the key of the
// latter.
func (s *station) readByOpenSC(id []byte) {
	s.t.Helper()
	for _, tt := range []struct {
		name string
		args []string
		want map[string]int
	}{
		{"pkcs15-tool", []string{"--reader", s.name, "--list-certificates", "--list-keys", "--list-public-keys"},
			map[string]int{"X.509 Certificate [": 2, "Private RSA Key [": 2, "Public RSA Key [": 2}},
		{"pkcs11-tool", []string{"--module", openscModule, "--slot-description", s.name,
			"--login", "--pin", virtual.PresetPIN, "--list-objects"},
			map[string]int{"Certificate Object": 2, "Private Key Object": 2, "Public Key Object": 2, fmt.Sprintf("%x", id): 3}},
		{"pkcs11-tool", []string{"--module", openscModule, "--slot-description", s.name,
			"--login", "--pin", virtual.PresetPIN, "--test"},
			map[string]int{"No errors": 1}},
	} {
		out, err := exec.Command(tt.name, tt.args...).CombinedOutput()
		if err != nil {
			s.t.Errorf("%s: %v", tt.name, err)
		}
		for what, n := range tt.want {
			if got := strings.Count(string(out), what); got != n {
				s.t.Errorf("%s shows %q %d times, want %d:\n%s", tt.name, what, got, n, out)
			}
		}
	}
}

// What Retire leaves alone, and what it wants before it removes anything.
func TestRetire(t *testing.T) {
	ctx := t.Context()
	s, card, chip := citizen(t, virtual.Renewal)
	auth := chip.Certificates[0].DER
	session := s.open(chip.Serial)
	if _, err := session.Retire(ctx, keptID()); !errors.Is(err, ErrReset) {
		t.Errorf("without login: %v, want ErrReset", err)
	}
	session = s.login(chip.Serial)
	for name, id := range map[string][]byte{"nothing": nil, "a stranger": newID(t)} {
		if n, err := session.Retire(ctx, id); n != 0 || !errors.Is(err, ErrKeyMissing) {
			t.Errorf("to keep %s: %d removed, %v; want ErrKeyMissing", name, n, err)
		}
	}
	bare := newID(t) // a key pair to which the certificate never came
	if _, err := session.Generate(ctx, bare); err != nil {
		t.Fatal(err)
	}
	if n, err := session.Retire(ctx, bare); n != 0 || !errors.Is(err, ErrKeyMissing) {
		t.Errorf("to keep a key without certificate: %d removed, %v; want ErrKeyMissing", n, err)
	}
	// The labels are turned round: they say nothing.
	s.cfg.Label = "Authentication"
	second, der := newID(t), []byte(nil)
	session.renew(t, newID(t))
	der = session.renew(t, second)
	session.mustRetire(t, second, 2)
	all, err := session.inventory()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 {
		t.Errorf("%d families left, want authentication and the one kept", len(all))
	}
	for _, f := range all {
		if len(f.certificates) != 1 || len(f.private) != 1 || len(f.public) != 1 {
			t.Errorf("%d certificates, %d private and %d public keys left under %x, want one of each",
				len(f.certificates), len(f.private), len(f.public), f.id)
		}
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if now := s.chip(); len(now.Certificates) != 2 || !bytes.Equal(now.Certificates[0].DER, auth) || !bytes.Equal(now.Certificates[1].DER, der) {
		t.Errorf("chip shows %d certificates, want the old authentication and the kept one", len(now.Certificates))
	}
	if card.TriesLeft() != 3 {
		t.Errorf("%d tries left", card.TriesLeft())
	}
}

// A chip that refuses a command in the middle, or forgets its state: what went is
// told, and the next call finishes.
func TestRetireRefused(t *testing.T) {
	s := newStation(t)
	s.watch.lag = noRemoval
	for _, f := range []string{"sw@E4.1=6F00", "sw@D6.1=6581", "sw@D6.7=6581", "reset@E4.1", "reset@D6.2"} {
		t.Run(f, func(t *testing.T) {
			s.t = t
			card := renewed(s)
			s.insert(card)
			defer s.eject()
			serial := s.chip().Serial
			session := s.login(serial)
			card.SetFault(fault(t, f))
			first, err := session.Retire(t.Context(), keptID())
			var code *ModuleError
			if err != nil && !errors.As(err, &code) && !errors.Is(err, ErrReset) {
				t.Errorf("first: %v, want an error of the module or none", err)
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
			session = s.login(serial)
			second, err := session.Retire(t.Context(), keptID())
			if err != nil {
				t.Fatal(err)
			}
			if first+second != 1 {
				t.Errorf("%d and %d certificates removed, want one in all", first, second)
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
			s.holds("afterwards", 2)
		})
	}
}
