//go:build linux

package card

import (
	"bytes"
	"context"
	"crypto/x509"
	"testing"

	"github.com/miekg/pkcs11"
)

// The role of what is on a token, told by certificates and by what keys may do.
func TestInventory(t *testing.T) {
	const sign, auth = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, x509.KeyUsageDigitalSignature
	s := softSession(t)
	if err := s.Login(context.Background(), []byte(softPIN)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		make func(id []byte)
		want map[string]Role // by last letter of the identifier
	}{
		{"pair and signature certificate", func(id []byte) { s.softPut(t, id, s.softPair(t, id, false), sign) },
			map[string]Role{"a": RoleSignature}},
		{"pair and authentication certificate", func(id []byte) { s.softPut(t, id, s.softPair(t, id, false), auth) },
			map[string]Role{"a": RoleAuthentication}},
		{"signature certificate of a key that deciphers", func(id []byte) { s.softPut(t, id, s.softPair(t, id, true), sign) },
			map[string]Role{"a": RoleSignature}},
		{"pair alone", func(id []byte) { s.softPair(t, id, false) }, map[string]Role{"a": RoleSignature}},
		{"pair that deciphers", func(id []byte) { s.softPair(t, id, true) }, map[string]Role{"a": RoleAuthentication}},
		{"authentication certificate under another identifier", func(id []byte) {
			s.softPut(t, last(id, 'b'), s.softPair(t, id, false), auth)
		}, map[string]Role{"a": RoleAuthentication, "b": RoleAuthentication}},
		{"certificates of both kinds", func(id []byte) {
			key := s.softPair(t, id, false)
			s.softPut(t, id, key, sign)
			s.softPut(t, id, key, auth)
		}, map[string]Role{"a": noRole}},
		{"certificate that is none", func(id []byte) {
			s.softPair(t, id, false)
			s.softObject(t, id, []byte("no certificate"))
		}, map[string]Role{"a": noRole}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := last(newID(t), 'a')
			tt.make(id)
			got := make(map[string]Role)
			all, err := s.inventory()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				if len(f.id) == len(id) && bytes.Equal(f.id[:19], id[:19]) {
					got[string(f.id[19:])] = f.role()
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for of, role := range tt.want {
				if got[of] != role {
					t.Errorf("%s: got role %v, want %v", of, got[of], role)
				}
			}
		})
	}
}

// last returns id with another last letter.
func last(id []byte, letter byte) []byte {
	id = bytes.Clone(id)
	id[len(id)-1] = letter
	return id
}

// softPair makes a key pair on the software token.
func (s *Session) softPair(t *testing.T, id []byte, deciphers bool) *Key {
	t.Helper()
	public, private := s.keyTemplates(id)
	public = append(public, pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, deciphers))
	private = append(private, pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, deciphers))
	mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, nil)}
	if _, _, err := s.r.module.lib.GenerateKeyPair(s.handle, mechanism, public, private); err != nil {
		t.Fatal(err)
	}
	key, err := s.Key(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// softPut puts one more certificate for a key on the software token.
func (s *Session) softPut(t *testing.T, id []byte, key *Key, usage x509.KeyUsage) {
	t.Helper()
	s.softObject(t, id, certify(t, key.Public(), "x", usage))
}

// softObject puts a certificate object on the software token.
func (s *Session) softObject(t *testing.T, id, der []byte) {
	t.Helper()
	_, err := s.r.module.lib.CreateObject(s.handle, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
		pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_SUBJECT, []byte{0x30, 0}),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, der),
	})
	if err != nil {
		t.Fatal(err)
	}
}
