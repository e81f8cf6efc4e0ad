package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Postgres is the DB on a PostgreSQL server, for an authority of several
// processes: none of them keeps a state that the others have to know.
//
// Transactions are serialisable by the server's own watch (SERIALIZABLE). One
// that it breaks off because of another is run again; the third time it is run
// alone, so that nobody waits for ever. Those that are known to disturb each
// other take turns (InTurn).
type Postgres struct {
	pool    *pgxpool.Pool
	guarded bool
	turn    chan struct{} // who holds it may begin in turn: those who wait keep no connection from others
}

// sessionSettings are those of every connection that the URL does not set. A
// program that stops or vanishes in the middle of a transaction must not keep
// the others waiting. Sequential scans would make the server see conflicts
// between transactions that have nothing to do with each other.
var sessionSettings = map[string]string{
	"application_name":                    "salter-ca",
	"lock_timeout":                        "30s",
	"idle_in_transaction_session_timeout": "60s",
	"tcp_keepalives_idle":                 "10",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "4",
	"enable_seqscan":                      "off",
}

// OpenPostgres opens the database at url (postgres://…), and makes the tables
// if create is set and there are none; without create, an empty database is
// ErrEmpty: a mistyped name must not become an empty register. Several
// processes may open it at once.
func OpenPostgres(ctx context.Context, url string, create bool) (*Postgres, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("open database: the URL cannot be read") // the cause could quote a password
	}
	for name, value := range sessionSettings {
		if _, set := cfg.ConnConfig.RuntimeParams[name]; !set {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	if cfg.ConnConfig.ValidateConnect == nil { // a copy that follows another server knows nothing for certain
		cfg.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTime
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = maxConnections
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &Postgres{pool: pool, guarded: guarded(&cfg.ConnConfig.Config), turn: make(chan struct{}, 1)}
	if err := d.prepare(ctx, create); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return d, nil
}

// Guarded reports whether nobody on the way to the server can read along or
// answer in its place.
func (d *Postgres) Guarded() bool { return d.guarded }

// guarded wants of every way to the server that it is a Unix socket, or TLS
// that compares the server's name (sslmode=verify-full). The default, TLS if
// the server happens to offer it, is neither.
func guarded(cfg *pgconn.Config) bool {
	ways := append([]*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}}, cfg.Fallbacks...)
	return !slices.ContainsFunc(ways, func(way *pgconn.FallbackConfig) bool {
		network, _ := pgconn.NetworkAddress(way.Host, way.Port)
		return network != "unix" && (way.TLSConfig == nil || way.TLSConfig.InsecureSkipVerify)
	})
}

// maxConnections is how many transactions a process runs at once; others wait.
const maxConnections = 16

// connectTime is how long a server may take to answer a new connection, unless
// the URL says otherwise (connect_timeout).
const connectTime = 10 * time.Second

func (d *Postgres) prepare(ctx context.Context, create bool) error {
	for _, want := range []struct{ setting, not string }{{"fsync", "off"}, {"full_page_writes", "off"}, {"synchronous_commit", "off"}} {
		var got string
		if err := d.pool.QueryRow(ctx, "SELECT current_setting($1)", want.setting).Scan(&got); err != nil {
			return err
		}
		if got == want.not {
			return fmt.Errorf("%w: %s is %s", ErrUnsafe, want.setting, got)
		}
	}
	var encoding string
	if err := d.pool.QueryRow(ctx, "SELECT current_setting('server_encoding')").Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("%w: the encoding is %s, want UTF8", ErrUnsafe, encoding)
	}
	return d.migrate(ctx, create)
}

// migrating is the advisory lock of whoever changes the schema ("salt").
const migrating = 0x73616c74

// migrate brings the schema up to date, all of it or nothing. Processes that
// start together wait for each other.
func (d *Postgres) migrate(ctx context.Context, create bool) error {
	t, err := d.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback(context.WithoutCancel(ctx)) // after Commit it does nothing
	if _, err := t.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrating); err != nil {
		return err
	}
	version, err := postgresVersion(ctx, t)
	if err != nil {
		return err
	}
	if version == 0 && !create {
		return ErrEmpty
	}
	files, err := fs.Glob(migrations, "migrations/postgres/*.sql")
	if err != nil {
		return err
	}
	for _, name := range files {
		number, err := strconv.Atoi(strings.TrimSuffix(path.Base(name), ".sql"))
		if err != nil {
			return err
		}
		if number <= version {
			continue
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, string(text)); err != nil {
			return fmt.Errorf("apply %s: %w", name, err)
		}
		if _, err := t.Exec(ctx, "UPDATE schema_version SET number = $1", number); err != nil {
			return err
		}
	}
	return t.Commit(ctx)
}

// postgresVersion is the number of the last migration, 0 for none. It is newer
// than this program if there is no file for it.
func postgresVersion(ctx context.Context, t pgx.Tx) (version int, err error) {
	var there bool
	if err := t.QueryRow(ctx, "SELECT to_regclass('schema_version') IS NOT NULL").Scan(&there); err != nil {
		return 0, err
	}
	if !there {
		_, err := t.Exec(ctx, "CREATE TABLE schema_version(number bigint NOT NULL); INSERT INTO schema_version VALUES(0)")
		return 0, err
	}
	if err := t.QueryRow(ctx, "SELECT number FROM schema_version").Scan(&version); err != nil {
		return 0, err
	}
	if _, err := fs.Stat(migrations, fmt.Sprintf("migrations/postgres/%04d.sql", version)); err != nil {
		return 0, fmt.Errorf("schema %d: %w", version, ErrNewer)
	}
	return version, nil
}

// How often a transaction is run.
const (
	together = 2  // beside others
	tries    = 10 // in all; alone, it should not be disturbed
)

// Do implements DB.
func (d *Postgres) Do(ctx context.Context, fn func(Tx) error) error {
	if inTurn(ctx) {
		select {
		case d.turn <- struct{}{}:
			defer func() { <-d.turn }()
		case <-ctx.Done():
			return fmt.Errorf("begin: %w", ctx.Err())
		}
	}
	for try := 1; ; try++ {
		alone := try > together
		err := d.try(ctx, fn, alone)
		if !disturbed(err, alone) || try == tries {
			return err
		}
	}
}

// disturbed reports whether an error may be the doing of another transaction.
// One who is alone has himself to blame for a row that is there twice.
func disturbed(err error, alone bool) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	case "23505": // unique_violation
		return !alone
	}
	return false
}

// damaged reports whether the server could not read what it had written.
func damaged(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "XX001" || e.Code == "XX002") // data_corrupted, index_corrupted
}

// How a transaction begins: together with others, together with others but one
// of those in turn, or alone. LOCK does not take the snapshot yet, so that who
// waited for it sees what came before him.
const (
	beginTogether = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE gate IN ROW SHARE MODE"
	beginInTurn   = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE gate IN SHARE UPDATE EXCLUSIVE MODE"
	beginAlone    = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE gate IN EXCLUSIVE MODE"
)

func (d *Postgres) try(ctx context.Context, fn func(Tx) error, alone bool) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Release()
	begin := beginTogether
	switch {
	case alone:
		begin = beginAlone
	case inTurn(ctx):
		begin = beginInTurn
	}
	t, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	ctx = context.WithoutCancel(ctx)
	defer t.Rollback(ctx) // after Commit it does nothing
	e := &postgresTx{ctx: ctx, tx: t}
	err = fn(tx{e})
	if e.failed != nil && (err == nil || disturbed(e.failed, alone)) {
		return e.failed // what fn made of it counts for nothing
	}
	if err != nil {
		return err
	}
	if err := t.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Close implements DB.
func (d *Postgres) Close() error {
	d.pool.Close()
	return nil
}

// postgresTx implements engine.
type postgresTx struct {
	ctx    context.Context // of the one call of Do that it belongs to; Tx has none
	tx     pgx.Tx
	failed error // the first error: no statement after it does anything
}

func (t *postgresTx) run(query string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(t.ctx, dollars(query), args...)
	return tag.RowsAffected(), t.note(err)
}

func (t *postgresTx) ask(query string, args ...any) (rows, error) {
	r, err := t.tx.Query(t.ctx, dollars(query), args...)
	if err != nil {
		return nil, t.note(err)
	}
	return postgresRows{r, t}, nil
}

func (t *postgresTx) note(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// postgresRows implements rows.
type postgresRows struct {
	pgx.Rows
	tx *postgresTx
}

func (r postgresRows) Err() error { return r.tx.note(r.Rows.Err()) }

func (r postgresRows) Close() {
	r.Rows.Close()
	_ = r.tx.note(r.Rows.Err()) // also of who did not read to the end
}

// dollars turns the placeholders ? and ?n into $n.
func dollars(query string) string {
	var b strings.Builder
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		b.WriteByte('$')
		if i+1 == len(query) || query[i+1] < '1' || query[i+1] > '9' {
			n++
			b.WriteString(strconv.Itoa(n))
		}
	}
	return b.String()
}
