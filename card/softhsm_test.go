//go:build linux

package card

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ebfe/scard"
)

// softModule is a token in software: no reader, no removal, no PIN counter. It
// proves the calls to the module and nothing about cards.
const softModule = "/usr/lib/softhsm/libsofthsm2.so"

// softPIN is the PIN of the software token.
const softPIN = "271828"

// softSession opens a session on a new software token, with a watcher that
// always sees a card.
func softSession(t *testing.T) *Session {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nlog.level = ERROR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "soft", "--pin", softPIN, "--so-pin", "31415926").CombinedOutput()
	if err != nil {
		t.Fatalf("make token: %v\n%s", err, out)
	}
	r := &Readers{
		cfg:    Config{Label: "label", Patience: 30 * time.Second, KeyPatience: time.Minute},
		watch:  steadyWatch(t, "soft"),
		module: &module{path: softModule},
		lanes:  make(map[string]*lane),
	}
	if err := r.module.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.module.close(); err != nil {
			t.Error(err)
		}
	})
	slots, err := r.module.lib.GetSlotList(true)
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{r: r, reader: "soft", insertion: 1, tries: 3}
	if err := s.openSlot(slots[0]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// steadyWatch is a watcher that sees one card in one reader.
func steadyWatch(t *testing.T, reader string) *watcher {
	w := newWatcher(func(string) bool { return false })
	w.lag = noRemoval
	ctx, stop := context.WithCancel(context.Background())
	turn := func(states ...scard.ReaderState) {
		w.begin([]string{reader})
		w.publish(states)
	}
	turn(scard.ReaderState{Reader: reader, EventState: scard.StatePresent, Atr: []byte{0x3B}})
	go func() {
		defer close(w.ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				turn()
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { stop(); <-w.ended })
	return w
}

// certify issues a self-made certificate for a public key.
func certify(t testing.TB, public crypto.PublicKey, name string, usage x509.KeyUsage, more ...pkix.Extension) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Country: []string{"RS"}, CommonName: name},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().AddDate(5, 0, 0),
		KeyUsage:     usage,

		ExtraExtensions: more,
	}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "test CA"}}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// newID returns a fresh identifier for a key pair.
func newID(t testing.TB) []byte {
	t.Helper()
	id := make([]byte, 20)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSessionLifeCycle(t *testing.T) {
	ctx := context.Background()
	s := softSession(t)
	if err := s.Login(ctx, []byte(softPIN)); err != nil {
		t.Fatal(err)
	}
	id := newID(t)
	if _, err := s.Key(ctx, id); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("key before generation: %v, want ErrKeyMissing", err)
	}
	key, err := s.Generate(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Generate(ctx, id); err == nil {
		t.Error("second key pair under the same identifier")
	}
	again, err := s.Key(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if !key.public.Equal(again.Public()) {
		t.Error("key found is not the key generated")
	}
	checkSigning(t, again)

	first := certify(t, key.Public(), "first", x509.KeyUsageContentCommitment)
	second := certify(t, key.Public(), "second", x509.KeyUsageContentCommitment)
	for _, der := range [][]byte{first, first, second} {
		if err := s.PutCertificate(ctx, id, der); err != nil {
			t.Fatal(err)
		}
		if got := certificates(t, s, id); len(got) != 1 || !bytes.Equal(got[0], der) {
			t.Errorf("%d certificates under the identifier, want the one just written", len(got))
		}
	}
	for range 2 {
		if err := s.Delete(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Key(ctx, id); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("key after deletion: %v, want ErrKeyMissing", err)
	}
	if got := certificates(t, s, id); len(got) != 0 {
		t.Errorf("%d certificates after deletion", len(got))
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Key(ctx, id); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

// checkSigning signs with every hash and a PKCS #10 request.
func checkSigning(t *testing.T, key *Key) {
	t.Helper()
	d256, d384, d512 := sha256.Sum256([]byte("x")), sha512.Sum384([]byte("x")), sha512.Sum512([]byte("x"))
	for _, tt := range []struct {
		hash   crypto.Hash
		digest []byte
	}{{crypto.SHA256, d256[:]}, {crypto.SHA384, d384[:]}, {crypto.SHA512, d512[:]}} {
		sig, err := key.Sign(rand.Reader, tt.digest, tt.hash)
		if err != nil {
			t.Errorf("%v: %v", tt.hash, err)
			continue
		}
		if err := rsa.VerifyPKCS1v15(key.public, tt.hash, tt.digest, sig); err != nil {
			t.Errorf("%v: %v", tt.hash, err)
		}
	}
	for name, sign := range map[string]func() ([]byte, error){
		"PSS":          func() ([]byte, error) { return key.Sign(nil, d256[:], &rsa.PSSOptions{Hash: crypto.SHA256}) },
		"SHA-1":        func() ([]byte, error) { return key.Sign(nil, d256[:20], crypto.SHA1) },
		"short digest": func() ([]byte, error) { return key.Sign(nil, d256[:31], crypto.SHA256) },
	} {
		if _, err := sign(); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	req, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := req.CheckSignature(); err != nil {
		t.Error(err)
	}
}

func TestPINFormat(t *testing.T) {
	s := softSession(t)
	for _, pin := range []string{"", "123", "123456789", "12345a", "１２３４", " 1234"} {
		if err := s.Login(context.Background(), []byte(pin)); !errors.Is(err, ErrPINFormat) {
			t.Errorf("%d bytes: got %v, want ErrPINFormat", len(pin), err)
		}
	}
	if err := s.Login(context.Background(), nil); !errors.Is(err, ErrPINFormat) {
		t.Errorf("no PIN: got %v, want ErrPINFormat", err)
	}
	if err := s.ChangePIN(context.Background(), []byte(softPIN), []byte("12")); !errors.Is(err, ErrPINFormat) {
		t.Errorf("short new PIN: got %v, want ErrPINFormat", err)
	}
	if err := s.Login(context.Background(), []byte(softPIN)); err != nil {
		t.Errorf("after them: %v", err)
	}
}

func TestBlockedPINIsNotTried(t *testing.T) {
	s := softSession(t)
	s.tries = 0
	if err := s.Login(context.Background(), []byte(softPIN)); !errors.Is(err, ErrPINBlocked) {
		t.Errorf("got %v, want ErrPINBlocked", err)
	}
}

// The copies that cross into the lane are wiped, whether the call ran, failed
// or came too late; the caller's buffers are left to him.
func TestPINCopiesWiped(t *testing.T) {
	s := softSession(t)
	pin := []byte(softPIN)
	var seen []byte
	look := func(err error) func([][]byte) error {
		return func(pins [][]byte) error {
			seen = pins[0]
			if !bytes.Equal(seen, pin) {
				t.Errorf("call got %d bytes that are not the PIN", len(seen))
			}
			return err
		}
	}
	for _, want := range []error{nil, ErrFull} {
		if err := s.attempt(context.Background(), "test", look(want), pin); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if !bytes.Equal(seen, make([]byte, len(pin))) {
			t.Error("copy is not wiped")
		}
	}
	if string(pin) != softPIN {
		t.Error("the caller's buffer was touched")
	}

	release := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	hang := func([][]byte) error { cancel(); <-release; return nil }
	if err := s.attempt(ctx, "test", hang, pin); !errors.Is(err, context.Canceled) {
		t.Errorf("hanging call: %v, want canceled", err)
	}
	late := func([][]byte) error { t.Error("ran after its caller had left"); return nil }
	if err := s.attempt(ctx, "test", late, pin); !errors.Is(err, context.Canceled) {
		t.Errorf("call behind it: %v, want canceled", err)
	}
	close(release)
	if err := s.attempt(context.Background(), "test", look(nil), pin); !errors.Is(err, ErrReset) {
		t.Errorf("session after a call given up: %v, want ErrReset", err)
	}
}

func TestChangePIN(t *testing.T) {
	ctx := context.Background()
	s := softSession(t)
	if err := s.ChangePIN(ctx, []byte(softPIN), []byte("161803")); err != nil {
		t.Fatal(err)
	}
	if err := s.Login(ctx, []byte("161803")); err != nil {
		t.Errorf("log in with the new PIN: %v", err)
	}
}

// A wrong PIN is a wrong PIN even when the card cannot be asked afterwards.
func TestWrongPINWithoutCounter(t *testing.T) {
	s := softSession(t)
	err := s.Login(context.Background(), []byte("999999"))
	var wrong *WrongPINError
	if !errors.As(err, &wrong) || wrong.Tries() != -1 {
		t.Errorf("got %v, want a wrong PIN with unknown tries", err)
	}
}

func TestNotLoggedIn(t *testing.T) {
	s := softSession(t)
	if _, err := s.Generate(context.Background(), newID(t)); !errors.Is(err, ErrReset) {
		t.Errorf("got %v, want ErrReset", err)
	}
}

func TestModuleMissing(t *testing.T) {
	for _, path := range []string{"", "/nonexistent.so", "/usr/lib/x86_64-linux-gnu/libc.so.6"} {
		m := module{path: path}
		if err := m.start(); !errors.Is(err, ErrNoModule) {
			t.Errorf("%q: got %v, want ErrNoModule", path, err)
		}
		if err := m.close(); err != nil {
			t.Errorf("%q: close: %v", path, err)
		}
	}
}
