package api_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the engine pgx of database/sql

	"salter/ca/authority/db/pgtest"
	"salter/ca/catest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.M{M: m}.Run()) }

// onPostgres says whether the authorities of these tests are on PostgreSQL: with
// SALTER_POSTGRES set, as make torture does; else they are on SQLite.
func onPostgres() bool { return os.Getenv("SALTER_POSTGRES") != "" }

// start starts an authority.
func start(t testing.TB, cfg catest.Config) *catest.Server {
	t.Helper()
	if onPostgres() {
		cfg.Database = pgtest.Database(t)
	}
	return catest.Start(t, cfg)
}

// database opens the database of an authority itself. SQLite's can be opened while
// the authority is stopped.
func (o *office) database(t *testing.T) *sql.DB {
	t.Helper()
	engine, source := "sqlite", filepath.Join(o.Dir, "ca.db")
	if onPostgres() {
		url, err := os.ReadFile(filepath.Join(o.Dir, "database"))
		if err != nil {
			t.Fatal(err)
		}
		engine, source = "pgx", strings.TrimSpace(string(url))
	}
	d, err := sql.Open(engine, source)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// exec changes the database of an authority that is stopped.
func (o *office) exec(t *testing.T, statements ...string) {
	t.Helper()
	d := o.database(t)
	defer d.Close()
	for _, s := range statements {
		if _, err := d.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}
