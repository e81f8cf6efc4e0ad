package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// The bytes of a database that SQLite locks for readers.
const (
	lockStart  = 1<<30 + 2
	lockLength = 510
)

// CopyConfig is what may be known about a journal that is only read.
type CopyConfig struct {
	// Authority verifies countersignatures: the authority's keys of all times.
	// Without any, checkpoints are compared with the events, but nobody's
	// signature is verified.
	Authority []note.Verifier
	// KeyFile opens sealed parts; empty: they stay closed.
	KeyFile string
}

// Copy is a journal that somebody reads and nobody writes: the file of a counter
// where Salter is closed, a copy that Backup made, or an export
// (evidence.ExportWriter). Make one with OpenCopy. It is safe for concurrent
// use.
type Copy struct {
	j       *Journal // only its reading methods are used
	origin  string
	version int64
	export  bool   // it never had the parts
	temp    string // directory to be removed; empty: none
	lock    *os.File
}

// OpenCopy opens a journal for reading. The file is not changed, and Salter
// cannot open it meanwhile. If the program that wrote it was killed, what
// belongs into the file is put there in a private copy, which Close removes.
//
// Nothing is verified yet. Errors: ErrInUse, ErrMissing, ErrNewer, ErrCorrupt,
// ErrKey, and evidence.ErrExport.
func OpenCopy(ctx context.Context, path string, config CopyConfig) (_ *Copy, err error) {
	c := &Copy{j: &Journal{path: path, turn: make(chan struct{}, 1)}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open journal to read: %w", err), c.release())
		}
	}()
	if err := checkFile(path); err != nil {
		return nil, err
	}
	if config.KeyFile != "" {
		if c.j.keys, err = loadKeys(config.KeyFile); err != nil {
			return nil, err
		}
	}
	if c.lock, err = lockShared(path); err != nil {
		return nil, err
	}
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	if len(config.Authority) > 0 {
		c.j.config.Authority, c.j.config.Former = config.Authority[0], config.Authority[1:]
	}
	c.j.reopen = c.connect
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	c.j.turn <- struct{}{}
	return c, nil
}

// sqliteTitle begins every database of SQLite.
const sqliteTitle = "SQLite format 3\x00"

// settle makes sure that j.path is a database whose file is all of it.
func (c *Copy) settle(ctx context.Context) error {
	title := make([]byte, len(sqliteTitle))
	n, err := io.ReadFull(c.lock, title)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	wal, err := os.Stat(c.j.path + "-wal")
	if err != nil && !notThere(err) {
		return err
	}
	c.export = string(title[:n]) != sqliteTitle
	if !c.export && (wal == nil || wal.Size() == 0) {
		return nil
	}
	if c.temp, err = os.MkdirTemp("", "salter-journal-"); err != nil { // mode 0700
		return err
	}
	from := c.j.path
	c.j.path = filepath.Join(c.temp, "journal.db")
	if c.export {
		return importExport(ctx, from, c.j.path)
	}
	for _, suffix := range [...]string{"", "-wal"} {
		if err := copyPrivate(from+suffix, c.j.path+suffix); err != nil {
			return err
		}
	}
	db, conn, err := connect(ctx, c.j.path)
	if err != nil {
		return err
	}
	return errors.Join(flush(ctx, conn), conn.Close(), db.Close())
}

// copyPrivate copies a file.
func copyPrivate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := createPrivate(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// readSettings make the connection one that cannot write. An immutable file is
// neither locked nor accompanied by others.
const readSettings = "?mode=ro&immutable=1&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_defensive=1&_dqs=0"

// connect opens the database and looks whose journal it is. The caller owns
// c.j.
func (c *Copy) connect(ctx context.Context) (err error) {
	path, err := filepath.Abs(c.j.path)
	if err != nil {
		return err
	}
	if c.j.db, err = sql.Open("sqlite", uri(path)+readSettings); err != nil {
		return err
	}
	c.j.db.SetMaxOpenConns(1)
	if c.j.conn, err = c.j.db.Conn(ctx); err != nil {
		return classify(errors.Join(err, c.j.db.Close()))
	}
	if err := c.identify(ctx, c.j.conn); err != nil {
		return classify(errors.Join(err, c.j.disconnect()))
	}
	return nil
}

// identify reads what the file says of itself.
func (c *Copy) identify(ctx context.Context, conn *sql.Conn) error {
	scripts, err := migrations()
	if err != nil {
		return err
	}
	if c.version, err = journalVersion(ctx, conn, len(scripts)); err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "SELECT origin FROM journal").Scan(&c.origin); err != nil {
		return fmt.Errorf("read origin: %w", err)
	}
	c.j.config.Workstation, _ = strings.CutPrefix(c.origin, evidence.Origin(""))
	return nil
}

// Close ends reading and removes what was made for it.
func (c *Copy) Close() error {
	<-c.j.turn
	defer func() { c.j.turn <- struct{}{} }()
	c.j.closed = true
	var err error
	if c.j.conn != nil {
		err = c.j.disconnect()
	}
	return errors.Join(err, c.release())
}

// release gives the lock up and removes the private copy.
func (c *Copy) release() error {
	var errs []error
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
		c.lock = nil
	}
	if c.temp != "" {
		errs = append(errs, os.RemoveAll(c.temp))
	}
	return errors.Join(errs...)
}

// Origin is the first line of the journal's checkpoints.
func (c *Copy) Origin() string { return c.origin }

// Head returns the number of events, and the root of the tree as stored.
func (c *Copy) Head(ctx context.Context) (Head, error) { return c.j.Head(ctx) }

// Replay calls fn with every event in order. It ends with the first error of fn.
func (c *Copy) Replay(ctx context.Context, fn func(seq int64, event []byte) error) error {
	return c.j.Replay(ctx, fn)
}
