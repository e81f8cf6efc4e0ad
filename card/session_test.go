package card

import (
	"context"
	"errors"
	"testing"
	"time"
)

// As long as a call hangs in the module, no other session comes to call it and
// it is not left: that would pull it away under the call.
func TestCallHangsInSession(t *testing.T) {
	ctx := context.Background()
	watch := newWatcher(func(string) bool { return false })
	close(watch.ended)
	r := &Readers{
		cfg:     Config{Patience: 10 * time.Millisecond},
		watch:   watch,
		module:  &module{},
		stop:    func() {},
		opening: newLane(),
		lanes:   make(map[string]*lane),
	}
	s := &Session{r: r, reader: "a"}
	r.setSession(nil, s)
	release, hanging := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = drive(ctx, r.lane("a"), time.Minute, func(context.Context) (int, error) {
			close(hanging)
			<-release
			return 0, nil
		})
	}()
	<-hanging
	for range 2 {
		if err := s.Close(); !errors.Is(err, ErrBusy) {
			t.Errorf("close the session: %v, want ErrBusy", err)
		}
		if err := r.Close(); !errors.Is(err, ErrBusy) {
			t.Errorf("close the readers: %v, want ErrBusy", err)
		}
		if _, err := r.Open(ctx, "b", "ID000000001"); !errors.Is(err, ErrBusy) {
			t.Errorf("open in another reader: %v, want ErrBusy", err)
		}
	}
	close(release)
	r.cfg.Patience = time.Minute
	if err := r.Close(); err != nil {
		t.Errorf("close after the call has ended: %v", err)
	}
	if r.session != nil {
		t.Error("session still there")
	}
}

// A call to Open waits for the one before it only as long as its caller does.
func TestOpenGivenUp(t *testing.T) {
	r := &Readers{opening: newLane()}
	if err := r.opening.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Open(ctx, "a", "ID000000001"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
