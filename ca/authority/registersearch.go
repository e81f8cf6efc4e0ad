package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// SearchRegister tells what is held for a person and his card, for the number
// of a contract, or for both together, and records that a clerk looked. Whose
// a contract is, is compared here: of another person's nothing is told but
// that it is not this one's.
func (a *Authority) SearchRegister(ctx context.Context, c Caller, s ca.RegisterSearch) (ca.RegisterFound, error) {
	byPerson := s.PersonalNumber != "" && s.CardNumber != ""
	switch {
	case !byPerson && (s.Contract == "" || s.PersonalNumber+s.CardNumber != ""):
		return ca.RegisterFound{}, Refuse(ca.ProblemBadRequest, "search names neither a contract nor a person with his card")
	case !uuid.MatchString(s.Case) || len(s.Salt) != evidence.SaltSize:
		return ca.RegisterFound{}, Refuse(ca.ProblemBadRequest, "search has no case or no salt")
	}
	var answer ca.RegisterFound
	err := a.search(ctx, c, signedSearch{s.Case, s.Terms(), s.Clerk}, func(tx db.Tx) (ids []string, err error) {
		answer = ca.RegisterFound{Contracts: []ca.ContractEntry{}, Certificates: []ca.HeldCertificate{}}
		if byPerson {
			err = a.findByPerson(tx, s, &answer)
		} else {
			err = findByContract(tx, s.Contract, &answer)
		}
		return foundIDs(answer), err
	})
	if err != nil {
		return ca.RegisterFound{}, err
	}
	a.log.Info("register searched", "case", s.Case, "contracts", len(answer.Contracts), "certificates", len(answer.Certificates))
	return answer, nil
}

// foundIDs names what was told, for the record.
func foundIDs(found ca.RegisterFound) []string {
	var ids []string
	for _, e := range found.Contracts {
		if e.ID != "" { // nothing was told of another person's
			ids = append(ids, e.ID)
		}
	}
	for _, c := range found.Certificates {
		ids = append(ids, c.Serial)
	}
	return ids
}

// findByPerson adds a person's contracts and certificates, and the contract
// that was named, if it is not among them.
func (a *Authority) findByPerson(tx db.Tx, s ca.RegisterSearch, found *ca.RegisterFound) error {
	contracts, err := tx.ContractsOf(s.PersonalNumber, ca.MaxContracts)
	if err != nil {
		return err
	}
	named := false
	for _, c := range contracts {
		entry, err := contractEntry(tx, c)
		if err != nil {
			return err
		}
		entry.Covers = a.covers(c, s.PersonalNumber, s.CardNumber)
		found.Contracts = append(found.Contracts, entry)
		named = named || c.Number == s.Contract
	}
	if s.Contract != "" && !named {
		if err := a.addNamed(tx, s, found); err != nil {
			return err
		}
	}
	return addCertificates(tx, s.PersonalNumber, "", found)
}

// addNamed adds the contract that was named: the person's own, if he has more
// of them than are listed, or the mere word that it is another person's.
func (a *Authority) addNamed(tx db.Tx, s ca.RegisterSearch, found *ca.RegisterFound) error {
	c, err := tx.ContractByNumber(s.Contract)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	entry := ca.ContractEntry{Number: s.Contract, State: ca.ContractOther}
	if c.PersonalNumber == s.PersonalNumber {
		if entry, err = contractEntry(tx, c); err != nil {
			return err
		}
		entry.Covers = a.covers(c, s.PersonalNumber, s.CardNumber)
	}
	found.Contracts = append(found.Contracts[:min(len(found.Contracts), ca.MaxContracts-1)], entry)
	return nil
}

// findByContract adds a registered contract and the certificates of its person
// that rest on it. A number that only stands in requests finds nothing: there
// nobody compared it with a person.
func findByContract(tx db.Tx, number string, found *ca.RegisterFound) error {
	c, err := tx.ContractByNumber(number)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	entry, err := contractEntry(tx, c)
	if err != nil {
		return err
	}
	found.Contracts = append(found.Contracts, entry)
	return addCertificates(tx, c.PersonalNumber, number, found)
}

// addCertificates adds those of a person; contract narrows them down.
func addCertificates(tx db.Tx, personalNumber, contract string, found *ca.RegisterFound) error {
	rows, err := tx.CertificatesOf(personalNumber, contract, ca.MaxCertificates)
	if err != nil {
		return err
	}
	for _, row := range rows {
		cert, err := x509.ParseCertificate(row.Certificate)
		if err != nil {
			return fmt.Errorf("read issued certificate: %w", err)
		}
		status, err := tx.Status(row.Serial)
		if err != nil {
			return err
		}
		holder, err := tx.Holder(row.CSRSHA256)
		if err != nil {
			return err
		}
		found.Certificates = append(found.Certificates, ca.HeldCertificate{Serial: row.Serial, Label: row.Label,
			Status: status.State, Reason: status.Reason, Since: status.At.Unix(), NotBefore: cert.NotBefore.Unix(),
			NotAfter: cert.NotAfter.Unix(), CardNumber: holder.CardNumber, Contract: holder.Contract, CommonName: cert.Subject.CommonName})
	}
	return nil
}
