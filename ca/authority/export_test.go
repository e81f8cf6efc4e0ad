package authority

import (
	"context"
	"time"

	"salter/ca/authority/db"
)

// Accept is Enrol that loses power between the durable record of the request
// and the signature.
func (a *Authority) Accept(ctx context.Context, c Caller, e Enrolment) error {
	_, err := a.accept(ctx, c, e)
	return err
}

// SignTBS signs stored to-be-signed bytes.
var SignTBS = signTBS

// CheckProfiles is the part of CheckProduction about the profile files.
func (a *Authority) CheckProfiles() error { return a.checkProfiles() }

// CheckAddress is the part of CheckProduction about the API's address.
var CheckAddress = checkAddress

// WrapDB puts something between the authority and its database.
func (a *Authority) WrapDB(wrap func(db.DB) db.DB) { a.db = wrap(a.db) }

// SetClock gives the authority another clock.
func (a *Authority) SetClock(now func() time.Time) { a.now = now }

// Claim is what a start does to the database.
func (a *Authority) Claim(ctx context.Context) error { return a.db.Do(ctx, a.claim) }

// Elapse lets the authority have measured that time passed.
func (a *Authority) Elapse(d time.Duration) {
	a.clock.mu.Lock()
	defer a.clock.mu.Unlock()
	a.clock.when = a.clock.when.Add(-d)
}

// SweepBound is how many holds are revoked at once without an operator.
const SweepBound = sweepBound
