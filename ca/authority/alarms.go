package authority

import (
	"fmt"
	"time"

	"salter/ca/authority/db"
)

// Kinds of alarms about the authority itself.
const (
	// AlarmIssuer: the root's list names an issuer: nothing is issued under its
	// label.
	AlarmIssuer = "issuer-revoked"
	// AlarmEnds: the certificate of a CA of the hierarchy ends within a year.
	AlarmEnds = "ca-ends"
	// AlarmList: a list of revoked certificates has ended, or ends soon and no
	// other one came, or there is none where there must be one.
	AlarmList = "list-late"
	// AlarmClock: the clock leapt, or too much falls due at once: nothing is
	// revoked for its age until AcceptClock.
	AlarmClock = "clock-leapt"
)

// endsNotice is how long before its end a CA has to be replaced: it takes a
// ceremony, and new trust bundles at every counter.
const endsNotice = 365 * 24 * time.Hour

// alarms are those about the authority itself. Their details stay the same as
// long as nothing changes.
func (a *Authority) alarms(tx db.Tx, lists []ListStatus) ([]Alarm, error) {
	all := []Alarm{}
	add := func(kind, format string, args ...any) {
		all = append(all, Alarm{Kind: kind, Detail: fmt.Sprintf(format, args...)})
	}
	top, err := a.heldRootCRL(tx)
	if err != nil {
		return nil, err
	}
	for _, label := range labels() {
		i := a.pki.issuers[label]
		if since := revokedByRoot(top, i.cert); !since.IsZero() {
			add(AlarmIssuer, "the root has revoked the issuer of %s (serial %x) as of %s: nothing is issued under it", label, i.cert.SerialNumber, stamp(since))
		}
		if top == nil && len(i.cert.CRLDistributionPoints) > 0 {
			add(AlarmList, "the issuer of %s names a list of the root, and none was ever imported", label)
		}
	}
	for _, c := range a.pki.cas() {
		if c.NotAfter.Sub(a.now()) < endsNotice {
			add(AlarmEnds, "the certificate of %s ends at %s", c.Subject.CommonName, stamp(c.NotAfter))
		}
	}
	for _, l := range lists {
		if l.Late {
			add(AlarmList, "list %s, number %d, ends at %s, and no other one came", l.Name, l.Number, stamp(l.Ends))
		}
	}
	leapt, err := a.leapt(tx)
	if err == nil && leapt != "" {
		add(AlarmClock, "%s", leapt)
	}
	return all, err
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
