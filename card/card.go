package card

import (
	"context"
	"crypto/x509"
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
	// Ignore reports readers that are not for the citizen's card; nil: none.
	Ignore func(reader string) bool
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

	mu      sync.Mutex
	lanes   map[string]*lane  // by reader
	fixed   map[string]signed // by reader: what the last ReadIdentity leaves for ReadPortrait
	session *Session          // the open one; nil: none
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
		lanes:  make(map[string]*lane),
		fixed:  make(map[string]signed),
	}
	go r.watch.run(ctx)
	return r
}

// Close closes an open session, ends the watching and leaves the module. It
// may be repeated.
func (r *Readers) Close() error {
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	var err error
	if s != nil {
		err = s.Close()
	}
	r.stop()
	r.watch.wait()
	if err != nil { // a call hangs in the module, which must not be left under it
		return err
	}
	return r.module.close()
}

// lane returns the one lane of a reader.
func (r *Readers) lane(reader string) *lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lanes[reader]
	if l == nil {
		l = newLane()
		r.lanes[reader] = l
	}
	return l
}
