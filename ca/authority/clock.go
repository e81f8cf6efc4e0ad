package authority

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"salter/ca/authority/db"
)

// A clock that leaps ahead makes things fall due that are not. What is done then
// cannot be taken back: a certificate on hold is revoked although its counter is
// about to activate it. So the authority notes in its database how late it is,
// and does nothing for the age of anything while its clock is ahead of what it
// may be, until an operator has looked.
//
// A clock that is set back makes nothing due. Issuing needs no more than it
// always does, a counter's clock that agrees.

const (
	// leapServing is how far the clock of a process may get ahead of the time
	// that it measures itself.
	leapServing = time.Hour
	// leapStopped is how long nobody may have served: a long weekend.
	leapStopped = 4 * 24 * time.Hour
	// sweepBound is how many certificates on hold may be revoked at once without
	// an operator. A clock that crept ahead unnoticed would show here.
	sweepBound = 100
	// clockStep is how exactly the time is noted.
	clockStep = 5 * time.Minute
)

// metaClock is when some process last found its clock right, Unix milliseconds.
const metaClock = "clock"

// clock is when this process last found its clock right.
type clock struct {
	mu   sync.Mutex
	at   time.Time // mu; what it showed; zero: not yet
	when time.Time // mu; the same moment, for measuring from it
}

// leapt says in what the clock is ahead of what it may be, and notes the time if
// it is not.
func (a *Authority) leapt(tx db.Tx) (detail string, err error) {
	noted, err := notedClock(tx)
	if err != nil {
		return "", err
	}
	now := a.now().Round(0) // what it shows
	before, most := a.clock.right()
	if before.IsZero() {
		before, most = noted, leapStopped
	}
	if !before.IsZero() && now.Sub(before) > most {
		return fmt.Sprintf("the clock was right at %s, and is too far ahead of that", stamp(before)), nil
	}
	due, err := a.dueHolds(tx, sweepBound+1)
	if err != nil {
		return "", err
	}
	if len(due) > sweepBound {
		return fmt.Sprintf("more than %d certificates on hold would be revoked at once for their age", sweepBound), nil
	}
	a.clock.set(now)
	if now.Sub(noted).Abs() < clockStep {
		return "", nil
	}
	return "", noteClock(tx, now)
}

// right is what the clock showed when it was right, and how far it may be ahead
// of that by now.
func (c *clock) right() (at time.Time, most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, time.Since(c.when) + leapServing
}

// set says that the clock is right.
func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.when = now, time.Now()
}

// notedClock is what stands in the database; zero: nothing yet.
func notedClock(tx db.Tx) (time.Time, error) {
	text, err := tx.Meta(metaClock)
	if errors.Is(err, db.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read noted time: %w", err)
	}
	return time.UnixMilli(at), nil
}

func noteClock(tx db.Tx, now time.Time) error {
	return tx.SetMeta(metaClock, strconv.FormatInt(now.UnixMilli(), 10))
}

// blameClock is the refusal of something for its time. A clock that leapt is not
// the counter's fault: it is told to wait.
func (a *Authority) blameClock(tx db.Tx, refusal *Refusal) error {
	leapt, err := a.leapt(tx)
	if err != nil {
		return err
	}
	if leapt == "" {
		return refusal
	}
	return withhold("the authority's clock leapt")
}

// AcceptClock says that the clock is right, whatever was noted, and does what
// falls due by it: certificates on hold are revoked, however many. today is the
// date by the operator's own watch, YYYY-MM-DD; another one is ErrClock. It
// returns how many were revoked.
func (a *Authority) AcceptClock(ctx context.Context, today string) (swept int, err error) {
	noon, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return 0, fmt.Errorf("accept clock: %.20q is no date like 2026-11-23", today)
	}
	now := a.now().Round(0)
	if noon = noon.Add(12 * time.Hour); now.Sub(noon).Abs() > 26*time.Hour { // midnight to midnight, wherever he is
		return 0, fmt.Errorf("accept clock: %w: it says %s, and you %s: set it right", ErrClock, stamp(now), today)
	}
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		return errors.Join(noteClock(tx, now), a.record(ctx, tx, actionClock, stamp(now)))
	}); err != nil {
		return 0, fmt.Errorf("accept clock: %w", err)
	}
	a.clock.set(now)
	a.log.Warn("clock accepted")
	for {
		n, err := a.sweep(ctx, false)
		if swept += n; err != nil || n < sweepBound {
			return swept, err
		}
	}
}
