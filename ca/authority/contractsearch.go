package authority

import (
	"context"
	"errors"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// SearchContracts finds contracts by number, or by person and card, and
// records that a clerk looked.
func (a *Authority) SearchContracts(ctx context.Context, c Caller, s ca.ContractSearch) (ca.ContractsFound, error) {
	byPerson := s.PersonalNumber != "" && s.CardNumber != ""
	switch {
	case byPerson && s.Number != "", !byPerson && (s.Number == "" || s.PersonalNumber+s.CardNumber != ""):
		return ca.ContractsFound{}, Refuse(ca.ProblemBadRequest, "search names neither a number nor a person with his card")
	case !uuid.MatchString(s.Case) || len(s.Salt) != evidence.SaltSize:
		return ca.ContractsFound{}, Refuse(ca.ProblemBadRequest, "search has no case or no salt")
	}
	var answer ca.ContractsFound
	err := a.search(ctx, c, signedSearch{s.Case, s.Terms(), s.Clerk}, func(tx db.Tx) (ids []string, err error) {
		rows, err := findContracts(tx, s)
		if err != nil {
			return nil, err
		}
		answer.Contracts = []ca.ContractEntry{}
		for _, row := range rows {
			entry, err := contractEntry(tx, row)
			if err != nil {
				return nil, err
			}
			entry.Covers = byPerson && a.covers(row, s.PersonalNumber, s.CardNumber)
			answer.Contracts, ids = append(answer.Contracts, entry), append(ids, row.ID)
		}
		return ids, nil
	})
	if err != nil {
		return ca.ContractsFound{}, err
	}
	a.log.Info("contracts searched", "case", s.Case, "found", len(answer.Contracts))
	return answer, nil
}

// signedSearch is what all searches have in common.
type signedSearch struct {
	caseID string
	terms  string // commitment to what is looked for
	clerk  string // compact JWS over ca.SearchClaims
}

// search finds something for a clerk who signed for it, and records what was
// found in the same transaction: nothing is told that is not recorded.
func (a *Authority) search(ctx context.Context, c Caller, s signedSearch, find func(db.Tx) (ids []string, err error)) error {
	return a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		clerk, err := a.searchClerk(tx, w, s)
		if err != nil {
			return err
		}
		ids, err := find(tx)
		if err != nil {
			return err
		}
		return tx.PutSearch(db.Search{Case: s.caseID, Terms: s.terms, Found: strings.Join(ids, ","), Clerk: clerk.Number,
			ClerkJWS: s.clerk, Workstation: w.Name, At: a.now()})
	})
}

// searchClerk verifies that a clerk looks now, in this case, for these terms.
func (a *Authority) searchClerk(tx db.Tx, w db.Workstation, s signedSearch) (db.Clerk, error) {
	var signed ca.SearchClaims
	clerk, err := a.clerkOf(tx, s.clerk, w.Name, []string{RoleClerk, RoleSupervisor}, &signed)
	if err != nil {
		return clerk, err
	}
	if signed != (ca.SearchClaims{Case: s.caseID, Terms: s.terms, IssuedAt: signed.IssuedAt}) {
		return clerk, Refuse(ca.ProblemAssertion, "clerk signed another search")
	}
	// A search is answered at once: no offline window.
	if off := a.now().Sub(time.Unix(signed.IssuedAt, 0)); off > clockSlack || off < -clockSlack {
		return clerk, a.blameClock(tx, Refuse(ca.ProblemClock, "search is off by %v", off.Truncate(time.Second)))
	}
	return clerk, nil
}

func findContracts(tx db.Tx, s ca.ContractSearch) ([]db.Contract, error) {
	if s.Number == "" {
		return tx.ContractsOf(s.PersonalNumber, ca.MaxContracts)
	}
	row, err := tx.ContractByNumber(s.Number)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	return []db.Contract{row}, err
}

// SearchRecord is one recorded search, for the auditor.
type SearchRecord struct {
	Seq         int64     `json:"seq"`
	Case        string    `json:"case"`
	Terms       string    `json:"terms"` // of ca.ContractSearch, ca.RegisterSearch or ca.CaseSearch
	Found       string    `json:"found"` // ids of contracts and cases, serials of certificates, comma separated
	Clerk       string    `json:"clerk"`
	Workstation string    `json:"workstation"`
	At          time.Time `json:"at"`
}

// Searches lists recorded searches after a sequence number, oldest
// first, a page at a time; an empty page is the end.
func (a *Authority) Searches(ctx context.Context, after int64) ([]SearchRecord, error) {
	var list []SearchRecord
	err := a.db.Do(ctx, func(tx db.Tx) error {
		rows, err := tx.Searches(after, certificatesPage)
		list = nil // of a try before
		for _, s := range rows {
			list = append(list, SearchRecord{Seq: s.Seq, Case: s.Case, Terms: s.Terms, Found: s.Found, Clerk: s.Clerk,
				Workstation: s.Workstation, At: s.At})
		}
		return err
	})
	return list, err
}
