// Package cms parses CMS messages (PKCS#7, RFC 5652) that strangers made: what
// a card holds and what a server answers.
//
// The decoder underneath reads elements that overlap again at every level, so
// that a message of 150 bytes can keep it busy for minutes. Parse looks at the
// nesting first, in one pass.
package cms

import (
	"errors"

	"github.com/smallstep/pkcs7"
)

// ErrNesting says that an element does not end inside the one around it, or
// that there are too many around it.
var ErrNesting = errors.New("message is not well nested")

// Parse decodes one message. The caller bounds its size.
func Parse(message []byte) (*pkcs7.PKCS7, error) {
	if err := checkNesting(message); err != nil {
		return nil, err
	}
	return pkcs7.Parse(message)
}
