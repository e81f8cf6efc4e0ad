package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	"salter/store/evidence"
)

// importExport makes a database of an export, so that it can be read like any
// other journal. Its tree is computed here; the checkpoints tell whether it is
// the right one.
func importExport(ctx context.Context, from, path string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := evidence.NewExportReader(bufio.NewReader(in))
	if err != nil {
		return fmt.Errorf("%w: neither a journal nor an export: %w", ErrCorrupt, err)
	}
	if r.From != 1 {
		return fmt.Errorf("%w: begins with event %d; only a whole journal can be read", evidence.ErrExport, r.From)
	}
	f, err := createPrivate(path)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := build(ctx, path, r.Origin); err != nil {
		return err
	}
	db, conn, err := connect(ctx, path)
	if err != nil {
		return err
	}
	j := &Journal{conn: conn, db: db}
	j.statements, err = prepare(ctx, conn)
	if err == nil {
		err = inTransaction(ctx, conn, func() error { return j.importEntries(ctx, conn, r) })
	}
	if err == nil {
		err = flush(ctx, conn)
	}
	return errors.Join(err, j.disconnect())
}

// importEntries stores what an export holds. An event that is none keeps its
// place, for verification to find.
func (j *Journal) importEntries(ctx context.Context, conn *sql.Conn, r *evidence.ExportReader) error {
	tree := new(evidence.Tree)
	for {
		entry, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		switch {
		case entry.Event != nil:
			header, _ := evidence.ParseHeader(entry.Event)
			err = j.statements.insertEvent(ctx, tree, record{entry.Event, header})
		case entry.Checkpoint != nil:
			err = importCheckpoint(ctx, conn, entry.Checkpoint)
		}
		if err != nil {
			return err
		}
	}
}

// importCheckpoint stores a checkpoint of an export at the size it names.
func importCheckpoint(ctx context.Context, conn *sql.Conn, signed []byte) error {
	c, err := evidence.ReadCheckpoint(signed)
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "INSERT OR IGNORE INTO checkpoint VALUES (?, ?, 0)", c.Size, signed); err != nil {
		return fmt.Errorf("store checkpoint: %w", err)
	}
	return nil
}
