package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"

	"salter/ca"
)

// headerThumbprint names the certificate of a clerk's signature (RFC 7515
// 4.1.8).
const headerThumbprint = "x5t#S256"

// signJSON returns a compact JWS (ES256) over v by the authority's policy key.
func signJSON(key crypto.Signer, v any) (string, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode payload: %w", err)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: cryptosigner.Opaque(key)}, nil)
	if err != nil {
		return "", fmt.Errorf("sign payload: %w", err)
	}
	jws, err := s.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign payload: %w", err)
	}
	return jws.CompactSerialize()
}

// verifyJSON verifies a compact JWS with key and decodes its payload into v.
// algorithms is the fixed list for this kind of signer; what the token says
// about itself decides nothing.
func verifyJSON(token string, key crypto.PublicKey, algorithms []jose.SignatureAlgorithm, v any) error {
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return fmt.Errorf("parse signature: %w", err)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return fmt.Errorf("verify signature: %w", err)
	}
	if err := ca.DecodeJSON(payload, v); err != nil {
		return fmt.Errorf("decode signed claims: %w", err)
	}
	return nil
}

// clerkAlgorithms is what a clerk's key of this kind signs with.
func clerkAlgorithms(key crypto.PublicKey) []jose.SignatureAlgorithm {
	switch key.(type) {
	case *rsa.PublicKey:
		return []jose.SignatureAlgorithm{jose.RS256}
	case *ecdsa.PublicKey:
		return []jose.SignatureAlgorithm{jose.ES256}
	}
	return nil
}

// thumbprint reads which certificate a clerk's signature names, before the
// signature can be verified.
func thumbprint(token string) (fingerprint [32]byte, err error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		return fingerprint, fmt.Errorf("parse signature: %w", err)
	}
	text, _ := jws.Signatures[0].Protected.ExtraHeaders[headerThumbprint].(string)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != len(fingerprint) {
		return fingerprint, fmt.Errorf("header %s is no SHA-256", headerThumbprint)
	}
	return [32]byte(b), nil
}
