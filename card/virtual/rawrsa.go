package virtual

import (
	"bytes"
	"crypto/rsa"
	"math/big"

	"salter/card/apdu"
)

// decipher undoes PKCS#1 v1.5 encryption (RFC 8017 7.2.2): 00 02, random bytes
// other than 00, 00, content.
func decipher(key *rsa.PrivateKey, block []byte) ([]byte, apdu.SW) {
	plain, sw := rawRSA(key, block)
	if !sw.OK() {
		return nil, sw
	}
	const shortestPadding = 8
	end := bytes.IndexByte(plain[2:], 0)
	if plain[0] != 0 || plain[1] != 2 || end < shortestPadding {
		return nil, apdu.SWWrongData
	}
	return plain[2+end+1:], apdu.SWOK
}

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
