//go:build linux

package card

import (
	"crypto/x509"
	"fmt"
	"testing"

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

func TestRetire(t *testing.T) {
	s, card, chip := citizen(t, virtual.Renewal)
	session := s.login(chip.Serial)
	id := newID(t)
	session.renew(t, id)
	before := card.Stats().APDUs
	n, err := session.Retire(t.Context(), id)
	t.Log(n, err, card.Stats().APDUs-before)
	all, err := session.families()
	for _, f := range all {
		t.Logf("%x %d %d %d %v", f.id, len(f.certificates), len(f.private), len(f.public), f.roles)
	}
	before = card.Stats().APDUs
	n, err = session.Retire(t.Context(), id)
	t.Log(n, err, card.Stats().APDUs-before)
}
