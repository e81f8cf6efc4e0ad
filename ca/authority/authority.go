package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/authority/lint"
	"salter/ca/profile"
)

// clockSlack is how far a client's clock may be off (clock-drift).
const clockSlack = 5 * time.Minute

// Config says where an authority lives and how it is reached. Only Dir is
// required.
type Config struct {
	// Dir holds everything: pki (keys and CA certificates), profiles,
	// policy.json, ca.db, heads. What is missing at the first start is made there.
	Dir string
	// Database is the URL of PostgreSQL (postgres://…) for a new folder, which
	// remembers it; empty: as the folder says, and for a new one SQLite in
	// ca.db. Several processes may serve one PostgreSQL database, each with a
	// folder of its own and the same pki, profiles and policy.json in it.
	Database string
	// Plan is how the hierarchy is made; nil: as for a demonstration. Open
	// refuses one where there is an authority already.
	Plan *Plan
	// Signed is a folder with root.pem and issuer-<label>.pem, which a root
	// off-line has made of the requests of MakeRequests; for a Plan without a
	// root's key.
	Signed string
	// SignProfiles signs the profile files and policy.json as they are, in
	// place of comparing them with what was signed before.
	SignProfiles bool
	// IssuerKey replaces the kind of issuer key in the profile files that the
	// first start writes, for instance rsa2048, so that tests start fast.
	IssuerKey string
	// API and Public are the addresses for the trust bundles of workstations,
	// https://host:port and http://host:port; empty: those last remembered.
	API, Public string
	// MinClient is the oldest version of Salter that may request certificates,
	// for instance 1.2.0; empty: any.
	MinClient string
	// CRLPause is the shortest time between two lists of revoked certificates;
	// 0: a minute.
	CRLPause time.Duration
	// Silence is after how long without a word an active workstation is an
	// alarm; 0: three days.
	Silence time.Duration
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Log gets one record per operation; nil: slog.Default.
	Log *slog.Logger
}

// Authority is the reference CA without its network. All methods may be called
// from any goroutine.
type Authority struct {
	cfg     Config
	db      db.DB
	lock    *os.File // of the folder, where the database is not in it; or nil
	pki     *pki
	now     func() time.Time
	log     *slog.Logger
	rules   rules
	linter  *lint.Linter
	version int // of the policy

	// signing keeps two goroutines from signing for the same request, which
	// would be work for nothing: one mutex for each first byte of the CSR's
	// hash, modulo its length.
	signing [64]sync.Mutex

	watch     watch
	clock     clock
	tls       serverCertificate
	lists     lists
	rootList  rootList
	responder map[string]*responder // of OCSP, by label
	changes   changes
}

// Open opens the authority in cfg.Dir, or makes one there at the first start,
// and completes what a crash left between prepare and issue. After a crash at
// any moment Open continues: a half-made hierarchy is made anew, a prepared
// certificate is signed as it was prepared.
func Open(ctx context.Context, cfg Config) (*Authority, error) {
	a := &Authority{cfg: cfg, now: cfg.Now, log: cfg.Log,
		lists: lists{held: make(map[string]db.CRL), looked: make(map[string]time.Time)}}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = slog.Default()
	}
	if err := a.open(ctx); err != nil {
		err = errors.Join(err, a.Close())
		return nil, fmt.Errorf("open authority: %w", err)
	}
	return a, nil
}

func (a *Authority) open(ctx context.Context) error {
	if err := openFolder(a.cfg.Dir); err != nil {
		return err
	}
	profiles, err := loadProfiles(filepath.Join(a.cfg.Dir, "profiles"), a.cfg.IssuerKey)
	if err != nil {
		return err
	}
	if a.rules, err = loadRules(filepath.Join(a.cfg.Dir, "policy.json")); err != nil {
		return err
	}
	pkiDir := filepath.Join(a.cfg.Dir, "pki")
	if a.cfg.Plan != nil {
		if err := a.cfg.Plan.check(); err != nil {
			return err
		}
		if a.cfg.Plan.offline() != (a.cfg.Signed != "") {
			return fmt.Errorf("%w: a plan without a root's key needs what the root has signed, and no other does", ErrPlan)
		}
		plan := *a.cfg.Plan
		plan.signed = a.cfg.Signed
		a.cfg.Plan = &plan
	}
	fresh, err := a.openDB(ctx, pkiDir)
	if err != nil {
		return err
	}
	if a.cfg.Plan != nil && !fresh {
		return ErrExists
	}
	if fresh {
		rootKind := a.cfg.IssuerKey
		if rootKind == "" {
			rootKind = "rsa4096"
		}
		if err := makePKI(pkiDir, a.cfg.Plan, profiles, rootKind, a.now()); err != nil {
			return err
		}
	}
	if a.pki, err = loadPKI(pkiDir, profiles, a.now); err != nil {
		return err
	}
	if err := a.pki.checkClock(a.now()); err != nil {
		return err
	}
	if !a.cfg.SignProfiles {
		if err := a.checkSigned(ctx); err != nil {
			return err
		}
	}
	if a.linter, err = lint.New(); err != nil {
		return err
	}
	if err := a.db.Do(ctx, a.claim); err != nil {
		return err
	}
	if a.cfg.SignProfiles {
		if err := a.signProfiles(ctx); err != nil {
			return err
		}
	}
	if err := a.openHeads(ctx); err != nil {
		return err
	}
	if _, err := a.renewServer(); err != nil {
		return err
	}
	a.makeResponders()
	if err := a.Sweep(ctx); err != nil {
		return err
	}
	if err := a.nameHolders(ctx); err != nil {
		return err
	}
	return a.fileCases(ctx)
}

// What marks a database as the one of an authority that has keys, and of which
// keys: there may be many authorities for demonstrations, all of one name.
const (
	metaAuthority = "authority"
	metaCosigner  = "checkpoint-key"
)

// openFolder makes the folder, or makes sure that nobody else looks into it:
// the database holds personal data, the socket beside it asks nobody who he is.
func openFolder(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		return syncPath(filepath.Dir(dir))
	}
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("folder %s is open to other users (mode %04o): chmod 700 it", dir, mode)
	}
	return nil
}

// claim binds the database to the hierarchy and numbers the policy.
func (a *Authority) claim(tx db.Tx) error {
	for _, bound := range [][2]string{{metaAuthority, a.pki.ID}, {metaCosigner, a.pki.verifier}} {
		held, err := tx.Meta(bound[0])
		if errors.Is(err, db.ErrNotFound) {
			held, err = bound[1], tx.SetMeta(bound[0], bound[1])
		}
		if err != nil {
			return err
		}
		if held != bound[1] {
			return fmt.Errorf("database of %q, keys of %q: %w", held, bound[1], ErrLost)
		}
	}
	if a.cfg.API == "" {
		if err := a.recall(tx); err != nil {
			return err
		}
	}
	return a.numberPolicy(tx)
}

// Settings of the last time served.
const (
	metaAPI    = "api"
	metaPublic = "public"
)

// recall takes over the addresses of the last time served, if there was one.
func (a *Authority) recall(tx db.Tx) error {
	api, err := tx.Meta(metaAPI)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.cfg.API = api
	a.cfg.Public, err = tx.Meta(metaPublic)
	return err
}

// Remember keeps the addresses of Config, so that bundles can be made while
// nobody serves. Call it when serving begins.
func (a *Authority) Remember(ctx context.Context) error {
	return a.db.Do(ctx, func(tx db.Tx) error {
		return errors.Join(tx.SetMeta(metaAPI, a.cfg.API), tx.SetMeta(metaPublic, a.cfg.Public))
	})
}

// Close releases the database and logs out of tokens.
func (a *Authority) Close() error {
	var errs []error
	if a.watch.heads != nil {
		errs = append(errs, a.watch.heads.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	if a.pki != nil {
		errs = append(errs, a.pki.keys.tokens.Close())
	}
	return errors.Join(errs...)
}

// ID names the authority: audience of assertions, name of its checkpoint key.
func (a *Authority) ID() string { return a.pki.ID }

// Demo reports whether keys and names were made for a demonstration.
func (a *Authority) Demo() bool { return a.pki.Demo }

// CheckProduction returns the first reason why this authority must not serve
// real citizens; each wraps ErrProduction.
func (a *Authority) CheckProduction() error {
	if a.pki.Demo {
		return fmt.Errorf("%w: the keys were made for a demonstration and lie in files", ErrProduction)
	}
	for _, purpose := range purposes() {
		if purpose != purposeRoot && a.pki.keys.uris[purpose] == "" {
			return fmt.Errorf("%w: the key %s is on no token", ErrProduction, purpose)
		}
	}
	if err := checkAddress(a.cfg.API); err != nil {
		return err
	}
	if d, ok := a.db.(*db.Postgres); ok && !d.Guarded() {
		return fmt.Errorf("%w: the way to the database is neither a Unix socket nor TLS with sslmode=verify-full", ErrProduction)
	}
	if err := a.checkProfiles(); err != nil {
		return err
	}
	return a.wantSigned()
}

// checkAddress refuses to send counters to this very machine.
func checkAddress(api string) error {
	u, err := url.Parse(api)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("%w: the address of the API is not known", ErrProduction)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		return fmt.Errorf("%w: the address of the API is a loopback or wildcard address", ErrProduction)
	}
	return nil
}

// checkProfiles refuses addresses and object identifiers that are reserved for
// documentation.
func (a *Authority) checkProfiles() error {
	for _, label := range labels() {
		if found := a.pki.issuers[label].profile.Placeholders(); len(found) > 0 {
			return fmt.Errorf("%w: profile %s has a placeholder in %s", ErrProduction, label, found[0])
		}
	}
	return nil
}

// Chain returns the certificates of a label's issuer and of the root, issuer
// first.
func (a *Authority) Chain(label string) ([]*x509.Certificate, error) {
	if label == ca.LabelWorkstation { // its issuer stands alone
		return []*x509.Certificate{a.pki.infra.cert}, nil
	}
	i, err := a.issuer(label)
	if err != nil {
		return nil, err
	}
	if i == a.pki.interop { // and so does this one
		return []*x509.Certificate{i.cert}, nil
	}
	return []*x509.Certificate{i.cert, a.pki.root}, nil
}

// Profile returns the profile of a label; nil for LabelInterop, which has none.
func (a *Authority) Profile(label string) (*profile.Profile, error) {
	i, err := a.issuer(label)
	if err != nil {
		return nil, err
	}
	return i.profile, nil
}

// Ready reports whether the database answers.
func (a *Authority) Ready(ctx context.Context) error {
	return a.db.Do(ctx, func(tx db.Tx) error {
		_, err := tx.Meta(metaAuthority)
		return err
	})
}

func (a *Authority) issuer(label string) (*issuer, error) {
	i, ok := a.pki.issuers[label]
	if label == ca.LabelInterop {
		i, ok = a.pki.interop, a.pki.interop != nil
	}
	if !ok {
		return nil, Refuse(ca.ProblemNotFound, "no such label")
	}
	return i, nil
}
