package ca

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
)

// headerThumbprint names the signer's certificate (RFC 7515 4.1.8).
const headerThumbprint = "x5t#S256"

// ClerkSigner signs in the name of one registration officer: a compact JWS
// over payload with the thumbprint of his certificate in the header x5t#S256.
// It may wait for the clerk's card.
type ClerkSigner interface {
	Sign(ctx context.Context, payload []byte) ([]byte, error)
}

// ClerkKey is the ClerkSigner over a certificate and its key, in a file or on
// a card. RSA signs RS256, P-256 signs ES256: what every card can do.
type ClerkKey struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// Fingerprint is the SHA-256 of the clerk's certificate, in hex.
func (k ClerkKey) Fingerprint() string {
	sum := sha256.Sum256(k.Certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// Sign implements ClerkSigner.
func (k ClerkKey) Sign(ctx context.Context, payload []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(k.Certificate.Raw)
	options := new(jose.SignerOptions).WithHeader(headerThumbprint, base64.RawURLEncoding.EncodeToString(sum[:]))
	token, err := signJWS(k.Key, payload, options)
	if err != nil {
		return nil, fmt.Errorf("sign as clerk: %w", err)
	}
	return []byte(token), nil
}

// signJWS returns a compact JWS over payload.
func signJWS(key crypto.Signer, payload []byte, options *jose.SignerOptions) (string, error) {
	alg, err := algorithmOf(key.Public())
	if err != nil {
		return "", err
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: cryptosigner.Opaque(key)}, options)
	if err != nil {
		return "", fmt.Errorf("prepare signature: %w", err)
	}
	jws, err := s.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return jws.CompactSerialize()
}

// algorithmOf is the one algorithm for a kind of key.
func algorithmOf(key crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return jose.ES256, nil
		}
	}
	return "", errors.New("key is neither RSA nor P-256")
}

// openJWS verifies a compact JWS with key and the one algorithm that fits the
// key, and decodes the payload into v. Members that v does not know are
// ignored, so that an authority may say more than this version understands.
func openJWS(token string, key crypto.PublicKey, v any) error {
	alg, err := algorithmOf(key)
	if err != nil {
		return err
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{alg})
	if err != nil {
		return fmt.Errorf("parse signature: %w", err)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return fmt.Errorf("verify signature: %w", err)
	}
	return DecodeJSON(payload, v)
}
