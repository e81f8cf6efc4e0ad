package virtual

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"salter/card/apdu"
)

// FaultKind names one way in which a card can misbehave.
type FaultKind string

// The faults. The first four happen once, at the command that When names; the
// others hold until they are cleared.
const (
	RemoveBefore FaultKind = "remove-before" // pulled out, the command is not executed
	RemoveAfter  FaultKind = "remove-after"  // executed, pulled out before the answer
	ResetBefore  FaultKind = "reset"         // volatile state lost, then executed
	WrongStatus  FaultKind = "sw"            // not executed, answers SW
	Full         FaultKind = "full"          // CREATE answers 6A84
	FullUpdate   FaultKind = "full-update"   // UPDATE answers 6581
	Mute         FaultKind = "mute"          // no usable answer to reset
	UnknownATR   FaultKind = "unknown-atr"   // an answer to reset that no list holds
	NoIdentity   FaultKind = "no-identity"   // identity applet is missing
	Damaged      FaultKind = "damaged"       // personal data end inside a record
	BadSOD       FaultKind = "bad-sod"       // personal data differ from the signed ones
	NoSOD        FaultKind = "no-sod"        // signature files are missing
)

// When names a command: the n-th since insertion, or the n-th with one
// instruction byte since the fault was set or the card inserted. The zero
// value is the next command.
type When struct {
	INS byte // 0: any
	N   int
}

// Fault is one misbehaviour. SW is for WrongStatus only.
type Fault struct {
	Kind FaultKind
	When When
	SW   apdu.SW
}

// armed is a fault waiting for its command.
type armed struct {
	Fault
	seen int // commands with the fault's instruction byte
}

// ParseFault reads the form of the command line: KIND, KIND@N, KIND@INS.N with
// INS in hex, and sw@...=SW with SW in hex. Examples: full, remove-after@12,
// remove-before@D6.5, sw@E0.1=6A80.
func ParseFault(s string) (Fault, error) {
	bad := func(why string) (Fault, error) { return Fault{}, fmt.Errorf("parse fault %q: %s", s, why) }
	rest, sw, hasSW := strings.Cut(s, "=")
	kind, when, hasWhen := strings.Cut(rest, "@")
	f := Fault{Kind: FaultKind(kind)}
	if !slices.Contains(FaultKinds(), f.Kind) {
		return bad("unknown kind")
	}
	if hasWhen && !f.Kind.once() {
		return bad("this kind is not for one command")
	}
	if hasWhen {
		ins, n, ok := strings.Cut(when, ".")
		if ok {
			b, err := strconv.ParseUint(ins, 16, 8)
			if err != nil {
				return bad("instruction byte is not hex")
			}
			f.When.INS = byte(b)
		} else {
			n = ins
		}
		v, err := strconv.Atoi(n)
		if err != nil || v < 1 {
			return bad("command number is not 1 or more")
		}
		f.When.N = v
	}
	if hasSW != (f.Kind == WrongStatus) {
		return bad("a status word belongs to kind sw and to no other")
	}
	if hasSW {
		v, err := strconv.ParseUint(sw, 16, 16)
		if err != nil {
			return bad("status word is not hex")
		}
		f.SW = apdu.SW(v)
	}
	return f, nil
}

// String gives the form that ParseFault reads.
func (f Fault) String() string {
	s := string(f.Kind)
	switch {
	case f.When.INS != 0:
		s += fmt.Sprintf("@%02X.%d", f.When.INS, f.When.N)
	case f.When.N != 0:
		s += fmt.Sprintf("@%d", f.When.N)
	}
	if f.Kind == WrongStatus {
		s += "=" + f.SW.String()
	}
	return s
}

// FaultKinds lists the kinds.
func FaultKinds() []FaultKind {
	return []FaultKind{
		RemoveBefore, RemoveAfter, ResetBefore, WrongStatus, Full, FullUpdate,
		Mute, UnknownATR, NoIdentity, Damaged, BadSOD, NoSOD,
	}
}

// once reports whether the kind happens at one command.
func (k FaultKind) once() bool {
	switch k {
	case RemoveBefore, RemoveAfter, ResetBefore, WrongStatus:
		return true
	}
	return false
}

// SetFault adds a fault.
func (c *Card) SetFault(f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, &armed{Fault: f})
}

// ClearFaults removes all faults.
func (c *Card) ClearFaults() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// Faults returns the faults still set.
func (c *Card) Faults() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Fault
	for _, f := range c.faults {
		list = append(list, f.Fault)
	}
	return list
}

// has reports whether a lasting fault is set.
func (c *Card) has(k FaultKind) bool {
	return slices.ContainsFunc(c.faults, func(f *armed) bool { return f.Kind == k })
}

// due counts cmd for every waiting fault and returns the first that is due,
// taken off the list.
func (c *Card) due(cmd apdu.Command) *armed {
	hit := -1
	for i, f := range c.faults {
		if !f.Kind.once() {
			continue
		}
		n := c.counts.APDUs
		if f.When.INS != 0 {
			if cmd.INS != f.When.INS {
				continue
			}
			f.seen++
			n = f.seen
		}
		if hit < 0 && (f.When == When{} || n == f.When.N) {
			hit = i
		}
	}
	if hit < 0 {
		return nil
	}
	f := c.faults[hit]
	c.faults = slices.Delete(c.faults, hit, hit+1)
	return f
}

// withFaults runs a command with the faults that are due for it.
func (c *Card) withFaults(cmd apdu.Command, run func() apdu.Response) (apdu.Response, error) {
	if f := c.due(cmd); f != nil {
		switch f.Kind {
		case RemoveBefore:
			return apdu.Response{}, ErrRemoved
		case RemoveAfter:
			run()
			return apdu.Response{}, ErrRemoved
		case ResetBefore:
			c.session = session{}
		case WrongStatus:
			return c.refuse(f.SW), nil
		}
	}
	switch {
	case c.has(Full) && cmd.INS == apdu.InsCreateFile:
		return c.refuse(apdu.SWNoRoom), nil
	case c.has(FullUpdate) && cmd.INS == apdu.InsUpdateBinary:
		return c.refuse(apdu.SWMemory), nil
	}
	return run(), nil
}

// refuse answers without executing; a change that was under way is given up.
func (c *Card) refuse(sw apdu.SW) apdu.Response {
	c.session.change = change{}
	return apdu.Response{SW: sw}
}

// answerToReset is the ATR under the faults that concern it.
func (c *Card) answerToReset() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.has(Mute):
		// Longer than an ATR may be: the driver sees a card, but powering it
		// up fails, which is how a reader reports one that does not answer.
		return make([]byte, 64)
	case c.has(UnknownATR):
		return atrWithHistory("UNKNOWN 1")
	}
	return c.state.ATR
}
