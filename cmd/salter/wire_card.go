package main

import (
	"context"
	"crypto"
	"errors"

	"salter/app/procedure"
	"salter/card"
)

// cards joins the readers of package card to the port of the core.
type cards struct {
	readers *card.Readers
	start   func(f func()) // on a goroutine of its own
}

func (c cards) Events(ctx context.Context) <-chan procedure.CardEvent {
	out := make(chan procedure.CardEvent)
	c.start(func() {
		defer close(out)
		for e := range c.readers.Events(ctx) {
			select {
			case out <- procedure.CardEvent{State: readerStates[e.State], Reader: e.Reader, ATR: e.ATR, Insertion: e.Insertion}:
			case <-ctx.Done():
				return
			}
		}
	})
	return out
}

var readerStates = map[card.State]procedure.ReaderState{
	card.StateUnknown:   procedure.ReaderUnknown,
	card.StateNoService: procedure.ReaderNoService,
	card.StateNoReader:  procedure.ReaderNone,
	card.StateEmpty:     procedure.ReaderEmpty,
	card.StateMute:      procedure.ReaderMute,
	card.StateCard:      procedure.ReaderCard,
}

var authenticities = map[card.Authenticity]procedure.Authenticity{
	card.NotChecked:  procedure.NotChecked,
	card.Genuine:     procedure.Genuine,
	card.SODMissing:  procedure.SODMissing,
	card.SODMismatch: procedure.SODMismatch,
	card.SODNoAnchor: procedure.SODNoAnchor,
}

func (c cards) ReadIdentity(ctx context.Context, reader string) (procedure.Identity, error) {
	id, err := c.readers.ReadIdentity(ctx, reader)
	if err != nil {
		return procedure.Identity{}, cardError(err)
	}
	return procedure.Identity{
		Reader:         id.Reader,
		Insertion:      id.Insertion,
		DocType:        procedure.DocType(id.Document.Type),
		CardNumber:     procedure.CardNumber(id.Document.RegNo),
		DocSerial:      id.Document.Serial,
		ChipSerial:     id.Document.ChipSerial,
		IssuedBy:       id.Document.Authority,
		IssuedOn:       procedure.Date(id.Document.IssuedOn),
		ValidUntil:     procedure.Date(id.Document.ValidUntil),
		PersonalNumber: procedure.PersonalNumber(id.Personal.PersonalNumber),
		Surname:        id.Personal.Surname,
		GivenName:      id.Personal.GivenName,
		ParentName:     id.Personal.ParentName,
		Sex:            id.Personal.Sex,
		BirthDate:      procedure.Date(id.Personal.BirthDate),
		BirthPlace:     id.Personal.BirthPlace,
		Nationality:    id.Personal.Nationality,
		Authenticity:   authenticities[id.Authenticity],
		UnknownATR:     id.UnknownATR,
		Files:          id.Files,
	}, nil
}

func (c cards) ReadPortrait(ctx context.Context, reader string) ([]byte, error) {
	jpeg, err := c.readers.ReadPortrait(ctx, reader)
	return jpeg, cardError(err)
}

func (c cards) ReadChip(ctx context.Context, reader string) (procedure.Chip, error) {
	chip, err := c.readers.ReadChip(ctx, reader)
	if err != nil {
		return procedure.Chip{}, cardError(err)
	}
	out := procedure.Chip{Present: chip.Present, Serial: procedure.TokenSerial(chip.Serial), Tries: chip.Tries}
	for _, crt := range chip.Certificates {
		role := procedure.RoleAuthentication
		if crt.Role == card.RoleSignature {
			role = procedure.RoleSignature
		}
		out.Certificates = append(out.Certificates, procedure.ChipCertificate{Role: role, DER: crt.DER})
	}
	return out, nil
}

func (c cards) CanUnblock(ctx context.Context, reader string) error {
	return cardError(c.readers.CanUnblock(ctx, reader))
}

func (c cards) PadUse(ctx context.Context, reader string) (procedure.PadUse, error) {
	use, err := c.readers.PadUse(ctx, reader)
	return padUses[use], cardError(err)
}

var padUses = map[card.PadUse]procedure.PadUse{
	card.PadNone:  procedure.PadNone,
	card.PadCheck: procedure.PadCheck,
	card.PadLogin: procedure.PadLogin,
}

func (c cards) CheckOnPad(ctx context.Context, reader string, serial procedure.TokenSerial) error {
	return cardError(c.readers.CheckPINOnPad(ctx, reader, string(serial)))
}

func (c cards) Open(ctx context.Context, reader string, serial procedure.TokenSerial) (procedure.Session, error) {
	s, err := c.readers.Open(ctx, reader, string(serial))
	if err != nil {
		return nil, cardError(err)
	}
	return session{s}, nil
}

// session joins one opened token to the port of the core.
type session struct{ s *card.Session }

func (s session) Login(ctx context.Context, pin []byte) error {
	return cardError(s.s.Login(ctx, pin))
}

func (s session) LoginOnPad(ctx context.Context) error { return cardError(s.s.LoginOnPad(ctx)) }

func (s session) Unblock(ctx context.Context, newPIN []byte) error {
	return cardError(s.s.Unblock(ctx, newPIN))
}

func (s session) Retire(ctx context.Context, keep []byte) (int, error) {
	removed, err := s.s.Retire(ctx, keep)
	return removed, cardError(err)
}

func (s session) Generate(ctx context.Context, id []byte) (crypto.Signer, error) {
	return signer(s.s.Generate(ctx, id))
}

func (s session) Key(ctx context.Context, id []byte) (crypto.Signer, error) {
	return signer(s.s.Key(ctx, id))
}

// signer keeps a nil *card.Key from becoming a crypto.Signer that is not nil.
func signer(k *card.Key, err error) (crypto.Signer, error) {
	if err != nil {
		return nil, cardError(err)
	}
	return k, nil
}

func (s session) PutCertificate(ctx context.Context, id, der []byte) error {
	return cardError(s.s.PutCertificate(ctx, id, der))
}

func (s session) Delete(ctx context.Context, id []byte) error {
	return cardError(s.s.Delete(ctx, id))
}

func (s session) Close() error { return cardError(s.s.Close()) }

// cardCodes is how the errors of package card are called in the core.
var cardCodes = []struct {
	err  error
	code procedure.Code
}{
	{card.ErrNoService, procedure.CodeNoService},
	{card.ErrNoReader, procedure.CodeNoReader},
	{card.ErrNoCard, procedure.CodeNoCard},
	{card.ErrMute, procedure.CodeMute},
	{card.ErrUnknownCard, procedure.CodeUnknownCard},
	{card.ErrUnreadable, procedure.CodeUnreadable},
	{card.ErrNotGenuine, procedure.CodeSODMismatch},
	{card.ErrOldCard, procedure.CodeNoPKI},
	{card.ErrRemoved, procedure.CodeRemoved},
	{card.ErrOtherCard, procedure.CodeOtherCard},
	{card.ErrReset, procedure.CodeCardReset},
	{card.ErrClosed, procedure.CodeCardReset},
	{card.ErrBusy, procedure.CodeBusy},
	{card.ErrPINBlocked, procedure.CodePINBlocked},
	{card.ErrPINFormat, procedure.CodePINFormat},
	{card.ErrPINDiffers, procedure.CodePINDiffers},
	{card.ErrPadCancelled, procedure.CodePadCancelled},
	{card.ErrPadTimeout, procedure.CodePadTimeout},
	{card.ErrNoPad, procedure.CodeModule},
	{card.ErrCannotUnblock, procedure.CodeCannotUnblock},
	{card.ErrNoPUK, procedure.CodePUK},
	{card.ErrPUKBlocked, procedure.CodePUK},
	{card.ErrFull, procedure.CodeCardFull},
	{card.ErrNoWrite, procedure.CodeNoWrite},
	{card.ErrKeyMissing, procedure.CodeKeyMissing},
	{card.ErrReadBack, procedure.CodeReadBack},
	{card.ErrNoModule, procedure.CodeModule},
	{card.ErrNoSlot, procedure.CodeModule},
}

// cardError gives an error of package card its code in the core.
func cardError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var wrong *card.WrongPINError
	if errors.As(err, &wrong) {
		return &procedure.Error{Code: procedure.CodeWrongPIN, Tries: wrong.TriesLeft, Err: err}
	}
	var puk *card.WrongPUKError
	if errors.As(err, &puk) {
		return &procedure.Error{Code: procedure.CodePUK, Tries: puk.TriesLeft, Err: err}
	}
	for _, c := range cardCodes {
		if errors.Is(err, c.err) {
			return &procedure.Error{Code: c.code, Err: err}
		}
	}
	return &procedure.Error{Code: procedure.CodeCardFailure, Err: err}
}
