package authority

import (
	"context"
	"time"

	"salter/ca/authority/db"
)

// certificatesPage is how many certificates one call lists.
const certificatesPage = 1000

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
