package proctest

import (
	"maps"
	"sync"
)

// Op names an effect of one of the fakes.
type Op string

// The effects.
const (
	OpReadIdentity Op = "read-identity"
	OpReadPortrait Op = "read-portrait"
	OpReadChip     Op = "read-chip"
	OpOpen         Op = "open"
	OpLogin        Op = "login"
	OpGenerate     Op = "generate"
	OpKey          Op = "key"
	OpSign         Op = "sign"
	OpWrite        Op = "write"
	OpDelete       Op = "delete"
	OpCanUnblock   Op = "can-unblock"
	OpPadUse       Op = "pad-use"
	OpUnblock      Op = "unblock"
	OpRetire       Op = "retire"

	OpPolicy      Op = "policy"
	OpPreview     Op = "preview"
	OpRequest     Op = "request"
	OpEnrol       Op = "enrol"
	OpLookup      Op = "lookup"
	OpActivate    Op = "activate"
	OpRevoke      Op = "revoke"
	OpSuspend     Op = "suspend"
	OpReactivate  Op = "reactivate"
	OpRegister    Op = "register"
	OpPutContract Op = "put-contract"
	OpEndContract Op = "end-contract"
	OpSearch      Op = "search"

	OpAppend Op = "append"
	OpReplay Op = "replay"
	OpPart   Op = "part"
	OpSync   Op = "sync"
	OpPurge  Op = "purge"

	OpSignIn     Op = "sign-in"
	OpSummary    Op = "summary"    // the clerk's signature
	OpSupervisor Op = "supervisor" // the supervisor's key is opened
	OpOverride   Op = "override"   // the supervisor's signature
)

// When says on which side of the effect a fault strikes.
type When int

// The sides.
const (
	Before When = iota // the effect does not happen
	After              // the effect happens, and the caller sees an error
)

// Fault makes one effect fail.
type Fault struct {
	Op   Op
	Nth  int   // the nth call from now, from 1; 0: every call
	When When  //
	Err  error // what the caller sees; nil: no error, only Do
	Do   func()
}

// Faults is the switchboard of a world. The zero value has no faults.
type Faults struct {
	mu    sync.Mutex
	set   []*Fault
	calls map[Op]int
	// Hook, if set, is asked at every border of every effect; a non-nil error
	// is a fault. Model tests draw from it.
	Hook func(op Op, when When) error
}

// Add switches a fault on.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set = append(f.set, &fault)
}

// Clear switches all faults off.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set, f.Hook = nil, nil
}

// Left counts the faults that have not struck yet.
func (f *Faults) Left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.set)
}

// Calls counts how often the effect was asked for.
func (f *Faults) Calls(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// AllCalls counts how often each effect was asked for.
func (f *Faults) AllCalls() map[Op]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// around runs an effect between its two borders.
func (f *Faults) around(op Op, effect func() error) error {
	f.mu.Lock()
	if f.calls == nil {
		f.calls = map[Op]int{}
	}
	f.calls[op]++
	var before, after []*Fault
	for i := 0; i < len(f.set); i++ {
		s := f.set[i]
		if s.Op != op {
			continue
		}
		if s.Nth > 1 {
			s.Nth--
			continue
		}
		if s.When == Before {
			before = append(before, s)
		} else {
			after = append(after, s)
		}
		if s.Nth == 1 {
			f.set = append(f.set[:i:i], f.set[i+1:]...)
			i--
		}
	}
	hook := f.Hook
	f.mu.Unlock()
	if err := strike(before, hook, op, Before); err != nil {
		return err
	}
	if err := effect(); err != nil {
		return err
	}
	return strike(after, hook, op, After)
}

func strike(faults []*Fault, hook func(Op, When) error, op Op, when When) error {
	var err error
	for _, s := range faults {
		if s.Do != nil {
			s.Do()
		}
		if s.Err != nil {
			err = s.Err
		}
	}
	if err == nil && hook != nil {
		err = hook(op, when)
	}
	return err
}
