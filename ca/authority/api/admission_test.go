package api_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/api"
)

// put is a request of a workstation with a body.
func put(body io.Reader) *http.Request {
	return httptest.NewRequest(http.MethodPut, "/", body)
}

func wantBusy(t *testing.T, name string, err error) {
	t.Helper()
	var refusal *authority.Refusal
	if !errors.As(err, &refusal) || refusal.Name() != ca.ProblemBusy || refusal.RetryAfter < time.Second || refusal.RetryAfter > 10*time.Second {
		t.Errorf("%s: got %v, want busy, for 1 to 10 seconds", name, err)
	}
}

// TestSlowSenderKeepsNobodyWaiting: all places to work are free while bodies do
// not come, and one workstation sends no more than its share.
func TestSlowSenderKeepsNobodyWaiting(t *testing.T) {
	run := api.NewAdmission(api.Limits{Total: 1, PerWorkstation: 2, Wait: 10 * time.Millisecond})
	var slow sync.WaitGroup
	var ends []*io.PipeWriter
	for range 2 {
		in, out := io.Pipe()
		ends = append(ends, out)
		slow.Go(func() {
			err := run(httptest.NewRecorder(), put(in), "slow", 100, func() error { return nil })
			if err != nil {
				var refusal *authority.Refusal // two end at once, and there is one place
				if !errors.As(err, &refusal) {
					t.Errorf("slow: %v", err)
				}
			}
		})
		if _, err := out.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	worked := false
	if err := run(httptest.NewRecorder(), put(strings.NewReader("x")), "quick", 100, func() error { worked = true; return nil }); err != nil || !worked {
		t.Errorf("beside the slow ones: %v, worked %v", err, worked)
	}
	wantBusy(t, "a third of the slow one", run(httptest.NewRecorder(), put(nil), "slow", 100, func() error { return nil }))
	for _, end := range ends {
		_ = end.Close()
	}
	slow.Wait()
	if err := run(httptest.NewRecorder(), put(nil), "slow", 100, func() error { return nil }); err != nil {
		t.Errorf("after the slow ones: %v", err)
	}
}

// TestTurn: what was read waits a while for its turn, and no longer.
func TestTurn(t *testing.T) {
	run := api.NewAdmission(api.Limits{Total: 1, Wait: 20 * time.Millisecond})
	err := run(httptest.NewRecorder(), put(nil), "a", 100, func() error {
		return run(httptest.NewRecorder(), put(nil), "b", 100, func() error { return errors.New("worked beside another") })
	})
	wantBusy(t, "the second", err)

	patient := api.NewAdmission(api.Limits{Total: 1, Wait: time.Minute})
	started, release := make(chan bool), make(chan bool)
	var first, second error
	var both sync.WaitGroup
	both.Go(func() {
		first = patient(httptest.NewRecorder(), put(nil), "a", 100, func() error { started <- true; <-release; return nil })
	})
	<-started
	both.Go(func() { second = patient(httptest.NewRecorder(), put(nil), "b", 100, func() error { return nil }) })
	close(release)
	both.Wait()
	if first != nil || second != nil {
		t.Errorf("one after the other: %v, %v", first, second)
	}
}

// TestBodies: what a handler reads is what was sent, as far as it may.
func TestBodies(t *testing.T) {
	run := api.NewAdmission(api.Limits{Bodies: 1000})
	cut := errors.New("cut")
	for _, tt := range []struct {
		name string
		body io.Reader
		size int64 // as told; -1: not
		want string
		err  error
	}{
		{"whole", strings.NewReader("0123456789"), 10, "0123456789", nil},
		{"of untold size", strings.NewReader("0123456789"), -1, "0123456789", nil},
		{"one byte more than allowed is seen", strings.NewReader(strings.Repeat("x", 101)), -1, strings.Repeat("x", 101), nil},
		{"much more is not kept", strings.NewReader(strings.Repeat("x", 5000)), -1, strings.Repeat("x", 101), nil},
		{"cut off", io.MultiReader(strings.NewReader("01"), broken{cut}), 10, "01", cut},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := put(tt.body)
			r.ContentLength = tt.size
			if err := run(httptest.NewRecorder(), r, "a", 100, func() error {
				got, err := io.ReadAll(r.Body)
				if string(got) != tt.want || !errors.Is(err, tt.err) {
					t.Errorf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	r := put(strings.NewReader("x"))
	r.ContentLength = 101
	var refusal *authority.Refusal
	if err := run(httptest.NewRecorder(), r, "a", 100, func() error { return nil }); !errors.As(err, &refusal) || refusal.Name() != ca.ProblemTooLarge {
		t.Errorf("too large by its own word: got %v", err)
	}
	r = put(strings.NewReader("x"))
	r.ContentLength = 1001
	wantBusy(t, "more than all bodies together", run(httptest.NewRecorder(), r, "a", 2000, func() error { return nil }))
}

// broken is a body that breaks off.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// TestLimitOfAnAddress: one address does not take the places of the others.
func TestLimitOfAnAddress(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := api.Limit(inner, 10, 1)
	defer l.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func(from string) net.Conn {
		t.Helper()
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial("127.0.0.2")
	mine := <-accepted
	greedy := dial("127.0.0.2")
	if _, err := greedy.Read(make([]byte, 1)); err == nil {
		t.Error("a second connection of one address was kept")
	}
	dial("127.0.0.3")
	<-accepted
	if err := mine.Close(); err != nil {
		t.Fatal(err)
	}
	dial("127.0.0.2")
	<-accepted
}
