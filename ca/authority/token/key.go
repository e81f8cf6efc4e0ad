//go:build cgo

package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/miekg/pkcs11"
)

// Of PKCS#11 3.0 (2.3.6, 2.3.14); the library's names end before it.
const (
	ckkECEdwards  = 0x40
	ckmECEdwards  = 0x1055
	ckmEdDSA      = 0x1057
	ed25519Params = "\x13\x0cedwards25519" // PrintableString
)

// signer is one key pair of a token.
type signer struct {
	token   *token
	private pkcs11.ObjectHandle
	public  crypto.PublicKey
}

// Public implements crypto.Signer.
func (s *signer) Public() crypto.PublicKey { return s.public }

// Sign implements crypto.Signer: RSASSA-PKCS1-v1_5, ECDSA and Ed25519. The
// token uses its own randomness.
func (s *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	mechanism, message, err := s.prepare(digest, opts)
	if err != nil {
		return nil, err
	}
	err = s.token.do(func(session pkcs11.SessionHandle) error {
		if err := s.token.lib.SignInit(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, s.private); err != nil {
			return err
		}
		signature, err = s.token.lib.Sign(session, message)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign on token: %w", err)
	}
	if _, isEC := s.public.(*ecdsa.PublicKey); isEC {
		return encodeECDSA(signature)
	}
	return signature, nil
}

// prepare says what the token is given to sign, and how.
func (s *signer) prepare(digest []byte, opts crypto.SignerOpts) (mechanism uint, message []byte, err error) {
	hash := opts.HashFunc()
	if hash != 0 && len(digest) != hash.Size() {
		return 0, nil, fmt.Errorf("sign on token: digest of %d bytes, want %d", len(digest), hash.Size())
	}
	switch s.public.(type) {
	case *rsa.PublicKey:
		if _, pss := opts.(*rsa.PSSOptions); pss {
			return 0, nil, errors.New("sign on token: RSASSA-PSS is not supported")
		}
		message, err = digestInfo(hash, digest)
		return pkcs11.CKM_RSA_PKCS, message, err
	case *ecdsa.PublicKey:
		if hash == 0 {
			return 0, nil, errors.New("sign on token: ECDSA signs a digest")
		}
		return pkcs11.CKM_ECDSA, digest, nil
	}
	if hash != 0 {
		return 0, nil, errors.New("sign on token: Ed25519 signs the message, not a digest")
	}
	return ckmEdDSA, digest, nil
}

// digestInfo is what RSASSA-PKCS1-v1_5 pads (RFC 8017 9.2 step 2).
func digestInfo(hash crypto.Hash, digest []byte) ([]byte, error) {
	oids := map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
		crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
		crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
	}
	oid, ok := oids[hash]
	if !ok {
		return nil, fmt.Errorf("sign on token: hash %v is not supported", hash)
	}
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters asn1.RawValue
	}
	return asn1.Marshal(struct {
		Algorithm algorithm
		Digest    []byte
	}{algorithm{oid, asn1.NullRawValue}, digest})
}

// encodeECDSA turns the token's r ‖ s into the SEQUENCE of certificates (RFC
// 3279 2.2.3).
func encodeECDSA(raw []byte) ([]byte, error) {
	if len(raw) == 0 || len(raw)%2 != 0 {
		return nil, fmt.Errorf("sign on token: signature of %d bytes", len(raw))
	}
	half := len(raw) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
}

// key finds the pair of u.
func (t *token) key(u URI) (crypto.Signer, error) {
	s := &signer{token: t}
	err := t.do(func(session pkcs11.SessionHandle) error {
		var err error
		if s.private, err = t.find(session, u, pkcs11.CKO_PRIVATE_KEY); err != nil {
			return err
		}
		public, err := t.find(session, u, pkcs11.CKO_PUBLIC_KEY)
		if err != nil {
			return err
		}
		s.public, err = t.readPublic(session, public)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find key on token: %w", err)
	}
	return s, nil
}

// names are the attributes that tell a key from others.
func (u URI) names() []*pkcs11.Attribute {
	var template []*pkcs11.Attribute
	if u.Object != "" {
		template = append(template, pkcs11.NewAttribute(pkcs11.CKA_LABEL, u.Object))
	}
	if u.ID != "" {
		template = append(template, pkcs11.NewAttribute(pkcs11.CKA_ID, []byte(u.ID)))
	}
	return template
}

// find finds the one object of a class.
func (t *token) find(session pkcs11.SessionHandle, u URI, class uint) (pkcs11.ObjectHandle, error) {
	template := append(u.names(), pkcs11.NewAttribute(pkcs11.CKA_CLASS, class))
	if err := t.lib.FindObjectsInit(session, template); err != nil {
		return 0, err
	}
	found, _, err := t.lib.FindObjects(session, 2)
	if err := errors.Join(err, t.lib.FindObjectsFinal(session)); err != nil {
		return 0, err
	}
	switch len(found) {
	case 0:
		return 0, ErrNoKey
	case 1:
		return found[0], nil
	}
	return 0, fmt.Errorf("%w: several keys have this name", ErrURI)
}

// readPublic reads a public key object.
func (t *token) readPublic(session pkcs11.SessionHandle, object pkcs11.ObjectHandle) (crypto.PublicKey, error) {
	get := func(kind uint) ([]byte, error) {
		got, err := t.lib.GetAttributeValue(session, object, []*pkcs11.Attribute{pkcs11.NewAttribute(kind, nil)})
		if err != nil {
			return nil, err
		}
		return got[0].Value, nil
	}
	if modulus, err := get(pkcs11.CKA_MODULUS); err == nil && len(modulus) > 0 {
		exponent, err := get(pkcs11.CKA_PUBLIC_EXPONENT)
		if err != nil {
			return nil, err
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}, nil
	}
	params, err := get(pkcs11.CKA_EC_PARAMS)
	if err != nil {
		return nil, err
	}
	point, err := get(pkcs11.CKA_EC_POINT)
	if err != nil {
		return nil, err
	}
	var bare []byte // the point stands in an OCTET STRING (PKCS#11 2.3.3)
	if rest, err := asn1.Unmarshal(point, &bare); err != nil || len(rest) > 0 {
		bare = point
	}
	return parsePoint(string(params), bare)
}

// curves are those of the keys that can be used, with their parameters.
func curves() map[string]elliptic.Curve {
	return map[string]elliptic.Curve{
		"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07": elliptic.P256(),
		"\x06\x05\x2b\x81\x04\x00\x22":             elliptic.P384(),
	}
}

func parsePoint(params string, point []byte) (crypto.PublicKey, error) {
	if curve := curves()[params]; curve != nil {
		key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
		if err != nil {
			return nil, err
		}
		return key, nil
	}
	if (params == ed25519Params || params == "\x06\x03\x2b\x65\x70") && len(point) == ed25519.PublicKeySize {
		return ed25519.PublicKey(point), nil
	}
	return nil, fmt.Errorf("%w: a curve that is not supported", ErrKind)
}

// generate makes the pair: on the token, for signing, never to leave it.
func (t *token) generate(u URI, kind string) error {
	id := []byte(u.ID)
	if len(id) == 0 {
		id = make([]byte, 16)
		_, _ = rand.Read(id) // never fails (crypto/rand)
	}
	label := u.Object
	if label == "" {
		label = kind
	}
	common := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id)}
	public := append([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true)}, common...)
	private := append([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_SIGN, true), pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true), pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false)}, common...)
	mechanism, special, err := generation(kind)
	if err != nil {
		return err
	}
	err = t.do(func(session pkcs11.SessionHandle) error {
		_, _, err := t.lib.GenerateKeyPair(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, append(public, special...), private)
		return err
	})
	if err != nil {
		return fmt.Errorf("make key on token: %w", err)
	}
	return nil
}

// generation says how a kind of key is made.
func generation(kind string) (mechanism uint, special []*pkcs11.Attribute, err error) {
	if kind == "ed25519" {
		return ckmECEdwards, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, []byte(ed25519Params)),
			pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, uint(ckkECEdwards))}, nil
	}
	for params, curve := range curves() {
		if kind == kindOf(&ecdsa.PublicKey{Curve: curve}) {
			return pkcs11.CKM_EC_KEY_PAIR_GEN, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, []byte(params))}, nil
		}
	}
	digits, isRSA := strings.CutPrefix(kind, "rsa")
	bits, err := strconv.Atoi(digits)
	if !isRSA || err != nil || bits < 2048 || bits > 8192 {
		return 0, nil, fmt.Errorf("make key on token: %w: %.16q", ErrKind, kind)
	}
	return pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, bits),
		pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1})}, nil
}

// kindOf names a kind of key as Make does.
func kindOf(key crypto.PublicKey) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return "rsa" + strconv.Itoa(k.N.BitLen())
	case *ecdsa.PublicKey:
		return "p" + strconv.Itoa(k.Curve.Params().BitSize)
	}
	return "ed25519"
}
