package main

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"

	"software.sslmate.com/src/go-pkcs12"

	"salter/app/procedure"
	"salter/ca"
)

// keyring opens the PKCS#12 files of clerk and supervisor, and remembers which
// clerk is signed in, for what is signed in his name.
type keyring struct {
	path       string                                // of the clerk's file
	supervisor string                                // of the supervisor's file; empty: there is none
	check      func(*x509.Certificate, string) error // refuses certificates; the fingerprint in hex

	mu    sync.Mutex
	clerk *ca.ClerkKey // guarded by mu; nil: nobody
}

// SignIn opens the clerk's file.
func (k *keyring) SignIn(_ context.Context, password []byte) (procedure.Clerk, error) {
	key, err := k.open(k.path, password)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clerk = key
	return clerk{key}, nil
}

// Unlock opens the clerk's file once more: it must be the same key.
func (k *keyring) Unlock(_ context.Context, password []byte) error {
	key, err := k.open(k.path, password)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clerk == nil || key.Fingerprint() != k.clerk.Fingerprint() {
		return &procedure.Error{Code: procedure.CodeSignIn, Detail: "the key is not that of the clerk who is signed in"}
	}
	return nil
}

// Supervisor opens the supervisor's file for the caller alone: what is signed
// in the clerk's name stays the clerk's. Whether the certificate is that of a
// supervisor only the authority's register knows. A counter without such a
// file is CodeNotSupervisor; a wrong password is CodeSignIn, as for a clerk.
func (k *keyring) Supervisor(_ context.Context, password []byte) (procedure.Clerk, error) {
	if k.supervisor == "" {
		return nil, &procedure.Error{Code: procedure.CodeNotSupervisor, Detail: "supervisor.p12 is not set"}
	}
	key, err := k.open(k.supervisor, password)
	if err != nil {
		return nil, err
	}
	return clerk{key}, nil
}

// SignOut forgets the key.
func (k *keyring) SignOut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clerk = nil
}

// signer returns the key of the clerk who is signed in.
func (k *keyring) signer() (ca.ClerkSigner, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clerk == nil {
		return nil, &procedure.Error{Code: procedure.CodeSignedOut}
	}
	return k.clerk, nil
}

// open reads a file of either. A wrong password, a file that cannot be read
// and a key that is not the certificate's are all CodeSignIn: they look the
// same to its owner, and the cause is for support.
func (k *keyring) open(path string, password []byte) (*ca.ClerkKey, error) {
	key, err := readP12(path, password)
	if err != nil {
		return nil, &procedure.Error{Code: procedure.CodeSignIn, Err: err}
	}
	if err := k.check(key.Certificate, key.Fingerprint()); err != nil {
		return nil, &procedure.Error{Code: procedure.CodeClerkRefused, Err: err}
	}
	return key, nil
}

// readP12 opens a PKCS#12 file (RFC 7292). The library takes the password as a
// string, which cannot be wiped; it protects the clerk's file, not a citizen.
func readP12(path string, password []byte) (*ca.ClerkKey, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read clerk's key: %w", err)
	}
	private, certificate, _, err := pkcs12.DecodeChain(file, string(password))
	if err != nil {
		return nil, fmt.Errorf("open clerk's key: %w", err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, errors.New("open clerk's key: it cannot sign")
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(certificate.PublicKey) {
		return nil, errors.New("open clerk's key: it is not the certificate's")
	}
	return &ca.ClerkKey{Certificate: certificate, Key: signer}, nil
}

// clerk joins the clerk's key to the port of the core.
type clerk struct{ key *ca.ClerkKey }

func (c clerk) Person() procedure.ClerkPerson {
	sum := sha256.Sum256(c.key.Certificate.Raw)
	return procedure.ClerkPerson{
		Number:      c.key.Certificate.Subject.SerialNumber,
		Name:        c.key.Certificate.Subject.CommonName,
		Fingerprint: hex.EncodeToString(sum[:]),
	}
}

func (c clerk) Sign(ctx context.Context, payload []byte) ([]byte, error) {
	return c.key.Sign(ctx, payload)
}
