//go:build !linux

package virtual

import "net"

// quickAck has no counterpart here; commands are slower, nothing else.
func quickAck(net.Conn) {}
