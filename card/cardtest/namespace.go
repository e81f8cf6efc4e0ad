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

// insideVariable marks the process that runs in the namespaces.
const insideVariable = "SALTER_CARDTEST_INSIDE"

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
	if os.Getenv(insideVariable) == "" {
		return runInside()
	}
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "cardtest: prepare namespaces:", err)
		return 1
	}
	defer stopDaemon()
	return i.M.Run()
}

// runInside starts this binary again in new namespaces and returns its exit
// code.
func runInside() int {
	exe, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cardtest: find test binary:", err)
		return 1
	}
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = namespaces()
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "cardtest: this system refuses mount and network namespaces (%v).\n"+
			"Run the tests as root, or allow unprivileged user namespaces.\n", err)
		return 1
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it has ended already
		}
	}()
	err = cmd.Wait()
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

// namespaces asks for a mount, a network and a process namespace: with the
// last one everything that a killed test leaves running ends with it. Who is
// not root becomes root of a user namespace first.
func namespaces() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	if uid := os.Getuid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attr
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
