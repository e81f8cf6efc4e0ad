package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
)

// certificatesPage is how many certificates one call lists.
const certificatesPage = 1000

// maxSerial is the length of the longest serial number in bytes (RFC 5280
// 4.1.2.2: 20 octets, and a leading zero in what tools print).
const maxSerial = 21

// CertificateEntry is one issued certificate, for the operator. It holds no
// personal data.
type CertificateEntry struct {
	Seq         int64     `json:"seq"` // order of issue
	Serial      string    `json:"serial"`
	Label       string    `json:"label"`
	Status      string    `json:"status"`
	Case        string    `json:"case"`
	Attempt     int       `json:"attempt"`
	Workstation string    `json:"workstation"`
	Clerk       string    `json:"clerk"`
	Issued      time.Time `json:"issued"`
}

// Certificates lists issued certificates after a sequence number, oldest
// first, a page at a time; an empty page is the end.
func (a *Authority) Certificates(ctx context.Context, after int64) ([]CertificateEntry, error) {
	var list []CertificateEntry
	err := a.db.Do(ctx, func(tx db.Tx) error {
		rows, err := tx.IssuedAfter(after, certificatesPage)
		if err != nil {
			return err
		}
		list = nil // of a try before
		for _, i := range rows {
			status, err := tx.Status(i.Serial)
			if err != nil {
				return err
			}
			list = append(list, CertificateEntry{Seq: i.Seq, Serial: i.Serial, Label: i.Label, Status: status.State,
				Case: i.Case, Attempt: i.Attempt, Workstation: i.Workstation, Clerk: i.Clerk, Issued: i.At})
		}
		return nil
	})
	return list, err
}

// Certificate returns the issued certificate with a serial number, DER. The
// serial is hex in either case, with or without colons and leading zeros, as
// tools print it.
func (a *Authority) Certificate(ctx context.Context, serial string) ([]byte, error) {
	number, err := parseSerial(serial)
	if err != nil {
		return nil, fmt.Errorf("find certificate: %w", err)
	}
	var row db.Issuance
	err = a.db.Do(ctx, func(tx db.Tx) (err error) {
		row, err = tx.IssuanceBySerial(number)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNotFound) || err == nil && row.State != db.IssuedState:
		return nil, fmt.Errorf("find certificate: serial %s was not issued here; certificate list shows those that were", number)
	case err != nil:
		return nil, fmt.Errorf("find certificate: %w", err)
	}
	return row.Certificate, nil
}

// parseSerial reads a serial number as tools print it into that of the database.
func parseSerial(text string) (string, error) {
	digits := strings.ReplaceAll(text, ":", "")
	number, ok := new(big.Int).SetString(digits, 16)
	if !ok || number.Sign() <= 0 || len(digits) > 2*maxSerial {
		return "", fmt.Errorf("%.50q is no serial number; write it in hex, as certificate list shows it", text)
	}
	return number.Text(16), nil
}

// Status tells status, dates and neighbours of a certificate to any counter.
func (a *Authority) Status(ctx context.Context, c Caller, serial string) (ca.Certificate, error) {
	var answer ca.Certificate
	err := a.db.Do(ctx, func(tx db.Tx) error {
		if _, err := a.admitWorkstation(tx, c); err != nil {
			return err
		}
		row, err := tx.IssuanceBySerial(serial)
		if errors.Is(err, db.ErrNotFound) || err == nil && row.State != db.IssuedState {
			return Refuse(ca.ProblemNotFound, "no certificate with this serial")
		}
		if err != nil {
			return err
		}
		answer, err = describe(tx, row)
		return err
	})
	return answer, err
}

// describe is what may be told of an issued certificate.
func describe(tx db.Tx, row db.Issuance) (ca.Certificate, error) {
	cert, err := x509.ParseCertificate(row.Certificate)
	if err != nil {
		return ca.Certificate{}, fmt.Errorf("read issued certificate: %w", err)
	}
	status, err := tx.Status(row.Serial)
	if err != nil {
		return ca.Certificate{}, err
	}
	before, after, err := tx.Neighbours(row.Serial)
	if err != nil {
		return ca.Certificate{}, err
	}
	return ca.Certificate{Serial: row.Serial, Label: row.Label, Status: status.State, Reason: status.Reason,
		Since: status.At.Unix(), ReceivedAt: status.ReceivedAt, NotBefore: cert.NotBefore.Unix(), NotAfter: cert.NotAfter.Unix(),
		Supersedes: before, SupersededBy: after}, nil
}
