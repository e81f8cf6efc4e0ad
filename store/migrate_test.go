package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestReadMigrations(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	tests := []struct {
		name string
		fs   fstest.MapFS
		want string // scripts joined; empty: refused
	}{
		{"in order", fstest.MapFS{"m/0002.sql": file("b"), "m/0001.sql": file("a")}, "ab"},
		{"gap", fstest.MapFS{"m/0001.sql": file("a"), "m/0003.sql": file("c")}, ""},
		{"another name", fstest.MapFS{"m/0001.sql": file("a"), "m/0001b.sql": file("c")}, ""},
		{"no folder", fstest.MapFS{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scripts, err := readMigrations(tt.fs, "m")
			if got := strings.Join(scripts, ""); got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("readMigrations = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// withConnection runs fn on the file as Open would before it looks into it.
func withConnection(t *testing.T, b *bench, fn func(ctx context.Context, conn *sql.Conn) error) {
	t.Helper()
	ctx := context.Background()
	db, conn, err := connect(ctx, b.path)
	fatal(t, err)
	err = fn(ctx, conn)
	fatal(t, errors.Join(err, conn.Close(), db.Close()))
}

// TestUpgrade gives a journal the version after the last and looks for a copy of
// the one before.
func TestUpgrade(t *testing.T) {
	b := newBench(t)
	j := b.open()
	fill(t, j, 3)
	fatal(t, j.Close())
	scripts, err := migrations()
	fatal(t, err)
	scripts = append(scripts, "CREATE TABLE extra (x INTEGER) STRICT; INSERT INTO extra SELECT count(*) FROM event")
	for range 2 { // the second time there is nothing to do
		withConnection(t, b, func(ctx context.Context, conn *sql.Conn) error {
			if err := upgrade(ctx, conn, b.path, scripts); err != nil {
				return err
			}
			var counted int
			if err := conn.QueryRowContext(ctx, "SELECT x FROM extra").Scan(&counted); err != nil || counted != 3 {
				t.Errorf("extra holds %d, %v", counted, err)
			}
			return nil
		})
	}
	if _, err := Open(context.Background(), b.path, b.config); !errors.Is(err, ErrNewer) {
		t.Errorf("Open of the next version by this program = %v, want ErrNewer", err)
	}
	b.path += fmt.Sprintf(".v%d", len(scripts)-1)
	if info, err := os.Stat(b.path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("copy before the migration: %v, %v", info, err)
	}
	if got := len(replay(t, b.open())); got != 3 {
		t.Errorf("copy holds %d events, want 3", got)
	}
}

// TestUpgradeFails: a script that fails leaves the version before it.
func TestUpgradeFails(t *testing.T) {
	b := newBench(t)
	scripts, err := migrations()
	fatal(t, err)
	bad := append(scripts, "CREATE TABLE extra (x INTEGER) STRICT; SELECT * FROM nothing")
	withConnection(t, b, func(ctx context.Context, conn *sql.Conn) error {
		if err := upgrade(ctx, conn, b.path, bad); err == nil {
			t.Error("upgrade succeeded")
		}
		return nil
	})
	fill(t, b.open(), 1)
}

// TestUpgradeChecksFirst: a file whose schema was changed is not migrated.
func TestUpgradeChecksFirst(t *testing.T) {
	b := newBench(t)
	b.edit("CREATE TABLE other (x)")
	scripts, err := migrations()
	fatal(t, err)
	withConnection(t, b, func(ctx context.Context, conn *sql.Conn) error {
		err := upgrade(ctx, conn, b.path, append(scripts, "CREATE TABLE extra (x)"))
		if !errors.Is(err, ErrTampered) {
			t.Errorf("upgrade = %v, want ErrTampered", err)
		}
		return nil
	})
	if _, err := os.Stat(b.path + ".v1"); err == nil {
		t.Error("a copy was made of a journal that was not migrated")
	}
}
