package db

import (
	"errors"
	"time"
)

// LastChange implements CRLs.
func (t tx) LastChange() (int64, error) {
	var seq int64
	err := t.row("find last status change", "SELECT coalesce(max(seq), 0) FROM status_change", nil, &seq)
	return seq, err
}

// ChangedSince implements CRLs.
func (t tx) ChangedSince(label string, seq int64, listed time.Time) (bool, error) {
	var found bool
	err := t.row("find status changes",
		`SELECT EXISTS(SELECT 1 FROM status_change AS c JOIN issuance AS i ON i.serial = c.serial
		 WHERE c.seq > ? AND i.label = ? AND (c.op <> 'activate' OR i.at <= ?))`, []any{seq, label, listed.UnixMilli()}, &found)
	return found, err
}

// BadCertificates implements CRLs.
func (t tx) BadCertificates(label string, heldSince time.Time) ([]Status, error) {
	return collect(t, "list bad certificates",
		`SELECT s.serial, s.state, s.reason, s.received_at, s.at FROM status AS s JOIN issuance AS i ON i.serial = s.serial
		 WHERE s.state <> 'active' AND i.label = ? AND (s.state <> 'hold' OR s.at <= ?) ORDER BY i.seq`,
		[]any{label, heldSince.UnixMilli()}, scanStatus)
}

// CRLHead implements CRLs.
func (t tx) CRLHead(label string) (CRL, error) {
	return one(t, "find CRL", "SELECT label, number, changes, this_update, next_update FROM crl WHERE label = ?", []any{label},
		func(r scanner) (CRL, error) { return scanCRL(r) })
}

// CRL implements CRLs.
func (t tx) CRL(label string) (CRL, error) {
	return one(t, "read CRL", "SELECT label, number, changes, this_update, next_update, der FROM crl WHERE label = ?", []any{label},
		func(r scanner) (c CRL, err error) {
			var der []byte
			c, err = scanCRL(r, &der)
			c.DER = der
			return c, err
		})
}

// scanCRL scans the head of a list, and what else the query selects into more.
func scanCRL(r scanner, more ...any) (c CRL, err error) {
	var from, to int64
	err = r.Scan(append([]any{&c.Label, &c.Number, &c.Changes, &from, &to}, more...)...)
	c.ThisUpdate, c.NextUpdate = time.UnixMilli(from), time.UnixMilli(to)
	return c, err
}

// PutCRL implements CRLs.
func (t tx) PutCRL(c CRL) error {
	head, err := t.CRLHead(c.Label)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if c.Number != head.Number+1 {
		return ErrSuperseded
	}
	return t.exec("write CRL",
		`INSERT INTO crl(label, number, changes, this_update, next_update, der) VALUES(`+marks(6)+`)
		 ON CONFLICT(label) DO UPDATE SET number = excluded.number, changes = excluded.changes,
		 this_update = excluded.this_update, next_update = excluded.next_update, der = excluded.der`,
		c.Label, c.Number, c.Changes, c.ThisUpdate.UnixMilli(), c.NextUpdate.UnixMilli(), c.DER)
}
