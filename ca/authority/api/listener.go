package api

import (
	"net"
	"sync"
)

// Limit returns l with at most total connections open at a time; more wait to
// be accepted. Of one address no more than each are open: what comes beyond is
// closed at once. However many strangers come to one port, they take no file
// descriptors from the others, and one of them does not keep out the rest.
func Limit(l net.Listener, total, each int) net.Listener {
	return &limited{Listener: l, places: make(chan struct{}, total), closed: make(chan struct{}), each: each, by: make(map[string]int)}
}

type limited struct {
	net.Listener
	places chan struct{} // one element for each open connection
	closed chan struct{}
	once   sync.Once // closes closed
	each   int

	mu sync.Mutex
	by map[string]int // mu; open connections by address, only those above zero
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.places
			return nil, err
		}
		from := host(conn)
		if l.enter(from) {
			return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { l.leave(from); <-l.places })}, nil
		}
		_ = conn.Close() // the other end sees it
	}
}

func host(conn net.Conn) string {
	from, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return from
}

func (l *limited) enter(from string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[from] >= l.each {
		return false
	}
	l.by[from]++
	return true
}

func (l *limited) leave(from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[from]--; l.by[from] == 0 {
		delete(l.by, from)
	}
}

// Close implements net.Listener.
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// limitedConn gives its place back when it is closed.
type limitedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
