package card

import (
	"context"
	"errors"
	"fmt"

	"github.com/ebfe/scard"

	"salter/card/sod"
)

// Authenticity is the verdict on the signature over the card data.
type Authenticity int

// The verdicts. Only Genuine says that the ministry signed what was read.
const (
	NotChecked  Authenticity = iota // no anchors configured, or a card without such a signature
	Genuine                         // signed, hashes match, signer ends at an anchor
	SODMissing                      // no signature file on the card
	SODMismatch                     // signature file damaged, hash or signature wrong
	SODNoAnchor                     // right, but the signer ends at no anchor
)

// Identity is what the identity applet says about card and holder.
type Identity struct {
	Reader       string
	Insertion    uint64 // as in Event
	Document     sod.Document
	Personal     sod.Personal
	Authenticity Authenticity
	UnknownATR   bool   // a new kind of chip; its applets answer
	Files        []byte // sod.Bundle of the raw files; nil for a card without SOD
	Commands     int    // command APDUs that the reading took
}

// signed is what ReadIdentity leaves for ReadPortrait.
type signed struct {
	insertion uint64
	sod       []byte // verified; nil: the signature was missing or wrong
}

// ReadIdentity reads document and personal data and the signature over them,
// nothing else, and verifies it. A signature that is missing or wrong is a
// verdict in the Identity, no error. Errors: those of the reader, and
// ErrUnknownCard, ErrUnreadable, *StatusError.
func (r *Readers) ReadIdentity(ctx context.Context, reader string) (Identity, error) {
	type read struct {
		identity  Identity
		signature []byte
	}
	got, err := transact(ctx, r, reader, scard.LeaveCard, func(c *channel, card insertion) (read, error) {
		id, signature, err := r.readIdentity(c, card)
		return read{id, signature}, err
	})
	if err != nil {
		return Identity{}, fmt.Errorf("read identity: %w", err)
	}
	got.identity.Reader = reader
	r.vouch(reader, got.identity, got.signature)
	return got.identity, nil
}

// vouch keeps the signature over an identity for the portrait of the same card.
func (r *Readers) vouch(reader string, id Identity, signature []byte) {
	if id.Authenticity != Genuine {
		signature = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fixed[reader] = signed{id.Insertion, signature}
}

// readIdentity is one try of ReadIdentity; it returns the raw SOD too.
func (r *Readers) readIdentity(c *channel, card insertion) (Identity, []byte, error) {
	gen := generationOf(card.atr)
	id := Identity{Insertion: card.number, UnknownATR: gen == generationUnknown}
	a, err := selectIdentity(c, gen)
	if err != nil {
		return Identity{}, nil, err
	}
	document, err := a.read(sod.FileDocument)
	switch {
	case errors.Is(err, errNoFile): // only this file proves an ID card
		return Identity{}, nil, fmt.Errorf("%w: %w", ErrUnknownCard, err)
	case err != nil:
		return Identity{}, nil, err
	}
	personal, err := a.read(sod.FilePersonal)
	if err != nil {
		return Identity{}, nil, required(err)
	}
	if err := id.parse(document, personal); err != nil {
		return Identity{}, nil, err
	}
	var signature []byte
	if gen != generationApollo { // there the signature is of another form, and no certificate is possible anyway
		if signature, err = a.read(sod.FileSODFixed); err != nil && !errors.Is(err, errNoFile) && !errors.Is(err, ErrUnreadable) {
			return Identity{}, nil, err
		}
		damaged := errors.Is(err, ErrUnreadable)
		id.Authenticity = r.judge(sod.Files{sod.FileDocument: document, sod.FilePersonal: personal}, signature, damaged)
		id.Files = sod.Bundle{Document: document, Personal: personal, SOD: signature}.Encode()
	}
	id.Commands = c.sent
	return id, signature, nil
}

// parse fills in what the two files say.
func (id *Identity) parse(document, personal []byte) (err error) {
	if id.Document, err = sod.ParseDocument(document); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if id.Personal, err = sod.ParsePersonal(personal); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return nil
}

// required turns the absence of a file that every card has into damage.
func required(err error) error {
	if errors.Is(err, errNoFile) {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return err
}

// judge verifies files against the SOD.
func (r *Readers) judge(files sod.Files, signature []byte, damaged bool) Authenticity {
	if damaged {
		return SODMismatch
	}
	if len(r.cfg.Anchors) == 0 {
		return NotChecked
	}
	err := sod.Verify(files, signature, r.cfg.Anchors, r.cfg.Now())
	switch {
	case err == nil:
		return Genuine
	case errors.Is(err, sod.ErrMissing):
		return SODMissing
	case errors.Is(err, sod.ErrAnchor):
		return SODNoAnchor
	}
	return SODMismatch
}

// ReadPortrait reads the JPEG of the holder and checks it against the signature
// that the last ReadIdentity of this reader has verified. If the card was taken
// out since, it is ErrRemoved: so an identity and a portrait, read in this
// order, are of one card. Errors: those of ReadIdentity, and ErrNotGenuine.
func (r *Readers) ReadPortrait(ctx context.Context, reader string) ([]byte, error) {
	jpeg, err := transact(ctx, r, reader, scard.LeaveCard, func(c *channel, card insertion) ([]byte, error) {
		return r.readPortrait(c, card, reader)
	})
	if err != nil {
		return nil, fmt.Errorf("read portrait: %w", err)
	}
	return jpeg, nil
}

// readPortrait is one try of ReadPortrait.
func (r *Readers) readPortrait(c *channel, card insertion, reader string) ([]byte, error) {
	r.mu.Lock()
	known := r.fixed[reader]
	r.mu.Unlock()
	switch {
	case known.insertion != card.number:
		return nil, fmt.Errorf("identity not read since the card was put in: %w", ErrRemoved)
	case known.sod == nil:
		return nil, fmt.Errorf("identity without valid signature: %w", ErrNotGenuine)
	}
	a, err := selectIdentity(c, generationOf(card.atr))
	if err != nil {
		return nil, err
	}
	file, err := a.read(sod.FilePortrait)
	if err != nil {
		return nil, required(err)
	}
	if err := sod.Verify(sod.Files{sod.FilePortrait: file}, known.sod, r.cfg.Anchors, r.cfg.Now()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotGenuine, err)
	}
	jpeg, err := sod.Portrait(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return jpeg, nil
}
