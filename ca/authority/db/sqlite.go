package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"modernc.org/sqlite"
)

//go:embed migrations/*.sql migrations/postgres/*.sql
var migrations embed.FS

// settings are those the counters' journal is proven with (WAL, FULL,
// EXCLUSIVE, one connection): no acknowledged row is lost by a power cut.
const settings = "&_txlock=immediate&_busy_timeout=500" +
	"&_pragma=locking_mode(EXCLUSIVE)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)" +
	"&_pragma=recursive_triggers(1)&_pragma=fullfsync(1)&_pragma=checkpoint_fullfsync(1)" +
	"&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_defensive=1&_dqs=0&_error_rc=1"

// SQLite is the DB in one file, for an authority on one machine.
type SQLite struct{ sql *sql.DB }

// OpenSQLite opens the database at path, or makes it if create is set; a
// mistyped path must not become an empty register. It fails with ErrInUse
// while another process holds it.
func OpenSQLite(ctx context.Context, path string, create bool) (*SQLite, error) {
	sqlite.StrictPragmas(true)
	// POSIX locks vanish when any code of the process closes the file; where
	// OFD locks are missing nothing else can be done about it.
	_, _ = sqlite.OFDLocking(true)
	mode := "rw"
	if create {
		mode = "rwc"
	}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode="+mode+settings)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	pool.SetMaxOpenConns(1)
	d := &SQLite{sql: pool}
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", inUse(err)), pool.Close())
	}
	return d, nil
}

func (d *SQLite) prepare(ctx context.Context) error {
	for _, want := range [][2]string{{"synchronous", "2"}, {"journal_mode", "wal"}, {"locking_mode", "exclusive"}} {
		var got string
		if err := d.sql.QueryRowContext(ctx, "PRAGMA "+want[0]).Scan(&got); err != nil {
			return err
		}
		if got != want[1] {
			return fmt.Errorf("%s is %q, want %q", want[0], got, want[1])
		}
	}
	return d.migrate(ctx)
}

func (d *SQLite) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var version int
	if err := d.sql.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(files) {
		return fmt.Errorf("schema %d: %w", version, ErrNewer)
	}
	for i, name := range files[version:] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if err := d.apply(ctx, string(text), version+i+1); err != nil {
			return fmt.Errorf("apply %s: %w", name, err)
		}
	}
	return nil
}

func (d *SQLite) apply(ctx context.Context, text string, version int) error {
	t, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() // after Commit it does nothing
	if _, err := t.Exec(text); err != nil {
		return err
	}
	if _, err := t.Exec(fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return err
	}
	return t.Commit()
}

// Do implements DB.
func (d *SQLite) Do(ctx context.Context, fn func(Tx) error) error {
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", inUse(err))
	}
	defer conn.Close()
	// ctx bounds the waiting only. Interrupted, the connection would be thrown
	// away, and the exclusive lock with it.
	t, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("begin: %w", inUse(err))
	}
	defer t.Rollback() // after Commit it does nothing
	if err := fn(tx{sqliteTx{t}}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Close implements DB.
func (d *SQLite) Close() error {
	_, err := d.sql.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, d.sql.Close())
}

// inUse turns SQLite's BUSY into ErrInUse: with one connection per process
// and an exclusive lock it can mean nothing else.
func inUse(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == 5 {
		return ErrInUse
	}
	return err
}

// sqliteTx implements engine.
type sqliteTx struct{ *sql.Tx }

func (t sqliteTx) run(query string, args ...any) (int64, error) {
	result, err := t.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t sqliteTx) ask(query string, args ...any) (rows, error) {
	r, err := t.Query(query, args...)
	if err != nil {
		return nil, err
	}
	return sqliteRows{r}, nil
}

// sqliteRows implements rows. What Close finds wrong, Err has said before.
type sqliteRows struct{ *sql.Rows }

func (r sqliteRows) Close() { _ = r.Rows.Close() }
