package est

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// CSRAttrs is what an authority wants to see in requests: the template of RFC
// 9908 3.4. The zero value asks for nothing.
type CSRAttrs struct {
	// Key is the wanted kind of key; the zero value leaves it open.
	Key KeyTemplate
	// Subject lists the attribute types that the DN must have.
	Subject []asn1.ObjectIdentifier
	// Extensions lists the extensions that the request may ask for.
	Extensions []asn1.ObjectIdentifier
}

// KeyTemplate is a kind of key: an RSA size in bits, or a named curve.
type KeyTemplate struct {
	RSABits int
	Curve   asn1.ObjectIdentifier // CurveP256, CurveP384 or another
}

// Object identifiers of curves (RFC 5480 2.1.1.1).
var (
	CurveP256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	CurveP384 = asn1.ObjectIdentifier{1, 3, 132, 0, 34}
)

var (
	oidTemplate      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 61} // id-aa-certificationRequestInfoTemplate
	oidExtensionReqT = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 62} // id-aa-extensionReqTemplate
	oidRSA           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidECPublicKey   = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// MaxCSRAttrs is the largest CSR attributes message that ParseCSRAttrs reads.
const MaxCSRAttrs = 16 << 10

// attributeSet is Attribute of RFC 2986: a type and a set of values.
type attributeSet struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// requestTemplate is CertificationRequestInfoTemplate of RFC 9908 3.4; its
// module has implicit tags.
type requestTemplate struct {
	Version    int
	Subject    []rdnTemplateSET `asn1:"optional,omitempty"`
	Key        spkiTemplate     `asn1:"optional,tag:0"`
	Attributes []attributeSet   `asn1:"set,tag:1"`
}

// rdnTemplateSET is RelativeDistinguishedNameTemplate; the name's ending makes
// encoding/asn1 use a SET.
type rdnTemplateSET []attributeTemplate

// attributeTemplate is SingleAttributeTemplate; we never preset a value.
type attributeTemplate struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue `asn1:"optional"`
}

type spkiTemplate struct {
	Algorithm pkix.AlgorithmIdentifier
	Key       asn1.BitString `asn1:"optional"`
}

// extensionTemplate is an element of the attribute id-aa-extensionReqTemplate.
type extensionTemplate struct {
	ID       asn1.ObjectIdentifier
	Critical bool   `asn1:"optional"`
	Value    []byte `asn1:"optional"`
}

// Encode returns the CsrAttrs message (DER) with one template, or nothing for
// the zero value.
func (a CSRAttrs) Encode() ([]byte, error) {
	if a.Key.empty() && len(a.Subject) == 0 && len(a.Extensions) == 0 {
		return nil, nil
	}
	t := requestTemplate{}
	for _, oid := range a.Subject {
		t.Subject = append(t.Subject, rdnTemplateSET{{Type: oid}})
	}
	key, err := a.Key.encode()
	if err != nil {
		return nil, err
	}
	t.Key = key
	if len(a.Extensions) > 0 {
		var list []extensionTemplate
		for _, oid := range a.Extensions {
			list = append(list, extensionTemplate{ID: oid})
		}
		value, err := asn1.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("encode CSR attributes: %w", err)
		}
		t.Attributes = []attributeSet{{oidExtensionReqT, []asn1.RawValue{{FullBytes: value}}}}
	}
	inner, err := asn1.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode CSR attributes: %w", err)
	}
	der, err := asn1.Marshal([]attributeSet{{oidTemplate, []asn1.RawValue{{FullBytes: inner}}}})
	if err != nil {
		return nil, fmt.Errorf("encode CSR attributes: %w", err)
	}
	return der, nil
}

func (k KeyTemplate) empty() bool { return k.RSABits == 0 && len(k.Curve) == 0 }

// encode states an RSA size by a placeholder key with a modulus of that size
// (RFC 9908 3.4), a curve by its parameters alone.
func (k KeyTemplate) encode() (spkiTemplate, error) {
	switch {
	case len(k.Curve) > 0:
		curve, err := asn1.Marshal(k.Curve)
		if err != nil {
			return spkiTemplate{}, fmt.Errorf("encode CSR attributes: %w", err)
		}
		return spkiTemplate{Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECPublicKey, Parameters: asn1.RawValue{FullBytes: curve}}}, nil
	case k.RSABits > 0:
		modulus := new(big.Int).Lsh(big.NewInt(1), uint(k.RSABits-1))
		placeholder, err := asn1.Marshal(struct {
			N *big.Int
			E int
		}{modulus, 65537})
		if err != nil {
			return spkiTemplate{}, fmt.Errorf("encode CSR attributes: %w", err)
		}
		return spkiTemplate{
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidRSA, Parameters: asn1.NullRawValue},
			Key:       asn1.BitString{Bytes: placeholder, BitLength: 8 * len(placeholder)},
		}, nil
	}
	return spkiTemplate{}, nil
}

// ParseCSRAttrs reads a CsrAttrs message (DER): a template of RFC 9908 and, for
// older servers, the attributes rsaEncryption with a size and ecPublicKey with
// a curve (RFC 7030 4.5.2). What it does not know it leaves out, as RFC 9908
// 3.1 demands.
func ParseCSRAttrs(der []byte) (CSRAttrs, error) {
	var a CSRAttrs
	if len(der) > MaxCSRAttrs {
		return a, ErrTooLarge
	}
	var list []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &list); err != nil || len(rest) > 0 {
		return a, errors.New("parse CSR attributes: not a sequence")
	}
	for _, item := range list {
		switch {
		case item.Class == asn1.ClassUniversal && item.Tag == asn1.TagOID:
			continue // an attribute without a value
		case item.Class != asn1.ClassUniversal || item.Tag != asn1.TagSequence:
			return a, errors.New("parse CSR attributes: neither an attribute nor an OID")
		}
		var attr attributeSet
		if rest, err := asn1.Unmarshal(item.FullBytes, &attr); err != nil || len(rest) > 0 {
			return a, errors.New("parse CSR attributes: an attribute cannot be read")
		}
		if len(attr.Values) != 1 {
			continue
		}
		if err := a.read(attr.Type, attr.Values[0]); err != nil {
			return a, err
		}
	}
	return a, nil
}

// read takes one attribute into a.
func (a *CSRAttrs) read(kind asn1.ObjectIdentifier, value asn1.RawValue) error {
	var err error
	switch {
	case kind.Equal(oidTemplate):
		return a.readTemplate(value.FullBytes)
	case kind.Equal(oidRSA):
		_, err = asn1.Unmarshal(value.FullBytes, &a.Key.RSABits)
		if a.Key.RSABits < 0 || a.Key.RSABits > 8*MaxCSRAttrs {
			err = errors.New("no possible RSA size")
		}
	case kind.Equal(oidECPublicKey):
		_, err = asn1.Unmarshal(value.FullBytes, &a.Key.Curve)
	}
	if err != nil {
		return fmt.Errorf("parse CSR attributes: key: %w", err)
	}
	return nil
}

func (a *CSRAttrs) readTemplate(der []byte) error {
	var t requestTemplate
	if rest, err := asn1.Unmarshal(der, &t); err != nil || len(rest) > 0 || t.Version != 0 {
		return errors.New("parse CSR attributes: template cannot be read")
	}
	for _, rdn := range t.Subject {
		for _, attr := range rdn {
			a.Subject = append(a.Subject, attr.Type)
		}
	}
	for _, attr := range t.Attributes {
		if !attr.Type.Equal(oidExtensionReqT) || len(attr.Values) != 1 {
			continue
		}
		var list []extensionTemplate
		if _, err := asn1.Unmarshal(attr.Values[0].FullBytes, &list); err != nil {
			return fmt.Errorf("parse CSR attributes: extensions: %w", err)
		}
		for _, x := range list {
			a.Extensions = append(a.Extensions, x.ID)
		}
	}
	return a.Key.decode(t.Key)
}

func (k *KeyTemplate) decode(t spkiTemplate) error {
	switch {
	case t.Algorithm.Algorithm.Equal(oidECPublicKey):
		if _, err := asn1.Unmarshal(t.Algorithm.Parameters.FullBytes, &k.Curve); err != nil {
			return fmt.Errorf("parse CSR attributes: curve: %w", err)
		}
	case t.Algorithm.Algorithm.Equal(oidRSA) && len(t.Key.Bytes) > 0:
		var placeholder struct {
			N *big.Int
			E int
		}
		if _, err := asn1.Unmarshal(t.Key.Bytes, &placeholder); err != nil {
			return fmt.Errorf("parse CSR attributes: key size: %w", err)
		}
		k.RSABits = placeholder.N.BitLen()
	}
	return nil
}
