package virtual

import (
	"net"
	"syscall"
)

// tcpQuickAck is TCP_QUICKACK of linux/tcp.h, which package syscall does not
// name on every architecture.
const tcpQuickAck = 12

// quickAck makes the kernel acknowledge at once what is read next. vpcd sends
// length and payload separately; without it each command waits some 44 ms for
// our delayed acknowledgement. It is not sticky, so it goes before every read.
func quickAck(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	// Only speed depends on it.
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpQuickAck, 1)
	})
}
