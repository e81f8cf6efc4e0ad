package apdu

import "errors"

var (
	// ErrLength is for a command or response whose length fields do not fit
	// its bytes.
	ErrLength = errors.New("length does not fit")
	// ErrTLV is for a data object that ends too early or has a form that
	// chips do not use.
	ErrTLV = errors.New("malformed data object")
)
