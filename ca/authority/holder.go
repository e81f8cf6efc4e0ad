package authority

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/profile"
	"salter/card/sod"
	"salter/store/evidence"
)

// holder is whom the certificate will name, as the ministry's signature over
// the card's files says.
type holder struct {
	subject    profile.Subject
	validUntil profile.Date
}

// holder opens the card files that the assertion names: a blob that an event
// of the same case, in the same journal, commits to. It verifies their
// signature itself: the counter's word is not enough to name a citizen.
func (a *Authority) holder(tx db.Tx, r request, w db.Workstation) (holder, error) {
	committed, err := tx.Committed(w.Name, r.claims.Case, r.claims.chipFiles)
	if err != nil {
		return holder{}, err
	}
	if !committed {
		return holder{}, Refuse(ca.ProblemCardData, "no event of the case commits to the card files")
	}
	opening, err := tx.Blob(r.claims.chipFiles)
	if errors.Is(err, db.ErrNotFound) {
		return holder{}, Refuse(ca.ProblemCardData, "the card files were not uploaded")
	}
	if err != nil {
		return holder{}, err
	}
	anchors, err := cardAnchors(tx)
	if err != nil {
		return holder{}, err
	}
	if len(opening) < evidence.SaltSize {
		return holder{}, Refuse(ca.ProblemCardData, "the card files are cut")
	}
	bundle, err := sod.ParseBundle(opening[evidence.SaltSize:])
	if err != nil {
		return holder{}, Refuse(ca.ProblemCardData, "%w", err)
	}
	document, personal, err := bundle.Verify(anchors, a.now())
	if err != nil {
		return holder{}, Refuse(ca.ProblemCardData, "%w", err)
	}
	if !admitsDocument(r.Label, document.Type) {
		refusal := Refuse(ca.ProblemSubject, "type of document does not belong to label %s", r.Label)
		refusal.Problem.Fields = []string{"documentType"}
		return holder{}, refusal
	}
	return holderOf(r.csr, document, personal)
}

func cardAnchors(tx db.Tx) ([]*x509.Certificate, error) {
	rows, err := tx.Anchors()
	if err != nil {
		return nil, err
	}
	var anchors []*x509.Certificate
	for _, row := range rows {
		cert, err := x509.ParseCertificate(row.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read card-data anchor: %w", err)
		}
		anchors = append(anchors, cert)
	}
	return anchors, nil
}

// admitsDocument says which documents a label is for: ID cards of citizens
// (before August 2014 the chip names no type), ID cards of foreigners. A
// residence permit is no ID card.
func admitsDocument(label, docType string) bool {
	if label == ca.LabelForeigner {
		return docType == "IF"
	}
	return docType == "ID" || docType == ""
}

// holderOf takes the e-mail address from the request, because it stands on
// paper only, and everything else from the card.
func holderOf(csr *x509.CertificateRequest, d sod.Document, p sod.Personal) (holder, error) {
	h := holder{
		subject:    profile.Subject{GivenName: p.GivenName, Surname: p.Surname, PersonalNumber: p.PersonalNumber, CardNumber: d.RegNo},
		validUntil: profile.Date{Year: d.ValidUntil.Year, Month: d.ValidUntil.Month, Day: d.ValidUntil.Day},
	}
	switch len(csr.EmailAddresses) {
	case 0:
	case 1:
		h.subject.Email = csr.EmailAddresses[0]
	default:
		return holder{}, Refuse(ca.ProblemCSRInvalid, "request holds %d e-mail addresses", len(csr.EmailAddresses))
	}
	return h, nil
}

// refuseFindings turns findings on a request into the refusal that says most
// about them.
func refuseFindings(csr *x509.CertificateRequest, h holder, findings []profile.Finding) error {
	bad := profile.Errors(findings)
	if len(bad) == 0 {
		return nil
	}
	by := make(map[string]bool)
	for _, f := range bad {
		by[f.ID] = true
	}
	switch {
	case by["R01"]:
		return withFields(ca.ProblemCSRInvalid, bad)
	case by["P16"]:
		r := withFields(ca.ProblemSubject, bad)
		r.Problem.Fields = differences(csr, h.subject)
		return r
	case by["P14"]: // caused by the day, not by the request
		return withFields(ca.ProblemCardData, bad)
	case by["P15"]:
		r := withFields(ca.ProblemKeyRejected, bad)
		r.final = true
		return r
	}
	r := withFields(ca.ProblemProfile, bad)
	r.final = true
	return r
}

// withFields makes a refusal of findings, which hold no personal data.
func withFields(problem string, bad []profile.Finding) *Refusal {
	details := make([]string, len(bad))
	for i, f := range bad {
		details[i] = f.ID + " " + f.Detail
	}
	r := Refuse(problem, "%s", strings.Join(details, "; "))
	r.Problem.Fields = profile.IDs(bad)
	return r
}

// differences names the fields in which the request differs from the card.
func differences(csr *x509.CertificateRequest, want profile.Subject) []string {
	got, err := profile.RequestSubject(csr)
	if err != nil {
		return []string{"subject"}
	}
	var fields []string
	add := func(name, got, want string) {
		if got != want {
			fields = append(fields, name)
		}
	}
	add("givenName", got.GivenName, want.GivenName)
	add("surname", got.Surname, want.Surname)
	if got.CardNumber != "" {
		add("cardNumber", got.CardNumber, want.CardNumber)
	} else {
		add("personalNumber", got.PersonalNumber, want.PersonalNumber)
	}
	if len(fields) == 0 {
		return []string{"subject"}
	}
	return fields
}
