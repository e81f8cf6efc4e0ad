package card

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/miekg/pkcs11"
)

// keyBits2048 is the size of the key pairs made.
const keyBits2048 = 2048

// Key is a key pair on the card, as crypto.Signer. It lives as long as its
// session.
type Key struct {
	s       *Session
	public  *rsa.PublicKey
	private pkcs11.ObjectHandle
}

// Generate makes an RSA-2048 key pair on the card under id, which must never
// have been used on this card (20 random bytes). It takes as long as the chip
// needs, 5–20 s. After any error the key pair may be there all the same: Key
// tells. Errors: those of the card, and ErrFull, ErrNoWrite, *ModuleError.
func (s *Session) Generate(ctx context.Context, id []byte) (*Key, error) {
	return inSession(ctx, s, "generate key pair", s.r.cfg.KeyPatience, func(context.Context) (*Key, error) {
		if used, err := s.find(id); err != nil || len(used) > 0 {
			return nil, errors.Join(err, errUsed(used))
		}
		public, private := s.keyTemplates(id)
		mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, nil)}
		pub, priv, err := s.r.module.lib.GenerateKeyPair(s.handle, mechanism, public, private)
		if err != nil {
			return nil, moduleError("C_GenerateKeyPair", err)
		}
		n, err := s.publicKey(pub)
		if err != nil {
			return nil, err
		}
		if n.N.BitLen() != keyBits2048 {
			return nil, fmt.Errorf("key of %d bits on the card, want %d", n.N.BitLen(), keyBits2048)
		}
		return &Key{s: s, public: n, private: priv}, nil
	})
}

// errUsed complains about an identifier that is in use: modules refuse it
// without a reason, or make a second key pair that nothing can tell apart.
func errUsed(objects []pkcs11.ObjectHandle) error {
	if len(objects) == 0 {
		return nil
	}
	return errors.New("identifier is in use on the card")
}

// keyTemplates are the attributes of a new key pair (PKCS#11 v2.40 4.8, 4.9).
func (s *Session) keyTemplates(id []byte) (public, private []*pkcs11.Attribute) {
	public = []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true),
		pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, keyBits2048),
		pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, s.r.cfg.Label),
	}
	private = []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, s.r.cfg.Label),
	}
	return public, private
}

// Key finds the key pair made under id. ErrKeyMissing if it is not there as a
// whole: a generation that was cut off leaves half a pair at most, which
// Delete removes.
func (s *Session) Key(ctx context.Context, id []byte) (*Key, error) {
	return inSession(ctx, s, "find key pair", s.r.cfg.Patience, func(context.Context) (*Key, error) {
		private, err := s.find(id, pkcs11.CKO_PRIVATE_KEY)
		if err != nil {
			return nil, err
		}
		public, err := s.find(id, pkcs11.CKO_PUBLIC_KEY)
		if err != nil {
			return nil, err
		}
		if len(private) != 1 || len(public) != 1 {
			return nil, fmt.Errorf("%d private, %d public keys: %w", len(private), len(public), ErrKeyMissing)
		}
		n, err := s.publicKey(public[0])
		if err != nil {
			return nil, err
		}
		return &Key{s: s, public: n, private: private[0]}, nil
	})
}

// find returns the objects with that CKA_ID of the classes given, all classes
// if none is; in the lane.
func (s *Session) find(id []byte, classes ...uint) ([]pkcs11.ObjectHandle, error) {
	if len(id) == 0 {
		return nil, errors.New("empty identifier")
	}
	template := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ID, id)}
	if len(classes) == 0 {
		return s.search(template)
	}
	var all []pkcs11.ObjectHandle
	for _, class := range classes {
		found, err := s.search(append(template[:1:1], pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// maxObjects bounds what one search returns; a chip has room for about a dozen.
const maxObjects = 100

// search returns the objects that match a template; in the lane.
func (s *Session) search(template []*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	lib := s.r.module.lib
	if err := lib.FindObjectsInit(s.handle, template); err != nil {
		return nil, moduleError("C_FindObjectsInit", err)
	}
	found, _, err := lib.FindObjects(s.handle, maxObjects)
	if e := lib.FindObjectsFinal(s.handle); err == nil {
		err = e
	}
	if err != nil {
		return nil, moduleError("C_FindObjects", err)
	}
	return found, nil
}

// publicKey reads a public key object; in the lane.
func (s *Session) publicKey(o pkcs11.ObjectHandle) (*rsa.PublicKey, error) {
	values, err := s.r.module.lib.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_MODULUS, nil),
		pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, nil),
	})
	if err != nil {
		return nil, moduleError("C_GetAttributeValue", err)
	}
	n, e := new(big.Int).SetBytes(values[0].Value), new(big.Int).SetBytes(values[1].Value)
	if n.Sign() <= 0 || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
		return nil, errors.New("public key on the card has impossible values")
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// Public returns the *rsa.PublicKey.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Sign signs a digest by PKCS #1 v1.5 (RFC 8017 8.2) on the card and checks the
// signature before it returns it. The hash is SHA-256, SHA-384 or SHA-512;
// random is not used.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	info, err := digestInfo(digest, opts)
	if err != nil {
		return nil, err
	}
	s := k.s
	signature, err := inSession(context.Background(), s, "sign", s.r.cfg.Patience, func(context.Context) ([]byte, error) {
		mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS, nil)}
		if err := s.r.module.lib.SignInit(s.handle, mechanism, k.private); err != nil {
			return nil, moduleError("C_SignInit", err)
		}
		signature, err := s.r.module.lib.Sign(s.handle, info)
		if err != nil {
			return nil, moduleError("C_Sign", err)
		}
		return signature, nil
	})
	if err != nil {
		return nil, err
	}
	if err := rsa.VerifyPKCS1v15(k.public, opts.HashFunc(), digest, signature); err != nil {
		return nil, fmt.Errorf("check signature of the card: %w", err)
	}
	return signature, nil
}

// digestInfo is what the card pads and signs (RFC 8017 9.2).
func digestInfo(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, errors.New("sign: PSS is not supported by the card")
	}
	hash := opts.HashFunc()
	arc, ok := map[crypto.Hash]int{crypto.SHA256: 1, crypto.SHA384: 2, crypto.SHA512: 3}[hash]
	if !ok || len(digest) != hash.Size() {
		return nil, fmt.Errorf("sign: hash %v with a digest of %d bytes", hash, len(digest))
	}
	return asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}{
		pkix.AlgorithmIdentifier{
			Algorithm:  asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, arc}, // RFC 8017 B.1
			Parameters: asn1.NullRawValue,
		},
		digest,
	})
}
