package proctest

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"salter/app/procedure"
)

// Password opens the clerk's key.
const Password = "шалтер-demo-1"

// Keyring holds one clerk. It implements procedure.Keyring.
type Keyring struct {
	faults *Faults
	key    *ecdsa.PrivateKey
	person procedure.ClerkPerson
}

// NewKeyring makes a clerk with a key of his own.
func NewKeyring(f *Faults) *Keyring {
	sum := sha256.Sum256([]byte("certificate of the clerk"))
	return &Keyring{faults: f, key: newKey(), person: procedure.ClerkPerson{
		Number: "104417", Name: "Милица Илић", Fingerprint: hex.EncodeToString(sum[:]),
	}}
}

// Public is the key with which the clerk's signatures are checked.
func (k *Keyring) Public() *ecdsa.PublicKey { return &k.key.PublicKey }

// SignIn implements procedure.Keyring.
func (k *Keyring) SignIn(_ context.Context, password []byte) (procedure.Clerk, error) {
	err := k.faults.around(OpSignIn, func() error {
		if string(password) != Password {
			return &procedure.Error{Code: procedure.CodeSignIn}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &clerk{k}, nil
}

// SignOut implements procedure.Keyring.
func (k *Keyring) SignOut() {}

type clerk struct{ ring *Keyring }

// Person implements procedure.Clerk.
func (c *clerk) Person() procedure.ClerkPerson { return c.ring.person }

// Sign implements procedure.Clerk: a compact JWS, ES256 (RFC 7515, RFC 7518
// 3.4).
func (c *clerk) Sign(_ context.Context, payload []byte) (jws []byte, err error) {
	err = c.ring.faults.around(OpSummary, func() error {
		encode := base64.RawURLEncoding.EncodeToString
		input := encode([]byte(`{"alg":"ES256"}`)) + "." + encode(payload)
		digest := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, c.ring.key, digest[:])
		if err != nil {
			return err
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		jws = []byte(input + "." + encode(signature))
		return nil
	})
	return jws, err
}
