package db

import "github.com/jackc/pgx/v5/pgconn"

// Tables lists what copies carry over.
func Tables() []string { return tables() }

// GuardedAt reports whether the way to the server at url is guarded.
func GuardedAt(url string) (bool, error) {
	cfg, err := pgconn.ParseConfig(url)
	return err == nil && guarded(cfg), err
}
