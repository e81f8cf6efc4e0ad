package db

import (
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"
)

// tx implements Tx in the common subset of the engines' SQL: placeholders are
// ? or ?n, and columns of a row that is in conflict are named with their table.
type tx struct{ engine }

// engine runs statements inside one transaction.
type engine interface {
	// run runs a statement and returns how many rows it touched.
	run(query string, args ...any) (int64, error)
	// ask runs a query; its result must be closed before the next statement.
	ask(query string, args ...any) (rows, error)
}

// rows is the result of a query.
type rows interface {
	scanner
	Next() bool
	Err() error
	Close()
}

// scanner is one row of it.
type scanner interface{ Scan(dest ...any) error }

// run and ask keep out text that not every engine can hold.
func (t tx) run(query string, args ...any) (int64, error) {
	if err := checkText(args); err != nil {
		return 0, err
	}
	return t.engine.run(query, args...)
}

func (t tx) ask(query string, args ...any) (rows, error) {
	if err := checkText(args); err != nil {
		return nil, err
	}
	return t.engine.ask(query, args...)
}

func checkText(args []any) error {
	for _, arg := range args {
		if text, ok := arg.(string); ok && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
			return ErrText
		}
	}
	return nil
}

// exec runs a statement that must succeed.
func (t tx) exec(what, query string, args ...any) error {
	if _, err := t.run(query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// row scans the single row of a query into dest.
func (t tx) row(what, query string, args []any, dest ...any) error {
	_, err := one(t, what, query, args, func(r scanner) (struct{}, error) { return struct{}{}, r.Scan(dest...) })
	return err
}

// one reads the first row of a query.
func one[T any](t tx, what, query string, args []any, scan func(scanner) (T, error)) (T, error) {
	var v T
	r, err := t.ask(query, args...)
	if err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	defer r.Close()
	if !r.Next() {
		if err = r.Err(); err == nil {
			err = ErrNotFound
		}
		return v, fmt.Errorf("%s: %w", what, err)
	}
	if v, err = scan(r); err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}

// collect reads all rows of a query.
func collect[T any](t tx, what, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	r, err := t.ask(query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer r.Close()
	var all []T
	for r.Next() {
		v, err := scan(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		all = append(all, v)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}

// Meta implements Tx.
func (t tx) Meta(key string) (string, error) {
	var value string
	err := t.row("read setting "+key, "SELECT value FROM meta WHERE key = ?", []any{key}, &value)
	return value, err
}

// SetMeta implements Tx.
func (t tx) SetMeta(key, value string) error {
	return t.exec("write setting "+key,
		"INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key, value)
}

// sum32 scans a 32-byte column.
type sum32 struct{ to *[32]byte }

// Scan implements sql.Scanner.
func (s sum32) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(s.to) {
		return fmt.Errorf("column holds %T of %d bytes, want 32", v, len(b))
	}
	copy(s.to[:], b)
	return nil
}

func scanSum(r scanner) (sum [32]byte, err error) {
	err = r.Scan(sum32{&sum})
	return sum, err
}

// marks returns n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// nullable stores the empty string as NULL, so that UNIQUE ignores it.
func nullable(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
