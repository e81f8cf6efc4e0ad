package card

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDriveSerialises(t *testing.T) {
	l := newLane()
	inside, most := 0, 0
	done := make(chan error)
	for range 20 {
		go func() {
			_, err := drive(context.Background(), l, time.Minute, func(context.Context) (int, error) {
				inside++ // the race detector watches too
				most = max(most, inside)
				inside--
				return 0, nil
			})
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most != 1 {
		t.Errorf("%d calls at once, want 1", most)
	}
}

// A call that hangs is given up, keeps the lane, and sees that it was given up
// when it comes back.
func TestDriveHanging(t *testing.T) {
	l := newLane()
	release := make(chan struct{})
	saw := make(chan error, 1)
	_, err := drive(context.Background(), l, 10*time.Millisecond, func(ctx context.Context) (int, error) {
		<-release
		saw <- context.Cause(ctx)
		return 1, nil
	})
	if !errors.Is(err, ErrBusy) {
		t.Errorf("hanging call: got %v, want ErrBusy", err)
	}
	ran := false
	_, err = drive(context.Background(), l, 10*time.Millisecond, func(context.Context) (int, error) {
		ran = true
		return 1, nil
	})
	if !errors.Is(err, ErrBusy) || ran {
		t.Errorf("call behind it: got %v, ran %v, want ErrBusy without running", err, ran)
	}
	close(release)
	if err := <-saw; !errors.Is(err, ErrBusy) {
		t.Errorf("hanging call saw %v, want ErrBusy", err)
	}
	if v, err := drive(context.Background(), l, time.Minute, func(context.Context) (int, error) { return 5, nil }); v != 5 || err != nil {
		t.Errorf("after it: got %d, %v", v, err)
	}
}

func TestDriveCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	l := newLane()
	<-l.free
	if _, err := drive(ctx, l, time.Minute, func(context.Context) (int, error) { return 1, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
