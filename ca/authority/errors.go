package authority

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"salter/ca"
)

var (
	// ErrDatabase is wrapped when a folder has another database than is asked
	// for.
	ErrDatabase = errors.New("database of the folder is another one")
	// ErrLost is returned by Open for a folder that has a database of an
	// authority and no keys, or the reverse: a new hierarchy in its place
	// would forget what was issued.
	ErrLost = errors.New("part of the authority is missing")
	// ErrClock is returned by Open when the certificates of the hierarchy are
	// not valid yet or no longer: the clock is wrong, or the hierarchy old.
	ErrClock = errors.New("clock and hierarchy contradict each other")
	// ErrProduction is wrapped by every reason not to serve in production.
	ErrProduction = errors.New("not fit for production")
	// ErrRegister is returned by the administrator's operations for a request
	// that the registers do not admit.
	ErrRegister = errors.New("not admitted to the register")
)

// Refusal is an answer by the rules: a problem the client can act on. Every
// other error of this package is an unexpected failure, after which nothing is
// known to have happened or not.
type Refusal struct {
	Problem    ca.Problem
	RetryAfter time.Duration // of busy
	cause      error
	// final says that the request itself is at fault: the same bytes can
	// never be accepted, and the refusal is stored.
	final bool
}

// Error names the problem; it holds no personal data.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s (%d): %s", r.Problem.Type, r.Problem.Status, r.Problem.Detail)
}

// Unwrap returns the cause inside the server, if there is one.
func (r *Refusal) Unwrap() error { return r.cause }

// Name is the problem's name without the prefix.
func (r *Refusal) Name() string { return r.Problem.Type[len(ca.ProblemPrefix):] }

// statuses gives each problem its HTTP status (ca.Problem names).
func statuses() map[string]int {
	return map[string]int{
		ca.ProblemBadRequest:      http.StatusBadRequest,
		ca.ProblemCSRInvalid:      http.StatusBadRequest,
		ca.ProblemNotFound:        http.StatusNotFound,
		ca.ProblemTooLarge:        http.StatusRequestEntityTooLarge,
		ca.ProblemAssertion:       http.StatusForbidden,
		ca.ProblemWorkstation:     http.StatusForbidden,
		ca.ProblemWorkstationGone: http.StatusForbidden,
		ca.ProblemClerk:           http.StatusForbidden,
		ca.ProblemClock:           http.StatusForbidden,
		ca.ProblemConflict:        http.StatusConflict,
		ca.ProblemFork:            http.StatusConflict,
		ca.ProblemTransition:      http.StatusConflict,
		ca.ProblemContract:        http.StatusConflict,
		ca.ProblemApproval:        http.StatusConflict,
		ca.ProblemNotAnchored:     http.StatusPreconditionFailed,
		ca.ProblemSubject:         http.StatusUnprocessableEntity,
		ca.ProblemKeyRejected:     http.StatusUnprocessableEntity,
		ca.ProblemKeyReused:       http.StatusUnprocessableEntity,
		ca.ProblemProfile:         http.StatusUnprocessableEntity,
		ca.ProblemAttempt:         http.StatusUnprocessableEntity,
		ca.ProblemCardData:        http.StatusUnprocessableEntity,
		ca.ProblemCardFiles:       http.StatusPreconditionFailed,
		ca.ProblemOverride:        http.StatusForbidden,
		ca.ProblemOverrideInvalid: http.StatusForbidden,
		ca.ProblemGap:             http.StatusUnprocessableEntity,
		ca.ProblemUpgrade:         http.StatusUpgradeRequired,
		ca.ProblemBusy:            http.StatusServiceUnavailable,
		ca.ProblemCode:            http.StatusUnauthorized,
	}
}

// Refuse makes a Refusal by the name of its problem. The text is English, for
// logs, and must not hold personal data.
func Refuse(name, format string, args ...any) *Refusal {
	err := fmt.Errorf(format, args...)
	return &Refusal{
		Problem: ca.Problem{Type: ca.ProblemPrefix + name, Title: name, Status: statuses()[name], Detail: err.Error()},
		cause:   errors.Unwrap(err),
	}
}

// withheldRetry is how soon a workstation asks again that has to wait for an
// operator.
const withheldRetry = 5 * time.Minute

// withhold refuses what is not the request's fault and only an operator can
// cure. The counter is told to wait, and ends nothing.
func withhold(format string, args ...any) *Refusal {
	r := Refuse(ca.ProblemBusy, format+": an operator has to decide", args...)
	r.RetryAfter = withheldRetry
	return r
}
