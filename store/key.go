package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
)

// KeyState says how the data key is kept.
type KeyState struct {
	// Protected: the operating system sealed the key for this account
	// (Windows). Otherwise only the mode of the key file, 0600, keeps it from
	// others: to be shown as a warning.
	Protected bool
	// RecoveryFile holds the key for the recovery recipients; empty: there is
	// none, and what is sealed is lost with the key file. To be shown as a
	// warning, with the reason in Err if the file could not be written.
	RecoveryFile string
	// Also of a renewal that was due. ErrKey: the journal names a key that is
	// not in the file.
	Err error
}

// KeyState tells how the data key is kept. It does not change while the journal
// is open.
func (j *Journal) KeyState() KeyState { return j.keyState }

// keySize is the length of a data key: AES-256.
const keySize = 32

// dataKeys are the keys that seal the parts of cases, by key id.
type dataKeys struct {
	aead   map[int64]cipher.AEAD
	index  map[int64][sha256.Size]byte // keys of the tokens by which cases are found
	newest int64                       // seals what comes now
}

// ids returns the ids of the keys, the newest first.
func (k *dataKeys) ids() []int64 {
	ids := slices.Sorted(maps.Keys(k.aead))
	slices.Reverse(ids)
	return ids
}

// createKeys makes the key file with one fresh key, for this account alone, and
// puts it on stable storage. A usable file that is already there is kept:
// enrolment may have been interrupted.
func createKeys(path string) error {
	if _, err := loadKeys(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	defer clear(key)
	plain := fmt.Appendf(nil, "1 %x\n", key)
	defer clear(plain)
	return writeKeys(path, plain)
}

// writeKeys makes a key file of plain lines, "<id> <hex>". It replaces nothing.
func writeKeys(path string, plain []byte) error {
	text, err := protectLines(plain)
	defer clear(text)
	if err != nil {
		return err
	}
	return writePrivate(path, text)
}

// protectLines turns plain lines into those of a key file.
func protectLines(plain []byte) (text []byte, err error) {
	for line := range bytes.Lines(plain) {
		id, digits, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		if protection == "" {
			text = append(text, line...)
			continue
		}
		blob, err := protectKey(digits)
		if err != nil {
			return nil, fmt.Errorf("protect data key: %w", err)
		}
		text = fmt.Appendf(text, "%s %s %s\n", id, protection, base64.StdEncoding.EncodeToString(blob))
	}
	return text, nil
}

// writePrivate makes a private file, complete and on stable storage or not at
// all. It replaces nothing.
func writePrivate(path string, text []byte) error {
	f, err := createPrivate(path + ".new")
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return place(path+".new", path)
}

// loadKeys reads the key file. Errors wrap ErrKey.
func loadKeys(path string) (*dataKeys, error) {
	plain, _, err := readKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	defer clear(plain)
	keys, err := parseKeys(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return keys, nil
}

// maxKeyFile bounds a key file, in bytes: some hundred keys.
const maxKeyFile = 1 << 20

// readKeyFile returns the plain lines of a key file, "<id> <hex>", and whether
// the operating system protects all of them. In the file a line is plain, or
// "<id> <protection> <base64>". Errors never repeat the file's text.
func readKeyFile(path string) (plain []byte, protected bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, false, fmt.Errorf("key file has mode %04o, want 0600", info.Mode().Perm())
	}
	if info.Size() > maxKeyFile {
		return nil, false, errors.New("key file is too large")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, false, err
	}
	defer clear(text)
	protected = true
	for line := range bytes.Lines(text) {
		fields := bytes.Split(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		if len(fields) != 3 {
			plain, protected = append(plain, line...), false
			continue
		}
		digits, err := unprotectLine(string(fields[1]), fields[2])
		if err != nil {
			return nil, false, err
		}
		plain = fmt.Appendf(plain, "%s %s\n", fields[0], digits)
		clear(digits)
	}
	return plain, protected, nil
}

// unprotectLine opens a line that the operating system sealed.
func unprotectLine(how string, sealed []byte) ([]byte, error) {
	if protection == "" || how != protection {
		return nil, errors.New("key file was sealed by another operating system: recover the key")
	}
	blob := make([]byte, base64.StdEncoding.DecodedLen(len(sealed)))
	n, err := base64.StdEncoding.Decode(blob, sealed)
	if err != nil {
		return nil, errors.New("key file is damaged")
	}
	digits, err := unprotectKey(blob[:n])
	if err != nil {
		return nil, fmt.Errorf("key file does not open for this account: recover the key: %w", err)
	}
	return digits, nil
}

// parseKeys reads the plain lines of a key file: rising ids. Errors never repeat
// its text.
func parseKeys(text []byte) (*dataKeys, error) {
	keys := &dataKeys{aead: make(map[int64]cipher.AEAD), index: make(map[int64][sha256.Size]byte)}
	for n := 1; len(text) > 0; n++ {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		text = rest
		word, digits, _ := bytes.Cut(line, []byte(" "))
		id, err := strconv.ParseInt(string(word), 10, 32)
		if err != nil || id <= keys.newest || !ended {
			return nil, fmt.Errorf("key file: line %d is damaged", n)
		}
		key := make([]byte, hex.DecodedLen(len(digits)))
		if _, err := hex.Decode(key, digits); err != nil || len(key) != keySize {
			return nil, fmt.Errorf("key file: line %d is damaged", n)
		}
		aead, err := newAEAD(key)
		keys.index[id] = indexKeyOf(key)
		clear(key)
		if err != nil {
			return nil, err
		}
		keys.aead[id], keys.newest = aead, id
	}
	if keys.newest == 0 {
		return nil, errors.New("key file: empty")
	}
	return keys, nil
}

// newAEAD returns AES-256-GCM that draws a nonce for each message and puts it
// in front.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use data key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("use data key: %w", err)
	}
	return aead, nil
}
