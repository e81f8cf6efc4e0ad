package authority

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
)

// inForce lists the certificates of a person for a card under a label that are
// active, or suspended and can come back, and have not expired at a time.
func inForce(tx db.Tx, personalNumber, cardNumber, label string, at time.Time) ([]db.Issuance, error) {
	rows, err := tx.LiveCertificates(personalNumber, cardNumber, label)
	if err != nil {
		return nil, err
	}
	var list []db.Issuance
	for _, row := range rows {
		cert, err := x509.ParseCertificate(row.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read issued certificate: %w", err)
		}
		if at.Before(cert.NotAfter) {
			list = append(list, row)
		}
	}
	return list, nil
}

// supersede revokes what the activation of a certificate leaves without use:
// the others of the same person, card and label that are in force, whose keys
// are no longer those of the card. Each is a change of its own, on the word of
// the clerk who activates; its id is that of the activation, a slash and the
// serial, which no client can ask for. It returns the serials.
func supersede(tx db.Tx, activation db.StatusChange, row db.Issuance) ([]string, error) {
	holder, err := tx.Holder(row.CSRSHA256)
	if errors.Is(err, db.ErrNotFound) { // a certificate of before holders were kept, with its card files gone
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	others, err := inForce(tx, holder.PersonalNumber, holder.CardNumber, row.Label, activation.At)
	if err != nil {
		return nil, err
	}
	var serials []string
	for _, other := range others {
		if other.Serial == row.Serial {
			continue
		}
		change := db.StatusChange{ID: activation.ID + "/" + other.Serial, Serial: other.Serial, Op: ca.OpRevoke, Reason: ca.ReasonSuperseded,
			Case: activation.Case, Result: db.StatusRevoked, Clerk: activation.Clerk, ClerkJWS: activation.ClerkJWS,
			Workstation: activation.Workstation, At: activation.At}
		if err := tx.PutStatusChange(change); err != nil {
			return nil, err
		}
		serials = append(serials, other.Serial)
	}
	return serials, nil
}
