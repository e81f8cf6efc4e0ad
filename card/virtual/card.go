package virtual

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"salter/card/apdu"
)

// Card is one virtual card. It is safe for use by several goroutines; commands
// run one after the other, as on a chip.
type Card struct {
	dir string
	log *slog.Logger // class, instruction, parameters; never data

	mu      sync.Mutex // guards everything below
	state   *state
	session session
	dirty   bool // state differs from the file
	timing  Timing
	faults  []*armed
	counts  Stats
	removed bool // a fault has pulled the card out
}

// session is what the chip loses with power.
type session struct {
	applet   applet
	verified bool
	// write view
	current *file  // selected file or directory
	chain   []byte // data of a chained command so far
	pending []byte // answer waiting for GET RESPONSE
	// both PKI views
	mse securityEnv
	// CardEdge and identity
	selected []byte // content of the selected file, nil if none
}

// securityEnv is what MANAGE SECURITY ENVIRONMENT set.
type securityEnv struct {
	set       bool
	algorithm byte
	keyRef    []byte
}

// applet is one application of the chip.
type applet int

// The applets. After power-on none is selected; an Apollo card then answers
// with its identity files.
const (
	appletNone applet = iota
	appletIdentity
	appletCardEdge
	appletWrite
)

// Stats counts what a card did since it was opened.
type Stats struct {
	APDUs   int           // since insertion
	Total   int           // since the card was opened
	Modeled time.Duration // delay of the timing model, key generation included
	KeyGen  time.Duration // the part of Modeled that is key generation
}

// Open loads the card in dir. The error matches ErrNoState if there is none
// and ErrState if its file is damaged.
func Open(dir string) (*Card, error) {
	s, err := loadState(dir)
	if err != nil {
		return nil, err
	}
	return newCard(dir, s), nil
}

// newCard returns a card without power.
func newCard(dir string, s *state) *Card {
	return &Card{dir: dir, state: s, log: slog.New(slog.DiscardHandler)}
}

// Reload takes the state from disk again, as after a restart: for tests and
// for a card that another process has written.
func (c *Card) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := loadState(c.dir)
	if err != nil {
		return err
	}
	c.state, c.session, c.dirty = s, session{}, false
	return nil
}

// SetLogger makes the card log every command by number, class, instruction and
// parameters, and its status word. Data are never logged.
func (c *Card) SetLogger(l *slog.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = l
}

// Stats returns the counts.
func (c *Card) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// ATR returns the answer to reset.
func (c *Card) ATR() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.state.ATR)
}

// Reset drops everything volatile: what power-off, power-on and reset do.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = session{}
}

// TriesLeft returns the counter of the PIN; 0 is blocked.
func (c *Card) TriesLeft() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.PIN.Tries
}

// Transmit runs one command and returns the answer with its status word.
// ErrRemoved means that a fault pulled the card: there is no answer.
func (c *Card) Transmit(command []byte) ([]byte, error) {
	answer, _, err := c.transmit(command)
	return answer, err
}

// transmit is Transmit that also tells how long a real card would have taken.
func (c *Card) transmit(command []byte) (answer []byte, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.removed {
		return nil, 0, ErrRemoved
	}
	c.counts.APDUs++
	c.counts.Total++
	cmd, perr := apdu.Parse(command)
	defer cmd.Wipe()
	generated := c.counts.KeyGen
	r, err := c.withFaults(cmd, func() apdu.Response {
		if perr != nil {
			return apdu.Response{SW: apdu.SWWrongLength}
		}
		return c.execute(cmd)
	})
	if err != nil {
		c.removed = true
		c.log.Info("removed", "apdu", c.counts.APDUs, "command", header(command))
		return nil, 0, err
	}
	answer = r.Bytes()
	took = c.timing.of(len(command)+len(answer)) + c.counts.KeyGen - generated
	c.counts.Modeled += took
	c.log.Info("command", "apdu", c.counts.APDUs, "command", header(command), "sw", r.SW.String())
	return answer, took, nil
}

// header gives CLA INS P1 P2 of a command for the log.
func header(command []byte) string {
	return fmt.Sprintf("% 02X", command[:min(4, len(command))])
}

// execute dispatches a command and saves what it changed before the answer
// leaves. A state that cannot be saved is a memory failure of the chip.
func (c *Card) execute(cmd apdu.Command) apdu.Response {
	r := c.dispatch(cmd)
	if c.dirty {
		if err := c.state.save(c.dir); err != nil {
			c.log.Error("save", "error", err)
			c.forget()
			return apdu.Response{SW: apdu.SWMemory}
		}
		c.dirty = false
	}
	return r
}

// forget takes back a change that could not be saved.
func (c *Card) forget() {
	c.session, c.dirty = session{}, false
	if s, err := loadState(c.dir); err == nil {
		c.state = s
	}
}

// dispatch handles what is common to all applets: selection by AID, chaining,
// GET RESPONSE.
func (c *Card) dispatch(cmd apdu.Command) apdu.Response {
	if cmd.INS == apdu.InsGetResponse {
		return c.getResponse(cmd)
	}
	c.session.pending = nil
	if cmd.INS == apdu.InsSelect && cmd.P1 == 0x04 {
		return c.selectApplet(cmd)
	}
	if cmd.CLA&^apdu.ClassChaining == 0 {
		if cmd.CLA&apdu.ClassChaining != 0 {
			if len(c.session.chain)+len(cmd.Data) > 4096 {
				c.session.chain = nil
				return apdu.Response{SW: apdu.SWWrongLength}
			}
			c.session.chain = append(c.session.chain, cmd.Data...)
			return apdu.Response{SW: apdu.SWOK}
		}
		if len(c.session.chain) > 0 {
			cmd.Data = append(c.session.chain, cmd.Data...)
			c.session.chain = nil
		}
	}
	data, sw := c.handle(cmd)
	return c.reply(cmd, data, sw)
}

// reply splits an answer that a short command cannot take.
func (c *Card) reply(cmd apdu.Command, data []byte, sw apdu.SW) apdu.Response {
	limit := cmd.Ne
	if limit == 0 || limit > 256 && len(data) <= limit {
		limit = max(256, limit)
	}
	if len(data) <= limit {
		return apdu.Response{Data: data, SW: sw}
	}
	c.session.pending = data[limit:]
	return apdu.Response{Data: data[:limit], SW: apdu.SWMore(len(data) - limit)}
}

// getResponse hands out what reply held back.
func (c *Card) getResponse(cmd apdu.Command) apdu.Response {
	data := c.session.pending
	if len(data) == 0 {
		return apdu.Response{SW: apdu.SWConditions}
	}
	c.session.pending = nil
	return c.reply(cmd, data, apdu.SWOK)
}

// selectApplet is SELECT by AID; five bytes of it are enough.
func (c *Card) selectApplet(cmd apdu.Command) apdu.Response {
	a := c.appletByAID(cmd.Data)
	if a == appletNone {
		return apdu.Response{SW: apdu.SWFileNotFound}
	}
	keep := c.session.verified && c.session.applet == a && a == appletCardEdge
	mse := c.session.mse
	c.session = session{applet: a, verified: keep}
	if keep {
		// OpenSC selects again between MSE and PSO.
		c.session.mse = mse
	}
	if a == appletWrite {
		c.session.current = c.state.MF
		return apdu.Response{Data: writeViewVersion(), SW: apdu.SWOK}
	}
	return apdu.Response{SW: apdu.SWOK}
}

// appletByAID finds an applet of this chip.
func (c *Card) appletByAID(aid []byte) applet {
	match := func(full []byte) bool { return len(aid) >= 5 && bytes.HasPrefix(full, aid) }
	switch {
	case len(c.state.Identity.AID) > 0 && !c.has(NoIdentity) && match(c.state.Identity.AID):
		return appletIdentity
	case c.state.hasPKI() && match(aidCardEdge()):
		return appletCardEdge
	case c.state.hasPKI() && match(aidWriteView()):
		return appletWrite
	}
	return appletNone
}

// handle gives a command to the selected applet.
func (c *Card) handle(cmd apdu.Command) ([]byte, apdu.SW) {
	switch {
	case c.session.applet == appletCardEdge:
		return c.cardEdge(cmd)
	case c.session.applet == appletWrite:
		return c.writeView(cmd)
	case c.session.applet == appletIdentity || len(c.state.Identity.AID) == 0:
		return c.identity(cmd)
	}
	return nil, apdu.SWUnknownINS
}

// aidCardEdge is the PKCS#15 AID, under which the CardEdge applet answers.
func aidCardEdge() []byte { return append([]byte{0xA0, 0x00, 0x00, 0x00, 0x63}, "PKCS-15"...) }

// aidWriteView is the AID of IsoApplet.
func aidWriteView() []byte {
	return []byte{0xF2, 0x76, 0xA2, 0x88, 0xBC, 0xFB, 0xA6, 0x9D, 0x34, 0xF3, 0x10, 0x01}
}

// slotKey returns the key that the security environment refers to in the
// write view.
func (c *Card) slotKey() *rsa.PrivateKey {
	if len(c.session.mse.keyRef) != 1 {
		return nil
	}
	return c.state.key(c.session.mse.keyRef[0])
}
