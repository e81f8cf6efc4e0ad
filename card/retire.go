package card

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/miekg/pkcs11"
)

// Retire removes every signature certificate and key pair from the token but
// those under keep, of which key pair and signature certificate have to be
// there as a whole (ErrKeyMissing, and nothing is removed). What serves
// authentication or deciphering stays; which is which the usage of
// certificates and keys decides, never a label. It needs a Login (ErrReset).
// Of each pair the certificate goes first: the card never shows one without
// its key. removed is the number of certificates that went, also of a call
// that failed. It may be repeated, and finishes what a call before it left
// half-done. Errors: those of the card, and ErrNoWrite, *ModuleError.
func (s *Session) Retire(ctx context.Context, keep []byte) (removed int, err error) {
	var gone atomic.Int64 // a call given up goes on in the lane
	_, err = inSession(ctx, s, "retire certificates", s.r.cfg.KeyPatience, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.retire(ctx, keep, &gone)
	})
	return int(gone.Load()), err
}

// retire is Retire; in the lane.
func (s *Session) retire(ctx context.Context, keep []byte, gone *atomic.Int64) error {
	if !s.r.loggedIn(s.reader, s.insertion) {
		return fmt.Errorf("no login: %w", ErrReset)
	}
	all, err := s.families()
	if err != nil {
		return err
	}
	kept := slices.IndexFunc(all, func(f *family) bool { return bytes.Equal(f.id, keep) })
	if kept < 0 || !all[kept].complete() {
		return fmt.Errorf("to be kept: %w", ErrKeyMissing)
	}
	for i, f := range all {
		if i == kept || f.role() != RoleSignature {
			continue
		}
		for _, o := range f.objects() {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := s.r.module.lib.DestroyObject(s.handle, o); err != nil {
				return moduleError("C_DestroyObject", err)
			}
			if slices.Contains(f.certificates, o) {
				gone.Add(1)
			}
		}
	}
	return nil
}

// noRole is the role of what cannot be told, which is left alone.
const noRole Role = -1

// family is everything on the token under one identifier.
type family struct {
	id           []byte
	certificates []pkcs11.ObjectHandle
	private      []pkcs11.ObjectHandle
	public       []pkcs11.ObjectHandle

	roles []Role // of each certificate that can be read; without one, of each key
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
	if len(f.roles) == 0 {
		return noRole
	}
	for _, r := range f.roles {
		if r != f.roles[0] {
			return noRole
		}
	}
	return f.roles[0]
}

// families reads what is on the token, by identifier; in the lane.
func (s *Session) families() ([]*family, error) {
	var all []*family
	for _, class := range []uint{pkcs11.CKO_CERTIFICATE, pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY} {
		found, err := s.search([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			id, err := s.attribute(o, pkcs11.CKA_ID)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(all, func(f *family) bool { return bytes.Equal(f.id, id) })
			if i < 0 {
				i = len(all)
				all = append(all, &family{id: id})
			}
			if err := s.join(all[i], class, o); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// join adds an object to its family; in the lane. Certificates come first.
func (s *Session) join(f *family, class uint, o pkcs11.ObjectHandle) error {
	switch class {
	case pkcs11.CKO_CERTIFICATE:
		f.certificates = append(f.certificates, o)
		der, err := s.attribute(o, pkcs11.CKA_VALUE)
		if err != nil {
			return err
		}
		f.roles = append(f.roles, certificateRole(der))
		return nil
	case pkcs11.CKO_PRIVATE_KEY:
		f.private = append(f.private, o)
		return s.joinKey(f, o, pkcs11.CKA_SIGN, pkcs11.CKA_DECRYPT)
	default:
		f.public = append(f.public, o)
		return s.joinKey(f, o, pkcs11.CKA_VERIFY, pkcs11.CKA_ENCRYPT)
	}
}

// joinKey notes the role of a key without a certificate: one that only signs
// is a signature key, one that deciphers too serves key exchange; in the lane.
func (s *Session) joinKey(f *family, o pkcs11.ObjectHandle, signs, deciphers uint) error {
	if len(f.certificates) > 0 {
		return nil
	}
	var usage [2]bool
	for i, kind := range []uint{signs, deciphers} {
		v, err := s.attribute(o, kind)
		if err != nil {
			return err
		}
		usage[i] = len(v) == 1 && v[0] != 0
	}
	switch usage {
	case [2]bool{true, false}:
		f.roles = append(f.roles, RoleSignature)
	case [2]bool{true, true}, [2]bool{false, true}:
		f.roles = append(f.roles, RoleAuthentication)
	default:
		f.roles = append(f.roles, noRole)
	}
	return nil
}

// certificateRole reads the role from the key usage (RFC 5280 4.2.1.3), as the
// container map of the card does.
func certificateRole(der []byte) Role {
	cert, err := x509.ParseCertificate(der)
	switch {
	case err != nil:
		return noRole
	case cert.KeyUsage&x509.KeyUsageContentCommitment != 0:
		return RoleSignature
	}
	return RoleAuthentication
}

// attribute reads one attribute of an object; in the lane.
func (s *Session) attribute(o pkcs11.ObjectHandle, kind uint) ([]byte, error) {
	values, err := s.r.module.lib.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{pkcs11.NewAttribute(kind, nil)})
	if err != nil {
		return nil, moduleError("C_GetAttributeValue", err)
	}
	return values[0].Value, nil
}
