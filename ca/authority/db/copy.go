package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Both engines have the same tables and columns, and a value of one is a value
// of the other. Copies carry whole tables over; the triggers that guard against
// wrong changes of the present database have nothing to say to them.

// tables lists all tables, each behind those that it refers to.
func tables() []string {
	return []string{"meta", "workstation", "workstation_key", "clerk", "anchor", "issuance", "assertion", "status", "status_change", "holder",
		"journal_event", "journal_node", "checkpoint", "commitment", "blob", "contract", "contract_end", "search", "pending_change", "approval",
		"crl", "contact", "alarm", "case_file", "case_name", "case_number", "enrolment_code", "operation", "journal_key"}
}

// columns lists those of a table.
func (d *SQLite) columns(ctx context.Context, table string) (names []string, err error) {
	rows, err := d.sql.QueryContext(ctx, "SELECT name FROM pragma_table_info(?) ORDER BY cid", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// CopyTo copies everything into a database that holds nothing yet, in one
// transaction; ErrNotEmpty.
func (d *SQLite) CopyTo(ctx context.Context, to *Postgres) error {
	t, err := to.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginAlone})
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	defer t.Rollback(context.WithoutCancel(ctx)) // after Commit it does nothing
	if _, err := t.Exec(ctx, "SET CONSTRAINTS ALL DEFERRED"); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	for _, table := range tables() {
		if err := d.copyTable(ctx, t, table); err != nil {
			return fmt.Errorf("copy table %s: %w", table, err)
		}
	}
	if _, err := t.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	for _, table := range tables() {
		if _, err := t.Exec(ctx, "ALTER TABLE "+table+" ENABLE TRIGGER USER"); err != nil {
			return fmt.Errorf("copy table %s: %w", table, err)
		}
	}
	if err := t.Commit(ctx); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if _, err := to.pool.Exec(ctx, "ANALYZE "+strings.Join(tables(), ", ")); err != nil { // so that indexes are used from the first day
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

func (d *SQLite) copyTable(ctx context.Context, to pgx.Tx, table string) error {
	var held bool
	if err := to.QueryRow(ctx, "SELECT EXISTS(SELECT 1 FROM "+table+")").Scan(&held); err != nil {
		return err
	}
	if held {
		return ErrNotEmpty
	}
	names, err := d.columns(ctx, table)
	if err != nil {
		return err
	}
	if _, err := to.Exec(ctx, "ALTER TABLE "+table+" DISABLE TRIGGER USER"); err != nil {
		return err
	}
	rows, err := d.sql.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	_, err = to.CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromFunc(func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		return scanValues(rows, len(names))
	}))
	return err
}

// scanValues reads a whole row as the driver has it.
func scanValues(rows *sql.Rows, n int) ([]any, error) {
	values, to := make([]any, n), make([]any, n)
	for i := range values {
		to[i] = &values[i]
	}
	return values, rows.Scan(to...)
}

// Snapshot implements DB. Nobody has to wait: the server keeps what the copy
// still has to read.
func (d *Postgres) Snapshot(ctx context.Context, path string) error {
	if err := d.snapshot(ctx, path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

func (d *Postgres) snapshot(ctx context.Context, path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	to, err := OpenSQLite(ctx, path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	from, err := d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable})
	if err != nil {
		return err
	}
	defer from.Rollback(context.WithoutCancel(ctx)) // it has changed nothing
	return to.copyFrom(ctx, from)
}

func (d *SQLite) copyFrom(ctx context.Context, from pgx.Tx) error {
	names := make(map[string][]string)
	for _, table := range tables() {
		var err error
		if names[table], err = d.columns(ctx, table); err != nil {
			return err
		}
	}
	t, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() // after Commit it does nothing
	triggers, err := dropTriggers(t)
	if err != nil {
		return err
	}
	if _, err := t.Exec("PRAGMA defer_foreign_keys = 1"); err != nil {
		return err
	}
	for _, table := range tables() {
		if err := copyRows(ctx, t, from, table, names[table]); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	for _, text := range triggers {
		if _, err := t.Exec(text); err != nil {
			return err
		}
	}
	return t.Commit()
}

// dropTriggers removes all triggers and returns what makes them again.
func dropTriggers(t *sql.Tx) (texts []string, err error) {
	found, err := collect(tx{sqliteTx{t}}, "list triggers", "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'", nil,
		func(r scanner) (trigger [2]string, err error) {
			err = r.Scan(&trigger[0], &trigger[1])
			return trigger, err
		})
	for _, trigger := range found {
		texts = append(texts, trigger[1])
		if _, err := t.Exec("DROP TRIGGER " + trigger[0]); err != nil {
			return nil, err
		}
	}
	return texts, err
}

func copyRows(ctx context.Context, to *sql.Tx, from pgx.Tx, table string, names []string) error {
	columns := strings.Join(names, ", ")
	insert, err := to.Prepare("INSERT INTO " + table + "(" + columns + ") VALUES(" + marks(len(names)) + ")")
	if err != nil {
		return err
	}
	defer insert.Close()
	rows, err := from.Query(ctx, "SELECT "+columns+" FROM "+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		if _, err := insert.Exec(values...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Check implements DB. The server compares every page that it reads with its
// checksum, if the cluster was made with them; a row that cannot be read is
// damage in either case.
func (d *Postgres) Check(ctx context.Context) error {
	for _, table := range tables() {
		var n int64
		if err := d.pool.QueryRow(ctx, "SELECT count(hashtext(row::text)) FROM "+table+" AS row").Scan(&n); err != nil {
			if damaged(err) {
				err = fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			return fmt.Errorf("check database: table %s: %w", table, err)
		}
	}
	return nil
}
