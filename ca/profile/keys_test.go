package profile_test

import (
	"crypto/rand"
	"math/big"
	"sync"
	"testing"

	"salter/ca/profile"
)

// rocaModulus makes a modulus as the weak library did: two primes of the form
// k·M + (65537^a mod M), M the product of the first 71 primes.
func rocaModulus(t *testing.T) *big.Int {
	t.Helper()
	return rocaOnce()
}

var rocaOnce = sync.OnceValue(func() *big.Int {
	m, count := big.NewInt(1), 0
	for n := int64(2); count < 71; n++ {
		if big.NewInt(n).ProbablyPrime(0) {
			m.Mul(m, big.NewInt(n))
			count++
		}
	}
	prime := func() *big.Int {
		for {
			a := random(62)
			k := random(1024 - m.BitLen())
			k.SetBit(k, 1024-m.BitLen(), 1)
			p := new(big.Int).Exp(big.NewInt(65537), a, m)
			p.Add(p, new(big.Int).Mul(k, m))
			if p.ProbablyPrime(10) {
				return p
			}
		}
	}
	for {
		n := new(big.Int).Mul(prime(), prime())
		if n.BitLen() >= 2048 {
			return n
		}
	}
})

func random(bits int) *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits)))
	if err != nil {
		panic(err)
	}
	return n
}

// closeModulus multiplies a prime with the next one beyond a small distance.
func closeModulus(t *testing.T) *big.Int {
	t.Helper()
	return closeOnce()
}

var closeOnce = sync.OnceValue(func() *big.Int {
	p, err := rand.Prime(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	q := new(big.Int).Add(p, new(big.Int).Lsh(big.NewInt(1), 400))
	q.SetBit(q, 0, 1)
	for !q.ProbablyPrime(10) {
		q.Add(q, big.NewInt(2))
	}
	return new(big.Int).Mul(p, q)
})

func TestKeyAllowed(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	for _, tt := range []struct {
		name string
		key  any
		want bool
	}{
		{"RSA-2048", cardKey().Public(), true},
		{"RSA-1024", shortKey().Public(), false},
		{"P-256", ellipticP().Public(), true},
		{"P-384", ellipticP3().Public(), true},
		{"P-521", ellipticP5().Public(), false},
		{"nothing", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.KeyAllowed(tt.key); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
