//go:build unix

package main

import "golang.org/x/sys/unix"

// pinBuffer returns n bytes that are not paged out: the place of the PIN while
// it is typed. Where the system refuses the lock it is ordinary memory.
func pinBuffer(n int) []byte {
	b := make([]byte, n) // the collector does not move it
	_ = unix.Mlock(b)
	return b
}
