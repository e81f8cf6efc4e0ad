package card

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ebfe/scard"

	"salter/card/apdu"
)

// sharingPause is the pause before connecting again to a card that another
// program holds exclusively.
const sharingPause = 200 * time.Millisecond

// resets is how many times a short read is begun anew after another program
// has reset or moved the card in the middle of it.
const resets = 2

// transmitter is the one thing that is needed of a connected card.
type transmitter interface {
	Transmit(command []byte) (answer []byte, err error)
}

// channel sends commands to a card inside one transaction.
type channel struct {
	ctx  context.Context // of the one call that the channel lives for
	card transmitter
	t0   bool // protocol T=0: no Le together with data (ISO/IEC 7816-3 12.2)
	sent int  // commands sent so far
}

// send sends one command and collects the whole answer: more data announced by
// 61xx, the same command again with the length that 6Cxx gives.
func (c *channel) send(cmd apdu.Command) (apdu.Response, error) {
	if c.t0 && len(cmd.Data) > 0 {
		cmd.Ne = 0
	}
	res, err := c.exchange(cmd)
	if err != nil {
		return apdu.Response{}, err
	}
	if le, ok := exactLength(res.SW); ok {
		cmd.Ne = le
		if res, err = c.exchange(cmd); err != nil {
			return apdu.Response{}, err
		}
	}
	data := res.Data
	for {
		n, more := res.SW.More()
		if !more {
			return apdu.Response{Data: data, SW: res.SW}, nil
		}
		res, err = c.exchange(apdu.Command{CLA: cmd.CLA &^ apdu.ClassChaining, INS: apdu.InsGetResponse, Ne: n})
		if err != nil {
			return apdu.Response{}, err
		}
		if data = append(data, res.Data...); len(data) > maxAnswer || len(res.Data) == 0 && res.SW&0xFF00 == 0x6100 {
			return apdu.Response{}, &StatusError{Op: "get response", SW: res.SW}
		}
	}
}

// maxAnswer is the largest answer a command of ours can have.
const maxAnswer = 65536

// exactLength returns the length that 6Cxx asks for.
func exactLength(sw apdu.SW) (int, bool) {
	if sw&0xFF00 != 0x6C00 {
		return 0, false
	}
	if sw&0xFF == 0 {
		return 256, true
	}
	return int(sw & 0xFF), true
}

// exchange sends one command as it is.
func (c *channel) exchange(cmd apdu.Command) (apdu.Response, error) {
	if c.ctx.Err() != nil {
		return apdu.Response{}, context.Cause(c.ctx)
	}
	b, err := cmd.Bytes()
	if err != nil {
		return apdu.Response{}, err
	}
	defer clear(b) // it may hold a PUK
	c.sent++
	answer, err := c.card.Transmit(b)
	if err == nil && len(answer) < 2 { // some drivers report a removal like this
		err = scard.ErrCommDataLost
	}
	if err != nil {
		return apdu.Response{}, pcscError(fmt.Sprintf("transmit %02X", cmd.INS), err)
	}
	return apdu.ParseResponse(answer)
}

// transact runs f in a short transaction on a fresh connection to the card in
// the reader. The value that f returns belongs to the insertion returned: the
// card was in the reader from before the connection until after it. f may run
// several times, each time from the beginning. Afterwards the card is left as
// it is (scard.LeaveCard), or reset so that the module notices that it was
// moved (scard.ResetCard).
func transact[T any](ctx context.Context, r *Readers, reader string, after scard.Disposition, f func(*channel, insertion) (T, error)) (T, error) {
	return drive(ctx, r.lane(reader), r.cfg.Patience, func(ctx context.Context) (T, error) {
		var zero T
		id, atr, err := r.watch.inserted(ctx, reader)
		if err != nil {
			return zero, err
		}
		if r.loggedIn(reader, id) { // selecting an applet of our own can log the module out
			return zero, fmt.Errorf("a session is logged in: %w", ErrBusy)
		}
		var v T
		for try := 0; ; try++ {
			v, err = once(ctx, reader, after, func(c *channel) (T, error) { return f(c, insertion{id, atr}) })
			if err == nil || try == resets || !again(err) {
				break
			}
			if err := r.watch.still(ctx, reader, id); err != nil {
				return zero, err
			}
		}
		switch {
		case err == nil:
			err = r.watch.still(ctx, reader, id)
		case perhapsRemoved(err):
			if why := r.watch.explain(ctx, reader, id); why != nil {
				err = why
			}
		}
		if err != nil {
			return zero, err
		}
		return v, nil
	})
}

// insertion is the card that a transaction works on.
type insertion struct {
	number uint64 // as in Event
	atr    []byte
}

// again reports whether a read may be begun anew: after a reset, or after a
// status word that a card gives when its files were deselected behind our back.
func again(err error) bool {
	var status *StatusError
	return errors.Is(err, ErrReset) || errors.As(err, &status)
}

// once connects, begins a transaction, runs f, and leaves the card as it is or
// resets it.
func once[T any](ctx context.Context, reader string, after scard.Disposition, f func(*channel) (T, error)) (T, error) {
	var zero T
	c, err := scard.EstablishContext()
	if err != nil {
		return zero, pcscError("establish context", err)
	}
	defer func() { _ = c.Release() }()
	card, err := connect(ctx, c, reader)
	if err != nil {
		return zero, err
	}
	defer func() { _ = card.Disconnect(after) }()
	if err := card.BeginTransaction(); err != nil {
		return zero, pcscError("begin transaction", err)
	}
	defer func() { _ = card.EndTransaction(scard.LeaveCard) }()
	if ctx.Err() != nil { // the wait for the transaction took longer than the caller's patience
		return zero, context.Cause(ctx)
	}
	t0, err := isT0(card.ActiveProtocol())
	if err != nil {
		return zero, err
	}
	return f(&channel{ctx: ctx, card: card, t0: t0})
}

// isT0 tells T=0 from T=1. There is no third protocol for commands; the binding
// panics on one.
func isT0(p scard.Protocol) (bool, error) {
	switch p {
	case scard.ProtocolT0, scard.ProtocolT1:
		return p == scard.ProtocolT0, nil
	}
	return false, fmt.Errorf("connect: protocol %d: %w", p, ErrMute)
}

// connect connects in shared mode and waits while another program holds the
// card exclusively.
func connect(ctx context.Context, c *scard.Context, reader string) (*scard.Card, error) {
	for {
		card, err := c.Connect(reader, scard.ShareShared, scard.ProtocolAny)
		if err == nil {
			return card, nil
		}
		if !errors.Is(err, scard.ErrSharingViolation) {
			return nil, pcscError("connect", err)
		}
		select {
		case <-time.After(sharingPause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// pcscFailure is a failure of PC/SC by code; its text would differ by system
// and language.
type pcscFailure struct {
	op   string
	code scard.Error
	kind error // one of our sentinels, or nil
}

// Error gives operation and code.
func (e *pcscFailure) Error() string {
	if e.kind != nil {
		return fmt.Sprintf("%s: %v (PC/SC 0x%X)", e.op, e.kind, uint32(e.code))
	}
	return fmt.Sprintf("%s: PC/SC 0x%X", e.op, uint32(e.code))
}

// Unwrap returns the named error.
func (e *pcscFailure) Unwrap() error { return e.kind }

// pcscError names an error of PC/SC.
func pcscError(op string, err error) error {
	var code scard.Error
	if !errors.As(err, &code) {
		return fmt.Errorf("%s: %w", op, err)
	}
	return &pcscFailure{op: op, code: code, kind: pcscKind(code)}
}

// pcscKind maps the codes of PC/SC to named errors.
func pcscKind(code scard.Error) error {
	switch code {
	case scard.ErrNoService, scard.ErrServiceStopped:
		return ErrNoService
	case scard.ErrUnknownReader, scard.ErrReaderUnavailable, scard.ErrNoReadersAvailable:
		return ErrNoReader
	case scard.ErrNoSmartcard:
		return ErrNoCard
	case scard.ErrUnresponsiveCard, scard.ErrUnsupportedCard:
		return ErrMute
	case scard.ErrRemovedCard:
		return ErrRemoved
	case scard.ErrResetCard:
		return ErrReset
	case scard.ErrSharingViolation:
		return ErrBusy
	}
	return nil
}

// perhapsRemoved reports whether an error may come from a removal: every
// failure of PC/SC itself, since what a removal looks like differs by system
// and by moment, and a command refused.
func perhapsRemoved(err error) bool {
	var failure *pcscFailure
	var status *StatusError
	return errors.As(err, &failure) || errors.As(err, &status)
}
