package virtual

import "errors"

var (
	// ErrNoState: the folder holds no card.
	ErrNoState = errors.New("no card in this folder")
	// ErrExists: the folder already holds a card.
	ErrExists = errors.New("folder already holds a card")
	// ErrState: the state file cannot be understood.
	ErrState = errors.New("malformed card state")
	// ErrRemoved: a fault pulled the card out of the reader.
	ErrRemoved = errors.New("card removed by fault")
)
