package proctest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"sync"
	"time"

	"salter/app/procedure"
)

// The canaries: what must never be found where it does not belong.
const (
	JMBG       = "0101900715006"
	Surname    = "ПЕТРОВИЋ"
	GivenName  = "АНА"
	CardNumber = "008465211"
	Token      = "8800112233445566"
	PIN        = "4711"
)

// Card is an ID card with its chip. Its fields may be set before it is
// inserted.
type Card struct {
	Identity procedure.Identity
	Portrait []byte // JPEG
	Token    procedure.TokenSerial
	PIN      string
	NoPKI    bool
	// NoUnblock is a card whose driver cannot reset the PIN.
	NoUnblock bool
	// Others are certificates that were on the chip before.
	Others []procedure.ChipCertificate

	mu    sync.Mutex
	tries int
	slots map[string]*slot
	wrong int // certificates written beside another key than theirs
	lies  bool
	sets  int // PINs set with the PUK
	noPUK bool
}

type slot struct {
	key  *ecdsa.PrivateKey
	cert []byte
}

// NewCard makes the valid card of a citizen who knows his PIN.
func NewCard() *Card {
	return &Card{
		Identity: procedure.Identity{
			DocType: procedure.DocTypeID, CardNumber: CardNumber, DocSerial: "0012345678", ChipSerial: "00112233445566",
			IssuedBy: "PU ZA GRAD BEOGRAD", IssuedOn: procedure.Date{Year: 2024, Month: time.March, Day: 4},
			ValidUntil: procedure.Date{Year: 2034, Month: time.March, Day: 4}, PersonalNumber: JMBG,
			Surname: Surname, GivenName: GivenName, ParentName: "МАРКО", Sex: "Ž",
			BirthDate: procedure.Date{Year: 1900, Month: time.January, Day: 1}, BirthPlace: "BEOGRAD",
			Nationality: "SRB", Authenticity: procedure.Genuine, Files: []byte("raw card files of " + JMBG),
		},
		Portrait: portrait(), Token: Token, PIN: PIN, tries: 3, slots: map[string]*slot{},
	}
}

// NewOtherCard makes a valid card of another citizen.
func NewOtherCard() *Card {
	c := NewCard()
	c.Token = "9900998877665544"
	c.Identity.CardNumber, c.Identity.DocSerial, c.Identity.ChipSerial = "009999991", "0099999999", "99999999999999"
	c.Identity.PersonalNumber, c.Identity.Surname, c.Identity.GivenName = "0101900710004", "ЈОВАНОВИЋ", "ПЕТАР"
	c.Identity.Sex, c.Identity.Files = "M", []byte("raw card files of another citizen")
	return c
}

// portrait draws a grey head and shoulders.
func portrait() []byte {
	img := image.NewGray(image.Rect(0, 0, 240, 320))
	for y := range 320 {
		for x := range 240 {
			shade := uint8(220)
			head := math.Hypot(float64(x-120)/70, float64(y-130)/90) < 1
			body := math.Hypot(float64(x-120)/110, float64(y-330)/110) < 1
			if head || body {
				shade = 120
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(fmt.Sprintf("proctest: encode portrait: %v", err))
	}
	return b.Bytes()
}

// SetTries sets the tries left.
func (c *Card) SetTries(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries = n
}

// Tries tells the tries left.
func (c *Card) Tries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

// Written lists the certificates that were written beside a key of the card.
func (c *Card) Written() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all [][]byte
	for _, s := range c.slots {
		if s.cert != nil {
			all = append(all, s.cert)
		}
	}
	return all
}

// Keys counts the key pairs on the card.
func (c *Card) Keys() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.slots)
}

// Wrong counts the certificates that were written beside another key than
// theirs.
func (c *Card) Wrong() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}

// PINsSet counts how often a new PIN was set with the PUK.
func (c *Card) PINsSet() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sets
}

// SetNoPUK takes the card's PUK away from the driver, or gives it back.
func (c *Card) SetNoPUK(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noPUK = on
}

// SetLies makes the card sign with other keys than it shows.
func (c *Card) SetLies(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lies = on
}

// LoseKeys puts other key pairs in the place of those on the card, as if they
// had been made anew by somebody else; the certificates are gone.
func (c *Card) LoseKeys() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.slots {
		c.slots[id] = &slot{key: newKey()}
	}
}

// DropKeys deletes all key pairs and their certificates.
func (c *Card) DropKeys() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.slots)
}

// TearCertificates leaves garbage where certificates were written.
func (c *Card) TearCertificates() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.slots {
		if s.cert != nil {
			s.cert = s.cert[:len(s.cert)/2]
		}
	}
}

func newKey() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(fmt.Sprintf("proctest: generate key: %v", err))
	}
	return k
}

func (c *Card) chip() procedure.Chip {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.NoPKI {
		return procedure.Chip{Tries: -1}
	}
	chip := procedure.Chip{Present: true, Serial: c.Token, Tries: c.tries}
	chip.Certificates = append(chip.Certificates, c.Others...)
	for _, s := range c.slots {
		if s.cert != nil {
			chip.Certificates = append(chip.Certificates, procedure.ChipCertificate{Role: procedure.RoleSignature, DER: s.cert})
		}
	}
	return chip
}

// Reader is the counter's one reader with the card in it. It implements
// procedure.Cards.
type Reader struct {
	faults *Faults

	mu         sync.Mutex
	state      procedure.ReaderState
	card       *Card
	insertion  uint64
	identified uint64 // insertion whose identity was read last
	watchers   map[chan procedure.CardEvent]bool
	pad        procedure.PadUse
	typed      []string // at the pad, to come
}

// readerName is the name of the one reader.
const readerName = "Reader 0"

// NewReader makes an empty reader.
func NewReader(f *Faults) *Reader {
	return &Reader{faults: f, state: procedure.ReaderEmpty, watchers: map[chan procedure.CardEvent]bool{}}
}

// Insert puts a card into the reader, in place of the one in it.
func (r *Reader) Insert(c *Card) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.card != nil {
		r.card = nil
		r.set(procedure.ReaderEmpty)
	}
	r.card = c
	r.insertion++
	r.set(procedure.ReaderCard)
}

// Remove takes the card out.
func (r *Reader) Remove() { r.Set(procedure.ReaderEmpty) }

// Set puts the reader into a state without a readable card.
func (r *Reader) Set(s procedure.ReaderState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.card = nil
	r.set(s)
}

func (r *Reader) set(s procedure.ReaderState) {
	r.state = s
	for w := range r.watchers {
		w <- r.event()
	}
}

func (r *Reader) event() procedure.CardEvent {
	ev := procedure.CardEvent{State: r.state}
	if r.state == procedure.ReaderCard {
		ev.Reader, ev.ATR, ev.Insertion = readerName, []byte{0x3b, 0x00}, r.insertion
	}
	if r.state == procedure.ReaderEmpty || r.state == procedure.ReaderMute {
		ev.Reader = readerName
	}
	return ev
}

// Event is the present state as the watcher would report it.
func (r *Reader) Event() procedure.CardEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.event()
}

// Events implements procedure.Cards.
func (r *Reader) Events(ctx context.Context) <-chan procedure.CardEvent {
	// Nobody inserts so many cards between two looks.
	in := make(chan procedure.CardEvent, 1024)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[in] = true
	in <- r.event()
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watchers, in)
		close(in)
	})
	return in
}

// inside gives the card in the reader.
func (r *Reader) inside() (*Card, uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.card != nil:
		return r.card, r.insertion, nil
	case r.state == procedure.ReaderMute:
		return nil, 0, &procedure.Error{Code: procedure.CodeMute}
	}
	return nil, 0, &procedure.Error{Code: procedure.CodeNoCard}
}

// ReadIdentity implements procedure.Cards.
func (r *Reader) ReadIdentity(_ context.Context, _ string) (id procedure.Identity, err error) {
	err = r.faults.around(OpReadIdentity, func() error {
		c, insertion, err := r.inside()
		if err != nil {
			return err
		}
		id = c.Identity
		id.Reader, id.Insertion = readerName, insertion
		r.mu.Lock()
		defer r.mu.Unlock()
		r.identified = insertion
		return nil
	})
	return id, err
}

// ReadPortrait implements procedure.Cards.
func (r *Reader) ReadPortrait(_ context.Context, _ string) (jpeg []byte, err error) {
	err = r.faults.around(OpReadPortrait, func() error {
		c, insertion, err := r.inside()
		if err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if insertion != r.identified {
			return &procedure.Error{Code: procedure.CodeRemoved}
		}
		jpeg = c.Portrait
		return nil
	})
	return jpeg, err
}

// ReadChip implements procedure.Cards.
func (r *Reader) ReadChip(_ context.Context, _ string) (chip procedure.Chip, err error) {
	err = r.faults.around(OpReadChip, func() error {
		c, _, err := r.inside()
		if err != nil {
			return err
		}
		chip = c.chip()
		return nil
	})
	return chip, err
}

// CanUnblock implements procedure.Cards.
func (r *Reader) CanUnblock(_ context.Context, _ string) error {
	return r.faults.around(OpCanUnblock, func() error {
		c, _, err := r.inside()
		if err == nil && c.NoUnblock {
			return &procedure.Error{Code: procedure.CodeCannotUnblock}
		}
		return err
	})
}

// SetPad gives the reader a PIN pad, or takes it away.
func (r *Reader) SetPad(use procedure.PadUse) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pad = use
}

// Type says what the citizen does at the pad next, in turn: a PIN, or
// PadCancel, or PadSleep.
func (r *Reader) Type(what ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.typed = append(r.typed, what...)
}

// What somebody does at the pad instead of typing a PIN.
const (
	PadCancel = "cancel"
	PadSleep  = "nothing"
)

// PadUse implements procedure.Cards.
func (r *Reader) PadUse(context.Context, string) (use procedure.PadUse, err error) {
	err = r.faults.around(OpPadUse, func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		use = r.pad
		return nil
	})
	return use, err
}

// onPad waits for the citizen; with nothing scripted he types the card's PIN.
// c.mu is held.
func (r *Reader) onPad(c *Card) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.typed) == 0 {
		return c.PIN, nil
	}
	what := r.typed[0]
	r.typed = r.typed[1:]
	switch what {
	case PadCancel:
		return "", &procedure.Error{Code: procedure.CodePadCancelled}
	case PadSleep:
		return "", &procedure.Error{Code: procedure.CodePadTimeout}
	}
	return what, nil
}

// CheckOnPad implements procedure.Cards.
func (r *Reader) CheckOnPad(_ context.Context, _ string, serial procedure.TokenSerial) error {
	return r.faults.around(OpLogin, func() error {
		c, _, err := r.inside()
		if err != nil {
			return err
		}
		if c.Token != serial {
			return &procedure.Error{Code: procedure.CodeOtherCard}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		pin, err := r.onPad(c)
		if err != nil {
			return err
		}
		return c.verify(pin)
	})
}

// Open implements procedure.Cards.
func (r *Reader) Open(_ context.Context, _ string, serial procedure.TokenSerial) (s procedure.Session, err error) {
	err = r.faults.around(OpOpen, func() error {
		c, insertion, err := r.inside()
		if err != nil {
			return err
		}
		if c.Token != serial {
			return &procedure.Error{Code: procedure.CodeOtherCard}
		}
		s = &session{reader: r, card: c, insertion: insertion}
		return nil
	})
	return s, err
}

// session implements procedure.Session.
type session struct {
	reader    *Reader
	card      *Card
	insertion uint64
	loggedIn  bool
	closed    bool
}

// do runs an effect on the card, if the session's card is still there.
func (s *session) do(op Op, login bool, effect func() error) error {
	return s.reader.faults.around(op, func() error {
		_, insertion, err := s.reader.inside()
		if err != nil || insertion != s.insertion {
			return &procedure.Error{Code: procedure.CodeRemoved, Err: err}
		}
		if s.closed || login && !s.loggedIn {
			return &procedure.Error{Code: procedure.CodeCardFailure, Detail: "not logged in"}
		}
		s.card.mu.Lock()
		defer s.card.mu.Unlock()
		return effect()
	})
}

// Login implements procedure.Session.
func (s *session) Login(_ context.Context, pin []byte) error {
	return s.do(OpLogin, false, func() error { return s.verify(string(pin)) })
}

// LoginOnPad implements procedure.Session.
func (s *session) LoginOnPad(context.Context) error {
	return s.do(OpLogin, false, func() error {
		pin, err := s.reader.onPad(s.card)
		if err != nil {
			return err
		}
		return s.verify(pin)
	})
}

// verify makes one attempt; s.card.mu is held.
func (s *session) verify(pin string) error {
	err := s.card.verify(pin)
	s.loggedIn = s.loggedIn || err == nil
	return err
}

// verify makes one attempt with a PIN; c.mu is held.
func (c *Card) verify(pin string) error {
	switch {
	case c.tries == 0:
		return &procedure.Error{Code: procedure.CodePINBlocked}
	case pin != c.PIN:
		c.tries--
		return &procedure.Error{Code: procedure.CodeWrongPIN, Tries: c.tries}
	}
	c.tries = 3
	return nil
}

// Unblock implements procedure.Session.
func (s *session) Unblock(_ context.Context, newPIN []byte) error {
	return s.do(OpUnblock, false, func() error {
		if s.card.noPUK {
			return &procedure.Error{Code: procedure.CodePUK}
		}
		if newPIN != nil {
			s.card.PIN = string(newPIN)
			s.card.sets++
		}
		s.card.tries, s.loggedIn = 3, false
		return nil
	})
}

// Retire implements procedure.Session.
func (s *session) Retire(_ context.Context, keep []byte) (removed int, err error) {
	err = s.do(OpRetire, true, func() error {
		removed = 0
		for id, old := range s.card.slots {
			if id == string(keep) {
				continue
			}
			if old.cert != nil {
				removed++
			}
			delete(s.card.slots, id)
		}
		left := s.card.Others[:0:0]
		for _, c := range s.card.Others {
			if c.Role == procedure.RoleSignature {
				removed++
				continue
			}
			left = append(left, c)
		}
		s.card.Others = left
		return nil
	})
	return removed, err
}

// Generate implements procedure.Session.
func (s *session) Generate(_ context.Context, id []byte) (signer crypto.Signer, err error) {
	err = s.do(OpGenerate, true, func() error {
		if s.card.slots[string(id)] != nil {
			return &procedure.Error{Code: procedure.CodeCardFailure, Detail: "key id was used before"}
		}
		made := &slot{key: newKey()}
		s.card.slots[string(id)] = made
		signer = &cardKey{s, made}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return signer, nil
}

// Key implements procedure.Session.
func (s *session) Key(_ context.Context, id []byte) (signer crypto.Signer, err error) {
	err = s.do(OpKey, true, func() error {
		found := s.card.slots[string(id)]
		if found == nil {
			return &procedure.Error{Code: procedure.CodeKeyMissing}
		}
		signer = &cardKey{s, found}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return signer, nil
}

// PutCertificate implements procedure.Session.
func (s *session) PutCertificate(_ context.Context, id, der []byte) error {
	return s.do(OpWrite, true, func() error {
		found := s.card.slots[string(id)]
		if found == nil {
			return &procedure.Error{Code: procedure.CodeKeyMissing}
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil || !found.key.PublicKey.Equal(cert.PublicKey) {
			s.card.wrong++
		}
		found.cert = bytes.Clone(der)
		return nil
	})
}

// Delete implements procedure.Session.
func (s *session) Delete(_ context.Context, id []byte) error {
	return s.do(OpDelete, true, func() error {
		delete(s.card.slots, string(id))
		return nil
	})
}

// Close implements procedure.Session.
func (s *session) Close() error {
	s.closed, s.loggedIn = true, false
	return nil
}

// cardKey signs on the card.
type cardKey struct {
	session *session
	slot    *slot
}

func (k *cardKey) Public() crypto.PublicKey { return k.slot.key.Public() }

func (k *cardKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	err = k.session.do(OpSign, true, func() error {
		key := k.slot.key
		if k.session.card.lies {
			key = newKey()
		}
		signature, err = key.Sign(r, digest, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	return signature, nil
}
