package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db"
	"salter/ca/catest"
)

// errDisk is what a full or broken disk says.
var errDisk = errors.New("disk full")

// faultyDB fails its transaction number failAt, before or after it has become
// durable.
type faultyDB struct {
	db.DB
	failAt   int
	happened bool // the transaction is committed, and the answer lost
	count    int
}

// Do implements db.DB.
func (d *faultyDB) Do(ctx context.Context, fn func(db.Tx) error) error {
	d.count++
	switch {
	case d.count != d.failAt:
		return d.DB.Do(ctx, fn)
	case d.happened:
		return errors.Join(d.DB.Do(ctx, fn), errDisk)
	}
	return d.DB.Do(ctx, func(tx db.Tx) error { return errors.Join(fn(tx), errDisk) })
}

// TestEnrolUnderDiskFaults fails each transaction of an issuance, happened and
// not happened. The failure is never told as a refusal, nothing is left half
// done, and the same request is then answered with one certificate.
func TestEnrolUnderDiskFaults(t *testing.T) {
	for failAt := 1; ; failAt++ {
		reached := false
		for _, happened := range []bool{false, true} {
			t.Run(fmt.Sprintf("transaction %d, happened %v", failAt, happened), func(t *testing.T) {
				o := newCounter(t)
				c := o.open()
				faults := &faultyDB{failAt: failAt, happened: happened}
				o.Authority.WrapDB(func(d db.DB) db.DB { faults.DB = d; return faults })
				_, err := o.Authority.Enrol(t.Context(), o.ws.Caller(), enrolment(c))
				if faults.count < failAt {
					return // the issuance has no such transaction
				}
				reached = true
				var refused *authority.Refusal
				if !errors.Is(err, errDisk) || errors.As(err, &refused) {
					t.Errorf("got %v, want the fault of the disk", err)
				}
				oneCertificate(t, o, c)
			})
		}
		if !reached {
			if failAt < 3 {
				t.Errorf("an issuance of %d transactions", failAt-1)
			}
			return
		}
	}
}

// oneCertificate looks the request up, sends it again, starts the authority
// anew and looks again.
func oneCertificate(t *testing.T, o *counter, c *catest.Case) {
	t.Helper()
	look := c.Lookup()
	chain, p, err := c.Enrol(nil)
	if p != nil || err != nil {
		t.Fatalf("enrol again: %+v, %v", p, err)
	}
	if look.State == ca.IssuanceIssued && !bytes.Equal(look.Chain[0], chain[0].Raw) {
		t.Error("the resent request got another certificate than the look-up")
	}
	o.Stop()
	o.Start()
	if look = c.Lookup(); look.State != ca.IssuanceIssued || !bytes.Equal(look.Chain[0], chain[0].Raw) {
		t.Errorf("after a restart: %s, or another certificate", look.State)
	}
	if n := o.Issued(); n != 1 {
		t.Errorf("%d certificates exist, want 1", n)
	}
}

// TestPushUnderDiskFaults: a journal that could not be stored is sent again.
func TestPushUnderDiskFaults(t *testing.T) {
	for _, happened := range []bool{false, true} {
		t.Run(fmt.Sprintf("happened %v", happened), func(t *testing.T) {
			o := newCounter(t)
			o.ws.Append([]byte(`{"v":1}`))
			o.ws.Append([]byte("not JSON"))
			push := ca.JournalPush{From: 1, Events: o.ws.Journal, Checkpoint: string(o.ws.Checkpoint())}
			faults := &faultyDB{failAt: 1, happened: happened}
			o.Authority.WrapDB(func(d db.DB) db.DB { faults.DB = d; return faults })
			if reply, err := o.Authority.Push(t.Context(), o.ws.Caller(), o.ws.Name, push); !errors.Is(err, errDisk) || reply.Checkpoint != "" {
				t.Errorf("got %q, %v, want the fault of the disk", reply.Checkpoint, err)
			}
			want := map[bool]int64{false: 0, true: 2}[happened]
			head, err := o.Authority.Head(t.Context(), o.ws.Caller(), o.ws.Name)
			if err != nil || head.Size != want {
				t.Errorf("head after the fault: %d, %v, want %d", head.Size, err, want)
			}
			reply, err := o.Authority.Push(t.Context(), o.ws.Caller(), o.ws.Name, push)
			if err != nil || reply.Checkpoint == "" {
				t.Errorf("push again: %v", err)
			}
		})
	}
}
