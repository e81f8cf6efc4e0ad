//go:build !windows

package desk

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// realCUPS starts a CUPS of the test's own, with a socket in its folder and
// without a network port, and makes lp and lpstat talk to it.
func realCUPS(t *testing.T) (dir string) {
	t.Helper()
	server, err := exec.LookPath("cupsd")
	if err != nil {
		server = "/usr/sbin/cupsd" // where PATH of a user does not lead
	}
	dir, err = os.MkdirTemp("", "salter-cups-") // its path fits into the name of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, sub := range []string{"", "etc/ppd", "spool/tmp", "cache", "run/certs"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, sub), 0o755), os.Chmod(filepath.Join(dir, sub), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(dir, "run/cups.sock")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "DIR", dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("etc/cupsd.conf", "Listen "+socket+"\nBrowsing Off\nWebInterface No\nDefaultAuthType None\nMaxLogSize 0\n"+
		"<Location />\nOrder allow,deny\nAllow all\n</Location>\n<Location /admin>\nOrder allow,deny\nAllow all\n</Location>\n"+
		"<Policy default>\n<Limit All>\nOrder deny,allow\nAllow all\n</Limit>\n</Policy>\n")
	write("etc/cups-files.conf", "ServerRoot DIR/etc\nRequestRoot DIR/spool\nTempDir DIR/spool/tmp\nCacheDir DIR/cache\nStateDir DIR/run\n"+
		"AccessLog DIR/access\nErrorLog DIR/error\nPageLog DIR/page\nUser lp\nGroup lp\nSystemGroup root\n")
	daemon := exec.Command(server, "-f", "-c", filepath.Join(dir, "etc/cupsd.conf"), "-s", filepath.Join(dir, "etc/cups-files.conf"))
	if err := daemon.Start(); err != nil {
		t.Fatalf("start cupsd: %v; install cups-daemon and cups-client", err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	t.Setenv("CUPS_SERVER", socket)
	t.Setenv("HOME", dir) // without the user's own choice of a printer
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if said, err := cups(t.Context(), "lpstat", "-r"); err == nil && strings.Contains(said, "is running") {
			return dir
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "error"))
			t.Fatalf("cupsd does not come up: %s", log)
		}
	}
}

// administer runs a program of the administrator's.
func administer(t *testing.T, program string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path = filepath.Join("/usr/sbin", program)
	}
	if said, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", program, args, err, said)
	}
}

// paperTray is a network printer: it hands on what came in each job.
func paperTray(t *testing.T) (uri string, jobs <-chan []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	out := make(chan []byte, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b, _ := io.ReadAll(c)
			c.Close()
			out <- b
		}
	}()
	return "socket://" + l.Addr().String(), out
}

// TestRealCUPS: a job goes to the printer once and whole, under a title without
// personal data, and leaves no file; whatever keeps it from there is told apart,
// and nothing is left in a queue to come out later.
func TestRealCUPS(t *testing.T) {
	dir := realCUPS(t)
	spooled := filepath.Join(dir, "spooled")
	spool, err := NewSpool(spooled)
	if err != nil {
		t.Fatal(err)
	}
	pdf := append([]byte("%PDF-1.4\n"), make([]byte, 100_000)...)
	print := func(name string) error {
		t.Helper()
		p, err := Open(name, spool)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Print(t.Context(), "BG-017-03-2026-000001", pdf)
		if left, e := os.ReadDir(spooled); e != nil || len(left) > 0 {
			t.Errorf("%d files are left, %v", len(left), e)
		}
		return err
	}
	refused := func(what, name string, want error) {
		t.Helper()
		if err := print(name); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
		if _, err := Check(t.Context(), name); want != nil && !errors.Is(err, want) {
			t.Errorf("%s is checked as %v, want %v", what, err, want)
		}
	}
	refused("no printer at all", "", ErrNoPrinter)
	uri, jobs := paperTray(t)
	queue := func(name, uri string) {
		t.Helper()
		administer(t, "lpadmin", "-p", name, "-E", "-v", uri, "-m", "raw")
	}
	queue("counter", uri)
	queue("tray2", uri)
	refused("no default one", "", ErrNoPrinter)
	refused("an unknown one", "counter2", ErrNoPrinter)

	administer(t, "lpadmin", "-d", "counter", "-o", "copies-default=3", "-o", "sides-default=two-sided-long-edge")
	if where, err := Check(t.Context(), ""); where != "counter" || err != nil {
		t.Errorf("the default one is %q, %v", where, err)
	}
	if err := print(""); err != nil {
		t.Fatalf("print: %v", err)
	}
	select {
	case got := <-jobs:
		if string(got) != string(pdf) {
			t.Errorf("%d bytes came out, want %d", len(got), len(pdf))
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no paper came out")
	}
	asked, err := os.ReadFile(filepath.Join(dir, "page"))
	if want := "BG-017-03-2026-000001 A4 one-sided"; err != nil || !strings.Contains(string(asked), want) {
		t.Errorf("the printer was asked for %q, %v, want %q", asked, err, want)
	}

	administer(t, "cupsdisable", "tray2")
	refused("a stopped one", "tray2", ErrStopped)
	administer(t, "cupsenable", "tray2")
	administer(t, "cupsreject", "tray2")
	refused("one that takes no jobs", "tray2", ErrStopped)

	queue("off", fmt.Sprintf("socket://127.0.0.1:%d", 1)) // nobody listens there
	if err := print("off"); !errors.Is(err, ErrStopped) {
		t.Errorf("one that is off: got %v, want %v", err, ErrStopped)
	}
	if said, err := cups(t.Context(), "lpstat", "-o"); err != nil || said != "" {
		t.Errorf("left in the queues: %q, %v", said, err)
	}
	t.Setenv("CUPS_SERVER", filepath.Join(dir, "run/none.sock"))
	refused("a service that does not run", "counter", ErrNoService)
	refused("the default one of none", "", ErrNoService)
}
