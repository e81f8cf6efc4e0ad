package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

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
	born       sod.Date // zero: the card does not tell
}

// holder is the one whose card files the assertion names. The counter's word
// is not enough to name a citizen.
func (a *Authority) holder(tx db.Tx, r request, w db.Workstation) (holder, error) {
	if err := checkCommitted(tx, w.Name, r.claims.Case, r.claims.chipFiles, ca.ProblemCardData); err != nil {
		return holder{}, err
	}
	document, personal, err := a.cardFiles(tx, r.claims.chipFiles)
	if err != nil {
		return holder{}, err
	}
	if !admitsDocument(r.Label, document.Type) {
		refusal := Refuse(ca.ProblemSubject, "type of document does not belong to label %s", r.Label)
		refusal.Problem.Fields = []string{"documentType"}
		return holder{}, refusal
	}
	return holderOf(r.csr, document, personal)
}

// checkCommitted refuses, as problem, card files that no event of the case in
// the workstation's journal commits to.
func checkCommitted(tx db.Tx, workstation, caseID string, sum [32]byte, problem string) error {
	committed, err := tx.Committed(workstation, caseID, sum)
	if err == nil && !committed {
		err = Refuse(problem, "no event of the case commits to the card files")
	}
	return err
}

// cardFiles opens a card's files. It verifies the ministry's signature itself.
func (a *Authority) cardFiles(tx db.Tx, sum [32]byte) (sod.Document, sod.Personal, error) {
	refuse := func(format string, args ...any) (sod.Document, sod.Personal, error) {
		return sod.Document{}, sod.Personal{}, Refuse(ca.ProblemCardData, format, args...)
	}
	bundle, err := storedFiles(tx, sum)
	if errors.Is(err, db.ErrNotFound) {
		return sod.Document{}, sod.Personal{}, Refuse(ca.ProblemCardFiles, "the card files were not uploaded yet")
	}
	if errors.Is(err, errFiles) {
		return refuse("%w", err)
	}
	if err != nil {
		return sod.Document{}, sod.Personal{}, err
	}
	anchors, err := cardAnchors(tx)
	if err != nil {
		return sod.Document{}, sod.Personal{}, err
	}
	document, personal, err := bundle.Verify(anchors, a.now())
	if err != nil {
		return refuse("%w", err)
	}
	return document, personal, nil
}

// errFiles is wrapped when a blob is no card files.
var errFiles = errors.New("the card files cannot be read")

// storedFiles reads card files from their blob, as they are.
func storedFiles(tx db.Tx, sum [32]byte) (sod.Bundle, error) {
	opening, err := tx.Blob(sum)
	if err != nil {
		return sod.Bundle{}, err
	}
	if len(opening) < evidence.SaltSize {
		return sod.Bundle{}, fmt.Errorf("%w: cut", errFiles)
	}
	bundle, err := sod.ParseBundle(opening[evidence.SaltSize:])
	if err != nil {
		return sod.Bundle{}, fmt.Errorf("%w: %w", errFiles, err)
	}
	return bundle, nil
}

// namePage is how many holders one transaction adds.
const namePage = 500

// nameHolders adds the holders of certificates that were issued before holders,
// or their contracts, were kept. Their files were verified when the certificate was issued.
func (a *Authority) nameHolders(ctx context.Context) error {
	for more := true; more; {
		err := a.db.Do(ctx, func(tx db.Tx) error {
			rows, err := tx.Nameless(namePage)
			if err != nil {
				return err
			}
			more = len(rows) == namePage
			for _, row := range rows {
				if err := nameHolder(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("name holders: %w", err)
		}
	}
	return nil
}

func nameHolder(tx db.Tx, row db.Issuance) error {
	bundle, err := storedFiles(tx, row.ChipFiles)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", row.Serial, err)
	}
	document, err := sod.ParseDocument(bundle.Document)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", row.Serial, err)
	}
	personal, err := sod.ParsePersonal(bundle.Personal)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", row.Serial, err)
	}
	contract, err := namedContract(tx, row.CSRSHA256)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", row.Serial, err)
	}
	return tx.PutHolder(db.Holder{CSRSHA256: row.CSRSHA256, PersonalNumber: personal.PersonalNumber, CardNumber: document.RegNo,
		Contract: contract})
}

// namedContract reads the number that a request named from the assertion it was
// accepted with, which was verified then.
func namedContract(tx db.Tx, csr [32]byte) (string, error) {
	assertion, err := tx.FirstAssertion(csr)
	if errors.Is(err, db.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	jws, err := jose.ParseSignedCompact(assertion.JWS, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return "", fmt.Errorf("read stored assertion: %w", err)
	}
	var claims ca.AssertionClaims
	if err := ca.DecodeJSON(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return "", fmt.Errorf("read stored assertion: %w", err)
	}
	return claims.Contract, nil
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
		born:       birthday(d, p),
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
