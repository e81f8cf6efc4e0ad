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

// SupervisorPassword opens the supervisor's key.
const SupervisorPassword = "надзорник-demo-1"

// Keyring holds one clerk and one supervisor. It implements procedure.Keyring.
type Keyring struct {
	faults     *Faults
	clerk      clerk
	supervisor clerk
}

// NewKeyring makes a clerk and a supervisor with keys of their own.
func NewKeyring(f *Faults) *Keyring {
	person := func(number, name string) procedure.ClerkPerson {
		sum := sha256.Sum256([]byte("certificate of " + number))
		return procedure.ClerkPerson{Number: number, Name: name, Fingerprint: hex.EncodeToString(sum[:])}
	}
	return &Keyring{
		faults:     f,
		clerk:      clerk{f, OpSummary, newKey(), person("104417", "Милица Илић")},
		supervisor: clerk{f, OpOverride, newKey(), person("100023", "Драган Марић")},
	}
}

// Public is the key with which the clerk's signatures are checked.
func (k *Keyring) Public() *ecdsa.PublicKey { return &k.clerk.key.PublicKey }

// SupervisorPublic is the key with which the supervisor's are checked.
func (k *Keyring) SupervisorPublic() *ecdsa.PublicKey { return &k.supervisor.key.PublicKey }

// SetSupervisor gives the supervisor's key to another person.
func (k *Keyring) SetSupervisor(p procedure.ClerkPerson) { k.supervisor.person = p }

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
	return &k.clerk, nil
}

// Unlock implements procedure.Keyring.
func (k *Keyring) Unlock(_ context.Context, password []byte) error {
	if string(password) != Password {
		return &procedure.Error{Code: procedure.CodeSignIn}
	}
	return nil
}

// Supervisor implements procedure.Keyring.
func (k *Keyring) Supervisor(_ context.Context, password []byte) (procedure.Clerk, error) {
	err := k.faults.around(OpSupervisor, func() error {
		if string(password) != SupervisorPassword {
			return &procedure.Error{Code: procedure.CodeSignIn}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &k.supervisor, nil
}

// SignOut implements procedure.Keyring.
func (k *Keyring) SignOut() {}

// clerk signs with a key of his own.
type clerk struct {
	faults *Faults
	op     Op // of the signature
	key    *ecdsa.PrivateKey
	person procedure.ClerkPerson
}

// Person implements procedure.Clerk.
func (c *clerk) Person() procedure.ClerkPerson { return c.person }

// Sign implements procedure.Clerk: a compact JWS, ES256 (RFC 7515, RFC 7518
// 3.4).
func (c *clerk) Sign(_ context.Context, payload []byte) (jws []byte, err error) {
	err = c.faults.around(c.op, func() error {
		encode := base64.RawURLEncoding.EncodeToString
		input := encode([]byte(`{"alg":"ES256"}`)) + "." + encode(payload)
		digest := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, c.key, digest[:])
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
