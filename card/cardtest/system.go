//go:build linux

package cardtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// systemDelay is how long the system's daemon may take to notice a card: three
// of its looks.
const systemDelay = 1200 * time.Millisecond

// useSystem takes the readers of the daemon that runs on this machine, for one
// test binary at a time. unlock gives them back.
func useSystem() (unlock func(), err error) {
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "salter-cardtest.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		lock.Close()
		return nil, fmt.Errorf("take lock: %w", err)
	}
	for slot := range slots {
		if err := probe(slot); err != nil {
			lock.Close()
			return nil, err
		}
	}
	return func() { lock.Close() }, nil
}

// probe reports whether a slot of the system's daemon takes a card: it asks
// for the answer to reset. In a slot that holds another card the connection
// would wait unheard.
func probe(slot int) error {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+slot))
	if err != nil {
		return fmt.Errorf("no virtual reader: %w", err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(2 * systemDelay)); err != nil {
		return err
	}
	if _, err := conn.Read(make([]byte, 3)); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("virtual reader %d is in use", slot)
		}
		return fmt.Errorf("virtual reader %d: %w", slot, err)
	}
	return nil
}
