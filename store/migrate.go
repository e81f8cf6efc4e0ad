package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

// applicationID marks the file as a journal: "SLTR" (PRAGMA application_id).
const applicationID = 0x534C5452

//go:embed migrations/*.sql
var embedded embed.FS

// migrations returns the scripts that build a journal, oldest first: the
// script at index n makes version n+1 of version n. A script once released is
// never changed, and none touches the body of an event.
func migrations() ([]string, error) {
	return readMigrations(embedded, "migrations")
}

// readMigrations reads the files 0001.sql, 0002.sql, … of dir.
func readMigrations(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var scripts []string
	for i, entry := range entries {
		if want := fmt.Sprintf("%04d.sql", i+1); entry.Name() != want {
			return nil, fmt.Errorf("list migrations: found %s, want %s", entry.Name(), want)
		}
		script, err := fs.ReadFile(fsys, dir+"/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		scripts = append(scripts, string(script))
	}
	return scripts, nil
}

// migrate brings the database from its version to the last one, each script in
// a transaction of its own that also counts the version up.
func migrate(ctx context.Context, conn *sql.Conn, scripts []string) error {
	version, err := pragmaInt(ctx, conn, "user_version")
	if err != nil {
		return err
	}
	for v := version; v < int64(len(scripts)); v++ {
		err := inTransaction(ctx, conn, func() error {
			_, err := conn.ExecContext(ctx, fmt.Sprintf("%s;\nPRAGMA user_version = %d", scripts[v], v+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate journal to version %d: %w", v+1, err)
		}
	}
	return nil
}

// upgrade checks that the file is a journal with the schema of its version and
// migrates it to ours. A copy of an older journal is kept beside it.
func upgrade(ctx context.Context, conn *sql.Conn, path string, scripts []string) error {
	version, err := journalVersion(ctx, conn, len(scripts))
	if err != nil {
		return err
	}
	if err := checkSchema(ctx, conn, scripts[:version]); err != nil {
		return err
	}
	if version == int64(len(scripts)) {
		return nil
	}
	if err := copyInto(ctx, conn, fmt.Sprintf("%s.v%d", path, version)); err != nil {
		return fmt.Errorf("copy journal before migration: %w", err)
	}
	return migrate(ctx, conn, scripts)
}

// journalVersion returns the version of the file, which must be a journal of a
// version up to the last.
func journalVersion(ctx context.Context, conn *sql.Conn, last int) (int64, error) {
	id, err := pragmaInt(ctx, conn, "application_id")
	if err != nil {
		return 0, err
	}
	version, err := pragmaInt(ctx, conn, "user_version")
	if err != nil {
		return 0, err
	}
	switch {
	case id != applicationID || version < 1:
		return 0, fmt.Errorf("%w: not a journal", ErrCorrupt)
	case version > int64(last):
		return 0, fmt.Errorf("%w: version %d, this program knows %d", ErrNewer, version, last)
	}
	return version, nil
}

// copyInto writes a copy of the database into a new private file.
func copyInto(ctx context.Context, conn *sql.Conn, path string) error {
	f, err := createPrivate(path)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

// checkSchema compares the schema of the file with the one that the scripts
// make, so that a dropped trigger or an added table does not go unseen.
func checkSchema(ctx context.Context, conn *sql.Conn, scripts []string) error {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return fmt.Errorf("build schema: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	fresh, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("build schema: %w", err)
	}
	defer fresh.Close()
	if err := migrate(ctx, fresh, scripts); err != nil {
		return err
	}
	want, err := schemaOf(ctx, fresh)
	if err != nil {
		return err
	}
	got, err := schemaOf(ctx, conn)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return tampered(0, "schema is not the one of version %d", len(scripts))
	}
	return nil
}

// schemaOf returns every object of the schema with its defining text.
func schemaOf(ctx context.Context, conn *sql.Conn) ([][4]string, error) {
	rows, err := conn.QueryContext(ctx,
		"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	defer rows.Close()
	var schema [][4]string
	for rows.Next() {
		var o [4]string
		if err := rows.Scan(&o[0], &o[1], &o[2], &o[3]); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		schema = append(schema, o)
	}
	return schema, rows.Err()
}
