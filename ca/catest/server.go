package catest

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/admin"
	"salter/ca/authority/api"
)

// Config says how the authority differs from the usual one.
type Config struct {
	MinClient string
	IssuerKey string // kind of the issuers' keys; empty: rsa2048, made once for all tests
	Limits    api.Limits
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: nothing is logged
	CRLPause  time.Duration    // 0: lists are published by PublishCRLs only
	// Database is the URL of an empty PostgreSQL database (pgtest.Database);
	// empty: SQLite.
	Database string
	// Wrap, if not nil, stands between the network and the API's handler.
	Wrap func(http.Handler) http.Handler
	// Serve, if not nil, changes the API's server before it serves.
	Serve func(*http.Server)
}

// Server is a running authority. Its methods fail the test on errors.
type Server struct {
	Authority *authority.Authority // of the present start; nil when attached
	Dir       string
	API       string // https://127.0.0.1:port, the same after Stop and Start
	Public    string // http://127.0.0.1:port

	t       testing.TB
	admin   admin.Admin
	cfg     Config
	running []*http.Server
	served  sync.WaitGroup

	publishing context.CancelFunc // ends the publishing of lists

	contract *contract // nil in benchmarks
	mu       sync.Mutex
	broken   []string // mu; exchanges that are not as the contract says
}

// Start makes an authority with RSA-2048 issuers in a folder of its own and
// serves it until the test ends. What it answers, and what it accepts, must be
// as openapi.yaml says: else the test fails.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{Dir: filepath.Join(t.TempDir(), "ca"), t: t, cfg: cfg}
	files, err := map[string][]byte(nil), error(nil)
	if cfg.IssuerKey == "" {
		files, err = template()
	}
	if err != nil {
		t.Fatalf("make authority: %v", err)
	}
	for name, content := range files {
		path := filepath.Join(s.Dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatalf("make authority: %v", err)
		}
	}
	if cfg.Database != "" && files != nil { // without them it is made there
		if _, err := authority.Migrate(t.Context(), s.Dir, cfg.Database); err != nil {
			t.Fatalf("make authority: %v", err)
		}
	}
	return s.begin()
}

// Another starts a second server on the database of s, which is PostgreSQL's,
// from a folder of its own.
func (s *Server) Another() *Server {
	s.t.Helper()
	return (&Server{Dir: AnotherFolder(s.t, s.Dir), t: s.t, cfg: s.cfg}).begin()
}

// AnotherFolder makes a folder for a second server on the database of the
// authority in dir.
func AnotherFolder(t testing.TB, dir string) string {
	t.Helper()
	other := filepath.Join(t.TempDir(), "ca")
	err := os.Mkdir(other, 0o700)
	for _, name := range []string{"pki", "profiles"} {
		err = errors.Join(err, os.CopyFS(filepath.Join(other, name), os.DirFS(filepath.Join(dir, name))))
	}
	for _, name := range []string{"policy.json", "database"} {
		text, readErr := os.ReadFile(filepath.Join(dir, name))
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(other, name), text, 0o600))
	}
	if err != nil {
		t.Fatalf("make folder: %v", err)
	}
	return other
}

// begin serves until the test ends.
func (s *Server) begin() *Server {
	t := s.t
	t.Helper()
	var err error
	if _, isBenchmark := t.(*testing.B); !isBenchmark {
		if s.contract, err = loadContract(); err != nil {
			t.Fatalf("read openapi.yaml: %v", err)
		}
	}
	s.Start()
	t.Cleanup(func() {
		s.Stop()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, b := range s.broken {
			t.Errorf("not as openapi.yaml says: %s", b)
		}
	})
	return s
}

// Attach gives a Server for the authority that another process serves in dir,
// so that workstations and clerks can be made for it; it is neither started
// nor stopped.
func Attach(t testing.TB, dir string) *Server {
	t.Helper()
	s := &Server{Dir: dir, t: t}
	text, err := os.ReadFile(filepath.Join(dir, "serve.json"))
	if err != nil {
		t.Fatalf("attach: %v", err)
	}
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatalf("attach: %v", err)
	}
	if s.admin, err = admin.Dial(context.Background(), admin.Socket(dir)); err != nil {
		t.Fatalf("attach: %v", err)
	}
	t.Cleanup(func() { _ = s.admin.Close() })
	return s
}

// Start serves again after Stop, on the same addresses.
func (s *Server) Start() {
	s.t.Helper()
	apiListener, apiAddr := s.listen(s.API, "https://")
	publicListener, publicAddr := s.listen(s.Public, "http://")
	s.API, s.Public = apiAddr, publicAddr
	a, err := authority.Open(context.Background(), authority.Config{Dir: s.Dir, Database: s.cfg.Database, API: s.API, Public: s.Public,
		MinClient: s.cfg.MinClient, Now: s.cfg.Now, Log: s.cfg.Log, CRLPause: s.cfg.CRLPause, IssuerKey: s.cfg.IssuerKey})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Authority, s.admin = a, a
	handler, outside := api.New(a, s.cfg.Log, s.cfg.Limits), api.Public(a, s.cfg.Log)
	if s.contract != nil {
		handler, outside = s.contract.watch(handler, "", s.violation), s.contract.watch(outside, "public", s.violation)
	}
	if s.cfg.Wrap != nil {
		handler = s.cfg.Wrap(handler)
	}
	apiServer := api.Server(handler, a.TLS(), s.cfg.Log)
	if s.cfg.Serve != nil {
		s.cfg.Serve(apiServer)
	}
	public := api.Server(outside, nil, s.cfg.Log)
	s.running = []*http.Server{apiServer, public}
	s.served.Go(func() { _ = apiServer.ServeTLS(apiListener, "", "") })
	s.served.Go(func() { _ = public.Serve(publicListener) })
	if s.cfg.CRLPause > 0 {
		ctx, cancel := context.WithCancel(context.Background())
		s.publishing = cancel
		s.served.Go(func() { a.KeepPublishing(ctx) })
	}
}

// violation keeps what is wrong until the test ends: a handler may outlive it.
func (s *Server) violation(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = append(s.broken, what)
}

func (s *Server) listen(url, scheme string) (net.Listener, string) {
	s.t.Helper()
	addr := "127.0.0.1:0"
	if url != "" {
		addr = url[len(scheme):]
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		s.t.Fatal(err)
	}
	return l, scheme + l.Addr().String()
}

// Stop breaks off all connections and closes the authority, as if its machine
// had lost power at a quiet moment. It may be repeated.
func (s *Server) Stop() {
	for _, server := range s.running {
		_ = server.Close()
	}
	if s.publishing != nil {
		s.publishing()
	}
	s.served.Wait()
	if s.running != nil {
		if err := s.Authority.Close(); err != nil {
			s.t.Errorf("close authority: %v", err)
		}
	}
	s.running = nil
}

// AddAnchor enters a card-data anchor (DER). Workstations enrolled before do
// not know it.
func (s *Server) AddAnchor(der []byte) {
	s.t.Helper()
	if err := s.admin.AddAnchor(context.Background(), der); err != nil {
		s.t.Fatal(err)
	}
}

// Certificates lists what the authority has issued.
func (s *Server) Certificates() []authority.CertificateEntry {
	s.t.Helper()
	var all []authority.CertificateEntry
	for after := int64(0); ; after = all[len(all)-1].Seq {
		page, err := s.admin.Certificates(context.Background(), after)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// Issued counts them.
func (s *Server) Issued() int {
	s.t.Helper()
	return len(s.Certificates())
}

// template is the folder of a fresh authority, made once per process: making
// RSA keys is what costs time. It is the only state of the package and never
// changes.
var template = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "catest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	a, err := authority.Open(context.Background(), authority.Config{Dir: dir, IssuerKey: "rsa2048",
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := a.Close(); err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	return files, err
})
