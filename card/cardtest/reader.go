//go:build linux

package cardtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"salter/card/virtual"
)

// Reader is one virtual reader of the daemon, free for one test.
type Reader struct {
	t      testing.TB
	slot   int
	cancel context.CancelFunc // nil: empty
	done   chan struct{}      // closed when the card's connection has ended
	seen   notice             // of the daemon's log when the card was put in
}

// NewReader returns a reader that no other test uses; pcscd is started if it
// does not run yet. The end of the test empties and returns it.
func NewReader(t testing.TB) *Reader {
	t.Helper()
	StartService(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for s := range slotCount() {
		if shared.taken[s] {
			continue
		}
		shared.taken[s] = true
		r := &Reader{t: t, slot: s}
		t.Cleanup(func() {
			r.Eject()
			shared.release(s)
		})
		return r
	}
	t.Fatalf("all %d readers are in use", slotCount())
	return nil
}

// Name returns the name under which PC/SC lists the reader: that of the device,
// its number among devices of the same name, its slot.
func (r *Reader) Name() string {
	return fmt.Sprintf("%s 00 %02X", deviceName(r.slot/slots), r.slot%slots)
}

// Addr returns where a card connects to be inserted.
func (r *Reader) Addr() string { return fmt.Sprintf("127.0.0.1:%d", firstPort+r.slot) }

// Insert puts a card in and returns when pcscd has noticed it.
func (r *Reader) Insert(c *virtual.Card) {
	r.t.Helper()
	if r.cancel != nil {
		r.t.Fatal("insert card: reader is not empty")
	}
	conn := r.dial()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	r.seen = shared.notice(r.Name())
	r.cancel, r.done = cancel, done
	go func() {
		defer close(done)
		// Why it ended is what tests play with; pcscd says what it made of it.
		_ = c.Serve(ctx, conn)
	}()
	began := time.Now()
	r.await("the insertion", func(now notice) bool {
		// A card that was there before the daemon looked at the slot for the
		// first time is in its state and not in its log.
		return now.inserted > r.seen.inserted || time.Since(began) > time.Second && r.present()
	})
}

// present asks the daemon whether a card is in the reader.
func (r *Reader) present() bool {
	ctx, err := scard.EstablishContext()
	if err != nil {
		return false
	}
	defer func() { _ = ctx.Release() }() // nothing is left to undo
	state := []scard.ReaderState{{Reader: r.Name(), CurrentState: scard.StateUnaware}}
	return ctx.GetStatusChange(state, 0) == nil && state[0].EventState&scard.StatePresent != 0
}

// await waits until the daemon has noticed a change. A daemon that was stopped
// since notices nothing any more.
func (r *Reader) await(what string, ok func(notice) bool) {
	r.t.Helper()
	if os.Getenv(insideVariable) == onSystem {
		time.Sleep(systemDelay) // its log is not ours to read
		return
	}
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		now := shared.notice(r.Name())
		if now.output != r.seen.output || ok(now) {
			return
		}
		time.Sleep(5 * time.Millisecond) // another process: nothing to wait on
	}
	r.t.Errorf("pcscd did not notice %s in %q:\n%v", what, r.Name(), r.seen.output)
}

// dial connects to the reader, which listens a moment after the daemon has
// started.
func (r *Reader) dial() net.Conn {
	r.t.Helper()
	var err error
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		var conn net.Conn
		if conn, err = net.Dial("tcp", r.Addr()); err == nil {
			return conn
		}
		time.Sleep(10 * time.Millisecond) // another process: nothing to wait on
	}
	r.t.Fatalf("insert card: %v", err)
	return nil
}

// Eject takes the card out and returns when pcscd has noticed that, also of a
// card that a fault has pulled; an empty reader stays empty. A card put back
// before pcscd has looked would be taken for one that never left.
func (r *Reader) Eject() {
	r.t.Helper()
	if r.cancel == nil {
		return
	}
	r.cancel()
	<-r.done
	r.cancel = nil
	r.await("the removal", func(now notice) bool { return now.removed > r.seen.removed })
}

// Gone is closed when the card has left the reader by itself: pulled by a
// fault, or with the service. Eject makes room for the next card all the same.
func (r *Reader) Gone() <-chan struct{} { return r.done }

// Unplug takes the device with both its slots away; Plug brings it back.
// pcscd does not look for readers of this kind while it runs, so it is
// restarted: its clients lose the service first and then find no reader, and
// the cards in all readers of this process are thrown out.
func (r *Reader) Unplug() { r.setPlugged(false) }

// Plug brings an unplugged device back.
func (r *Reader) Plug() { r.setPlugged(true) }

// setPlugged restarts the daemon with or without the device.
func (r *Reader) setPlugged(plugged bool) {
	r.t.Helper()
	StopService(r.t)
	shared.setRemoved(r.slot/slots, !plugged)
	StartService(r.t)
}
