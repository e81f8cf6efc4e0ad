//go:build linux

// Package pgtest gives tests a PostgreSQL server of their own: one for each
// test binary, started by the first test that wants a database, reached through
// a Unix socket in its own folder and stopped by its process id. No server that
// runs already is touched.
//
// TestMain runs the tests through M, which stops the server:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.M{M: m}.Run()) }
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// M runs the tests of a binary, and stops the server if one was started.
type M struct{ *testing.M }

// Run implements testscript.TestingM.
func (m M) Run() int {
	code := m.M.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	return code
}

// Database returns the URL of a database that is empty: a schema of its own,
// which costs a tenth of what CREATE DATABASE does. Without PostgreSQL the test
// fails.
func Database(t testing.TB) string {
	t.Helper()
	s, err := shared.get()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.exec("CREATE SCHEMA " + name); err != nil {
		t.Fatalf("make database: %v", err)
	}
	return s.url() + "&search_path=" + name
}

// shared is the server of this process: making one takes seconds, and nothing
// of one test is seen by another.
var shared lazy

type lazy struct {
	mu     sync.Mutex
	begun  bool    // mu
	server *server // mu; nil: it could not be started
	err    error   // mu
}

func (l *lazy) get() (*server, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.begun {
		l.begun = true
		l.server, l.err = start()
	}
	return l.server, l.err
}

func (l *lazy) stop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil {
		return nil
	}
	return l.server.stop()
}

// server is one running server.
type server struct {
	dir       string // of everything; the socket is in it
	process   *os.Process
	gone      chan error
	databases atomic.Int64
}

// start makes a cluster in a folder of its own and starts its server.
func start() (*server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	as, err := account()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, gone: make(chan error, 1)}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	data := filepath.Join(dir, "data")
	// Serbian rules of sorting, so that nothing leans on the order of bytes
	// where it was not asked for.
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
		"--locale-provider=icu", "--icu-locale=sr", "--data-checksums", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(dir))
	}
	if err := s.run(filepath.Join(bin, "postgres"), data, as); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		err := s.exec("SELECT 1")
		if err == nil {
			return s, nil
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(err, s.stop())
		}
	}
}

// programs is the folder of the newest server that is installed.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("there is no PostgreSQL server: apt-get install postgresql"), err)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // something else is older than all
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// account is whom the server runs as: it refuses to be root; nil: this user.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("the package postgresql makes a user for the server: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// run starts the server. It ends with this process, however that ends.
func (s *server) run(program, data string, as *syscall.Credential) error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	c := exec.Command(program, "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+s.dir,
		"-c", "unix_socket_permissions=0700", "-c", "max_connections=100", "-c", "shared_buffers=32MB")
	c.Dir, c.Stdout, c.Stderr = s.dir, log, log
	c.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGINT}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread ends that started the server
		err := c.Start()
		started <- err
		if err == nil {
			s.gone <- c.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	s.process = c.Process
	return nil
}

// stop ends the server ("fast shutdown") and removes its folder.
func (s *server) stop() error {
	if err := s.process.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("stop server: %w", err)
	}
	err := <-s.gone
	if err != nil {
		err = fmt.Errorf("server: %w", err)
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *server) url() string { return "postgres://postgres@/postgres?host=" + url.QueryEscape(s.dir) }

func (s *server) exec(statement string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url())
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}
