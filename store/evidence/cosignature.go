package evidence

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// algCosignature is the signature type of a cosignature/v1 key
// (https://c2sp.org/signed-note, "Signature types").
const algCosignature = 4

const privatePrefix = "PRIVATE+KEY+"

// GenerateCosigner makes a cosignature/v1 key of the given name and returns
// its two encodings in the form of note.GenerateKey: skey is secret and for
// NewCosigner, vkey is for NewVerifier.
func GenerateCosigner(rand io.Reader, name string) (skey, vkey string, err error) {
	public, private, err := ed25519.GenerateKey(rand)
	if err != nil {
		return "", "", fmt.Errorf("generate cosigner key: %w", err)
	}
	hash := cosignerHash(name, public)
	skey = privatePrefix + encodeKey(name, hash, private.Seed())
	return skey, encodeKey(name, hash, public), nil
}

// NewCosigner returns a signer for the encoded secret key whose signatures
// carry the time now tells. A cosignature says: at that time this checkpoint,
// and everything in it, existed.
func NewCosigner(skey string, now func() time.Time) (note.Signer, error) {
	encoded, ok := strings.CutPrefix(skey, privatePrefix)
	if !ok {
		return nil, errors.New("read cosigner key: not a secret key")
	}
	name, hash, seed, err := decodeKey(encoded)
	if err != nil {
		return nil, fmt.Errorf("read cosigner key: %w", err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	if hash != cosignerHash(name, private.Public().(ed25519.PublicKey)) {
		return nil, errors.New("read cosigner key: hash does not match")
	}
	return &cosigner{name: name, hash: hash, key: private, now: now}, nil
}

// NewVerifier returns a verifier for an encoded public key: cosignature/v1 as
// made by GenerateCosigner, or plain Ed25519 as made by note.GenerateKey.
func NewVerifier(vkey string) (note.Verifier, error) {
	name, hash, public, err := decodeKey(vkey)
	if errors.Is(err, errOtherAlgorithm) {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, fmt.Errorf("read verifier key: %w", err)
		}
		return v, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read verifier key: %w", err)
	}
	if hash != cosignerHash(name, public) {
		return nil, errors.New("read verifier key: hash does not match")
	}
	return &coverifier{name: name, hash: hash, key: public}, nil
}

// CosignedAt returns the time in the cosignature of v on a signed checkpoint;
// the zero time if v is not a cosignature/v1 key. The signature is verified;
// errors wrap ErrCheckpoint.
func CosignedAt(signed []byte, v note.Verifier) (time.Time, error) {
	n, err := openNote(signed, v)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if len(n.Sigs) != 1 {
		return time.Time{}, fmt.Errorf("%w: no signature by %s+%08x", ErrCheckpoint, v.Name(), v.KeyHash())
	}
	if _, ok := v.(*coverifier); !ok {
		return time.Time{}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(raw) < 12 {
		return time.Time{}, fmt.Errorf("%w: cosignature without time", ErrCheckpoint)
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0), nil
}

// cosigner is a note.Signer for cosignature/v1.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
	now  func() time.Time
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

// Sign returns the time in 8 bytes, big-endian, and the Ed25519 signature.
func (c *cosigner) Sign(text []byte) ([]byte, error) {
	t := uint64(c.now().Unix())
	sig := binary.BigEndian.AppendUint64(nil, t)
	return append(sig, ed25519.Sign(c.key, cosigned(t, text))...), nil
}

// coverifier is a note.Verifier for cosignature/v1.
type coverifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *coverifier) Name() string    { return c.name }
func (c *coverifier) KeyHash() uint32 { return c.hash }

func (c *coverifier) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	return t <= math.MaxInt64 && ed25519.Verify(c.key, cosigned(t, text), sig[8:])
}

// cosigned is the message under a cosignature/v1.
func cosigned(t uint64, text []byte) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", t, text)
}

// cosignerHash is the key ID: the first four bytes of
// SHA-256(name ‖ newline ‖ type ‖ public key).
func cosignerHash(name string, public ed25519.PublicKey) uint32 {
	h := sha256.New()
	io.WriteString(h, name)
	h.Write([]byte{'\n', algCosignature})
	h.Write(public)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// encodeKey writes name+hash+base64(type ‖ key).
func encodeKey(name string, hash uint32, key []byte) string {
	data := base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, key...))
	return fmt.Sprintf("%s+%08x+%s", name, hash, data)
}

var errOtherAlgorithm = errors.New("not a cosignature/v1 key")

// decodeKey reads what encodeKey wrote; the hash is not yet compared.
func decodeKey(encoded string) (name string, hash uint32, key []byte, err error) {
	name, rest, _ := strings.Cut(encoded, "+")
	hex, data, _ := strings.Cut(rest, "+")
	h, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 8 || name == "" || strings.ContainsAny(name, " \n\t") {
		return "", 0, nil, errors.New("malformed key")
	}
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(raw) == 0 {
		return "", 0, nil, errors.New("malformed key")
	}
	if raw[0] != algCosignature {
		return "", 0, nil, errOtherAlgorithm
	}
	if len(raw) != 1+ed25519.PublicKeySize {
		return "", 0, nil, errors.New("malformed key")
	}
	return name, uint32(h), raw[1:], nil
}
