package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// dsnSettings follow the path in the data source name. The driver applies the
// busy timeout first, then each _pragma in this order, then the shorthand
// keys, so that locking_mode precedes the first access to the write-ahead log.
// JOURNAL.md says why each is there; checkSettings reads them back.
const dsnSettings = "?mode=rw&_txlock=immediate&_busy_timeout=500" +
	"&_pragma=locking_mode(EXCLUSIVE)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)" +
	"&_pragma=secure_delete(1)&_pragma=recursive_triggers(1)&_pragma=fullfsync(1)&_pragma=checkpoint_fullfsync(1)" +
	"&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_defensive=1&_dqs=0&_error_rc=1"

// settings are what the connection must say of itself.
var settings = [...]struct{ pragma, want string }{
	{"journal_mode", "wal"},
	{"synchronous", "2"}, // FULL: a commit is on the disk when it returns
	{"locking_mode", "exclusive"},
	{"foreign_keys", "1"},
	{"recursive_triggers", "1"}, // else INSERT OR REPLACE passes the triggers
	{"secure_delete", "1"},
	{"trusted_schema", "0"},
	{"cell_size_check", "1"},
	{"fullfsync", "1"},
	{"checkpoint_fullfsync", "1"},
	{"busy_timeout", "500"},
}

// A value longer than maxRow bytes, more than any sealed part needs, is refused
// with code 18 before memory is taken for it
// (https://www.sqlite.org/c3ref/c_limit_attached.html, SQLITE_LIMIT_LENGTH).
const (
	limitLength = 0
	maxRow      = MaxOpening + 1<<20
)

// dsn is the data source name for the file at path, which must be absolute.
func dsn(path string) string { return uri(path) + dsnSettings }

// uri writes an absolute path as SQLite wants it, without settings.
func uri(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a Windows volume
		path = "/" + path
	}
	escape := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")
	return "file:" + escape.Replace(path)
}

// connect opens the file and checks that every setting took effect. The
// database has this one connection for as long as it is open: SQLite's
// exclusive lock belongs to it.
func connect(ctx context.Context, path string) (_ *sql.DB, _ *sql.Conn, err error) {
	// Both switches are of the process. Locks by open file description do not
	// vanish when other code opens and closes the file; where they do not
	// exist, or another database was opened first, SQLite's ordinary locks do.
	sqlite.StrictPragmas(true)
	_, _ = sqlite.OFDLocking(true)

	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, fmt.Errorf("find journal: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err == nil {
		if err = checkSettings(ctx, conn); err == nil {
			err = settle(path)
		}
		if err == nil {
			_, err = sqlite.Limit(conn, limitLength, maxRow)
		}
		if err == nil {
			return db, conn, nil
		}
		conn.Close()
	}
	db.Close()
	return nil, nil, classify(err)
}

// settle puts on the disk what SQLite has just recovered from the log. When a
// sync fails, Linux marks what it could not write as written: the program, and
// the next one too, go on reading it from memory, the next sync succeeds, and a
// power cut takes it away together with everything after it in the log
// (https://www.usenix.org/conference/atc20/presentation/rebello). So the log is
// written once more, byte by byte as it is, before anything is built on it. Its
// entry in the directory is made durable as well: SQLite does not look whether
// that succeeded. The connection must hold the lock on the journal.
func settle(path string) error {
	if err := rewrite(path + "-wal"); err != nil && !notThere(err) {
		return fmt.Errorf("rewrite log: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// checkSettings reads every setting back: a build with other defaults must
// not weaken the journal unseen.
func checkSettings(ctx context.Context, conn *sql.Conn) error {
	for _, s := range settings {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+s.pragma).Scan(&got); err != nil {
			return fmt.Errorf("read setting %s: %w", s.pragma, err)
		}
		if got != s.want {
			return fmt.Errorf("setting %s is %q, want %q", s.pragma, got, s.want)
		}
	}
	return nil
}

// pragmaInt reads a numeric PRAGMA.
func pragmaInt(ctx context.Context, conn *sql.Conn, name string) (n int64, err error) {
	if err := conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&n); err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return n, nil
}

// inTransaction runs fn in an immediate transaction of the connection: what fn
// runs on it belongs to the transaction.
func inTransaction(ctx context.Context, conn *sql.Conn, fn func() error) error {
	run := func(statement string) func() error {
		return func() error { _, err := conn.ExecContext(ctx, statement); return err }
	}
	return transact(run("BEGIN IMMEDIATE"), run("COMMIT"), run("ROLLBACK"), fn)
}

// transact runs fn between begin and commit.
func transact(begin, commit, rollback, fn func() error) error {
	if err := begin(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	err := fn()
	if err == nil {
		if err = commit(); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	// The first error is the one to tell; SQLite may have rolled back by
	// itself already.
	_ = rollback()
	return err
}
