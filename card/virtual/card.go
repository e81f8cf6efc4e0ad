package virtual

import (
	"bytes"
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

	mu      sync.Mutex   // guards everything below
	log     *slog.Logger // class, instruction, parameters; never data
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
	verified bool        // PIN
	mse      securityEnv // both PKI views
	selected []byte      // identity, CardEdge: content of the selected file; nil: none
	current  *file       // write view: selected file or directory
	change   change      // write view: what is about to change in an object directory

	chained   []byte  // data of a chained command so far; nil: none
	chainHead [3]byte // and its INS, P1, P2
	pending   []byte  // answer waiting for GET RESPONSE
}

// securityEnv is what MANAGE SECURITY ENVIRONMENT set.
type securityEnv struct {
	set       bool
	algorithm byte
	keyRef    []byte
}

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
