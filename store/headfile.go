package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"salter/store/evidence"
)

// keptHead reads the head that an earlier run left outside the database; the
// zero Head if none is kept. A head that cannot be read is an error: it would
// be an easy way around it.
func (c *Config) keptHead() (Head, error) {
	if c.HeadFile == "" {
		return Head{}, nil
	}
	signed, err := os.ReadFile(c.HeadFile)
	if notThere(err) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("read kept head: %w", err)
	}
	head, err := evidence.ReadCheckpoint(signed)
	if err != nil {
		return Head{}, tampered(0, "kept head %s: %v", filepath.Base(c.HeadFile), err)
	}
	if head.Origin != evidence.Origin(c.Workstation) {
		return Head{}, fmt.Errorf("%w: kept head of %q", ErrForeign, head.Origin)
	}
	return Head{Size: head.Size, Root: head.Root}, nil
}

// keepHead writes the present head outside the database. The caller owns the
// journal, which is open.
func (j *Journal) keepHead(ctx context.Context, conn *sql.Conn) error {
	if j.config.HeadFile == "" {
		return nil
	}
	if err := j.loadTree(ctx, conn); err != nil {
		return err
	}
	signed, err := j.sign(Head{j.tree.Size(), j.tree.Root()})
	if err != nil {
		return err
	}
	if err := replaceFile(j.config.HeadFile, signed); err != nil {
		return fmt.Errorf("keep head: %w", err)
	}
	return nil
}

// replaceFile gives a private file new contents, so that a crash leaves the old
// ones or the new ones.
func replaceFile(path string, text []byte) error {
	f, err := createPrivate(path + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
