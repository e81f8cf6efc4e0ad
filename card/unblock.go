package card

import (
	"context"
	"errors"
	"fmt"

	"github.com/ebfe/scard"
	"github.com/miekg/pkcs11"
)

// CanUnblock reports whether the PIN of the card in the reader can be
// unblocked here: nil, or ErrCannotUnblock if no command for this make of card
// is known, ErrNoPUK if its PUK is not, or an error of the reader. Nothing is
// spent or changed by it. Like all native reads it refuses with ErrBusy while
// a session is logged in.
func (r *Readers) CanUnblock(ctx context.Context, reader string) error {
	if err := r.canUnblock(ctx, reader); err != nil {
		return fmt.Errorf("ask for unblocking: %w", err)
	}
	return nil
}

// canUnblock is CanUnblock.
func (r *Readers) canUnblock(ctx context.Context, reader string) error {
	driver, err := r.cfg.Driver.unblocker()
	if err != nil {
		return err
	}
	serial, err := transact(ctx, r, reader, scard.LeaveCard, func(c *channel, _ insertion) (string, error) {
		chip, err := readToken(c)
		if err == nil && !chip.Present {
			err = ErrOldCard
		}
		if err == nil {
			err = known(c, driver)
		}
		return chip.Serial, err
	})
	if err != nil {
		return err
	}
	puk, err := r.puk(ctx, driver, serial)
	clear(puk)
	return err
}

// known wants a chip of the driver's make.
func known(c *channel, driver unblocker) error {
	ok, err := driver.knows(c)
	if err == nil && !ok {
		return fmt.Errorf("chip of another make: %w", ErrCannotUnblock)
	}
	return err
}

// puk gets the PUK of a card; the caller wipes it.
func (r *Readers) puk(ctx context.Context, driver unblocker, serial string) ([]byte, error) {
	if r.cfg.PUKs == nil {
		return nil, ErrNoPUK
	}
	puk, err := r.cfg.PUKs.PUK(ctx, serial)
	if err == nil && !driver.goodPUK(puk) {
		err = fmt.Errorf("%d characters: %w", len(puk), ErrNoPUK)
	}
	if err != nil {
		clear(puk)
		return nil, err
	}
	return puk, nil
}

// Unblock gives the PIN its tries back, with the card's PUK, which it gets
// from Config.PUKs. With a new PIN that becomes the PIN (C_SetPIN with the PUK
// in a session without login, PKCS#11 v2.40 5.6). With nil the PIN stays what
// it is, by the command of the driver and never by C_SetPIN, which always sets
// what it is given; whether the citizen knows it only his next Login shows. No
// login is needed before and none is left. Exactly one attempt is made with
// the PUK. It may be repeated, also after ErrRemoved, when what the card did
// is not known: the same once more does no harm. The caller wipes pin.
//
// Errors: ErrCannotUnblock, ErrNoPUK, *WrongPUKError, ErrPUKBlocked,
// ErrPINFormat (a new PIN that is not 4 to 8 digits; the card was not asked),
// those of the card, *StatusError, *ModuleError.
func (s *Session) Unblock(ctx context.Context, pin []byte) error {
	if err := s.unblock(ctx, pin); err != nil {
		return fmt.Errorf("unblock PIN: %w", err)
	}
	return nil
}

// unblock is Unblock.
func (s *Session) unblock(ctx context.Context, pin []byte) error {
	if pin != nil && !wellFormed(pin) {
		return ErrPINFormat
	}
	driver, err := s.r.cfg.Driver.unblocker()
	if err != nil {
		return err
	}
	puk, err := s.r.puk(ctx, driver, s.serial)
	if err != nil {
		return err
	}
	defer clear(puk)
	if pin == nil {
		return s.withCopies(ctx, "reset counter", func(ctx context.Context, own [][]byte) error {
			return s.resetCounter(ctx, driver, own[0])
		}, puk)
	}
	return s.withCopies(ctx, "set PIN", func(ctx context.Context, own [][]byte) error {
		return s.setWithPUK(ctx, driver, own[0], own[1])
	}, puk, pin)
}

// resetCounter leaves the PIN what it is; in the lane. The module lets go of
// the card meanwhile.
func (s *Session) resetCounter(ctx context.Context, driver unblocker, puk []byte) error {
	s.shut()
	err := s.look(ctx, func(c *channel) error {
		if err := known(c, driver); err != nil {
			return err
		}
		return driver.resetCounter(c, puk)
	})
	if err != nil {
		return err
	}
	return s.unblocked(ctx)
}

// setWithPUK sets a new PIN through the module, once the chip has turned out
// to be of the driver's make: to another the PUK would be a wrong PIN; in the
// lane.
func (s *Session) setWithPUK(ctx context.Context, driver unblocker, puk, pin []byte) error {
	s.shut() // in a session with login C_SetPIN means another thing
	if err := s.look(ctx, func(c *channel) error { return known(c, driver) }); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	err := s.r.module.pin.setPIN(s.handle, puk, pin)
	s.shut()
	if err != nil {
		return refusedPUK(err)
	}
	return s.unblocked(ctx)
}

// refusedPUK names what C_SetPIN returned. How many tries are left for a PUK
// no command tells but the attempt itself, and the module does not pass it on.
func refusedPUK(err error) error {
	var rv pkcs11.Error
	if errors.As(err, &rv) {
		switch uint(rv) {
		case pkcs11.CKR_PIN_INCORRECT:
			return &WrongPUKError{TriesLeft: -1}
		case pkcs11.CKR_PIN_LOCKED:
			return ErrPUKBlocked
		case pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_INVALID:
			return ErrPINFormat
		}
	}
	return moduleError("C_SetPIN", err)
}

// unblocked asks the chip whether it is; in the lane.
func (s *Session) unblocked(ctx context.Context) error {
	if err := s.look(ctx, func(*channel) error { return nil }); err != nil {
		return err
	}
	if s.tries == 0 {
		return ErrPINBlocked
	}
	return nil
}

// look is one transaction with the chip of the session, whose tries it notes,
// while the module has no session on it; in the lane. It is never repeated.
func (s *Session) look(ctx context.Context, f func(*channel) error) error {
	_, err := once(ctx, s.reader, scard.ResetCard, func(c *channel) (struct{}, error) {
		if err := s.recognise(c); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, f(c)
	})
	return s.stillThere(ctx, err)
}
