package ca

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

var (
	// ErrBundle is wrapped when a trust bundle or an enrolment response is not
	// what it must be.
	ErrBundle = errors.New("trust bundle is not valid")
	// ErrPin is wrapped when the server's chain holds no pinned key.
	ErrPin = errors.New("server is not pinned")
	// ErrPolicy is wrapped when a policy does not verify, is older than one
	// already seen, or contradicts itself.
	ErrPolicy = errors.New("policy is not valid")
	// ErrUpgrade is wrapped when the policy asks for a newer program.
	ErrUpgrade = errors.New("this version is too old for the authority")
	// ErrAnswer is wrapped when an answer cannot be read or is not an answer
	// to what was asked.
	ErrAnswer = errors.New("answer is not valid")
	// ErrUnusable is wrapped when a certificate came back that must not reach
	// a chip.
	ErrUnusable = errors.New("certificate must not be used")
	// ErrPending is wrapped while a request waits for a decision at the
	// authority.
	ErrPending = errors.New("authority has not decided yet")
	// ErrUnsupported is wrapped when an authority does not know an operation.
	ErrUnsupported = errors.New("authority does not support this")
)

// Error is a request to the authority that did not succeed. It holds no
// personal data.
type Error struct {
	Op         string        // what was being done, for instance fetch policy
	Unsent     bool          // proven: no byte of the request left this machine
	Status     int           // HTTP status of the answer; 0: none arrived
	Problem    *Problem      // the answer's problem, if it has one of ours
	RetryAfter time.Duration // what the answer asks for; 0: nothing
	Err        error         // cause, may be nil
}

// Error gives the text for logs.
func (e *Error) Error() string {
	s := e.Op
	if e.Status != 0 {
		s += fmt.Sprintf(": status %d", e.Status)
	}
	if e.Problem != nil {
		s += ": " + e.Problem.Name()
		if e.Problem.Detail != "" {
			s += ": " + e.Problem.Detail
		}
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same request may succeed later without
// anybody doing anything: no answer, busy, or a failure of the server.
func (e *Error) Temporary() bool {
	switch kindOf(e) {
	case NoLink, NoAnswer, Busy, Pending:
		return true
	}
	return false
}

// Fork reports whether the authority holds another history of this journal.
func (e *Error) Fork() bool { return e.Problem.Name() == ProblemFork }

// Gap returns the last sequence number the authority holds, if a push began
// beyond it.
func (e *Error) Gap() (head int64, ok bool) {
	if e.Problem.Name() != ProblemGap || e.Problem.Head == nil || *e.Problem.Head < 0 {
		return 0, false
	}
	return *e.Problem.Head, true
}

// Name is the problem's type without ProblemPrefix; empty for a nil problem or
// one that is not ours.
func (p *Problem) Name() string {
	if p == nil {
		return ""
	}
	name, ok := strings.CutPrefix(p.Type, ProblemPrefix)
	if !ok {
		return ""
	}
	return name
}

// Kind says in one word what a person can do about an error of this package.
type Kind string

// The kinds of failure.
const (
	NoLink      Kind = "no-link"      // nothing was sent: network, name, server down
	NoAnswer    Kind = "no-answer"    // sent, or perhaps sent, and no answer arrived
	Busy        Kind = "busy"         // the authority asks to come back, or has a failure of its own
	Pending     Kind = "pending"      // waits for a decision at the authority
	Refuses     Kind = "refuses"      // a decision about this request; see Problem
	Counter     Kind = "counter"      // this workstation's certificate is not accepted
	ClerkRight  Kind = "clerk"        // the clerk, or the supervisor behind him, is not accepted; see Problem
	NotAnchored Kind = "not-anchored" // the journal at the authority is behind
	Fork        Kind = "fork"         // the authority holds another history
	Upgrade     Kind = "upgrade"      // this program is too old
	Clock       Kind = "clock"        // this machine's clock is off
	Untrusted   Kind = "untrusted"    // the server or its policy does not prove who it is
	BadAnswer   Kind = "bad-answer"   // an answer or certificate that is not what was asked for
	Unsupported Kind = "unsupported"  // the authority does not know the operation
	Defect      Kind = "defect"       // an error of ours, before anything was sent
)

// KindOf classifies an error returned by this package; nil is "".
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return kindOf(e)
	}
	return kindOfCause(err, Defect)
}

// kindOf looks at the problem's type first, then at the cause, then at the
// status (an answer of a server that is not ours has no type).
func kindOf(e *Error) Kind {
	if k, ok := problemKinds[e.Problem.Name()]; ok {
		return k
	}
	switch {
	case e.Err != nil:
		otherwise := NoAnswer
		if e.Unsent {
			otherwise = NoLink
		}
		return kindOfCause(e.Err, otherwise)
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return Counter
	case e.Status == http.StatusUpgradeRequired:
		return Upgrade
	case e.Status == http.StatusPreconditionFailed:
		return NotAnchored
	case transient(e.Status):
		return Busy
	case e.Status >= 400:
		return Refuses
	}
	return BadAnswer
}

// transient reports whether a status says nothing about the request itself.
func transient(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly ||
		status == http.StatusTooManyRequests || status >= 500
}

func kindOfCause(err error, otherwise Kind) Kind {
	for _, c := range []struct {
		cause error
		kind  Kind
	}{
		{ErrPin, Untrusted}, {ErrPolicy, Untrusted}, {ErrBundle, Untrusted}, {ErrUpgrade, Upgrade},
		{ErrAnswer, BadAnswer}, {ErrUnusable, BadAnswer}, {ErrPending, Pending}, {ErrUnsupported, Unsupported},
	} {
		if errors.Is(err, c.cause) {
			return c.kind
		}
	}
	switch {
	case untrustedServer(err):
		return Untrusted
	case refusedByAlert(err):
		return Counter
	}
	return otherwise
}

// refusedByAlert reports whether the server ended TLS with an alert. In TLS
// 1.3 that is how it says, after the handshake and perhaps after the request,
// that it does not accept the client's certificate; crypto/tls has no type of
// its own for it.
func refusedByAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// problemKinds holds every problem of wire.go. Read only.
var problemKinds = map[string]Kind{
	ProblemBadRequest:      Refuses,
	ProblemCSRInvalid:      Refuses,
	ProblemNotFound:        Refuses,
	ProblemTooLarge:        Refuses,
	ProblemAssertion:       Refuses,
	ProblemWorkstation:     Counter,
	ProblemWorkstationGone: Counter,
	ProblemClerk:           ClerkRight,
	ProblemClock:           Clock,
	ProblemConflict:        Refuses,
	ProblemFork:            Fork,
	ProblemTransition:      Refuses,
	ProblemContract:        Refuses,
	ProblemApproval:        Refuses,
	ProblemNotAnchored:     NotAnchored,
	ProblemSubject:         Refuses,
	ProblemKeyRejected:     Refuses,
	ProblemKeyReused:       Refuses,
	ProblemProfile:         Refuses,
	ProblemAttempt:         Refuses,
	ProblemCardData:        Refuses,
	ProblemCardFiles:       NotAnchored,
	ProblemOverride:        ClerkRight,
	ProblemOverrideInvalid: ClerkRight,
	ProblemGap:             Refuses,
	ProblemUpgrade:         Upgrade,
	ProblemBusy:            Busy,
}
