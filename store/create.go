package store

import (
	"context"
	"errors"
	"fmt"
	"os"

	"salter/store/evidence"
)

// Create makes an empty journal for a workstation, and the key file if there is
// none. It is for enrolment only; only Workstation, KeyFile, Recovery and HeadFile
// of config are used. A file that is already at the path is left alone and the error matches
// fs.ErrExist. The journal appears under its name complete or not at all.
func Create(ctx context.Context, path string, config Config) error {
	if config.Workstation == "" || config.KeyFile == "" {
		return errors.New("create journal: workstation and key file are required")
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("create journal: %w", os.ErrExist)
	case !notThere(err):
		return fmt.Errorf("create journal: %w", err)
	}
	switch kept, err := config.keptHead(); {
	case err != nil:
		return fmt.Errorf("create journal: %w", err)
	case kept.Size > 0:
		return fmt.Errorf("create journal: %w: there was one with %d events", ErrMissing, kept.Size)
	}
	if _, err := parseRecipients(config.Recovery); len(config.Recovery) > 0 && err != nil {
		return fmt.Errorf("create journal: %w", err)
	}
	if err := createKeys(config.KeyFile); err != nil {
		return fmt.Errorf("create journal: %w", err)
	}
	fresh := path + ".new"
	if err := removeDatabase(fresh); err != nil {
		return fmt.Errorf("create journal: %w", err)
	}
	f, err := createPrivate(fresh)
	if err != nil {
		return fmt.Errorf("create journal: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("create journal: %w", err)
	}
	if err := build(ctx, fresh, evidence.Origin(config.Workstation)); err != nil {
		return fmt.Errorf("create journal: %w", err)
	}
	return place(fresh, path)
}

// removeDatabase removes what an interrupted Create left.
func removeDatabase(path string) error {
	for _, suffix := range [...]string{"", "-wal", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !notThere(err) {
			return err
		}
	}
	return nil
}

// build turns an empty file into an empty journal.
func build(ctx context.Context, path, origin string) error {
	scripts, err := migrations()
	if err != nil {
		return err
	}
	db, conn, err := connect(ctx, path)
	if err != nil {
		return err
	}
	err = migrate(ctx, conn, scripts)
	if err == nil {
		err = inTransaction(ctx, conn, func() error {
			_, err := conn.ExecContext(ctx, "INSERT INTO journal VALUES (1, ?); INSERT INTO sync VALUES (1, 0)", origin)
			return err
		})
	}
	return errors.Join(err, flush(ctx, conn), conn.Close(), db.Close())
}
