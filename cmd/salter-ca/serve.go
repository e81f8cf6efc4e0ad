package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/admin"
	"salter/ca/authority/api"
	"salter/ca/authority/keys"
)

// Modes of serving.
const (
	modeDemo       = "demo"
	modeProduction = "production"
)

// dirFlag defines the flag that every command has.
func dirFlag(f *flag.FlagSet) *string { return f.String("dir", "ca", "folder of the authority") }

func issuerKeyFlag(f *flag.FlagSet) *string {
	return f.String("issuer-key", "", "kind of issuer key of a new authority, such as rsa2048 (default: as in the profile, rsa4096)")
}

func setupInit(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir, database, issuerKey := dirFlag(f), databaseFlag(f), issuerKeyFlag(f)
	plan := f.String("plan", "", "names and pkcs11: keys of an authority for production (JSON; default: a demonstration with its keys in files)")
	requests := f.String("requests", "", "with a plan without a root's key: write what the root is to sign to this new folder, and end")
	signed := f.String("signed", "", "then: folder with root.pem and issuer-LABEL.pem, as the root has signed them")
	return func(ctx context.Context, _ []string) error {
		cfg := authority.Config{Dir: *dir, Database: *database, IssuerKey: *issuerKey, Signed: *signed, Log: p.logger()}
		if *plan != "" {
			cfg.Plan = new(authority.Plan)
			if err := readJSON(*plan, cfg.Plan); err != nil {
				return fmt.Errorf("init: %w", err)
			}
		}
		if (*requests != "" || *signed != "") && cfg.Plan == nil {
			return errors.New("init: -requests and -signed need a -plan")
		}
		if *requests != "" {
			return p.writeRequests(cfg, *requests)
		}
		a, err := authority.Open(ctx, cfg)
		if err != nil {
			return err
		}
		if a.Demo() {
			fmt.Fprint(p.err, keys.Banner)
		}
		fmt.Fprintf(p.out, "authority %s in %s\n", a.ID(), *dir)
		return a.Close()
	}
}

// writeRequests is init with -requests.
func (p *program) writeRequests(cfg authority.Config, folder string) error {
	list, err := authority.MakeRequests(cfg, folder)
	for _, r := range list {
		fmt.Fprintf(p.out, "%s\t%s\n", r.SHA256, r.File)
	}
	return err
}

func (p *program) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(p.err, nil)) }

// addresses is DIR/serve.json: where the running server is reached.
type addresses struct {
	API    string `json:"api"`
	Public string `json:"public"`
	// Bootstrap is where codes are taken; empty: nowhere.
	Bootstrap string `json:"bootstrap,omitempty"`
	// Metrics is where Prometheus asks; empty: nowhere.
	Metrics string `json:"metrics,omitempty"`
}

// service is what serve needs to know.
type service struct {
	p                                               *program
	dir, listen, public, mode, issuerKey, minClient *string
	database                                        *string
	bootstrap, metrics                              *string
	apiURL, publicURL                               *string
	silence                                         *time.Duration
}

func setupServe(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	s := &service{p: p, dir: dirFlag(f), database: databaseFlag(f), issuerKey: issuerKeyFlag(f),
		listen:    f.String("listen", "127.0.0.1:8443", "address of the API port (mutual TLS)"),
		public:    f.String("public", "127.0.0.1:8080", "address of the public port (plain HTTP)"),
		bootstrap: f.String("bootstrap", "", "address of the port where workstations enrol with a one-time code (TLS; default: closed)"),
		metrics:   f.String("metrics", "", "address of the port for Prometheus, GET /metrics (plain HTTP, no personal data; default: closed)"),
		apiURL:    f.String("api-url", "", "URL of the API port for workstations (default: https:// and the address)"),
		publicURL: f.String("public-url", "", "URL of the public port (default: http:// and the address)"),
		mode:      f.String("mode", modeProduction, "demo or production"),
		silence:   f.Duration("silence", 72*time.Hour, "after how long without a word an active workstation is an alarm"),
		minClient: f.String("min-client", "", "oldest version of Salter that may request certificates"),
	}
	return func(ctx context.Context, _ []string) error { return s.run(ctx) }
}

func (s *service) run(ctx context.Context) error {
	if err := s.checkMode(); err != nil {
		return err
	}
	ports, err := s.listenAll()
	if err != nil {
		return err
	}
	defer ports.close()
	at := s.addresses(ports)
	log := s.p.logger()
	a, err := authority.Open(ctx, authority.Config{Dir: *s.dir, Database: *s.database, IssuerKey: *s.issuerKey, API: at.API, Public: at.Public,
		MinClient: *s.minClient, Silence: *s.silence, Log: log})
	if err != nil {
		return err
	}
	// A start that was killed may have left its announcement.
	if err := os.Remove(s.announcement()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("serve: %w", err), a.Close())
	}
	err = s.serve(ctx, a, at, ports, log)
	return errors.Join(err, a.Close())
}

// listenAll opens the ports that are asked for. Counters keep their connections
// open, so that there is room for several of each in the country, and for all
// of an office behind one address.
func (s *service) listenAll() (*ports, error) {
	p := &ports{}
	for _, port := range []struct {
		address     string
		into        *net.Listener
		total, each int // connections
	}{{*s.listen, &p.api, 4096, 512}, {*s.public, &p.public, 256, 64}, {*s.bootstrap, &p.bootstrap, 16, 4}, {*s.metrics, &p.metrics, 16, 16}} {
		if port.address == "" {
			continue
		}
		l, err := net.Listen("tcp", port.address)
		if err != nil {
			p.close()
			return nil, fmt.Errorf("serve: %w", err)
		}
		*port.into = api.Limit(l, port.total, port.each)
	}
	if p.api == nil || p.public == nil {
		p.close()
		return nil, errors.New("serve: -listen and -public must be addresses")
	}
	return p, nil
}

// addresses are those the ports are reached by.
func (s *service) addresses(p *ports) addresses {
	at := addresses{API: *s.apiURL, Public: *s.publicURL}
	if at.API == "" {
		at.API = "https://" + p.api.Addr().String()
	}
	if at.Public == "" {
		at.Public = "http://" + p.public.Addr().String()
	}
	if p.bootstrap != nil {
		at.Bootstrap = "https://" + p.bootstrap.Addr().String()
	}
	if p.metrics != nil {
		at.Metrics = "http://" + p.metrics.Addr().String()
	}
	return at
}

// checkMode keeps production from making demonstration keys.
func (s *service) checkMode() error {
	switch *s.mode {
	case modeDemo:
		return nil
	case modeProduction:
		found, err := admin.Exists(*s.dir)
		if err == nil && !found {
			err = fmt.Errorf("%w: no authority in %s, and a new one would have demonstration keys (make one with init -plan, or with -mode demo)",
				authority.ErrProduction, *s.dir)
		}
		return err
	}
	return fmt.Errorf("serve: mode %q is neither %s nor %s", *s.mode, modeDemo, modeProduction)
}

// serve runs the ports and the socket until ctx ends or one fails.
func (s *service) serve(ctx context.Context, a *authority.Authority, at addresses, p *ports, log *slog.Logger) error {
	if *s.mode == modeProduction {
		if err := a.CheckProduction(); err != nil {
			return err
		}
	}
	if a.Demo() {
		fmt.Fprint(s.p.err, keys.Banner)
	}
	if err := a.Remember(ctx); err != nil {
		return err
	}
	socket, err := admin.Listen(ctx, admin.Socket(*s.dir))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer func() { cancel(); working.Wait() }()
	failed := make(chan error, 1)
	administered := make(chan error, 1)
	go func() { administered <- admin.Serve(ctx, socket, a) }()
	p.start(a, log, failed)
	working.Go(func() { a.KeepPublishing(ctx) })
	working.Go(func() { a.KeepWatching(ctx) })
	working.Go(func() { a.KeepSweeping(ctx) })
	if err := s.announce(at, log); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	case err = <-administered:
		administered <- nil
	}
	cancel()
	err = errors.Join(err, p.shutdown(context.WithoutCancel(ctx)), <-administered)
	return errors.Join(err, os.Remove(s.announcement()))
}

// announcement is the file that says where the running server is reached.
func (s *service) announcement() string { return filepath.Join(*s.dir, "serve.json") }

// announce writes where the authority is reached, for whoever started it.
func (s *service) announce(at addresses, log *slog.Logger) error {
	text, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("announce addresses: %w", err)
	}
	path := s.announcement()
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("announce addresses: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("announce addresses: %w", err)
	}
	log.Info("serving", "api", at.API, "public", at.Public)
	return nil
}
