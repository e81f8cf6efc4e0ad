package authority

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"salter/ca/authority/db"
)

// Files of the folder that say where the database is: ca.db is SQLite's, and
// where there is a file named database, its one line is the URL of
// PostgreSQL's. It may hold a password.
const (
	sqliteFile   = "ca.db"
	databaseFile = "database"
	migratedFile = "ca.db.migrated" // what Migrate makes of ca.db
	lockFile     = "lock"
)

// serverURL is the URL of the folder's database; empty: it is SQLite's.
func serverURL(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(trimLine(text)), err
}

// keepURL writes it down.
func keepURL(dir, url string) error {
	if err := replaceFile(filepath.Join(dir, databaseFile), []byte(url+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep URL of database: %w", err)
	}
	return nil
}

// where decides which database the folder has.
func (a *Authority) where() (url string, err error) {
	if url, err = serverURL(a.cfg.Dir); err != nil || a.cfg.Database == "" || url == a.cfg.Database {
		return url, err
	}
	if url != "" {
		return "", fmt.Errorf("%w: the folder's file %s names another one", ErrDatabase, databaseFile)
	}
	none, err := missing(filepath.Join(a.cfg.Dir, sqliteFile))
	if err != nil {
		return "", err
	}
	if !none {
		return "", fmt.Errorf("%w: %s is in the folder; migrate it", ErrDatabase, sqliteFile)
	}
	return a.cfg.Database, nil
}

// openDB opens the database; fresh means that the keys are still to be made.
// A database is made only together with the keys, and keys are made only for
// a database that nobody used: else something was lost.
func (a *Authority) openDB(ctx context.Context, pkiDir string) (fresh bool, err error) {
	url, err := a.where()
	if err != nil {
		return false, err
	}
	if url != "" { // SQLite's own lock is on its file
		if a.lock, err = lockFolder(a.cfg.Dir); err != nil {
			return false, err
		}
	}
	if fresh, err = missing(pkiDir); err != nil {
		return false, err
	}
	if a.db, err = openDatabase(ctx, a.cfg.Dir, url, fresh); err != nil {
		return false, err
	}
	if url != "" && url == a.cfg.Database {
		if err := keepURL(a.cfg.Dir, url); err != nil {
			return false, err
		}
	}
	// Asked again under the lock: another start may just have ended.
	if fresh, err = missing(pkiDir); err != nil || !fresh {
		return false, err
	}
	return true, a.db.Do(ctx, func(tx db.Tx) error {
		if _, err := tx.Meta(metaAuthority); !errors.Is(err, db.ErrNotFound) {
			return errors.Join(fmt.Errorf("database without keys: %w", ErrLost), err)
		}
		return nil
	})
}

// openDatabase opens the database of a folder, and makes it if create is set.
func openDatabase(ctx context.Context, dir, url string, create bool) (db.DB, error) {
	if url != "" {
		d, err := db.OpenPostgres(ctx, url, create)
		if errors.Is(err, db.ErrEmpty) {
			return nil, fmt.Errorf("keys without database: %w: %w", ErrLost, err)
		}
		if err != nil {
			return nil, err // not a nil *Postgres in a DB
		}
		return d, nil
	}
	path := filepath.Join(dir, sqliteFile)
	if none, err := missing(path); err != nil || none && !create {
		return nil, errors.Join(fmt.Errorf("keys without database: %w", ErrLost), err)
	}
	d, err := db.OpenSQLite(ctx, path, create)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func missing(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// Migrate carries the authority of a folder, which nobody may serve, from
// SQLite to the PostgreSQL database at url, which must be empty, and verifies
// it: certificates, status changes and the heads of all journals must be the
// same, each proven by its signatures. Only then the folder is turned to the
// new database, and ca.db put aside. Broken off, it may be called again.
func Migrate(ctx context.Context, dir, url string) (Inventory, error) {
	i, err := migrate(ctx, dir, url)
	if err != nil {
		return i, fmt.Errorf("migrate: %w", err)
	}
	return i, nil
}

func migrate(ctx context.Context, dir, url string) (held Inventory, err error) {
	present, err := serverURL(dir)
	if err != nil {
		return held, err
	}
	if present != "" && present != url {
		return held, fmt.Errorf("%w: the folder's file %s names another one", ErrDatabase, databaseFile)
	}
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return held, fmt.Errorf("%w: its URL does not begin with postgres://", ErrDatabase)
	}
	v, err := newInspector(filepath.Join(dir, "pki"))
	if err != nil {
		return held, err
	}
	path := filepath.Join(dir, sqliteFile)
	if none, err := missing(path); err != nil || none {
		return held, errors.Join(fmt.Errorf("%w: there is no %s to migrate", ErrDatabase, sqliteFile), err)
	}
	from, err := db.OpenSQLite(ctx, path, false)
	if err != nil {
		return held, err
	}
	// Held to the end: nobody may serve it meanwhile.
	defer func() { err = errors.Join(err, from.Close()) }()
	if held, err = v.take(ctx, from); err != nil {
		return held, err
	}
	to, err := db.OpenPostgres(ctx, url, true)
	if err != nil {
		return held, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	copied := from.CopyTo(ctx, to)
	if copied != nil && !errors.Is(copied, db.ErrNotEmpty) {
		return held, copied
	}
	arrived, err := v.take(ctx, to)
	if err == nil && !reflect.DeepEqual(arrived, held) {
		err = fmt.Errorf("%w: it holds something else than %s", ErrInventory, sqliteFile)
	}
	if err != nil {
		return held, errors.Join(err, copied)
	}
	if err := keepURL(dir, url); err != nil {
		return held, err
	}
	if err := os.Rename(path, filepath.Join(dir, migratedFile)); err != nil {
		return held, err
	}
	return held, syncPath(dir)
}
