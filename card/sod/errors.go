package sod

import (
	"errors"
	"fmt"
)

var (
	// ErrMissing: there is no SOD.
	ErrMissing = errors.New("card data carry no signature")
	// ErrMismatch: a file does not have the hash that was signed, or the
	// signature is wrong.
	ErrMismatch = errors.New("card data do not match their signature")
	// ErrAnchor: the signature is right, but its signer ends at none of the
	// anchors.
	ErrAnchor = errors.New("signer of card data ends at no anchor")
	// ErrMalformed: a file or a SOD cannot be understood. TruncatedError
	// and FieldError match it.
	ErrMalformed = errors.New("malformed card file")
)

// TruncatedError says where reading the records of a file stopped: a record
// needs more bytes than the file has. What stood before it is good.
type TruncatedError struct {
	Offset int // of the record, from the start of the body
	Tag    Tag // 0 if not even the record's head was there
	Length int // that the record claims
	Left   int // bytes behind the record's head
}

// Error gives offset, tag and lengths, no content.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("record %d at offset %d: length %d, %d bytes left", e.Tag, e.Offset, e.Length, e.Left)
}

// Is makes a TruncatedError an ErrMalformed.
func (e *TruncatedError) Is(target error) bool { return target == ErrMalformed }

// FieldError says that the value of a record is not what its tag stands for.
type FieldError struct {
	Tag    Tag
	Reason string // never the value: it may be personal data
}

// Error gives tag and reason.
func (e *FieldError) Error() string { return fmt.Sprintf("record %d: %s", e.Tag, e.Reason) }

// Is makes a FieldError an ErrMalformed.
func (e *FieldError) Is(target error) bool { return target == ErrMalformed }
