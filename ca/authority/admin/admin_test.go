package admin_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"salter/ca/authority"
	"salter/ca/authority/admin"
	"salter/ca/authority/db"
)

func config(dir string) authority.Config {
	return authority.Config{Dir: dir, IssuerKey: "rsa2048", Log: slog.New(slog.DiscardHandler)}
}

// TestOpenDuringAStart: the command comes while the authority is busy making
// its keys, and waits for its socket.
func TestOpenDuringAStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	a, err := authority.Open(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := admin.Open(cancelled, config(dir)); err == nil {
		t.Error("opened what another process holds")
	}

	ctx, stop := context.WithCancel(t.Context())
	opened := make(chan admin.Admin, 1)
	failed := make(chan error, 2)
	go func() {
		c, err := admin.Open(ctx, config(dir))
		opened <- c
		failed <- err
	}()
	socket, err := admin.Listen(ctx, admin.Socket(dir))
	if err != nil {
		t.Fatal(err)
	}
	go func() { failed <- admin.Serve(ctx, socket, a) }()
	c := <-opened
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if _, ok := c.(*admin.Client); !ok {
		t.Errorf("got %T, want the socket's client", c)
	}
	info, err := os.Stat(admin.Socket(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v, want mode 0600", info, err)
	}
	if err := c.RevokeClerk(ctx, "1"); err == nil || !strings.Contains(err.Error(), "no clerk") {
		t.Errorf("error through the socket: got %v, want the authority's text", err)
	}
	if list, err := c.Clerks(ctx); err != nil || len(list) != 0 {
		t.Errorf("clerks: %v, %v", list, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-failed; err != nil {
		t.Errorf("serve: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}

	// Nobody serves: the folder itself is opened, stale socket or not.
	direct, err := admin.Open(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := direct.(*authority.Authority); !ok {
		t.Errorf("got %T, want the authority itself", direct)
	}
	if err := direct.Close(); err != nil {
		t.Error(err)
	}
	if _, err := admin.Open(t.Context(), config(dir+"x")); !errors.Is(err, admin.ErrNone) {
		t.Errorf("no authority: got %v, want ErrNone", err)
	}
}

// TestInUse: without a socket the lock of the database is what counts.
func TestInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	a, err := authority.Open(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := authority.Open(t.Context(), config(dir)); !errors.Is(err, db.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
}
