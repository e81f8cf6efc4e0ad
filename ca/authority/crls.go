package authority

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"salter/ca"
	"salter/ca/authority/crl"
	"salter/ca/authority/db"
)

const (
	// crlEvery is the age at which a list is made anew although nothing changed.
	crlEvery = 23 * time.Hour
	// crlLife is the time to nextUpdate: a list outlives a day of trouble.
	crlLife = 48 * time.Hour
	// crlPause is the shortest time between two lists.
	crlPause = time.Minute
	// holdGrace is how long a certificate may be on hold before lists name it:
	// most are activated within minutes, and the next list would have to take
	// them off again.
	holdGrace = time.Hour
)

// lists are the present ones, for the public port.
type lists struct {
	mu     sync.Mutex
	held   map[string]db.CRL    // mu; by label
	looked map[string]time.Time // mu; when the database was last asked
}

// KeepPublishing publishes lists that are due until ctx ends, at most one of
// each label in a pause. What cannot be published is logged and tried again;
// the list before it stays.
func (a *Authority) KeepPublishing(ctx context.Context) {
	pause := a.cfg.CRLPause
	if pause == 0 {
		pause = crlPause
	}
	for {
		if err := a.publishDue(ctx, false); err != nil && ctx.Err() == nil {
			a.log.Error("CRL not published", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// PublishCRLs publishes a new list of every label and of the machines' CA, due
// or not; that of the root comes from elsewhere.
func (a *Authority) PublishCRLs(ctx context.Context) error { return a.publishDue(ctx, true) }

func (a *Authority) publishDue(ctx context.Context, force bool) error {
	var errs []error
	for _, label := range a.listed() {
		errs = append(errs, a.publishCRL(ctx, label, force))
	}
	errs = append(errs, a.publishInfra(ctx, force))
	return errors.Join(errs...)
}

// listed are the labels whose certificates have a public status.
func (a *Authority) listed() []string {
	if a.pki.interop == nil {
		return labels()
	}
	return append(labels(), ca.LabelInterop)
}

// publishCRL makes the next list of a label if it is due: read what it must
// say, sign, check, store. After another process that was faster it looks
// whether that one knew of every change.
func (a *Authority) publishCRL(ctx context.Context, label string, force bool) error {
	i, err := a.issuer(label)
	if err != nil {
		return err
	}
	var next db.CRL
	var bad []db.Status
	if err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		next, bad, err = a.nextCRL(tx, label, force)
		return err
	}); err != nil {
		return fmt.Errorf("publish CRL of %s: %w", label, err)
	}
	if next.Number > 0 {
		list, err := listOf(next, bad, i)
		if err != nil {
			return fmt.Errorf("publish CRL of %s: %w", label, err)
		}
		err = a.signAndStore(ctx, next, list, i.signer)
		if errors.Is(err, db.ErrSuperseded) {
			return a.publishCRL(ctx, label, false)
		}
		if err != nil {
			return err
		}
	}
	_, err = a.presentCRL(ctx, label, 0)
	return err
}

// nextCRL says what the next list is made of; number 0: none is due.
func (a *Authority) nextCRL(tx db.Tx, label string, force bool) (next db.CRL, bad []db.Status, err error) {
	head, err := tx.CRLHead(label)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return next, nil, err
	}
	now := a.now()
	changed, err := tx.ChangedSince(label, head.Changes, head.ThisUpdate.Add(-holdGrace))
	if err != nil {
		return next, nil, err
	}
	// A list of the future was made by a clock that was ahead.
	age := now.Sub(head.ThisUpdate)
	if head.Number > 0 && !force && !changed && age < crlEvery && age > -clockSlack {
		return next, nil, nil
	}
	next = db.CRL{Label: label, Number: head.Number + 1, ThisUpdate: now, NextUpdate: now.Add(crlLife)}
	if next.Changes, err = tx.LastChange(); err != nil {
		return db.CRL{}, nil, err
	}
	bad, err = tx.BadCertificates(label, now.Add(-holdGrace))
	return next, bad, err
}

// listOf is the list in the terms of RFC 5280: what is on hold or suspended
// stands there as certificateHold.
func listOf(next db.CRL, bad []db.Status, i *issuer) (crl.List, error) {
	list := crl.List{Number: next.Number, ThisUpdate: next.ThisUpdate, NextUpdate: next.NextUpdate, KeptSince: i.cert.NotBefore,
		Entries: make([]crl.Entry, 0, len(bad))}
	for _, s := range bad {
		serial, ok := new(big.Int).SetString(s.Serial, 16)
		if !ok {
			return crl.List{}, fmt.Errorf("serial %q is no number", s.Serial)
		}
		list.Entries = append(list.Entries, crl.Entry{Serial: serial, At: s.At, Reason: publicReason(s)})
	}
	return list, nil
}

// publicReason is the CRL reason of a status that is not active.
func publicReason(s db.Status) int {
	if s.State == db.StatusRevoked {
		return s.Reason
	}
	return ca.ReasonHold
}

// CRL is the present list of a label, of infrastructure or of root.
func (a *Authority) CRL(ctx context.Context, label string) (db.CRL, error) {
	if label != listInfra && label != listRoot {
		if _, err := a.issuer(label); err != nil {
			return db.CRL{}, err
		}
	}
	// Nobody who asks can make the database busy with looking.
	return a.presentCRL(ctx, label, time.Second)
}

// presentCRL is the present list, as the database had it when it was looked
// into not longer than old ago. It is large, and read only when there is
// another one.
func (a *Authority) presentCRL(ctx context.Context, label string, old time.Duration) (db.CRL, error) {
	a.lists.mu.Lock()
	defer a.lists.mu.Unlock()
	held := a.lists.held[label]
	if held.Number > 0 && a.now().Sub(a.lists.looked[label]).Abs() < old {
		return held, nil
	}
	err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		if label == listRoot {
			held, err = a.presentRootCRL(tx)
			return err
		}
		head, err := tx.CRLHead(label)
		if err == nil && head.Number != held.Number {
			held, err = tx.CRL(label)
		}
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return db.CRL{}, Refuse(ca.ProblemNotFound, "no list is published yet")
	}
	if err != nil {
		return db.CRL{}, err
	}
	a.lists.held[label], a.lists.looked[label] = held, a.now()
	return held, nil
}
