package card

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/miekg/pkcs11"
)

// noRole is the role of what cannot be told, which is left alone.
const noRole Role = -1

// family is everything on the token under one identifier.
type family struct {
	id           []byte
	certificates []pkcs11.ObjectHandle
	private      []pkcs11.ObjectHandle
	public       []pkcs11.ObjectHandle

	roles []Role // of the certificates; without one, of the keys
}

// objects lists them in the order in which they have to go.
func (f *family) objects() []pkcs11.ObjectHandle {
	return slices.Concat(f.certificates, f.private, f.public)
}

// complete reports whether it is a signature certificate with its key pair.
func (f *family) complete() bool {
	return f.role() == RoleSignature && len(f.certificates) > 0 && len(f.private) == 1 && len(f.public) == 1
}

// role is the one that all its members agree on.
func (f *family) role() Role {
	if len(f.roles) == 0 || slices.ContainsFunc(f.roles, func(r Role) bool { return r != f.roles[0] }) {
		return noRole
	}
	return f.roles[0]
}

// inventory reads what is on the token, by identifier; in the lane. Private
// keys are seen after a login only.
func (s *Session) inventory() ([]*family, error) {
	v := &inventory{s: s, certified: make(map[string]Role)}
	for _, kind := range []struct {
		class uint
		add   func(*family, pkcs11.ObjectHandle) error
	}{
		{pkcs11.CKO_CERTIFICATE, v.addCertificate}, // first: they tell about the keys
		{pkcs11.CKO_PRIVATE_KEY, v.addPrivate},
		{pkcs11.CKO_PUBLIC_KEY, v.addPublic},
	} {
		found, err := s.search([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, kind.class)})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			f, err := v.family(o)
			if err == nil {
				err = kind.add(f, o)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return v.families, nil
}

// inventory is what was found so far.
type inventory struct {
	s         *Session
	families  []*family
	certified map[string]Role // of the certificates, by modulus
}

// family returns the one that an object belongs to.
func (v *inventory) family(o pkcs11.ObjectHandle) (*family, error) {
	id, err := v.s.attribute(o, pkcs11.CKA_ID)
	if err != nil {
		return nil, err
	}
	for _, f := range v.families {
		if bytes.Equal(f.id, id) {
			return f, nil
		}
	}
	f := &family{id: id}
	v.families = append(v.families, f)
	return f, nil
}

// addCertificate reads the role from the key usage (RFC 5280 4.2.1.3), as the
// container map of the card does.
func (v *inventory) addCertificate(f *family, o pkcs11.ObjectHandle) error {
	der, err := v.s.attribute(o, pkcs11.CKA_VALUE)
	if err != nil {
		return err
	}
	role := noRole
	if cert, err := x509.ParseCertificate(der); err == nil {
		role = RoleAuthentication
		if cert.KeyUsage&x509.KeyUsageContentCommitment != 0 {
			role = RoleSignature
		}
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok {
			v.certified[string(key.N.Bytes())] = role
		}
	}
	f.certificates, f.roles = append(f.certificates, o), append(f.roles, role)
	return nil
}

// addPrivate adds a private key.
func (v *inventory) addPrivate(f *family, o pkcs11.ObjectHandle) error {
	f.private = append(f.private, o)
	return v.addRole(f, o, pkcs11.CKA_SIGN, pkcs11.CKA_DECRYPT)
}

// addPublic adds a public key.
func (v *inventory) addPublic(f *family, o pkcs11.ObjectHandle) error {
	f.public = append(f.public, o)
	return v.addRole(f, o, pkcs11.CKA_VERIFY, pkcs11.CKA_ENCRYPT)
}

// addRole adds the role of a key without a certificate under its identifier.
// One that has its certificate elsewhere has the role of that; otherwise one
// that only signs is a signature key, and one that deciphers too serves key
// exchange, by which the citizen authenticates himself.
func (v *inventory) addRole(f *family, o pkcs11.ObjectHandle, signs, deciphers uint) error {
	if len(f.certificates) > 0 {
		return nil
	}
	modulus, err := v.s.optional(o, pkcs11.CKA_MODULUS)
	if err != nil {
		return err
	}
	role, ok := v.certified[string(bytes.TrimLeft(modulus, "\x00"))]
	if !ok {
		if role, err = v.usage(o, signs, deciphers); err != nil {
			return err
		}
	}
	f.roles = append(f.roles, role)
	return nil
}

// usage is the role of a key by what it may do.
func (v *inventory) usage(o pkcs11.ObjectHandle, signs, deciphers uint) (Role, error) {
	sign, err := v.s.optional(o, signs)
	if err != nil {
		return noRole, err
	}
	decipher, err := v.s.optional(o, deciphers)
	switch {
	case err != nil || len(sign) != 1 || len(decipher) != 1: // CK_BBOOL
		return noRole, err
	case decipher[0] != 0:
		return RoleAuthentication, nil
	case sign[0] != 0:
		return RoleSignature, nil
	}
	return noRole, nil
}

// attribute reads one attribute of an object; in the lane.
func (s *Session) attribute(o pkcs11.ObjectHandle, kind uint) ([]byte, error) {
	values, err := s.r.module.lib.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{pkcs11.NewAttribute(kind, nil)})
	if err != nil {
		return nil, moduleError("C_GetAttributeValue", err)
	}
	return values[0].Value, nil
}

// optional is attribute for what not every object has; nil: not this one.
func (s *Session) optional(o pkcs11.ObjectHandle, kind uint) ([]byte, error) {
	value, err := s.attribute(o, kind)
	var code *ModuleError
	if errors.As(err, &code) && (code.Code == pkcs11.CKR_ATTRIBUTE_TYPE_INVALID || code.Code == pkcs11.CKR_ATTRIBUTE_SENSITIVE) {
		return nil, nil
	}
	return value, err
}
