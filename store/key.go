package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
)

// keySize is the length of a data key: AES-256.
const keySize = 32

// dataKeys are the keys that seal the parts of cases, by key id.
type dataKeys struct {
	aead   map[int64]cipher.AEAD
	newest int64 // seals what comes now
}

// createKeys makes the key file with one fresh key, readable by the owner
// alone, and puts it on stable storage. A usable file that is already there is
// kept: enrolment may have been interrupted.
func createKeys(path string) error {
	if _, err := loadKeys(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	line := fmt.Appendf(nil, "1 %x\n", key)
	defer clear(line)
	defer clear(key)
	f, err := createPrivate(path + ".new")
	if err != nil {
		return fmt.Errorf("create key file: %w", err)
	}
	_, err = f.Write(line)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	return place(path+".new", path)
}

// loadKeys reads the key file: one line per key, the id in decimal, a blank,
// the key in hex. Errors wrap ErrKey.
func loadKeys(path string) (*dataKeys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: key file has mode %04o, want 0600", ErrKey, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	defer clear(text)
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return keys, nil
}

// parseKeys reads the lines of a key file. Errors never repeat its text.
func parseKeys(text []byte) (*dataKeys, error) {
	keys := &dataKeys{aead: make(map[int64]cipher.AEAD)}
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
