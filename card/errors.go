package card

import (
	"errors"
	"fmt"

	"salter/card/apdu"
)

// What can be wrong with service, reader and card. Each has another cure.
var (
	// ErrNoService: the PC/SC service does not answer.
	ErrNoService = errors.New("smart card service does not answer")
	// ErrNoReader: the reader is not attached.
	ErrNoReader = errors.New("no such card reader")
	// ErrNoCard: the reader is empty.
	ErrNoCard = errors.New("no card in the reader")
	// ErrMute: the card does not answer; it is upside down or dirty.
	ErrMute = errors.New("card does not answer")
	// ErrUnknownCard: no identity applet answers; this is no ID card.
	ErrUnknownCard = errors.New("not an ID card")
	// ErrUnreadable: the identity files or the directory of the chip are
	// damaged.
	ErrUnreadable = errors.New("card files damaged")
	// ErrNotGenuine: no valid signature of the ministry covers what was read.
	ErrNotGenuine = errors.New("card data not covered by a valid signature")
	// ErrOldCard: the chip has no PKI part.
	ErrOldCard = errors.New("card has no PKI part")
	// ErrRemoved: the card was taken out during the work. Whether the last
	// command was executed is not known.
	ErrRemoved = errors.New("card removed")
	// ErrOtherCard: the card in the reader is not the one asked for.
	ErrOtherCard = errors.New("another card is in the reader")
	// ErrReset: another program reset the card; the PIN has to be asked again.
	ErrReset = errors.New("card was reset by another program")
	// ErrBusy: another program, or a call of ours that hangs, holds the card.
	ErrBusy = errors.New("card is held by another program")
)

// What can be wrong with PIN and writing.
var (
	// ErrPINBlocked: no try is left.
	ErrPINBlocked = errors.New("PIN is blocked")
	// ErrPINFormat: not 4 to 8 digits. The card was not asked.
	ErrPINFormat = errors.New("PIN is not 4 to 8 digits")
	// ErrPINDiffers: the new PIN was typed differently the second time.
	ErrPINDiffers = errors.New("new PIN was typed differently the second time")
	// ErrNoPad: the reader has no pad for this, or the module does not use it.
	ErrNoPad = errors.New("reader has no pad for this")
	// ErrPadCancelled: the citizen cancelled on the reader. No try was spent.
	ErrPadCancelled = errors.New("cancelled on the reader")
	// ErrPadTimeout: he typed nothing on the reader. No try was spent.
	ErrPadTimeout = errors.New("nothing was typed on the reader in time")
	// ErrCannotUnblock: no command to unblock the PIN of this make of card is
	// known.
	ErrCannotUnblock = errors.New("PIN of this card cannot be unblocked here")
	// ErrNoPUK: the PUK of this card is not known.
	ErrNoPUK = errors.New("no PUK for this card")
	// ErrPUKBlocked: no try of the PUK is left; the PIN stays blocked for ever.
	ErrPUKBlocked = errors.New("PUK is blocked")
	// ErrFull: no room on the chip.
	ErrFull = errors.New("no room on the chip")
	// ErrNoWrite: the module cannot write to this card.
	ErrNoWrite = errors.New("module cannot write to the card")
	// ErrKeyMissing: no complete key pair has the identifier asked for.
	ErrKeyMissing = errors.New("key pair is not on the card")
	// ErrReadBack: the module shows another certificate than the one written.
	ErrReadBack = errors.New("certificate read back differs")
	// ErrNoModule: the PKCS#11 module cannot be loaded or started.
	ErrNoModule = errors.New("PKCS#11 module not usable")
	// ErrNoSlot: the module does not show the card of the reader.
	ErrNoSlot = errors.New("module does not see the card")
	// ErrClosed: the session or the readers are closed.
	ErrClosed = errors.New("closed")
)

// WrongPINError says that the one attempt failed.
type WrongPINError struct {
	TriesLeft int // as read from the chip afterwards; −1 if that was not possible
}

// Error gives the tries left.
func (e *WrongPINError) Error() string {
	if e.TriesLeft < 0 {
		return "wrong PIN, tries left unknown"
	}
	return fmt.Sprintf("wrong PIN, %d tries left", e.TriesLeft)
}

// Tries returns the tries left, −1 for unknown.
func (e *WrongPINError) Tries() int { return e.TriesLeft }

// WrongPUKError says that the one attempt with the PUK failed.
type WrongPUKError struct {
	TriesLeft int // of the PUK; −1 if the module does not say
}

// Error gives the tries left.
func (e *WrongPUKError) Error() string {
	if e.TriesLeft < 0 {
		return "wrong PUK, tries left unknown"
	}
	return fmt.Sprintf("wrong PUK, %d tries left", e.TriesLeft)
}

// StatusError is a status word by which the card refused a command.
type StatusError struct {
	Op string // what was being done, without data
	SW apdu.SW
}

// Error gives operation and status word.
func (e *StatusError) Error() string { return fmt.Sprintf("%s: status %v", e.Op, e.SW) }

// ModuleError is a return value of the PKCS#11 module that has no name of its
// own here (PKCS#11 v2.40 5.1).
type ModuleError struct {
	Op   string // the function called, for instance C_CreateObject
	Code uint   // CKR_…
}

// Error gives function and return value.
func (e *ModuleError) Error() string { return fmt.Sprintf("%s: module returned 0x%X", e.Op, e.Code) }
