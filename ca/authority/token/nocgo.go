//go:build !cgo

package token

import (
	"crypto"
	"errors"
)

// errBuild says why this program has no tokens.
var errBuild = errors.New("this program was built without cgo and cannot use PKCS#11 modules")

// Tokens are none in a program that was built without cgo.
type Tokens struct{}

// New returns no open tokens.
func New() *Tokens { return new(Tokens) }

// Key always fails.
func (*Tokens) Key(string) (crypto.Signer, error) { return nil, errBuild }

// Make always fails.
func (*Tokens) Make(string, string) (crypto.Signer, error) { return nil, errBuild }

// Close does nothing.
func (*Tokens) Close() error { return nil }
