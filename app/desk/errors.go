package desk

import "errors"

// What keeps a job from the printer. After any of them nothing is left in its
// queue.
var (
	// ErrNoPrinter: the system knows no printer of that name, or no default one.
	ErrNoPrinter = errors.New("no printer")
	// ErrNoService: the printing system is not there or does not answer.
	ErrNoService = errors.New("no printing service")
	// ErrStopped: the queue is stopped or takes no jobs, or the printer cannot
	// be reached.
	ErrStopped = errors.New("printer stopped")
)
