package card

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"github.com/miekg/pkcs11"
)

// PutCertificate writes der beside the key pair id. It may be repeated: what is
// there already is not written again, and another or damaged certificate under
// id is replaced. Whatever the module says of the write, what it then reads
// back decides; only ReadChip proves what other programs see. Errors: those of
// the card, and ErrFull, ErrNoWrite, ErrReadBack, *ModuleError.
func (s *Session) PutCertificate(ctx context.Context, id, der []byte) error {
	template, err := s.certificateTemplate(id, der)
	if err != nil {
		return fmt.Errorf("write certificate: %w", err)
	}
	return s.do(ctx, "write certificate", func(context.Context) error {
		written, err := s.keepOnly(id, der)
		if err != nil || written {
			return err
		}
		_, createErr := s.r.module.lib.CreateObject(s.handle, template)
		written, err = s.holds(id, der)
		switch {
		case written:
			return nil
		case createErr != nil:
			return moduleError("C_CreateObject", createErr)
		case err != nil:
			return err
		}
		return ErrReadBack
	})
}

// certificateTemplate is the certificate as an object (PKCS#11 v2.40 4.6.3).
func (s *Session) certificateTemplate(id, der []byte) ([]*pkcs11.Attribute, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		return nil, err
	}
	return []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
		pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, s.r.cfg.Label),
		pkcs11.NewAttribute(pkcs11.CKA_SUBJECT, cert.RawSubject),
		pkcs11.NewAttribute(pkcs11.CKA_ISSUER, cert.RawIssuer),
		pkcs11.NewAttribute(pkcs11.CKA_SERIAL_NUMBER, serial),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, der),
	}, nil
}

// keepOnly destroys every certificate under id but one that is der, and reports
// whether there is that one; in the lane.
func (s *Session) keepOnly(id, der []byte) (bool, error) {
	found, err := s.find(id, pkcs11.CKO_CERTIFICATE)
	if err != nil {
		return false, err
	}
	kept := false
	for _, o := range found {
		if !kept && s.is(o, der) {
			kept = true
			continue
		}
		if err := s.r.module.lib.DestroyObject(s.handle, o); err != nil {
			return false, moduleError("C_DestroyObject", err)
		}
	}
	return kept, nil
}

// holds reports whether der is under id; in the lane.
func (s *Session) holds(id, der []byte) (bool, error) {
	found, err := s.find(id, pkcs11.CKO_CERTIFICATE)
	if err != nil {
		return false, err
	}
	for _, o := range found {
		if s.is(o, der) {
			return true, nil
		}
	}
	return false, nil
}

// is reports whether a certificate object can be read and is der; in the lane.
func (s *Session) is(o pkcs11.ObjectHandle, der []byte) bool {
	values, err := s.r.module.lib.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, nil),
	})
	return err == nil && bytes.Equal(values[0].Value, der)
}

// Delete removes certificate, public and private key under id; what is not
// there is no error. It may be repeated.
func (s *Session) Delete(ctx context.Context, id []byte) error {
	return s.do(ctx, "delete key pair", func(context.Context) error {
		found, err := s.find(id, pkcs11.CKO_CERTIFICATE, pkcs11.CKO_PUBLIC_KEY, pkcs11.CKO_PRIVATE_KEY)
		if err != nil {
			return err
		}
		for _, o := range found {
			if err := s.r.module.lib.DestroyObject(s.handle, o); err != nil {
				return moduleError("C_DestroyObject", err)
			}
		}
		return nil
	})
}
