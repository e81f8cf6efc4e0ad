package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"salter/ca/authority/db"
	"salter/ca/authority/db/pgtest"
)

// besideEachOther: transactions at the same time end as if one had followed
// the other. Each reads what the others write.
func besideEachOther(t *testing.T, d db.DB) {
	const clients, rounds = 8, 5
	workstation(t, d, "BG-1-1")
	var working sync.WaitGroup
	for c := range clients {
		working.Go(func() {
			for r := range rounds {
				i := issuance(fmt.Sprintf("%d%d", c, r), c*rounds+r+1)
				err := d.Do(t.Context(), func(tx db.Tx) error { return tx.InsertIssuance(i) })
				ctx := t.Context()
				if c%2 == 0 {
					ctx = db.InTurn(ctx)
				}
				if err == nil {
					err = d.Do(ctx, func(tx db.Tx) error { return countEvent(tx, i) })
				}
				if err != nil {
					t.Errorf("client %d: %v", c, err)
				}
			}
		})
	}
	working.Wait()
	do(t, d, func(tx db.Tx) error {
		n, err := tx.Meta("n")
		if err != nil || n != strconv.Itoa(clients*rounds) {
			t.Errorf("counted %q, %v, want %d", n, err, clients*rounds)
		}
		if size, err := tx.JournalSize("BG-1-1"); err != nil || size != clients*rounds {
			t.Errorf("journal: %d, %v, want %d", size, err, clients*rounds)
		}
		rows, err := tx.IssuedAfter(0, 1000)
		for i, row := range rows {
			if row.Seq != int64(i)+1 {
				t.Errorf("certificate %d has number %d", i+1, row.Seq)
			}
		}
		if len(rows) != clients*rounds {
			t.Errorf("%d certificates, want %d", len(rows), clients*rounds)
		}
		return err
	})
}

// countEvent completes an issuance, appends the next event, and counts.
func countEvent(tx db.Tx, i db.Issuance) error {
	n, err := tx.Meta("n")
	if errors.Is(err, db.ErrNotFound) {
		n, err = "0", nil
	}
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	size, err := tx.JournalSize("BG-1-1")
	if err != nil {
		return err
	}
	if _, err := tx.CompleteIssuance(i.CSRSHA256, []byte("cert"), at); err != nil {
		return err
	}
	return errors.Join(tx.AppendEvent("BG-1-1", size+1, []byte("event")), tx.SetMeta("n", strconv.Itoa(number+1)))
}

// writeSkew: two transactions each see that the other has done nothing yet.
// Only one of them may be right.
func writeSkew(t *testing.T, d db.DB) {
	met := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{})}
	var working sync.WaitGroup
	for _, names := range [][2]string{{"a", "b"}, {"b", "a"}} {
		first := true
		working.Go(func() {
			if err := d.Do(t.Context(), func(tx db.Tx) error {
				_, err := tx.Meta(names[1])
				if first { // waits a little for the other, who cannot come where one begins when the other has ended
					first = false
					close(met[names[0]])
					select {
					case <-met[names[1]]:
					case <-time.After(100 * time.Millisecond):
					}
				}
				if errors.Is(err, db.ErrNotFound) {
					return tx.SetMeta(names[0], "alone")
				}
				return err
			}); err != nil {
				t.Errorf("%s: %v", names[0], err)
			}
		})
	}
	working.Wait()
	do(t, d, func(tx db.Tx) error {
		_, errA := tx.Meta("a")
		_, errB := tx.Meta("b")
		if (errA == nil) == (errB == nil) {
			t.Errorf("a: %v, b: %v, want one of them", errA, errB)
		}
		return nil
	})
}

// texts: what one engine cannot hold is refused by all, what looks like SQL is
// text.
func texts(t *testing.T, d db.DB) {
	for name, fn := range map[string]func(db.Tx) error{
		"NUL":                        func(tx db.Tx) error { return tx.SetMeta("a", "b\x00c") },
		"NUL in a look-up":           func(tx db.Tx) error { _, err := tx.Meta("b\x00"); return err },
		"not UTF-8":                  func(tx db.Tx) error { return tx.SetMeta("a", "b\xff") },
		"not UTF-8 in a look-up":     func(tx db.Tx) error { _, err := tx.Meta("b\xff"); return err },
		"half a letter in a look-up": func(tx db.Tx) error { _, err := tx.Meta("\xd0"); return err },
	} {
		if err := d.Do(t.Context(), fn); !errors.Is(err, db.ErrText) {
			t.Errorf("%s: got %v, want %v", name, err, db.ErrText)
		}
	}
	for _, text := range []string{"'; DROP TABLE meta; --", "? ?1 $1 $2", "Ђорђевић \U0001F600 %_\\", ""} {
		do(t, d, func(tx db.Tx) error { return tx.SetMeta(text, text) })
		do(t, d, func(tx db.Tx) error {
			if got, err := tx.Meta(text); err != nil || got != text {
				t.Errorf("got %q, %v, want %q", got, err, text)
			}
			return nil
		})
	}
}

// byteOrder: keys are in the order of their bytes, whatever the server thinks
// of an alphabet.
func byteOrder(t *testing.T, d db.DB) {
	names := []string{"A-b", "AB", "Aa", "a", "aB", "ab", "b"}
	for _, name := range slices.Backward(names) {
		workstation(t, d, name)
	}
	do(t, d, func(tx db.Tx) error {
		rows, err := tx.Workstations()
		var got []string
		for _, w := range rows {
			got = append(got, w.Name)
		}
		if !slices.Equal(got, names) {
			t.Errorf("order: got %v, want %v", got, names)
		}
		return err
	})
}

// TestSchemas: both engines have the same tables and columns, and a copy names
// them all.
func TestSchemas(t *testing.T) {
	path, url := filepath.Join(t.TempDir(), "ca.db"), pgtest.Database(t)
	made, err := db.OpenSQLite(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	openPostgres(t, url)
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	rows, err := raw.Query(`SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var sqlite, postgres []string
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		sqlite = append(sqlite, table+"."+column)
		if !slices.Contains(db.Tables(), table) {
			t.Errorf("table %s is not copied", table)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	found, err := c.Query(t.Context(), `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT IN ('schema_version', 'gate')`)
	if err != nil {
		t.Fatal(err)
	}
	if postgres, err = pgx.CollectRows(found, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	slices.Sort(sqlite)
	slices.Sort(postgres)
	if !slices.Equal(sqlite, postgres) {
		t.Errorf("the engines' columns differ; each migration needs a file for both\nsqlite   %s\npostgres %s",
			strings.Join(sqlite, " "), strings.Join(postgres, " "))
	}
}

// TestCopy carries a database from SQLite to PostgreSQL and back.
func TestCopy(t *testing.T) {
	ctx, there := t.Context(), pgtest.Database(t)
	first, err := db.OpenSQLite(ctx, filepath.Join(t.TempDir(), "ca.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	issuanceLife(t, first)
	contracts(t, first)
	list := db.CRL{Label: "l", Number: 1, ThisUpdate: at, NextUpdate: at, DER: []byte{1}}
	do(t, first, func(tx db.Tx) error { return tx.PutCRL(list) })
	list.Number = 2
	do(t, first, func(tx db.Tx) error { return tx.PutCRL(list) })
	journal(t, first)
	alarms(t, first)
	cases(t, first)
	second, err := db.OpenPostgres(ctx, there, true)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := first.CopyTo(ctx, second); err != nil {
		t.Fatal(err)
	}
	if err := first.CopyTo(ctx, second); !errors.Is(err, db.ErrNotEmpty) {
		t.Errorf("copied twice: got %v, want ErrNotEmpty", err)
	}
	fail(t, second, "the triggers are back", func(tx db.Tx) error { return tx.AppendEvent("BG-1-1", 9, []byte("x")) })
	back, again := filepath.Join(t.TempDir(), "back.db"), filepath.Join(t.TempDir(), "again.db")
	if err := errors.Join(second.Check(ctx), second.Snapshot(ctx, back), first.Snapshot(ctx, again)); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, back), dump(t, again); got != want {
		t.Errorf("after two copies:\n%s\nwant\n%s", got, want)
	}
	fail(t, open(t, back, false), "the triggers are back", func(tx db.Tx) error { return tx.AppendEvent("BG-1-1", 9, []byte("x")) })
}

// dump is all rows of all tables, and the schema.
func dump(t *testing.T, path string) string {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var all []string
	queries := []string{"SELECT type, name, sql FROM sqlite_master"}
	for _, table := range db.Tables() {
		queries = append(queries, "SELECT '"+table+"', * FROM "+table)
	}
	for _, query := range queries {
		rows, err := raw.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, to := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				to[i] = &values[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%q", values))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestOpenPostgresRefuses(t *testing.T) {
	ctx := t.Context()
	for _, tt := range []struct {
		name    string
		prepare string // SQL
		setting string // of the URL
		want    error
	}{
		{"empty", "", "", db.ErrEmpty},
		{"newer", "CREATE TABLE schema_version(number bigint); INSERT INTO schema_version VALUES(9999)", "", db.ErrNewer},
		{"confirms before it is written", "", "&synchronous_commit=off", db.ErrUnsafe},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := pgtest.Database(t)
			c, err := pgx.Connect(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(ctx)
			if _, err := c.Exec(ctx, tt.prepare); err != nil {
				t.Fatal(err)
			}
			if _, err := db.OpenPostgres(ctx, url+tt.setting, false); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	_, err := db.OpenPostgres(ctx, "postgres://u:secret@[/x", false)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("URL that cannot be read: got %v", err)
	}
}

// TestOpenTogether: processes that start at the same moment make one schema.
func TestOpenTogether(t *testing.T) {
	url := pgtest.Database(t)
	var starting sync.WaitGroup
	for range 4 {
		starting.Go(func() {
			d, err := db.OpenPostgres(t.Context(), url, true)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			_ = d.Close()
		})
	}
	starting.Wait()
}

// TestStoppedProgram: a process that stops in the middle of a transaction is cut
// off, and has written nothing; the others go on.
func TestStoppedProgram(t *testing.T) {
	url := pgtest.Database(t)
	others := openPostgres(t, url)
	stopped, err := db.OpenPostgres(t.Context(), url+"&idle_in_transaction_session_timeout=200", false)
	if err != nil {
		t.Fatal(err)
	}
	defer stopped.Close()
	wrote, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- stopped.Do(t.Context(), func(tx db.Tx) error {
			if err := tx.SetMeta("a", "stopped"); err != nil {
				return err
			}
			close(wrote)
			<-release
			return tx.SetMeta("b", "stopped")
		})
	}()
	<-wrote
	do(t, others, func(tx db.Tx) error { return tx.SetMeta("a", "others") })
	close(release)
	if err := <-ended; err == nil {
		t.Error("the transaction that was cut off was committed")
	}
	do(t, others, func(tx db.Tx) error {
		if a, err := tx.Meta("a"); err != nil || a != "others" {
			t.Errorf("a is %q, %v", a, err)
		}
		if b, err := tx.Meta("b"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("b is %q, %v, want ErrNotFound", b, err)
		}
		return nil
	})
}

// TestInTurn: transactions in turn do not break each other off, and others go on
// while one of them is under way.
func TestInTurn(t *testing.T) {
	d := openPostgres(t, pgtest.Database(t))
	const clients, rounds = 8, 5
	workstation(t, d, "BG-1-1")
	for n := range clients * rounds {
		do(t, d, func(tx db.Tx) error { return tx.InsertIssuance(issuance(fmt.Sprintf("%08x", n), n+1)) })
	}
	var runs atomic.Int64
	var working sync.WaitGroup
	for c := range clients {
		working.Go(func() {
			for r := range rounds {
				n := c*rounds + r
				if err := d.Do(db.InTurn(t.Context()), func(tx db.Tx) error {
					runs.Add(1)
					return countEvent(tx, issuance(fmt.Sprintf("%08x", n), n+1))
				}); err != nil {
					t.Errorf("client %d: %v", c, err)
				}
			}
		})
	}
	working.Wait()
	if got := runs.Load(); got != clients*rounds {
		t.Errorf("%d transactions were run %d times", clients*rounds, got)
	}
	// However many wait for their turn, there are connections for others.
	const more = 32
	short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := d.Do(db.InTurn(t.Context()), func(db.Tx) error {
		for range more {
			working.Go(func() {
				if err := d.Do(db.InTurn(t.Context()), func(db.Tx) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		for range more {
			if err := d.Do(short, func(tx db.Tx) error { return tx.SetMeta("beside", "yes") }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("others meanwhile: %v", err)
	}
	working.Wait()
}

// BenchmarkEngines: two durable transactions for each certificate, by 16
// clients at once, on both engines in one run.
func BenchmarkEngines(b *testing.B) {
	const clients = 16
	for _, e := range []struct {
		name string
		open func() (db.DB, error)
	}{
		{"sqlite", func() (db.DB, error) { return db.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "ca.db"), true) }},
		{"postgres", func() (db.DB, error) { return db.OpenPostgres(b.Context(), pgtest.Database(b), true) }},
	} {
		b.Run(e.name, func(b *testing.B) {
			d, err := e.open()
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			var next, calls atomic.Int64
			b.SetParallelism(clients / runtime.GOMAXPROCS(0))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := next.Add(1)
					i := issuance(fmt.Sprintf("%08x", n), int(n))
					err := d.Do(b.Context(), func(tx db.Tx) error {
						calls.Add(1)
						return tx.InsertIssuance(i)
					})
					if err == nil {
						err = d.Do(b.Context(), func(tx db.Tx) error {
							calls.Add(1)
							_, err := tx.CompleteIssuance(i.CSRSHA256, []byte("cert"), at)
							return err
						})
					}
					if err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "certificates/s")
			b.ReportMetric(float64(calls.Load())/float64(2*b.N), "tries/transaction")
		})
	}
}

// TestGuarded: of which URLs a stranger on the way sees or makes nothing.
func TestGuarded(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		want      bool
	}{
		{"socket", "postgres://ca@/ca?host=/run/postgresql", true},
		{"name compared", "postgres://ca@db.mup.gov.rs/ca?sslmode=verify-full", true},
		{"as it comes", "postgres://ca@db.mup.gov.rs/ca", false},
		{"in clear", "postgres://ca@db.mup.gov.rs/ca?sslmode=disable", false},
		{"to whomever", "postgres://ca@db.mup.gov.rs/ca?sslmode=require", false},
		{"to any of the CA", "postgres://ca@db.mup.gov.rs/ca?sslmode=verify-ca", false},
		{"socket, else in clear", "postgres://ca@/ca?host=/run/postgresql,db.mup.gov.rs&sslmode=prefer", false},
		{"socket, else name compared", "postgres://ca@/ca?host=/run/postgresql,db.mup.gov.rs&sslmode=verify-full", true},
	} {
		if got, err := db.GuardedAt(tt.url); err != nil || got != tt.want {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}
