//go:build linux

package cardtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// insideVariable marks the process that runs the tests: its value says how.
const (
	insideVariable = "SALTER_CARDTEST_INSIDE"
	inNamespaces   = "namespaces"
	onSystem       = "system" // with the daemon that runs on this machine
)

// runDir is where pcscd and its clients meet; it is compiled into both.
const runDir = "/run/pcscd"

// Main runs the tests of a package inside namespaces of their own and exits.
func Main(m *testing.M) { os.Exit(Inside(m).Run()) }

// M is what runs tests: *testing.M, or what another package makes of it.
type M interface{ Run() int }

// Inside is Main for packages whose TestMain has to hand an M to somebody else,
// for instance to testscript.Main.
func Inside(m M) M { return inside{m} }

// inside runs the tests of an M in the namespaces.
type inside struct{ M }

// Run runs the tests and returns the exit code.
func (i inside) Run() int {
	switch os.Getenv(insideVariable) {
	case inNamespaces:
		if err := prepare(); err != nil {
			fmt.Fprintln(os.Stderr, "cardtest: prepare namespaces:", err)
			return 1
		}
		defer stopDaemon()
	case onSystem:
	default:
		return runInside()
	}
	return i.M.Run()
}

// runInside runs this binary again in new namespaces, or, where the system
// refuses them, with its own daemon. It returns the exit code.
func runInside() int {
	cmd, refused := start()
	if cmd == nil {
		unlock, err := useSystem()
		if err != nil {
			fmt.Fprintf(os.Stderr, "cardtest: this system refuses mount and network namespaces (%v),\n"+
				"and its own pcscd cannot be used instead (%v).\n"+
				"Run the tests as root, or allow unprivileged user namespaces,\n"+
				"or start pcscd with an empty reader of package vsmartcard-vpcd.\n", refused, err)
			return 1
		}
		defer unlock()
		if cmd, err = startWith(nil, onSystem); err != nil {
			fmt.Fprintln(os.Stderr, "cardtest: run tests:", err)
			return 1
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended already
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "cardtest:", err)
	return 1
}

// start runs this binary again in namespaces: as root directly, otherwise, or
// if root may not, as root of a user namespace. The error says why not.
func start() (*exec.Cmd, error) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
	if os.Getuid() == 0 {
		if cmd, err := startWith(attr, inNamespaces); err == nil {
			return cmd, nil
		}
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	return startWith(attr, inNamespaces)
}

// startWith runs this binary again with its arguments. It ends with us.
func startWith(attr *syscall.SysProcAttr, mode string) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if attr == nil {
		attr = &syscall.SysProcAttr{}
	}
	attr.Pdeathsig = syscall.SIGKILL
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), insideVariable+"="+mode)
	cmd.SysProcAttr = attr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd, nil
}

// prepare makes the namespaces usable: mounts that do not spread to the
// system, an empty /run/pcscd, a loopback interface that is up.
func prepare() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := emptyRunDir(); err != nil {
		return err
	}
	return loopbackUp()
}

// emptyRunDir puts an empty file system over /run/pcscd. Where that folder is
// missing and cannot be made, the one over /run does.
func emptyRunDir() error {
	if err := os.MkdirAll(runDir, 0o755); err != nil {
		if err := syscall.Mount("tmpfs", "/run", "tmpfs", 0, "mode=0755"); err != nil {
			return fmt.Errorf("mount /run: %w", err)
		}
		return os.Mkdir(runDir, 0o755)
	}
	if err := syscall.Mount("tmpfs", runDir, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount %s: %w", runDir, err)
	}
	return nil
}

// loopbackUp raises lo, which a new network namespace has down.
func loopbackUp() error {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	if lo.Flags&net.FlagUp != 0 {
		return nil
	}
	return setInterfaceUp(lo.Name)
}
