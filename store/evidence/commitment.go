package evidence

import (
	"crypto/sha256"
	"io"
)

// SaltSize is the length of the salt at the start of an opening. The salt
// makes the commitment say nothing about the content: a personal number alone
// could be found by trying all of them.
const SaltSize = 32

// MaxOpening is the largest opening, salt included.
const MaxOpening = 8 << 20

// Commit draws a salt from rand and returns the opening, which is the salt
// followed by the content, and its commitment.
func Commit(rand io.Reader, content []byte) (opening []byte, commitment [32]byte, err error) {
	opening = make([]byte, SaltSize, SaltSize+len(content))
	if _, err := io.ReadFull(rand, opening); err != nil {
		return nil, commitment, err
	}
	opening = append(opening, content...)
	return opening, Commitment(opening), nil
}

// Commitment is SHA-256 over the whole opening: the name under which an event
// speaks of sealed content and under which the authority keeps the opening.
func Commitment(opening []byte) [32]byte { return sha256.Sum256(opening) }
