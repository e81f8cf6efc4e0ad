//go:build cgo

package token

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/miekg/pkcs11"
)

// sessions is how many signatures one token makes at a time.
const sessions = 4

// Tokens are the open tokens of a process, each opened once.
type Tokens struct {
	mu      sync.Mutex
	modules map[string]*module // mu; by path
	tokens  map[string]*token  // mu; by path and label
}

// module is one loaded PKCS#11 library.
type module struct {
	lib     *pkcs11.Ctx
	started bool // by us: only then we end it
}

// New returns no open tokens.
func New() *Tokens {
	return &Tokens{modules: make(map[string]*module), tokens: make(map[string]*token)}
}

// token is one token, logged in.
type token struct {
	lib  *pkcs11.Ctx
	slot uint
	pin  func() (string, error)
	// free holds a place for each session; 0 is one that is to be opened.
	free chan pkcs11.SessionHandle
}

// open returns the token of u, and logs in the first time.
func (t *Tokens) open(u URI) (*token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := u.Module + "\x00" + u.Token
	if held := t.tokens[name]; held != nil {
		return held, nil
	}
	m, err := t.load(u.Module)
	if err != nil {
		return nil, err
	}
	slot, err := findSlot(m.lib, u.Token)
	if err != nil {
		return nil, err
	}
	opened := &token{lib: m.lib, slot: slot, pin: func() (string, error) { return readPIN(u.PINSource) },
		free: make(chan pkcs11.SessionHandle, sessions)}
	for range sessions {
		opened.free <- 0
	}
	if err := opened.do(func(pkcs11.SessionHandle) error { return nil }); err != nil {
		return nil, err
	}
	t.tokens[name] = opened
	return opened, nil
}

// load loads a module once.
func (t *Tokens) load(path string) (*module, error) {
	if m := t.modules[path]; m != nil {
		return m, nil
	}
	lib := pkcs11.New(path)
	if lib == nil {
		return nil, fmt.Errorf("load PKCS#11 module %s: it cannot be loaded", path)
	}
	err := lib.Initialize()
	if err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		lib.Destroy()
		return nil, fmt.Errorf("load PKCS#11 module %s: %w", path, err)
	}
	m := &module{lib: lib, started: err == nil}
	t.modules[path] = m
	return m, nil
}

// findSlot finds the one slot with a token of this label.
func findSlot(lib *pkcs11.Ctx, label string) (uint, error) {
	slots, err := lib.GetSlotList(true)
	if err != nil {
		return 0, fmt.Errorf("find token: %w", err)
	}
	var found []uint
	for _, slot := range slots {
		info, err := lib.GetTokenInfo(slot)
		if err == nil && strings.TrimRight(info.Label, " \x00") == label {
			found = append(found, slot)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("find token: %d tokens with the label %q, want one", len(found), label)
	}
	return found[0], nil
}

// readPIN reads the first line of a file that nobody else may read.
func readPIN(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read PIN: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("read PIN: file %s is open to other users (mode %04o): chmod 600 it", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read PIN: %w", err)
	}
	defer clear(text)
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimRight(line, "\r")), nil
}

// do runs f in a session of its own. One that failed is closed, so that the
// next use begins anew, after a module came back for instance.
func (t *token) do(f func(pkcs11.SessionHandle) error) error {
	session := <-t.free
	defer func() { t.free <- session }()
	if session == 0 {
		opened, err := t.login()
		if err != nil {
			return err
		}
		session = opened
	}
	err := f(session)
	if err != nil {
		_ = t.lib.CloseSession(session) // it may be gone already
		session = 0
	}
	return err
}

func (t *token) login() (pkcs11.SessionHandle, error) {
	session, err := t.lib.OpenSession(t.slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return 0, fmt.Errorf("open token: %w", err)
	}
	pin, err := t.pin()
	if err == nil {
		err = t.lib.Login(session, pkcs11.CKU_USER, pin)
	}
	// The login is the whole program's, not the session's.
	if err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)) {
		_ = t.lib.CloseSession(session)
		return 0, fmt.Errorf("log in to token: %w", err)
	}
	return session, nil
}

// Key finds the key pair that the URI names. The signer may be used from any
// goroutine until Close.
func (t *Tokens) Key(text string) (crypto.Signer, error) {
	u, err := ParseURI(text)
	if err != nil {
		return nil, err
	}
	opened, err := t.open(u)
	if err != nil {
		return nil, err
	}
	return opened.key(u)
}

// Make makes the key pair that the URI names, which cannot leave the token, or
// finds the one that is there already. kind is rsaN (N bits), p256, p384 or
// ed25519; a key of another kind is ErrKind.
func (t *Tokens) Make(text, kind string) (crypto.Signer, error) {
	u, err := ParseURI(text)
	if err != nil {
		return nil, err
	}
	opened, err := t.open(u)
	if err != nil {
		return nil, err
	}
	key, err := opened.key(u)
	if errors.Is(err, ErrNoKey) {
		if err := opened.generate(u, kind); err != nil {
			return nil, err
		}
		key, err = opened.key(u)
	}
	if err != nil {
		return nil, err
	}
	if got := kindOf(key.Public()); got != kind {
		return nil, fmt.Errorf("%w: %s on the token, want %s", ErrKind, got, kind)
	}
	return key, nil
}

// Close logs out and unloads the modules. No signer may be in use.
func (t *Tokens) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, opened := range t.tokens {
		for range sessions {
			if session := <-opened.free; session != 0 {
				errs = append(errs, opened.lib.CloseSession(session))
			}
		}
	}
	for _, m := range t.modules {
		if m.started {
			errs = append(errs, m.lib.Finalize())
		}
		m.lib.Destroy()
	}
	clear(t.tokens)
	clear(t.modules)
	return errors.Join(errs...)
}
