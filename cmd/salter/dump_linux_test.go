package main

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

const dumpVariable = "SALTER_TEST_DUMP"

// sayDumps prints what noDumps has done to this process.
func sayDumps() error {
	if err := noDumps(); err != nil {
		return err
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		return err
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil {
		return err
	}
	fmt.Printf("dumpable %d, core files up to %d", dumpable, core.Max)
	return nil
}

// TestNoDumps asks a process of its own, because there is no way back.
func TestNoDumps(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), dumpVariable+"=1")
	out, err := cmd.CombinedOutput()
	if want := "dumpable 0, core files up to 0"; err != nil || string(out) != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}
