package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// Config is what a journal needs beside its file.
type Config struct {
	// Workstation is the counter's name, office and number, for instance
	// "BG-017-03".
	Workstation string
	// KeyFile holds the data key that seals the parts of cases.
	KeyFile string
	// Signer signs checkpoints; its name is evidence.Origin(Workstation).
	Signer note.Signer
	// Verifier is the public half of Signer, encoded. With it the journal holds
	// its own signatures under countersigned checkpoints to be those of the key
	// in force, and Rekey can be called. Empty: not known.
	Verifier string
	// Further are the signers that came after Signer, in any order; one that is
	// not in force yet does no harm: see Rekey.
	Further []note.Signer
	// Authority verifies the countersignatures of the authority.
	Authority note.Verifier
	// Former are keys the authority countersigned with before, if any.
	Former []note.Verifier
	// MinFree is how many bytes must be free before a case begins; 0 means
	// DefaultMinFree.
	MinFree int64
	// PartTerms tells by which words a part is found, by the part's name; it is
	// given the content, without salt. Other parts are found by nothing. It must
	// give the same words for the same content for as long as the part is here.
	PartTerms map[string]func(content []byte) Terms
	// EventTerms tells by which words in an event its case is found. They stay
	// when the parts of the case are erased. nil: none.
	EventTerms func(kind string, event []byte) []Term
	// Recovery are age recipients (https://age-encryption.org/v1) for whom the
	// data key is sealed in a file beside KeyFile, to be opened offline when the
	// key file is lost: see RecoverKeys.
	Recovery []string
	// KeyAge is how old the newest data key may become: Open makes a new one then
	// and appends the event that says so (KindDataKey). What fails in that is in
	// KeyState, and tried again at the next start. 0: never.
	KeyAge time.Duration
	// HeadFile keeps, outside the database, the head that the journal had when it
	// was last opened or closed: a journal that has become shorter, or another,
	// does not open (ErrTampered), and Create makes none in place of one that
	// is gone (ErrMissing). Empty: no head is kept. It is removed by hand where
	// a copy is restored on purpose.
	HeadFile string
	// Now is the clock; nil means time.Now. Nothing is ordered by it.
	Now func() time.Time
}

// check refuses what Open cannot work with.
func (c *Config) check() error {
	switch {
	case c.Workstation == "" || c.KeyFile == "" || c.Signer == nil || c.Authority == nil:
		return errors.New("configure journal: workstation, key file, signer and authority are required")
	case c.Signer.Name() != evidence.Origin(c.Workstation):
		return fmt.Errorf("configure journal: checkpoint key is of %s", c.Signer.Name())
	}
	return nil
}

// Journal is an open journal. Make one with Open.
type Journal struct {
	path     string
	config   Config
	keys     *dataKeys
	keyState KeyState

	// turn holds one token; whoever took it out owns the fields below it.
	// A channel and not a mutex, so that waiting ends with a context.
	turn   chan struct{}
	reopen func(context.Context) error // connects again after a failure of the disk
	db     *sql.DB
	conn   *sql.Conn      // nil: to be opened again after a failure of the disk
	tree   *evidence.Tree // nil: to be loaded again after a failed write
	last   Head           // of what Append said was stored, in this run
	names  nameIndex      // of the parts that are here
	closed bool
	// Prepared on conn, and closed with it.
	statements *statements

	// syncing holds one token for whoever runs Sync; it owns the two fields
	// below.
	syncing  chan struct{}
	compared bool  // the authority's head was compared with our tree in this run
	fork     error // once set, nothing is sent any more

	ballast sync.Mutex // guards the file of the reserve; taken after the turn, if both are

	mu      sync.Mutex // guards what follows
	state   SyncState
	epochs  evidence.Epochs // of the checkpoints' key
	further []note.Signer   // beside config.Signer
}

// Open opens the journal at path and verifies it against the last countersigned
// checkpoint: the root of the tree at that point, and all events behind it, and
// in any case the last 5,000. The events before are for Verify, when there is
// time: a journal of years opens as fast as a new one. See the package comment
// for the errors.
func Open(ctx context.Context, path string, config Config) (*Journal, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.MinFree == 0 {
		config.MinFree = DefaultMinFree
	}
	j := &Journal{
		path:    path,
		config:  config,
		turn:    make(chan struct{}, 1),
		syncing: make(chan struct{}, 1),
		further: config.Further,
	}
	if err := checkFile(path); err != nil { // before a missing key is the finding
		return nil, fmt.Errorf("open journal: %w", err)
	}
	var err error
	if j.keys, err = loadKeys(config.KeyFile); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.reopen = j.open
	if err := j.open(ctx); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	renewed := j.renewKey(ctx, j.conn)
	j.keyState = keyStateOf(config) // of keys that are known to be the right ones
	j.keyState.Err = errors.Join(j.keyState.Err, renewed)
	j.turn <- struct{}{}
	j.syncing <- struct{}{}
	return j, nil
}

// keyStateOf keeps the keys for recovery and says how they are kept. What fails
// is to be told, and is no reason to keep the counter closed.
func keyStateOf(config Config) (s KeyState) {
	plain, protected, err := readKeyFile(config.KeyFile)
	clear(plain)
	if err != nil {
		return KeyState{Err: err}
	}
	s.Protected = protected
	if len(config.Recovery) > 0 {
		s.RecoveryFile, s.Err = keepForRecovery(config.KeyFile, config.Recovery)
	}
	return s
}

// checkFile tells a missing file from a damaged one, which SQLite does not: it
// would take a file cut to nothing for a new database.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case notThere(err):
		return fmt.Errorf("%w: %w", ErrMissing, err)
	case err != nil:
		return err
	case info.Size() == 0:
		return fmt.Errorf("%w: file is empty", ErrCorrupt)
	}
	return nil
}

// open connects to the file and verifies what is in it. The caller owns the
// journal.
func (j *Journal) open(ctx context.Context) (err error) {
	if err := checkFile(j.path); err != nil {
		return err
	}
	if j.db, j.conn, err = connect(ctx, j.path); err != nil {
		return err
	}
	if err := j.verifyAtOpen(ctx); err != nil {
		_ = j.disconnect() // the failure that led here is the one to report
		return classify(err)
	}
	return nil
}

// verifyAtOpen checks everything that can be checked in a moment: Verify does
// the rest.
func (j *Journal) verifyAtOpen(ctx context.Context) error {
	scripts, err := migrations()
	if err != nil {
		return err
	}
	if err := upgrade(ctx, j.conn, j.path, scripts); err != nil {
		return err
	}
	var origin string
	if err := j.conn.QueryRowContext(ctx, "SELECT origin FROM journal").Scan(&origin); err != nil {
		return fmt.Errorf("read origin: %w", err)
	}
	if want := evidence.Origin(j.config.Workstation); origin != want {
		return fmt.Errorf("%w: origin %q, want %q", ErrForeign, origin, want)
	}
	epochs, err := loadEpochs(ctx, j.conn, origin, j.config.Verifier)
	if err != nil {
		return err
	}
	j.setEpochs(epochs, nil)
	last, err := readCheckpoints(ctx, j.conn, lastCheckpoint)
	if err != nil {
		return err
	}
	a, err := j.newAudit(last)
	if err != nil {
		return err
	}
	kept, err := j.config.keptHead()
	if err != nil {
		return err
	}
	a.expect(j.last)
	a.expect(kept)
	if err := a.skip(ctx, j.conn); err != nil {
		return err
	}
	for done := false; !done; {
		if done, err = a.nextPage(ctx, j.conn); err != nil {
			return err
		}
	}
	if err := j.tryKey(ctx, j.conn); err != nil {
		return err
	}
	j.tree = a.tree
	if _, err := j.signerAt(j.tree.Size()); err != nil {
		return err
	}
	if err := j.loadSyncState(ctx, j.conn); err != nil {
		return err
	}
	// A full disk is no reason to keep the counter closed: the older head stays.
	_ = j.keepHead(ctx, j.conn)
	j.statements, err = prepare(ctx, j.conn)
	return err
}

// Close writes the log back into the file and closes it. It may be repeated.
func (j *Journal) Close() error {
	<-j.turn
	defer func() { j.turn <- struct{}{} }()
	j.closed = true
	if j.conn == nil {
		return nil
	}
	ctx := context.Background()
	if err := errors.Join(j.keepHead(ctx, j.conn), flush(ctx, j.conn), j.disconnect()); err != nil {
		return fmt.Errorf("close journal: %w", classify(err))
	}
	return nil
}

// flush empties the write-ahead log, so that the file alone is the whole
// journal and nothing erased lingers beside it.
func flush(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// disconnect closes the connection, and with it gives up the lock on the file.
func (j *Journal) disconnect() error {
	err := errors.Join(j.statements.close(), j.conn.Close(), j.db.Close())
	j.db, j.conn, j.statements, j.tree = nil, nil, nil, nil
	j.names = nameIndex{} // a part of the last append may be there without its names
	return err
}

// do runs fn with the connection. Waiting for the turn ends with ctx; what runs
// then is short and runs to its end, because a statement that is interrupted
// half-way would leave it open whether it happened.
func (j *Journal) do(ctx context.Context, fn func(ctx context.Context, conn *sql.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-j.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { j.turn <- struct{}{} }()
	if j.closed {
		return ErrClosed
	}
	ctx = context.WithoutCancel(ctx)
	if j.conn == nil {
		if err := j.reopen(ctx); err != nil {
			return fmt.Errorf("open journal again: %w", err)
		}
	}
	err := fn(ctx, j.conn)
	if connectionLost(err) {
		_ = j.disconnect() // what it could add is in err already
	}
	return classify(err)
}

// connectionLost says whether the file must be opened and verified anew: the
// disk failed or returned something that is not what was written.
func connectionLost(err error) bool {
	switch sqliteCode(err) {
	case codeIOErr, codeCorrupt, codeNotADB, codeCantOpen:
		return true
	}
	return errors.Is(err, sql.ErrConnDone)
}
