package profile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// keyRange is one entry of subjectKeys.
type keyRange struct {
	kind     string // rsa, p256, p384
	min, max int    // bits
}

func parseKeyRange(v string) (keyRange, error) {
	switch v {
	case "p256":
		return keyRange{v, 256, 256}, nil
	case "p384":
		return keyRange{v, 384, 384}, nil
	}
	bits, ok := strings.CutPrefix(v, "rsa")
	lo, hi, isRange := strings.Cut(bits, "..")
	if !isRange {
		hi = lo
	}
	low, errLow := strconv.Atoi(lo)
	high, errHigh := strconv.Atoi(hi)
	if !ok || errLow != nil || errHigh != nil || low > high || low < 1 {
		return keyRange{}, fmt.Errorf("%q is no kind of key", v)
	}
	return keyRange{"rsa", low, high}, nil
}

// keyKind returns rsa, p256, p384 or "" and the size in bits.
func keyKind(key crypto.PublicKey) (kind string, bits int) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return "rsa", k.N.BitLen()
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return "p256", 256
		case elliptic.P384():
			return "p384", 384
		}
	}
	return "", 0
}

// KeyAllowed reports whether the profile certifies keys of this kind and size.
func (p *Profile) KeyAllowed(key crypto.PublicKey) bool {
	kind, bits := keyKind(key)
	for _, v := range p.SubjectKeys {
		r, err := parseKeyRange(v)
		if err == nil && kind == r.kind && bits >= r.min && bits <= r.max {
			return true
		}
	}
	return false
}

// CheckKey looks for what makes a card's key unfit: kind and size against the
// profile, the exponent, the ROCA fingerprint, primes too close together. All
// findings are P15.
func (p *Profile) CheckKey(key crypto.PublicKey) []Finding {
	var c checker
	kind, bits := keyKind(key)
	if !p.KeyAllowed(key) {
		c.fail("P15", "EN 319 412-2 GEN-4.2.5-1", "subject key %s of %d bits is not in the profile", kind, bits)
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return c.findings
	}
	if k.E < 65537 || k.E%2 == 0 {
		c.fail("P15", "ETSI TS 119 312", "public exponent is even or below 65537")
	}
	switch {
	case k.N.Sign() <= 0 || smallFactor(k.N):
		c.fail("P15", "ETSI TS 119 312", "modulus has a small factor")
	case roca(k.N):
		c.fail("P15", "CVE-2017-15361", "modulus has the ROCA fingerprint")
	case closePrimes(k.N):
		c.fail("P15", "FIPS 186-5 A.1.3", "primes of the modulus are too close together")
	}
	if bits < 3000 && p.RSA2048.Warn {
		c.warn("P15", "ETSI TS 119 312", "RSA under 3000 bits is a legacy size")
	}
	return c.findings
}

// rocaPrimes are the odd primes that divide the generator modulus M of the
// weak library for every key size (Nemec et al., "The Return of Coppersmith's
// Attack", CCS 2017, 2.1: M is the product of the first 39 primes at least).
var rocaPrimes = []int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79,
	83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// roca reports whether n looks like a product of two primes of the form
// k·M + (65537^a mod M): then n is a power of 65537 modulo every prime factor
// of M. A good key passes by chance once in about 2^27.
func roca(n *big.Int) bool {
	for _, prime := range rocaPrimes {
		residue := new(big.Int).Mod(n, big.NewInt(prime)).Int64()
		if !powerOf65537(residue, prime) {
			return false
		}
	}
	return true
}

func powerOf65537(residue, prime int64) bool {
	g := 65537 % prime
	for x := int64(1); ; {
		if x == residue {
			return true
		}
		if x = x * g % prime; x == 1 {
			return false
		}
	}
}

// smallFactor reports whether n is divisible by a prime up to 167.
func smallFactor(n *big.Int) bool {
	for _, prime := range append([]int64{2}, rocaPrimes...) {
		if new(big.Int).Mod(n, big.NewInt(prime)).Sign() == 0 {
			return true
		}
	}
	return false
}

// fermatRounds bounds the search for close primes; independent primes never
// fall to it, primes found by counting up from a common start fall in one.
const fermatRounds = 100

// closePrimes runs Fermat's factorisation for a few rounds: n = a² − b² with a
// just above the root of n.
func closePrimes(n *big.Int) bool {
	a := new(big.Int).Sqrt(n)
	if new(big.Int).Mul(a, a).Cmp(n) < 0 {
		a.Add(a, big.NewInt(1))
	}
	for range fermatRounds {
		rest := new(big.Int).Mul(a, a)
		rest.Sub(rest, n)
		b := new(big.Int).Sqrt(rest)
		if b.Mul(b, b).Cmp(rest) == 0 {
			return true
		}
		a.Add(a, big.NewInt(1))
	}
	return false
}

// shortKeyIfNil stands in a 2048-bit RSA key for an unknown one.
func shortKeyIfNil(key crypto.PublicKey) crypto.PublicKey {
	if key != nil {
		return key
	}
	return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}
}
