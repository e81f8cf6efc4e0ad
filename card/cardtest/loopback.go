//go:build linux

package cardtest

import (
	"fmt"
	"syscall"
	"unsafe"
)

// ifreq is struct ifreq of netdevice(7) as far as its flags.
type ifreq struct {
	name  [syscall.IFNAMSIZ]byte
	flags uint16
	_     [22]byte
}

// setInterfaceUp raises a network interface with SIOCSIFFLAGS.
func setInterfaceUp(name string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("raise %s: %w", name, err)
	}
	defer syscall.Close(fd)
	var req ifreq
	copy(req.name[:syscall.IFNAMSIZ-1], name)
	req.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return fmt.Errorf("raise %s: %w", name, errno)
	}
	return nil
}
