package card

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ebfe/scard"
	"github.com/miekg/pkcs11"
)

// The length of a PIN, in digits.
const (
	minPIN = 4
	maxPIN = 8
)

// Login makes exactly one attempt with the citizen's PIN. After a wrong one
// the session stays usable for another Login. The caller wipes pin. Errors:
// *WrongPINError with the tries as read from the chip afterwards,
// ErrPINBlocked, ErrPINFormat (no attempt was made), those of the card.
func (s *Session) Login(ctx context.Context, pin []byte) error {
	return s.attempt(ctx, "log in", func(pins [][]byte) error {
		if err := s.r.module.pin.login(s.handle, pins[0]); err != nil {
			return s.refused("C_Login", err)
		}
		s.setLoggedIn(true)
		return nil
	}, pin)
}

// ChangePIN replaces the PIN; it makes exactly one attempt with the old one and
// fails as Login does. A new PIN that is not 4 to 8 digits is ErrPINFormat. No
// login is left. The caller wipes both.
func (s *Session) ChangePIN(ctx context.Context, old, pin []byte) error {
	return s.attempt(ctx, "change PIN", func(pins [][]byte) error {
		// Without a login the module may take the old PIN for the PUK.
		if !s.r.loggedIn(s.reader, s.insertion) {
			if err := s.r.module.pin.login(s.handle, pins[0]); err != nil {
				return s.refused("C_Login", err)
			}
		}
		err := s.r.module.pin.setPIN(s.handle, pins[0], pins[1])
		s.setLoggedIn(false)
		_ = s.r.module.lib.Logout(s.handle) // with a dead card there is no login either
		if err != nil {
			return s.refused("C_SetPIN", err)
		}
		return nil
	}, old, pin)
}

// attempt runs f in the lane with copies of the PINs and an open session,
// unless the PIN is blocked.
func (s *Session) attempt(ctx context.Context, op string, f func(pins [][]byte) error, pins ...[]byte) error {
	for _, p := range pins {
		if !wellFormed(p) {
			return fmt.Errorf("%s: %w", op, ErrPINFormat)
		}
	}
	return s.withCopies(ctx, op, func(ctx context.Context, own [][]byte) error {
		if s.tries == 0 {
			return ErrPINBlocked
		}
		if err := s.reopen(ctx); err != nil {
			return err
		}
		return f(own)
	}, pins...)
}

// withCopies runs f in the lane with copies of PINs or PUK: the call may
// outlast the patience of the caller, who wipes his own buffers then. The
// copies are wiped when f is done, or at once if it never comes to run.
func (s *Session) withCopies(ctx context.Context, op string, f func(ctx context.Context, own [][]byte) error, secrets ...[]byte) error {
	own := make([][]byte, len(secrets))
	for i, p := range secrets {
		own[i] = bytes.Clone(p)
	}
	wipe := func() {
		for _, p := range own {
			clear(p)
		}
	}
	var taken atomic.Bool // by whoever wipes
	err := s.do(ctx, op, func(ctx context.Context) error {
		if !taken.CompareAndSwap(false, true) {
			return context.Cause(ctx)
		}
		defer wipe()
		return f(ctx, own)
	})
	if taken.CompareAndSwap(false, true) {
		wipe()
	}
	return err
}

// wellFormed reports whether a PIN can be one. Nothing else is ever shown to
// the card: modules count an empty PIN as a wrong one.
func wellFormed(pin []byte) bool {
	for _, c := range pin {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(pin) >= minPIN && len(pin) <= maxPIN
}

// reopen opens the session again that a wrong PIN has closed; in the lane.
func (s *Session) reopen(ctx context.Context) error {
	if s.opened {
		return nil
	}
	return s.open(ctx)
}

// refused explains a failed attempt; in the lane. The return value says wrong
// PIN for the blocking attempt too, so the chip is asked what is left, and for
// that the module lets go of it.
func (s *Session) refused(op string, err error) error {
	var rv pkcs11.Error
	if !errors.As(err, &rv) {
		return fmt.Errorf("%s: %w", op, err)
	}
	switch uint(rv) {
	case pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_INVALID:
		return fmt.Errorf("%s: %w", op, ErrPINFormat)
	case pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_LOCKED:
	default:
		return moduleError(op, err)
	}
	s.shut()
	s.tries = -1
	ctx, cancel := context.WithTimeout(context.Background(), s.r.cfg.Patience)
	defer cancel()
	_, err = once(ctx, s.reader, scard.ResetCard, func(c *channel) (struct{}, error) { return struct{}{}, s.recognise(c) })
	switch {
	case err == nil && s.tries == 0, uint(rv) == pkcs11.CKR_PIN_LOCKED && s.tries < 0:
		return ErrPINBlocked
	case err != nil: // the attempt failed, whatever became of the card afterwards
		return &WrongPINError{TriesLeft: -1}
	}
	return &WrongPINError{TriesLeft: s.tries}
}
