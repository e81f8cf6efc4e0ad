package admin

import (
	"errors"
	"net"
	"syscall"
)

// peer asks the kernel for the account at the other end (unix(7), SO_PEERCRED).
func peer(conn net.Conn) (uid int, err error) {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, errors.New("not a Unix socket")
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return 0, err
	}
	var who *syscall.Ucred
	var errWho error
	if err := raw.Control(func(fd uintptr) {
		who, errWho = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if errWho != nil {
		return 0, errWho
	}
	return int(who.Uid), nil
}
