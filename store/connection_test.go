package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSettings reads back what cannot be asked for by name.
func TestSettings(t *testing.T) {
	j := newBench(t).open()
	ctx := context.Background()
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := checkSettings(ctx, conn); err != nil {
			return err
		}
		// Defensive: the schema cannot be rewritten as data.
		_, err := conn.ExecContext(ctx, "PRAGMA writable_schema = ON")
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "UPDATE sqlite_schema SET sql = ''"); err == nil {
			t.Error("the schema was changed as data")
		}
		// No strings in double quotes: a mistyped column is an error.
		if _, err := conn.ExecContext(ctx, `SELECT "no such column"`); err == nil {
			t.Error("an unknown name in double quotes passed as text")
		}
		return nil
	})
	fatal(t, err)
	if _, err := os.Stat(j.path + "-shm"); err == nil {
		t.Error("a shared-memory file was made: the lock is not exclusive")
	}
}

// TestCheckSettings weakens a connection and expects each to be noticed.
func TestCheckSettings(t *testing.T) {
	for _, weaken := range []string{
		"synchronous = NORMAL", "synchronous = EXTRA", "recursive_triggers = 0", "foreign_keys = 0", "secure_delete = 0",
		"trusted_schema = 1", "cell_size_check = 0", "fullfsync = 0", "checkpoint_fullfsync = 0", "locking_mode = NORMAL", "busy_timeout = 0",
	} {
		t.Run(weaken, func(t *testing.T) {
			j := newBench(t).open()
			fatal(t, j.do(context.Background(), func(ctx context.Context, conn *sql.Conn) error {
				if _, err := conn.ExecContext(ctx, "PRAGMA "+weaken); err != nil {
					return err
				}
				name, _, _ := strings.Cut(weaken, " ")
				if err := checkSettings(ctx, conn); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("checkSettings = %v, want an error about %s", err, name)
				}
				return nil
			}))
		})
	}
}

// TestPathIsEscaped opens a journal whose path looks like settings.
func TestPathIsEscaped(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "a?mode=ro&_synchronous=OFF#%41 b")
	fatal(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "journal.db")
	fatal(t, Create(context.Background(), path, b.config))
	b.path = path
	fill(t, b.open(), 1)
}

func TestDSN(t *testing.T) {
	got := dsn("/var/lib/salter/journal.db")
	want := "file:/var/lib/salter/journal.db?mode=rw&_txlock=immediate&_busy_timeout=500&_pragma=locking_mode(EXCLUSIVE)" +
		"&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=secure_delete(1)&_pragma=recursive_triggers(1)" +
		"&_pragma=fullfsync(1)&_pragma=checkpoint_fullfsync(1)&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1" +
		"&_defensive=1&_dqs=0&_error_rc=1"
	if got != want {
		t.Errorf("dsn = %s, want %s", got, want)
	}
}

// TestDiskFull gives the file every size from too small to enough, by the limit
// SQLite itself keeps, which answers like a full disk.
func TestDiskFull(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	limit := func(pages int64) {
		t.Helper()
		fatal(t, j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			if pages == 0 {
				var err error
				if pages, err = pragmaInt(ctx, conn, "page_count"); err != nil {
					return err
				}
				pages++
			}
			_, err := pragmaInt(ctx, conn, fmt.Sprintf("max_page_count(%d)", pages))
			return err
		}))
	}
	var acked int
	for range 40 {
		limit(0) // one page more than there is
		var err error
		for err == nil {
			p := part(t, caseA, "record", strings.Repeat("x", 2000))
			if err = j.Append(ctx, [][]byte{event("step", caseA, "", p)}, []Part{p}); err == nil {
				acked++
			}
		}
		if !errors.Is(err, ErrFull) {
			t.Fatalf("Append on a full disk = %v, want ErrFull", err)
		}
		if got := len(replay(t, j)); got != acked {
			t.Fatalf("%d events after a full disk, %d acknowledged", got, acked)
		}
	}
	if acked == 0 {
		t.Error("nothing was ever appended")
	}
	limit(1 << 30)
	fill(t, j, 1)
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	if got := len(replay(t, b.open())); got != acked+1 {
		t.Errorf("%d events after a restart, want %d", got, acked+1)
	}
}

// TestLostConnection: after the disk failed, the next call opens the file again.
func TestLostConnection(t *testing.T) {
	j := newBench(t).open()
	fill(t, j, 2)
	fatal(t, j.do(context.Background(), func(ctx context.Context, conn *sql.Conn) error { return conn.Close() }))
	if err := j.Append(context.Background(), [][]byte{event("a", "", "")}, nil); !errors.Is(err, sql.ErrConnDone) {
		t.Errorf("Append on a lost connection = %v", err)
	}
	fill(t, j, 1)
	if got := len(replay(t, j)); got != 3 {
		t.Errorf("%d events, want 3", got)
	}
	fatal(t, j.Verify(context.Background()))
}

// TestLostWhileRunning: when the file is opened again, it must be the one that
// was there, with everything Append said was stored.
func TestLostWhileRunning(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*testing.T, *bench)
		want  error
	}{
		{"removed", func(t *testing.T, b *bench) { fatal(t, removeDatabase(b.path)) }, ErrMissing},
		{"emptied", func(t *testing.T, b *bench) { fatal(t, os.Truncate(b.path, 0)) }, ErrCorrupt},
		{"set back", func(t *testing.T, b *bench) { copyFile(t, b.path+".old", b.path) }, ErrTampered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			fill(t, j, 2)
			fatal(t, j.Close())
			copyFile(t, b.path, b.path+".old")
			j = b.open()
			fill(t, j, 1)
			fatal(t, j.do(context.Background(), func(context.Context, *sql.Conn) error { return j.disconnect() }))
			tt.spoil(t, b)
			for range 2 {
				if _, err := j.Head(context.Background()); !errors.Is(err, tt.want) {
					t.Errorf("Head = %v, want %v", err, tt.want)
				}
			}
		})
	}
}

// TestHugeRow: a row that no journal has is refused before it takes memory.
func TestHugeRow(t *testing.T) {
	for _, statement := range []string{
		"UPDATE event SET body = zeroblob(200000000) WHERE seq = 1",
		"UPDATE person SET sealed = zeroblob(200000000)",
		"INSERT INTO checkpoint VALUES (1, zeroblob(200000000), 0)",
	} {
		t.Run(statement, func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			p := part(t, caseA, "record", "content")
			fatal(t, j.Append(context.Background(), [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
			fatal(t, j.Close())
			b.edit(statement)
			if _, err := Open(context.Background(), b.path, b.config); !errors.Is(err, ErrCorrupt) {
				t.Errorf("Open = %v, want ErrCorrupt", err)
			}
		})
	}
}

// TestLargestPart: the limit on rows leaves room for the largest part.
func TestLargestPart(t *testing.T) {
	b := newBench(t)
	j := b.open()
	p := Part{Case: caseA, Name: "record", Opening: make([]byte, MaxOpening)}
	fatal(t, j.Append(context.Background(), [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fatal(t, j.Verify(context.Background()))
	if _, err := j.Backup(context.Background(), t.TempDir()); err != nil {
		t.Errorf("Backup = %v", err)
	}
}
