package virtual

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
)

// CertificateRequest returns a PKCS #10 request (RFC 2986) for the signing key
// that the card has from the start, in DER, with the subject of its
// certificate: for a CA that is to certify it as if it had done so years ago.
// PutCertificate takes what the CA makes of it. No PIN is asked; a factory has
// its own ways.
func (c *Card) CertificateRequest() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sign := c.state.containers()[containerSign]
	if sign == nil {
		return nil, errors.New("make request: no signing key on the card")
	}
	template := &x509.CertificateRequest{RawSubject: sign.cert.RawSubject}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, sign.key)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	return der, nil
}

// PutCertificate makes cert the signing certificate that a card has from the
// start, in both PKI views, in place of the one it was made with if there is
// one. key is the certificate's; nil: it is the one on the card. A card that a
// module has written to since it was made is refused. It must not be in a
// reader.
func (c *Card) PutCertificate(cert *x509.Certificate, key *rsa.PrivateKey) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed, err := c.state.withCertificate(cert, key)
	if err == nil {
		err = changed.save(c.dir)
	}
	if err != nil {
		return fmt.Errorf("put certificate: %w", err)
	}
	c.state, c.session = changed, session{}
	return nil
}

// withCertificate returns a copy of a new card's state with another signing
// certificate.
func (s *state) withCertificate(cert *x509.Certificate, key *rsa.PrivateKey) (*state, error) {
	s, err := s.clone()
	if err != nil {
		return nil, err
	}
	objects, err := s.original()
	if err != nil {
		return nil, err
	}
	o := object{ref: byte(len(objects)), cert: cert}
	for i, was := range objects {
		if roleOf(was.cert) == containerSign {
			o.ref = was.ref
			objects = append(objects[:i], objects[i+1:]...)
			break
		}
	}
	if key == nil {
		key = s.key(o.ref)
	}
	switch {
	case roleOf(cert) != containerSign:
		return nil, errors.New("not a signing certificate")
	case key == nil || !key.PublicKey.Equal(cert.PublicKey):
		return nil, errors.New("not the certificate of the key")
	case key.N.BitLen() != rsaBits || key.E != 65537:
		return nil, errors.New("not a key of this chip")
	}
	if err := s.setKey(o.ref, key); err != nil {
		return nil, err
	}
	s.layOut(append(objects, o))
	return s, nil
}

// original returns the objects of a card that nothing has written to since it
// was made.
func (s *state) original() ([]object, error) {
	dir := s.MF.find(fidP15)
	if dir == nil {
		return nil, errors.New("card has no PKI part")
	}
	var objects []object
	for _, slot := range s.Keys {
		cert := certificateIn(dir.child(fidCert | uint16(slot.Ref)))
		if cert == nil || !slot.key.PublicKey.Equal(cert.PublicKey) {
			return nil, errWritten
		}
		objects = append(objects, object{ref: slot.Ref, cert: cert})
	}
	private, public, certificates := directories(objects)
	for _, want := range []*file{private, public, certificates} {
		f := dir.child(want.FID)
		if f == nil && len(objects) == 0 {
			continue
		}
		if f == nil || !bytes.Equal(f.Data, want.Data) {
			return nil, errWritten
		}
	}
	return objects, nil
}

// errWritten: PutCertificate comes too late.
var errWritten = errors.New("card was written to since it was made")
