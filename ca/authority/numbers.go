package authority

import (
	"context"
	"fmt"
	"time"

	"salter/ca/authority/db"
)

// Numbers is how the authority stands, for those who watch it: nothing in it
// names a person, a case or a workstation.
type Numbers struct {
	Workstations map[string]int       // by state
	Alarms       map[string]int       // open, by kind
	Holds        int                  // certificates on hold for longer than the policy expects, at most a hundred
	Prepared     int                  // certificates with a serial number and no signature yet
	Lists        map[string]time.Time // when the present list of revoked certificates ends, by its name
}

// Numbers reads it.
func (a *Authority) Numbers(ctx context.Context) (Numbers, error) {
	n := Numbers{Workstations: make(map[string]int), Alarms: make(map[string]int), Lists: make(map[string]time.Time)}
	o, err := a.Overview(ctx)
	if err != nil {
		return n, fmt.Errorf("read numbers: %w", err)
	}
	n.Holds = len(o.Holds)
	for _, l := range o.Lists {
		n.Lists[l.Name] = l.Ends
	}
	for _, alarm := range o.Alarms {
		n.Alarms[alarm.Kind]++
	}
	for _, w := range o.Workstations {
		n.Workstations[w.State]++
		for _, alarm := range w.Alarms {
			n.Alarms[alarm.Kind]++
		}
	}
	err = a.db.Do(ctx, func(tx db.Tx) error {
		prepared, err := tx.PreparedIssuances()
		n.Prepared = len(prepared)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("read numbers: %w", err)
	}
	return n, nil
}
