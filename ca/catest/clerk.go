package catest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
	"software.sslmate.com/src/go-pkcs12"

	"salter/ca/authority"
)

// Clerk is a registered clerk with his key.
type Clerk struct {
	Number      string
	Certificate *x509.Certificate
	Issuer      *x509.Certificate
	Key         crypto.Signer

	t testing.TB
}

// AddClerk registers a clerk for any office with a P-256 key and the roles,
// none meaning clerk.
func (s *Server) AddClerk(number string, roles ...string) *Clerk {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.AddClerkKey(number, key, roles...)
}

// AddClerkKey is AddClerk for a given key, P-256 or RSA.
func (s *Server) AddClerkKey(number string, key crypto.Signer, roles ...string) *Clerk {
	s.t.Helper()
	if len(roles) == 0 {
		roles = []string{authority.RoleClerk}
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		s.t.Fatal(err)
	}
	chain, err := s.admin.AddClerk(context.Background(), authority.ClerkRequest{Number: number, Name: "Службеник " + number,
		Roles: roles, PublicKey: public})
	if err != nil {
		s.t.Fatal(err)
	}
	c := &Clerk{Number: number, Key: key, t: s.t}
	for i, dst := range []**x509.Certificate{&c.Certificate, &c.Issuer} {
		if *dst, err = x509.ParseCertificate(chain[i]); err != nil {
			s.t.Fatal(err)
		}
	}
	return c
}

// P12 returns the clerk's PKCS#12 file.
func (c *Clerk) P12(password string) []byte {
	c.t.Helper()
	p12, err := pkcs12.Modern.Encode(c.Key, c.Certificate, []*x509.Certificate{c.Issuer}, password)
	if err != nil {
		c.t.Fatal(err)
	}
	return p12
}

// Sign returns the compact JWS of the clerk over claims as JSON.
func (c *Clerk) Sign(claims any) string {
	fingerprint := sha256.Sum256(c.Certificate.Raw)
	return sign(c.t, c.Key, base64.RawURLEncoding.EncodeToString(fingerprint[:]), claims)
}

// sign makes a compact JWS; a thumbprint goes into x5t#S256.
func sign(t testing.TB, key crypto.Signer, thumbprint string, claims any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	alg := jose.ES256
	if _, isRSA := key.(*rsa.PrivateKey); isRSA {
		alg = jose.RS256
	}
	options := new(jose.SignerOptions)
	if thumbprint != "" {
		options = options.WithHeader("x5t#S256", thumbprint)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: cryptosigner.Opaque(key)}, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
