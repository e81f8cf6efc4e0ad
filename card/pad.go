package card

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ebfe/scard"
	"github.com/miekg/pkcs11"
)

// padPatience bounds what a citizen does at the reader: each PIN has padWait
// for its first key and again after it.
const padPatience = 4 * time.Minute

// PadUse is what the pad of a reader is good for, with the card in it.
type PadUse int

// The uses. A PIN that the reader checks by itself logs no module in, so that
// for a login the module has to ask for it.
const (
	PadNone  PadUse = iota // no pad, or one that not every PIN fits
	PadCheck               // CheckPINOnPad and, if the reader offers it, ChangePINOnPad
	PadLogin               // Session.LoginOnPad as well
)

// PadUse tells what the pad is good for. Nothing is asked of the citizen. Like
// all native reads it refuses with ErrBusy while a session is logged in.
func (r *Readers) PadUse(ctx context.Context, reader string) (PadUse, error) {
	pad, err := transact(ctx, r, reader, scard.LeaveCard, func(c *channel, _ insertion) (pinPad, error) { return c.pad() })
	if err != nil {
		return PadNone, fmt.Errorf("look for a pad: %w", err)
	}
	if pad.verify == 0 {
		return PadNone, nil
	}
	protected, err := drive(ctx, r.lane(reader), r.cfg.Patience, func(context.Context) (bool, error) {
		slot, err := r.module.find(reader)
		if err != nil {
			return false, err
		}
		return r.module.protected(slot), nil
	})
	if err != nil || !protected { // without the module's word the pad logs nobody in
		return PadCheck, nil
	}
	return PadLogin, nil
}

// pad discovers the pad of the reader in which the card lies.
func (c *channel) pad() (pinPad, error) {
	reader, ok := c.card.(controller)
	if !ok {
		return pinPad{}, nil
	}
	return discover(reader)
}

// protected reports whether the module has the PIN typed on the reader
// (PKCS#11 v2.40 3.2, CKF_PROTECTED_AUTHENTICATION_PATH); in the lane.
func (m *module) protected(slot uint) bool {
	token, err := m.lib.GetTokenInfo(slot)
	return err == nil && token.Flags&pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH != 0
}

// CheckPINOnPad has the citizen type his PIN on the reader, for the card with
// that serial, and makes exactly one attempt with it. No login is left. It
// returns when he has typed or given up. Errors: *WrongPINError,
// ErrPINBlocked, ErrPINFormat, ErrPadCancelled, ErrPadTimeout, ErrNoPad, those
// of the card.
func (r *Readers) CheckPINOnPad(ctx context.Context, reader, serial string) error {
	return r.onPad(ctx, reader, serial, func(p pinPad) (uint32, []byte) { return p.verify, verifyStructure() })
}

// ChangePINOnPad has him type the old PIN and the new one twice. Errors: as
// CheckPINOnPad, and ErrPINDiffers.
func (r *Readers) ChangePINOnPad(ctx context.Context, reader, serial string) error {
	return r.onPad(ctx, reader, serial, func(p pinPad) (uint32, []byte) { return p.modify, modifyStructure() })
}

// onPad runs one command of the pad. It is never repeated: nobody is asked
// twice, and no second try is spent.
func (r *Readers) onPad(ctx context.Context, reader, serial string, command func(pinPad) (uint32, []byte)) error {
	_, err := drive(ctx, r.lane(reader), padPatience, func(ctx context.Context) (struct{}, error) {
		id, _, err := r.watch.inserted(ctx, reader)
		if err != nil {
			return struct{}{}, err
		}
		if r.loggedIn(reader, id) {
			return struct{}{}, fmt.Errorf("a session is logged in: %w", ErrBusy)
		}
		// The reset ends what was verified, and tells the module.
		_, err = once(ctx, reader, scard.ResetCard, func(c *channel) (struct{}, error) {
			return struct{}{}, askOnPad(c, serial, command)
		})
		if perhapsRemoved(err) {
			if why := r.watch.explain(ctx, reader, id); why != nil {
				err = why
			}
		}
		return struct{}{}, err
	})
	if err != nil {
		return fmt.Errorf("PIN on the reader: %w", err)
	}
	return nil
}

// askOnPad makes sure that it is the right card, with a try left, and asks.
func askOnPad(c *channel, serial string, command func(pinPad) (uint32, []byte)) error {
	pad, err := c.pad()
	if err != nil {
		return err
	}
	ioctl, structure := command(pad)
	if ioctl == 0 {
		return ErrNoPad
	}
	switch chip, err := readToken(c); {
	case err != nil:
		return err
	case !chip.Present:
		return ErrOldCard
	case chip.Serial != serial:
		return ErrOtherCard
	case chip.Tries == 0:
		return ErrPINBlocked
	}
	return ask(c.card.(controller), ioctl, structure)
}

// LoginOnPad is Login with the PIN typed on the reader, which the module asks
// for. It returns when the citizen has typed or given up. Errors: as Login, and
// ErrPadCancelled (also for a time-out, which modules do not tell apart),
// ErrNoPad if the module does not take the PIN from the reader; no attempt was
// made then.
func (s *Session) LoginOnPad(ctx context.Context) error {
	_, err := inSession(ctx, s, "log in on the reader", padPatience, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.loginOnPad(ctx)
	})
	return err
}

// loginOnPad is LoginOnPad in the lane.
func (s *Session) loginOnPad(ctx context.Context) error {
	if s.tries == 0 {
		return ErrPINBlocked
	}
	if err := s.reopen(ctx); err != nil {
		return err
	}
	// To any other token a login without a PIN is one with a wrong PIN.
	if !s.r.module.protected(s.slot) {
		return ErrNoPad
	}
	err := s.r.module.pin.loginOnPad(s.handle)
	switch {
	case errors.Is(err, pkcs11.Error(pkcs11.CKR_FUNCTION_CANCELED)):
		return ErrPadCancelled
	case err != nil:
		return s.refused("C_Login", err)
	}
	s.setLoggedIn(true)
	return nil
}
