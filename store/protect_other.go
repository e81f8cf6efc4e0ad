//go:build !windows

package store

import "errors"

// protection is what the operating system calls its sealing of a key for the
// account; empty: it has none that works without a desktop session, and the
// mode of the key file is all there is.
const protection = ""

var errNoProtection = errors.New("this operating system seals no keys")

func protectKey([]byte) ([]byte, error)   { return nil, errNoProtection }
func unprotectKey([]byte) ([]byte, error) { return nil, errNoProtection }
