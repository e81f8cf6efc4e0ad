package store

import (
	"bytes"
	"os"
	"strconv"
	"testing"
	"time"
)

// harm is what faults did that they must not: events that were acknowledged and
// are gone, events that are there twice or that nobody appended, and changes
// that passed for the truth.
type harm struct{ lost, duplicated, undetected int }

// add counts another's.
func (h *harm) add(more harm) {
	h.lost += more.lost
	h.duplicated += more.duplicated
	h.undetected += more.undetected
}

// compare counts what is wrong with the events found, of which those in known
// were acknowledged; inDoubt more may be there.
func (h *harm) compare(found, known [][]byte, inDoubt int) {
	for i, e := range known {
		switch {
		case i >= len(found):
			h.lost++
		case !bytes.Equal(found[i], e):
			h.undetected++
		}
	}
	h.duplicated += max(0, len(found)-len(known)-inDoubt)
}

// tell writes a row of the table that make torture prints (cmd/demo/torture.awk).
func (h *harm) tell(t *testing.T, fault string, struck int) {
	t.Helper()
	t.Logf("torture: %s %d, lost %d, duplicated %d, undetected %d", fault, struck, h.lost, h.duplicated, h.undetected)
	if *h != (harm{}) {
		t.Errorf("%s did harm: %+v", fault, *h)
	}
}

// outOfTime says whether the time is over that SALTER_TORTURE_END, in Unix
// seconds, leaves for the long tests; without it they take what they need.
func outOfTime() bool {
	end, err := strconv.ParseInt(os.Getenv("SALTER_TORTURE_END"), 10, 64)
	return err == nil && time.Now().Unix() > end
}
