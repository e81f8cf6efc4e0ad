package virtual

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"salter/card/apdu"
)

// Certificate asks for a key pair and a certificate that a card has from the
// start.
type Certificate struct {
	NonRepudiation bool // signature; otherwise authentication
	NotAfter       time.Time
}

// addCertificates puts key pairs and certificates on a new card.
func (s *state) addCertificates(p Personalisation) error {
	if len(p.Certificates) == 0 {
		return nil
	}
	caKey, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return err
	}
	var objects []object
	for i, want := range p.Certificates {
		key, err := rsa.GenerateKey(rand.Reader, rsaBits)
		if err != nil {
			return err
		}
		cert, err := want.issue(p.Holder, key, caKey)
		if err != nil {
			return err
		}
		if err := s.setKey(byte(i), key); err != nil {
			return err
		}
		objects = append(objects, object{ref: byte(i), cert: cert})
	}
	s.layOut(objects)
	return nil
}

// layOut writes the objects that a card has from the start in the form of
// PKCS#15, so that PKCS#11 modules list them and can destroy them. The public
// keys are RSA keys.
func (s *state) layOut(objects []object) {
	dir := s.MF.find(fidP15)
	dir.Files = slices.DeleteFunc(dir.Files, func(f *file) bool { return isObject(f.FID) || isObjectDirectory(f.FID) })
	s.Written = nil
	private, public, certificates := directories(objects)
	for _, o := range objects {
		key, _ := o.cert.PublicKey.(*rsa.PublicKey)
		dir.Files = append(dir.Files,
			written(fidPub|uint16(o.ref), x509.MarshalPKCS1PublicKey(key), 0),
			written(fidCert|uint16(o.ref), o.cert.Raw, 0))
		s.noteWritten(fidCert | uint16(o.ref))
	}
	dir.Files = append(dir.Files, private, public, certificates)
	dir.child(0x5031).Data = padTo(efODF(fidPrK, fidPuK, fidCer), 256)
}

// directories are the three object directories for objects.
func directories(objects []object) (private, public, certificates *file) {
	var prk, puk, cer []byte
	for _, o := range objects {
		prk = append(prk, o.privateEntry()...)
		puk = append(puk, o.publicEntry()...)
		cer = append(cer, o.certificateEntry()...)
	}
	return objectDirectory(fidPrK, prk), objectDirectory(fidPuK, puk), objectDirectory(fidCer, cer)
}

// The identifiers under which OpenSC keeps keys and certificates; the low byte
// is a number.
const (
	fidPub  uint16 = 0x3300
	fidCert uint16 = 0x3400
)

// labelOf is the role of a container as the ministry writes it at the end of the
// common name.
func labelOf(container int) string {
	if container == containerSign {
		return "Sign"
	}
	return "Auth"
}

// issue makes the certificate for key: five years up to NotAfter, from a CA
// that nobody knows.
func (c Certificate) issue(h Holder, key, caKey *rsa.PrivateKey) (*x509.Certificate, error) {
	usage, container := x509.KeyUsageDigitalSignature, containerAuth
	if c.NonRepudiation {
		usage, container = usage|x509.KeyUsageContentCommitment, containerSign
	}
	number := h.Document.RegNo
	name := fmt.Sprintf("%s %s %s %s", h.Personal.GivenName, h.Personal.Surname, number, labelOf(container))
	utf8Name := func(id int, v string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, id}, Value: v}
	}
	template := &x509.Certificate{
		Subject: pkix.Name{Country: []string{"RS"}, ExtraNames: []pkix.AttributeTypeAndValue{
			utf8Name(5, "PNORS-"+h.Personal.PersonalNumber), utf8Name(5, "CA:RS-"+number),
			utf8Name(4, h.Personal.Surname), utf8Name(42, h.Personal.GivenName), utf8Name(3, name),
		}},
		NotBefore: c.NotAfter.AddDate(-5, 0, 0),
		NotAfter:  c.NotAfter,
		KeyUsage:  usage,
	}
	ca := &x509.Certificate{Subject: pkix.Name{
		Country: []string{"RS"}, Organization: []string{DemoOrganization}, CommonName: "Salter DEMO Gradjani CA 3",
	}}
	return certify(template, ca, key.Public(), caKey)
}

// object is a key pair with its certificate, for its three entries in the
// object directories (ISO/IEC 7816-15 8.2 to 8.7, in the form OpenSC writes).
type object struct {
	ref  byte
	cert *x509.Certificate
}

// id is the identifier that the three share.
func (o object) id() []byte {
	h := sha1.Sum(o.cert.RawSubjectPublicKeyInfo) // a name, not a protection
	return h[:]
}

// common is the head of an entry: label, flags and, for the private key, the
// PIN that protects it.
func (o object) common(flags byte, pin []byte) []byte {
	b := apdu.AppendTLV(nil, 0x0C, []byte(labelOf(roleOf(o.cert))))
	b = apdu.AppendTLV(b, 0x03, []byte{0x06, flags})
	if pin != nil {
		b = apdu.AppendTLV(b, 0x04, pin)
	}
	return apdu.AppendTLV(nil, 0x30, b)
}

// privateEntry describes the key in its slot: a signature key may sign, with
// non-repudiation, the other sign and decipher; the subject helps to find it.
func (o object) privateEntry() []byte {
	class := apdu.AppendTLV(nil, 0x04, o.id())
	if roleOf(o.cert) == containerSign {
		class = append(class, 0x03, 0x03, 0x06, 0x20, 0x40)
	} else {
		class = append(class, 0x03, 0x02, 0x04, 0x70)
	}
	class = apdu.AppendTLV(class, 0x02, []byte{o.ref})
	b := o.common(0xC0, []byte{0xFF})
	b = apdu.AppendTLV(b, 0x30, class)
	b = apdu.AppendTLV(b, 0xA0, apdu.AppendTLV(nil, 0x30, o.cert.RawSubject))
	return apdu.AppendTLV(nil, 0x30, apdu.AppendTLV(b, 0xA1, keyPath(fidMF, fidP15)))
}

// publicEntry describes the public key, which lies in a file.
func (o object) publicEntry() []byte {
	class := apdu.AppendTLV(nil, 0x04, o.id())
	if roleOf(o.cert) == containerSign {
		class = append(class, 0x03, 0x02, 0x01, 0x02) // verify
	} else {
		class = append(class, 0x03, 0x02, 0x00, 0x83) // encrypt too
	}
	class = append(class, 0x01, 0x01, 0x00) // not native
	class = apdu.AppendTLV(class, 0x02, []byte{o.ref})
	b := o.common(0x40, nil)
	b = apdu.AppendTLV(b, 0x30, class)
	return apdu.AppendTLV(nil, 0x30, apdu.AppendTLV(b, 0xA1, keyPath(fidMF, fidP15, fidPub|uint16(o.ref))))
}

// certificateEntry describes the certificate's file.
func (o object) certificateEntry() []byte {
	b := o.common(0x40, nil)
	b = apdu.AppendTLV(b, 0x30, apdu.AppendTLV(nil, 0x04, o.id()))
	p := apdu.AppendTLV(nil, 0x30, apdu.AppendTLV(nil, 0x04, path(fidMF, fidP15, fidCert|uint16(o.ref))))
	return apdu.AppendTLV(nil, 0x30, apdu.AppendTLV(b, 0xA1, apdu.AppendTLV(nil, 0x30, p)))
}

// keyPath is the last part of a key's entry: where it lies, 2048 bits.
func keyPath(fids ...uint16) []byte {
	b := apdu.AppendTLV(nil, 0x30, apdu.AppendTLV(nil, 0x04, path(fids...)))
	return apdu.AppendTLV(nil, 0x30, append(b, 0x02, 0x02, 0x08, 0x00))
}

// objectDirectory is the file of one kind of objects.
func objectDirectory(fid uint16, entries []byte) *file {
	f := written(fid, entries, roomFor(fid, 512))
	f.Access = accessPublic()
	return f
}

// written is a complete file with content, zeros behind it up to size; the PIN
// may delete it, nobody may change it.
func written(fid uint16, content []byte, size int) *file {
	data := padTo(content, size)
	return &file{
		FID: fid, Size: len(data), Data: data, Filled: len(data),
		Access: []byte{accessPIN, accessNever, accessNever, accessNever, accessNever, accessPIN, accessAlways},
	}
}

// padTo returns a copy of b with zeros behind it up to size.
func padTo(b []byte, size int) []byte {
	data := make([]byte, max(size, len(b)))
	copy(data, b)
	return data
}
