package authority

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca/authority/keys"
	"salter/ca/authority/token"
)

// keychain finds keys by purpose: on tokens, or in the folder's files.
type keychain struct {
	uris   map[string]string // pkcs11: URIs by purpose
	tokens *token.Tokens
	files  *keys.Store // nil: every key is on a token
}

// load finds the key for a purpose.
func (k keychain) load(purpose string) (crypto.Signer, error) {
	if uri, ok := k.uris[purpose]; ok {
		key, err := k.tokens.Key(uri)
		if err != nil {
			return nil, fmt.Errorf("load key %s: %w", purpose, err)
		}
		return key, nil
	}
	if k.files == nil {
		return nil, fmt.Errorf("load key %s: no token holds it, and there are no key files", purpose)
	}
	return k.files.Load(purpose)
}

// loadOrMake is load for a key of a file that can be replaced at any time.
func (k keychain) loadOrMake(purpose, kind string) (crypto.Signer, error) {
	if _, ok := k.uris[purpose]; ok || k.files == nil {
		return k.load(purpose)
	}
	return k.files.LoadOrMake(purpose, kind)
}

// cosigner is the checkpoint key.
func (k keychain) cosigner(id string, now func() time.Time) (note.Signer, error) {
	key, err := k.load(purposeCheckpoint)
	if err != nil {
		return nil, err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("load key checkpoint: it is no Ed25519 key")
	}
	return &cosigner{name: id, hash: cosignerHash(id, public), key: key, now: now}, nil
}

// algCosignature is the signature type of a cosignature/v1 key
// (https://c2sp.org/signed-note, "Signature types").
const algCosignature = 4

// cosigner makes cosignatures/v1 (https://c2sp.org/tlog-cosignature) with a key
// that cannot be read, where evidence.NewCosigner needs one that can.
type cosigner struct {
	name string
	hash uint32
	key  crypto.Signer
	now  func() time.Time
}

// Name implements note.Signer.
func (c *cosigner) Name() string { return c.name }

// KeyHash implements note.Signer.
func (c *cosigner) KeyHash() uint32 { return c.hash }

// Sign implements note.Signer: the time in 8 bytes and the signature.
func (c *cosigner) Sign(text []byte) ([]byte, error) {
	at := uint64(c.now().Unix())
	signature, err := c.key.Sign(rand.Reader, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text), crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint64(nil, at), signature...), nil
}

// cosignerHash is the key's id in notes.
func cosignerHash(name string, public ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append(append([]byte(name+"\n"), algCosignature), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// cosignerVerifier is the public half in the encoding of evidence.NewVerifier.
func cosignerVerifier(name string, public ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, cosignerHash(name, public),
		base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, public...)))
}
