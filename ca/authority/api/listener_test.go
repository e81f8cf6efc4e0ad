package api_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"salter/ca/authority/api"
)

func TestLimit(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := api.Limit(inner, 2, 2)
	accepted, failed := make(chan net.Conn), make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				failed <- err
				return
			}
			accepted <- conn
		}
	}()
	for range 4 { // the kernel takes them all
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	full := func() {
		t.Helper()
		select {
		case <-accepted:
			t.Error("a third connection was accepted beside two")
		case err := <-failed:
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	first, second := <-accepted, <-accepted
	full()
	for range 2 { // closing twice makes one place
		_ = first.Close()
	}
	third := <-accepted
	full()
	defer third.Close()
	defer second.Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: got %v, want ErrClosed", err)
	}
}
