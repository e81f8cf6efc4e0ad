//go:build linux

package card

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"

	"salter/card/virtual"
)

// citizen is a station with a citizen's card in it, and its chip as first read.
func citizen(t testing.TB, p virtual.Preset) (*station, *virtual.Card, Chip) {
	t.Helper()
	s := newStation(t)
	c := makeCard(t, p)
	s.insert(c)
	return s, c, s.chip()
}

// chip reads the chip.
func (s *station) chip() Chip {
	s.t.Helper()
	chip, err := s.ReadChip(context.Background(), s.name)
	if err != nil {
		s.t.Fatal(err)
	}
	return chip
}

// login opens a session and logs in with the preset's PIN.
func (s *station) login(serial string) *Session {
	s.t.Helper()
	session, err := s.Open(context.Background(), s.name, serial)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := session.Login(context.Background(), []byte(virtual.PresetPIN)); err != nil {
		s.t.Fatal(err)
	}
	return session
}

// shows checks that the chip shows exactly this signature certificate, as any
// program without a PIN sees it.
func (s *station) shows(der []byte) {
	s.t.Helper()
	chip := s.chip()
	if len(chip.Damaged) > 0 {
		s.t.Errorf("damaged on the chip: %v", chip.Damaged)
	}
	if der == nil {
		if len(chip.Certificates) > 0 {
			s.t.Errorf("%d certificates on the chip, want none", len(chip.Certificates))
		}
		return
	}
	if len(chip.Certificates) != 1 {
		s.t.Fatalf("%d certificates on the chip, want one", len(chip.Certificates))
	}
	c := chip.Certificates[0]
	if c.Role != RoleSignature || c.KeyBits != 2048 || !bytes.Equal(c.DER, der) {
		s.t.Errorf("chip shows role %v, %d bits, %d bytes; want a signature certificate of %d bytes",
			c.Role, c.KeyBits, len(c.DER), len(der))
	}
}

func TestIssue(t *testing.T) {
	ctx := context.Background()
	s, _, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	if _, err := s.ReadChip(ctx, s.name); !errors.Is(err, ErrBusy) {
		t.Errorf("native read during a session: %v, want ErrBusy", err)
	}
	id := newID(t)
	key, err := session.Generate(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	checkSigning(t, key)
	der := certify(t, key.Public(), "МИХАИЛО СТОЈАНОВИЋ", x509.KeyUsageContentCommitment)
	for range 2 {
		if err := session.PutCertificate(ctx, id, der); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.shows(der)

	session = s.login(chip.Serial)
	found, err := session.Key(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if !found.public.Equal(key.Public()) {
		t.Error("another key under the identifier")
	}
	other := certify(t, key.Public(), "replacement", x509.KeyUsageContentCommitment)
	if err := session.PutCertificate(ctx, id, other); err != nil {
		t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.shows(other)

	session = s.login(chip.Serial)
	for range 2 {
		if err := session.Delete(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := session.Key(ctx, id); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("key after deletion: %v, want ErrKeyMissing", err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.shows(nil)
}

// A certificate larger than 1,536 bytes goes to the chip and comes back whole.
func TestLargeCertificate(t *testing.T) {
	s, _, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	id := newID(t)
	key, err := session.Generate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 1500) // does not compress
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	der := certify(t, key.Public(), "large", x509.KeyUsageContentCommitment,
		pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: noise})
	if len(der) <= 1536 {
		t.Fatalf("certificate of %d bytes proves nothing", len(der))
	}
	if err := session.PutCertificate(t.Context(), id, der); err != nil {
		t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.shows(der)
}

// A renewal: the new pair and certificate come while the old ones are there,
// which then go.
func TestRenewal(t *testing.T) {
	ctx := t.Context()
	s, _, chip := citizen(t, virtual.Citizen)
	session := s.login(chip.Serial)
	var ids, ders [][]byte
	for _, name := range []string{"old", "new"} {
		id := newID(t)
		key, err := session.Generate(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		der := certify(t, key.Public(), name, x509.KeyUsageContentCommitment)
		if err := session.PutCertificate(ctx, id, der); err != nil {
			t.Fatal(err)
		}
		ids, ders = append(ids, id), append(ders, der)
	}
	if err := session.Delete(ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Key(ctx, ids[1]); err != nil {
		t.Errorf("new key after the old one is deleted: %v", err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	s.shows(ders[1])
}
