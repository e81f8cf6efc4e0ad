package card

import (
	"context"
	"crypto/x509"
	"errors"
	"sync"
	"time"
)

// The waiting times used where Config says nothing.
const (
	defaultPatience    = 15 * time.Second
	defaultKeyPatience = 2 * time.Minute
)

// Config says how to reach cards. The zero value reads; only writing needs
// Module, and only a verdict on the card data needs Anchors.
type Config struct {
	// Module is the path of the PKCS#11 module.
	Module string
	// Anchors are the certificates at which the signature over the card data
	// may end.
	Anchors []*x509.Certificate
	// Label is the name of key pair and certificate on the token; empty:
	// "Qualified signature".
	Label string
	// Driver is the make of the citizens' chips; empty: DriverVendor.
	Driver Driver
	// PUKs knows the PUKs of the cards that the driver can unblock; nil: none.
	PUKs PUKSource
	// Ignore reports readers that are not for the citizen's card; nil: none.
	Ignore func(reader string) bool
	// Go runs f on a goroutine of its own, and is told when f panics; nil: a
	// plain one.
	Go func(f func())
	// Now is the clock for the validity of card data; nil: time.Now.
	Now func() time.Time
	// Patience bounds every call but key generation, including the wait for a
	// card that another program holds; 0: 15 s.
	Patience time.Duration
	// KeyPatience bounds key generation; 0: 2 min. Real chips take 5–20 s.
	KeyPatience time.Duration
}

// Readers is the card readers of this machine. Its methods may be called from
// any goroutine. Make one per process.
type Readers struct {
	cfg    Config
	watch  *watcher
	module *module
	stop   context.CancelFunc

	opening *lane // held by Open: sessions are opened one after the other

	mu      sync.Mutex
	lanes   map[string]*lane  // by reader
	fixed   map[string]signed // by reader: what the last ReadIdentity leaves for ReadPortrait
	session *Session          // the open one, or one that a call still hangs in; nil: none
}

// New starts watching the readers. It never fails for want of a reader or of
// the PC/SC service: Events tells.
func New(cfg Config) *Readers {
	if cfg.Label == "" {
		cfg.Label = "Qualified signature"
	}
	if cfg.Ignore == nil {
		cfg.Ignore = func(string) bool { return false }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Go == nil {
		cfg.Go = plainly
	}
	if cfg.Patience <= 0 {
		cfg.Patience = defaultPatience
	}
	if cfg.KeyPatience <= 0 {
		cfg.KeyPatience = defaultKeyPatience
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Readers{
		cfg:    cfg,
		watch:  newWatcher(cfg.Ignore),
		module: &module{path: cfg.Module},
		stop:   stop,

		opening: newLane(),

		lanes: make(map[string]*lane),
		fixed: make(map[string]signed),
	}
	cfg.Go(func() { r.watch.run(ctx) })
	return r
}

// Close closes an open session, ends the watching and leaves the module. It
// may be repeated. It fails with ErrBusy when a call to the module or to the
// service hangs.
func (r *Readers) Close() error {
	err := r.closeSession()
	r.stop()
	err = errors.Join(err, r.watch.wait(r.cfg.Patience))
	if err != nil { // the module must not be left under a call, and needs the service for it
		return err
	}
	return r.module.close()
}

// closeSession closes the session that is open, if any. Without it the module
// must not be touched: a call may still hang in it.
func (r *Readers) closeSession() error {
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.Close()
}

// setSession makes s the session in place of former, unless another has become
// it meanwhile.
func (r *Readers) setSession(former, s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.session == former {
		r.session = s
	}
}

// lane returns the one lane of a reader.
func (r *Readers) lane(reader string) *lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lanes[reader]
	if l == nil {
		l = newLane()
		if r.cfg.Go != nil {
			l.start = r.cfg.Go
		}
		r.lanes[reader] = l
	}
	return l
}
