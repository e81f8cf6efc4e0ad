package virtual

import (
	"context"
	"crypto/rand"
	"math/big"
	"time"
)

// Timing is how slow the card is. The zero value is as fast as the machine.
type Timing struct {
	PerAPDU time.Duration // each command
	PerByte time.Duration // each byte of command and answer
	// Key generation takes a random time between these two.
	KeyGenMin, KeyGenMax time.Duration
}

// RealTiming is modelled after what is known of real cards: 10 to 20 ms for a
// command, a read of 255 bytes at the upper end, 5 to 20 s for a key pair of
// RSA-2048.
func RealTiming() Timing {
	return Timing{
		PerAPDU:   10 * time.Millisecond,
		PerByte:   40 * time.Microsecond,
		KeyGenMin: 5 * time.Second,
		KeyGenMax: 20 * time.Second,
	}
}

// SetTiming changes the speed from the next command on.
func (c *Card) SetTiming(t Timing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timing = t
}

// of returns the time of an exchange of n bytes.
func (t Timing) of(n int) time.Duration {
	return t.PerAPDU + time.Duration(n)*t.PerByte
}

// keyGen draws the time of one key generation.
func (t Timing) keyGen() time.Duration {
	span := int64(t.KeyGenMax - t.KeyGenMin)
	if span <= 0 {
		return t.KeyGenMin
	}
	n, err := rand.Int(rand.Reader, big.NewInt(span))
	if err != nil { // the system has no randomness: crypto/rand never lets that happen
		return t.KeyGenMin
	}
	return t.KeyGenMin + time.Duration(n.Int64())
}

// pacer waits out the times of the model. A timer rings late on a busy machine;
// what it was late by is taken off the waits that follow, so that their sum is
// that of the model.
type pacer struct {
	late time.Duration
}

// wait waits for d or the end of ctx.
func (p *pacer) wait(ctx context.Context, d time.Duration) error {
	if d <= p.late {
		p.late -= max(d, 0)
		return nil
	}
	d, p.late = d-p.late, 0
	start := time.Now()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		p.late = time.Since(start) - d
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
