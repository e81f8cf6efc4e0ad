package virtual

import (
	"crypto/rsa"
	"math/big"

	"salter/card/apdu"
)

// rawRSA is the private operation on a whole block (RFC 8017 5.1.2, 5.2.1). It
// does not run in constant time: the keys of a virtual card are test data.
func rawRSA(key *rsa.PrivateKey, block []byte) ([]byte, apdu.SW) {
	if len(block) != key.Size() {
		return nil, apdu.SWWrongLength
	}
	m := new(big.Int).SetBytes(block)
	if m.Cmp(key.N) >= 0 {
		return nil, apdu.SWWrongData
	}
	return new(big.Int).Exp(m, key.D, key.N).FillBytes(make([]byte, key.Size())), apdu.SWOK
}
