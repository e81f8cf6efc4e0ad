package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Snapshot implements DB.
func (d *SQLite) Snapshot(ctx context.Context, path string) error {
	if _, err := d.sql.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

// Check implements DB.
func (d *SQLite) Check(ctx context.Context) error {
	var answer string
	if err := d.sql.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&answer); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if answer != "ok" {
		return fmt.Errorf("check database: %w: %s", ErrDamaged, answer)
	}
	rows, err := d.sql.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	broken := rows.Next()
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if broken {
		return fmt.Errorf("check database: %w: a row refers to one that is not there", ErrDamaged)
	}
	return nil
}
