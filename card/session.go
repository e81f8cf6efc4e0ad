package card

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ebfe/scard"
	"github.com/miekg/pkcs11"

	"salter/card/apdu"
)

// Session is one citizen's token opened for writing. Its methods run in the
// lane of the reader, one after the other. Once the card was removed every
// method says ErrRemoved; once a call was given up because something held the
// card, or the card was reset, it says ErrReset: the session is to be closed
// and opened again, and the PIN asked again.
type Session struct {
	r         *Readers
	reader    string
	serial    string
	insertion uint64

	// Touched inside the lane only.
	handle pkcs11.SessionHandle
	slot   uint  // of handle
	opened bool  // handle is good
	tries  int   // as last read from the chip
	lost   error // why nothing works any more

	loggedIn bool // under Readers.mu
}

// Open prepares the token in the reader for writing. The card must be the one
// whose PKI part has that serial (Chip.Serial), by a look at the chip just
// before. A session left open is closed: there is one citizen at a time.
// Errors: those of the reader, and ErrOldCard, ErrOtherCard, ErrNoModule,
// ErrNoSlot, *ModuleError; ErrBusy as long as a call of the former session
// hangs.
func (r *Readers) Open(ctx context.Context, reader, serial string) (*Session, error) {
	if err := r.opening.enter(ctx); err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	defer r.opening.leave()
	if err := r.closeSession(); err != nil {
		return nil, fmt.Errorf("open session: close the former: %w", err)
	}
	s := &Session{r: r, reader: reader, serial: serial}
	// The module may have the card in a state that this look has changed. A
	// reset is the one thing that PC/SC tells it about; it also ends what
	// another program has verified.
	_, err := transact(ctx, r, reader, scard.ResetCard, func(c *channel, card insertion) (struct{}, error) {
		s.insertion = card.number
		return struct{}{}, s.recognise(c)
	})
	if err == nil {
		r.setSession(nil, s) // before the module is called, where it may hang
		err = s.do(ctx, "open token", s.open)
	}
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	return s, nil
}

// recognise checks that the chip is the one of the session and notes the tries.
func (s *Session) recognise(c *channel) error {
	chip, err := readToken(c)
	switch {
	case err != nil:
		return err
	case !chip.Present:
		return ErrOldCard
	case chip.Serial != s.serial:
		return ErrOtherCard
	}
	s.tries = chip.Tries
	return nil
}

// open starts the module and opens a session on the card; in the lane.
func (s *Session) open(ctx context.Context) error {
	if s.r.watch.confusable(s.reader) {
		return fmt.Errorf("find slot: another reader has the same first %d characters: %w", slotName, ErrNoSlot)
	}
	slot, err := s.r.module.find(s.reader)
	if err != nil {
		return err
	}
	if err := s.openSlot(slot); err != nil {
		return err
	}
	if err := s.answers(ctx); err != nil {
		s.shut()
		s.r.module.doubt()
		return err
	}
	return nil
}

// answers wants an answer from the chip, and the card where it was all the
// time; in the lane, while nobody is logged in. OpenSC 0.23 selects its applet
// with its first command after a reset, does not report when the card is pulled
// at that moment, and hangs for ever in the call after it. The command is a
// VERIFY without data: it changes nothing and spends no try.
func (s *Session) answers(ctx context.Context) error {
	_, err := once(ctx, s.reader, scard.LeaveCard, func(c *channel) (apdu.Response, error) {
		return c.exchange(apdu.Command{INS: apdu.InsVerify, P2: pinReference})
	})
	return s.stillThere(ctx, err)
}

// stillThere is what a transaction with the chip ended in: err, or the removal
// that caused it or that it did not notice.
func (s *Session) stillThere(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return s.r.watch.still(ctx, s.reader, s.insertion)
	case perhapsRemoved(err):
		if why := s.r.watch.explain(ctx, s.reader, s.insertion); why != nil {
			return fmt.Errorf("%w (%v)", why, err)
		}
	}
	return err
}

// openSlot opens a session on a slot; in the lane.
func (s *Session) openSlot(slot uint) error {
	h, err := s.r.module.lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return moduleError("C_OpenSession", err)
	}
	s.handle, s.slot, s.opened = h, slot, true
	return nil
}

// inSession runs f in the lane with the session's card in the reader, for no
// longer than limit. A failure that a removal can cause is looked into. A call
// that ends after its caller was told that it hangs leaves the session shut.
func inSession[T any](ctx context.Context, s *Session, op string, limit time.Duration, f func(context.Context) (T, error)) (T, error) {
	v, err := drive(ctx, s.r.lane(s.reader), limit, func(ctx context.Context) (v T, err error) {
		if s.lost != nil {
			return v, s.lost
		}
		if err = s.present(ctx); err == nil {
			v, err = f(ctx)
			err = s.explain(ctx, err)
		}
		switch {
		case errors.Is(err, ErrRemoved), errors.Is(err, ErrReset):
			s.shut()
			s.lost = lasting(err)
		case ctx.Err() != nil:
			s.shut()
			s.lost = ErrReset
		}
		return v, err
	})
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", op, err)
	}
	return v, nil
}

// do is inSession for what has no result and takes no time to speak of.
func (s *Session) do(ctx context.Context, op string, f func(context.Context) error) error {
	_, err := inSession(ctx, s, op, s.r.cfg.Patience, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f(ctx)
	})
	return err
}

// lasting is what a session says from then on.
func lasting(err error) error {
	if errors.Is(err, ErrRemoved) {
		return ErrRemoved
	}
	return ErrReset
}

// present reports whether the card of the session is in the reader as far as
// is known without asking.
func (s *Session) present(ctx context.Context) error {
	now, _, err := s.r.watch.inserted(ctx, s.reader)
	if err != nil || now != s.insertion {
		return gone(err)
	}
	return nil
}

// explain replaces a failure of the module by the removal that caused it.
func (s *Session) explain(ctx context.Context, err error) error {
	if err == nil || !fromModule(err) {
		return err
	}
	s.r.module.doubt()
	if why := s.r.watch.explain(ctx, s.reader, s.insertion); why != nil {
		return fmt.Errorf("%w (%v)", why, err) // the cause only, not what it looked like
	}
	return err
}

// shut logs out and closes, whatever state the card is in; in the lane.
func (s *Session) shut() {
	s.setLoggedIn(false)
	if !s.opened {
		return
	}
	s.opened = false
	_ = s.r.module.lib.Logout(s.handle)       // not logged in, or the card is gone
	_ = s.r.module.lib.CloseSession(s.handle) // the same
}

// Close logs out and closes; it may be repeated. It fails only with ErrBusy,
// when a call of the session hangs: that call closes the session when it ends,
// and until then no other session can be opened.
func (s *Session) Close() error {
	_, err := drive(context.Background(), s.r.lane(s.reader), s.r.cfg.Patience, func(context.Context) (struct{}, error) {
		s.shut()
		if s.lost == nil {
			s.lost = ErrClosed
		}
		return struct{}{}, nil
	})
	if err != nil {
		return fmt.Errorf("close session: %w", err)
	}
	s.r.setSession(s, nil)
	return nil
}

// setLoggedIn notes whether the module holds the PIN verified.
func (s *Session) setLoggedIn(yes bool) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.loggedIn = yes
}

// loggedIn reports whether a session is logged in to that card.
func (r *Readers) loggedIn(reader string, insertion uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.session
	return s != nil && s.loggedIn && s.reader == reader && s.insertion == insertion
}
