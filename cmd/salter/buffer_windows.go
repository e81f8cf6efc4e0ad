package main

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// pinBuffer returns n bytes that are not paged out: the place of the PIN while
// it is typed. Where the system refuses the lock it is ordinary memory.
func pinBuffer(n int) []byte {
	b := make([]byte, n) // the collector does not move it
	_ = windows.VirtualLock(uintptr(unsafe.Pointer(&b[0])), uintptr(n))
	return b
}
