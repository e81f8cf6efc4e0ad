// Package admin is the administrator's door to an authority: a Unix socket in
// its folder, so that registers can be changed while it serves. Its mode lets
// in the account that serves and root; the kernel is asked which of them it is,
// for the record of operations.
//
// Open gives the operations on a folder, through the socket of the process
// that serves it, or directly where none does.
package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db"
)

// Admin is what an administrator can do; *authority.Authority and *Client
// implement it.
type Admin interface {
	SignWorkstation(ctx context.Context, r ca.EnrolmentRequest) (ca.EnrolmentResponse, error)
	Workstations(ctx context.Context) ([]authority.WorkstationEntry, error)
	RevokeWorkstation(ctx context.Context, name string) error
	EnrolmentCode(ctx context.Context, workstation string, life time.Duration) (authority.NewCode, error)
	AddClerk(ctx context.Context, r authority.ClerkRequest) ([][]byte, error)
	Clerks(ctx context.Context) ([]authority.ClerkEntry, error)
	RevokeClerk(ctx context.Context, number string) error
	AddAnchor(ctx context.Context, der []byte) error
	Anchors(ctx context.Context) ([][]byte, error)
	Certificates(ctx context.Context, after int64) ([]authority.CertificateEntry, error)
	Certificate(ctx context.Context, serial string) ([]byte, error)
	RevokeCertificate(ctx context.Context, r authority.Revocation) error
	Operations(ctx context.Context, after int64) ([]authority.OperationEntry, error)
	PublishCRLs(ctx context.Context) error
	PutRootCRL(ctx context.Context, der []byte) error
	ExportJournal(ctx context.Context, workstation string, w io.Writer) error
	ImportJournal(ctx context.Context, r io.Reader) (authority.TakenIn, error)
	AcceptJournal(ctx context.Context, workstation string) error
	AcceptClock(ctx context.Context, today string) (swept int, err error)
	Overview(ctx context.Context) (authority.Overview, error)
	HandOverRecipient(ctx context.Context) (string, error)
	Snapshot(ctx context.Context) (folder string, err error)
	Close() error
}

// ErrNone is returned by Open for a folder without an authority.
var ErrNone = errors.New("no authority here")

// Socket is the path of the socket in an authority's folder.
func Socket(dir string) string { return filepath.Join(dir, "admin.sock") }

// Exists reports whether a folder holds an authority.
func Exists(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, "pki"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Open returns the operations on the authority in cfg.Dir, which must exist.
// While another process holds it without serving the socket yet, as during a
// start, Open tries again until ctx ends.
func Open(ctx context.Context, cfg authority.Config) (Admin, error) {
	for {
		a, err := try(ctx, cfg)
		if !errors.Is(err, db.ErrInUse) {
			return a, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func try(ctx context.Context, cfg authority.Config) (Admin, error) {
	if c, err := Dial(ctx, Socket(cfg.Dir)); err == nil {
		return c, nil
	}
	switch found, err := Exists(cfg.Dir); {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("open %s: %w", cfg.Dir, ErrNone)
	}
	a, err := authority.Open(ctx, cfg)
	if err != nil {
		return nil, err // not a nil *Authority in an Admin
	}
	return a, nil
}
