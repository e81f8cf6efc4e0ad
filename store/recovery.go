package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"filippo.io/age"
)

// parseRecipients reads age recipients ("age1…").
func parseRecipients(list []string) ([]age.Recipient, error) {
	recipients, err := age.ParseRecipients(strings.NewReader(strings.Join(list, "\n")))
	if err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	return recipients, nil
}

// keepForRecovery makes sure that the keys of the key file are sealed for the
// recipients in a file beside it, and returns its path. The name tells keys and
// recipients apart, so that no such file is ever written over: a file made for
// other keys, or other recipients, stays.
func keepForRecovery(keyFile string, list []string) (string, error) {
	plain, _, err := readKeyFile(keyFile)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	return sealForRecovery(keyFile, plain, list)
}

// sealForRecovery is keepForRecovery for the plain lines of keys.
func sealForRecovery(keyFile string, plain []byte, list []string) (string, error) {
	recipients, err := parseRecipients(list)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "salter recovery 1\n%s\n", strings.Join(slices.Sorted(slices.Values(list)), "\n"))
	hash.Write(plain)
	path := fmt.Sprintf("%s.%x.age", keyFile, hash.Sum(nil)[:4])
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipients...)
	if err != nil {
		return "", fmt.Errorf("seal data key: %w", err)
	}
	_, err = w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil {
		return "", fmt.Errorf("seal data key: %w", err)
	}
	return path, writePrivate(path, sealed.Bytes())
}

// RecoverKeys makes the key file of a journal anew, for the account it runs in,
// from a file that was kept for recovery. identities is the text of an age
// identity file of one of the recipients. A key file that is there is left
// alone; the error then matches fs.ErrExist.
func RecoverKeys(keyFile, recoveryFile string, identities io.Reader) error {
	if err := recoverKeys(keyFile, recoveryFile, identities); err != nil {
		return fmt.Errorf("recover data key: %w", err)
	}
	return nil
}

// recoverKeys does the work of RecoverKeys.
func recoverKeys(keyFile, recoveryFile string, identities io.Reader) error {
	if _, err := os.Lstat(keyFile); err == nil {
		return fs.ErrExist
	}
	who, err := age.ParseIdentities(identities)
	if err != nil {
		return errors.New("read identities: not an age identity file") // its text is secret
	}
	f, err := os.Open(recoveryFile)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := age.Decrypt(f, who...)
	if err != nil {
		return fmt.Errorf("open recovery file: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxKeyFile))
	defer clear(plain)
	if err != nil {
		return fmt.Errorf("open recovery file: %w", err)
	}
	if _, err := parseKeys(plain); err != nil {
		return err
	}
	return writeKeys(keyFile, plain)
}
