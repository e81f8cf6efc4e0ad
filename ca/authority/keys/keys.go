// Package keys makes and keeps the private keys of the reference authority.
//
// A Store holds each key in a file of its own, encrypted with AES-256-GCM
// under a key derived (HKDF-SHA-256) from the random secret beside them. That
// keeps a key out of a careless copy of one file and nothing more: such keys
// are for demonstrations, and Banner says so. An authority in production takes
// its signers from a hardware module.
//
// Never one key for two purposes: the purpose is bound to the file, and a file
// under another name does not open.
package keys

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Banner is printed whenever keys from files are used.
const Banner = `
*****************************************************************
*  DEMO KEYS. The private keys of this authority lie in files.  *
*  Nothing it signs is a qualified certificate.                 *
*****************************************************************
`

// ErrKind is returned by Generate for a word it does not know.
var ErrKind = errors.New("unknown kind of key")

const (
	secretFile = "secret"
	secretSize = 32
	pemType    = "SALTER ENCRYPTED KEY"
	pemPurpose = "Purpose"
)

// Store is a folder of encrypted key files.
type Store struct {
	dir    string
	secret []byte
}

// Create makes the folder and its secret; the folder must not exist.
func Create(dir string) (*Store, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create key store: %w", err)
	}
	secret := make([]byte, secretSize)
	rand.Read(secret) // never fails (crypto/rand)
	if err := os.WriteFile(filepath.Join(dir, secretFile), secret, 0o600); err != nil {
		return nil, fmt.Errorf("create key store: %w", err)
	}
	return &Store{dir: dir, secret: secret}, nil
}

// Open opens the folder made by Create.
func Open(dir string) (*Store, error) {
	secret, err := os.ReadFile(filepath.Join(dir, secretFile))
	if err != nil {
		return nil, fmt.Errorf("open key store: %w", err)
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("open key store: secret of %d bytes, want %d", len(secret), secretSize)
	}
	return &Store{dir: dir, secret: secret}, nil
}

// Put writes the key for a purpose; an existing one is never overwritten.
func (s *Store) Put(purpose string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("store key %s: %w", purpose, err)
	}
	defer clear(der)
	return s.PutSecret(purpose, der)
}

// PutSecret is Put for a key in an encoding of its own.
func (s *Store) PutSecret(purpose string, secret []byte) error {
	aead, err := s.cipher(purpose)
	if err != nil {
		return fmt.Errorf("store key %s: %w", purpose, err)
	}
	f, err := os.OpenFile(s.path(purpose), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store key: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: pemType, Headers: map[string]string{pemPurpose: purpose},
		Bytes: aead.Seal(nil, nil, secret, []byte(purpose))})
	return errors.Join(err, f.Sync(), f.Close())
}

// LoadOrMake is Load for a key that can be replaced at any time: a missing one
// is made and stored first.
func (s *Store) LoadOrMake(purpose, kind string) (crypto.Signer, error) {
	key, err := s.Load(purpose)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = Generate(kind); err != nil {
		return nil, err
	}
	if err := s.Put(purpose, key); err != nil {
		return nil, err
	}
	return key, nil
}

// Load reads the key for a purpose.
func (s *Store) Load(purpose string) (crypto.Signer, error) {
	der, err := s.LoadSecret(purpose)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("load key %s: %w", purpose, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("load key %s: %T cannot sign", purpose, key)
	}
	return signer, nil
}

// LoadSecret reads what PutSecret wrote; the caller wipes it.
func (s *Store) LoadSecret(purpose string) ([]byte, error) {
	text, err := os.ReadFile(s.path(purpose))
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, fmt.Errorf("load key %s: not a key file", purpose)
	}
	aead, err := s.cipher(purpose)
	if err != nil {
		return nil, fmt.Errorf("load key %s: %w", purpose, err)
	}
	secret, err := aead.Open(nil, nil, block.Bytes, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("load key %s: wrong secret, wrong purpose or damaged file: %w", purpose, err)
	}
	return secret, nil
}

func (s *Store) path(purpose string) string { return filepath.Join(s.dir, purpose+".key") }

// cipher derives the purpose's own AEAD; its nonces are random and stored in
// front.
func (s *Store) cipher(purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s.secret, nil, "salter authority key "+purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Generate makes a key: rsaN (N bits), p256 or p384.
func Generate(kind string) (crypto.Signer, error) {
	switch kind {
	case "p256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	digits, isRSA := strings.CutPrefix(kind, "rsa")
	bits, err := strconv.Atoi(digits)
	if !isRSA || err != nil || bits < 2048 || bits > 8192 {
		return nil, fmt.Errorf("generate key %q: %w", kind, ErrKind)
	}
	return rsa.GenerateKey(rand.Reader, bits)
}

// Like makes a throw-away key whose signatures have the same algorithm as
// those of key: what is signed with it has the same to-be-signed bytes, and is
// trusted by nobody. RSA gets the smallest size that serves, for speed.
func Like(key crypto.PublicKey) (crypto.Signer, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return rsa.GenerateKey(rand.Reader, 1024)
	case *ecdsa.PublicKey:
		return ecdsa.GenerateKey(k.Curve, rand.Reader)
	}
	return nil, fmt.Errorf("make a key like %T: %w", key, ErrKind)
}
