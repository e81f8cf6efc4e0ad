//go:build linux

package cardtest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The daemon and its driver on Debian.
const (
	daemonPath = "/usr/sbin/pcscd"
	driverPath = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
	socketPath = runDir + "/pcscd.comm"
)

// The readers: each stanza of the configuration is one device with two slots.
const (
	firstPort = 35963
	devices   = 4
	slots     = 2
)

// startTimeout bounds the start and the end of the daemon.
const startTimeout = 10 * time.Second

// daemon is the one pcscd of the process.
type daemon struct {
	mu      sync.Mutex // guards everything below
	cmd     *exec.Cmd  // nil: not running
	output  *lockedBuffer
	folder  string       // drivers and configuration
	taken   map[int]bool // slots in use by tests
	removed map[int]bool // devices taken away
}

// shared is the daemon of this process. Being one per file-system namespace it
// is global by nature; only tests reach it.
var shared = &daemon{taken: map[int]bool{}, removed: map[int]bool{}}

// StartService starts pcscd if it does not run. NewReader does it by itself.
func StartService(t testing.TB) {
	t.Helper()
	if err := shared.start(); err != nil {
		t.Fatalf("start pcscd: %v", err)
	}
}

// StopService ends pcscd: to its clients the service is gone. Cards in its
// readers are thrown out. StartService brings it back.
func StopService(t testing.TB) {
	t.Helper()
	if os.Getenv(insideVariable) == onSystem {
		t.Fatal("stop pcscd: it is the system's own, because the system refuses namespaces")
	}
	if err := shared.stop(); err != nil {
		t.Fatalf("stop pcscd: %v", err)
	}
}

// FreezeService stops pcscd in its tracks: it takes what its clients send and
// answers nothing. The end of the test thaws it at the latest.
func FreezeService(t testing.TB) (thaw func()) {
	t.Helper()
	signal := func(s syscall.Signal) {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		if shared.cmd == nil {
			return
		}
		if err := shared.cmd.Process.Signal(s); err != nil {
			t.Errorf("signal pcscd: %v", err)
		}
	}
	if os.Getenv(insideVariable) == onSystem {
		t.Fatal("freeze pcscd: it is the system's own, because the system refuses namespaces")
	}
	signal(syscall.SIGSTOP)
	thaw = func() { signal(syscall.SIGCONT) }
	t.Cleanup(thaw)
	return thaw
}

// stopDaemon ends the daemon when the tests are over.
func stopDaemon() {
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "cardtest: stop pcscd:", err)
	}
	if shared.folder != "" {
		os.RemoveAll(shared.folder)
	}
}

// start writes the configuration and starts pcscd.
func (d *daemon) start() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cmd != nil {
		return nil
	}
	switch os.Getenv(insideVariable) {
	case inNamespaces:
	case onSystem:
		return nil // it runs
	default:
		return fmt.Errorf("the package has no TestMain that calls cardtest.Main")
	}
	if err := d.configure(); err != nil {
		return err
	}
	d.output = &lockedBuffer{}
	cmd := exec.Command(daemonPath, "--foreground", "--info", "--config", d.configDir())
	cmd.Stdout, cmd.Stderr = d.output, d.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	d.cmd = cmd
	return d.wait("pcscd does not answer", func() bool {
		conn, err := net.Dial("unix", socketPath)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

// stop ends pcscd and waits for it.
func (d *daemon) stop() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cmd == nil {
		return nil
	}
	cmd := d.cmd
	d.cmd = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done: // its exit code says nothing
	case <-time.After(startTimeout):
		_ = cmd.Process.Kill()
		<-done
	}
	// A daemon that was killed leaves its files and refuses to start again.
	left, err := filepath.Glob(runDir + "/pcscd.*")
	if err != nil {
		return err
	}
	for _, name := range left {
		os.Remove(name)
	}
	return nil
}

// configure writes one stanza for each device that is there. Each has a copy
// of the driver of its own: a driver loaded once keeps one table of slots, in
// which a second device would overwrite the first.
func (d *daemon) configure() error {
	if d.folder == "" {
		dir, err := os.MkdirTemp("", "cardtest-")
		if err != nil {
			return err
		}
		d.folder = dir
	}
	if err := os.MkdirAll(d.configDir(), 0o755); err != nil {
		return err
	}
	driver, err := os.ReadFile(driverPath)
	if err != nil {
		return err
	}
	var b strings.Builder
	for i := range devices {
		if d.removed[i] {
			continue
		}
		lib := filepath.Join(d.folder, fmt.Sprintf("libifdvpcd-%d.so", i))
		if err := os.WriteFile(lib, driver, 0o755); err != nil {
			return err
		}
		port := firstPort + i*slots
		fmt.Fprintf(&b, "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n\n",
			deviceName(i), port, lib, port)
	}
	return os.WriteFile(filepath.Join(d.configDir(), "readers"), []byte(b.String()), 0o644)
}

// configDir is the folder of reader configurations; it holds nothing else.
func (d *daemon) configDir() string { return filepath.Join(d.folder, "reader.conf.d") }

// deviceName is the friendly name of a device; not "Virtual PCD", which
// production ignores. The system's own daemon has the one device of the
// package's configuration.
func deviceName(i int) string {
	if os.Getenv(insideVariable) == onSystem {
		return "Virtual PCD"
	}
	return fmt.Sprintf("Salter Test Reader %c", 'A'+i)
}

// slotCount is how many readers there are.
func slotCount() int {
	if os.Getenv(insideVariable) == onSystem {
		return slots
	}
	return devices * slots
}

// notice is what the daemon's log says of one reader.
type notice struct {
	output            *lockedBuffer // nil: not running
	inserted, removed int
}

// notice counts the insertions and removals that the daemon has noticed.
func (d *daemon) notice(reader string) notice {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cmd == nil {
		return notice{}
	}
	log := d.output.String()
	return notice{
		output:   d.output,
		inserted: strings.Count(log, "Card inserted into "+reader),
		removed:  strings.Count(log, "Card Removed From "+reader),
	}
}

// setRemoved says whether a device is left out at the next start.
func (d *daemon) setRemoved(device int, removed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.removed[device] = removed
}

// release gives a slot back.
func (d *daemon) release(slot int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.taken, slot)
}

// wait polls until ok, the daemon ends, or time is up.
func (d *daemon) wait(complaint string, ok func() bool) error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		if ok() {
			return nil
		}
		time.Sleep(5 * time.Millisecond) // another process: nothing to wait on
	}
	return fmt.Errorf("%s after %v:\n%s", complaint, startTimeout, d.output)
}

// lockedBuffer collects the daemon's output.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p.
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns everything so far.
func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
