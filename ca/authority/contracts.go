package authority

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/card/sod"
	"salter/store/evidence"
)

// contractNumber is the form of a contract's number. It may stand in a path.
var contractNumber = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z./-]{0,63}$`)

// PutContract registers a contract under the client's id. The same contract
// under the same id may be sent any number of times, also with a fresh
// signature of the clerk; created is false for the repeats. Another contract
// under the same id, or under the same number, is a conflict.
func (a *Authority) PutContract(ctx context.Context, c Caller, id string, body ca.Contract) (entry ca.ContractEntry, created bool, err error) {
	row, err := a.contractRow(id, body)
	if err != nil {
		return entry, false, err
	}
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		row.Workstation, row.At = w.Name, a.now()
		if created, err = a.putContract(tx, row, body); err != nil {
			return err
		}
		held, err := tx.Contract(id)
		if err != nil {
			return err
		}
		entry, err = contractEntry(tx, held)
		return err
	})
	if err != nil {
		return ca.ContractEntry{}, false, err
	}
	if created {
		a.log.Info("contract registered", "id", id, "number", body.Number, "case", body.Case, "workstation", row.Workstation)
	}
	return entry, created, nil
}

// contractRow checks the form and begins the row.
func (a *Authority) contractRow(id string, c ca.Contract) (db.Contract, error) {
	text, errText := parseSum(c.Text)
	files, errFiles := parseSum(c.ChipFiles)
	zone, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		return db.Contract{}, fmt.Errorf("load time zone: %w", err)
	}
	day, errDay := time.ParseInLocation(time.DateOnly, c.Concluded, zone)
	switch {
	case !uuid.MatchString(id) || !uuid.MatchString(c.Case):
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "id or case is no UUID in lower case")
	case !contractNumber.MatchString(c.Number):
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "contract's number has other characters than letters, digits, full stop, hyphen, slash")
	case errText != nil || errFiles != nil:
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "text or card files are no SHA-256 in lower-case hex")
	case errDay != nil:
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "date of the contract is not YYYY-MM-DD")
	case day.After(a.now().Add(clockSlack)):
		return db.Contract{}, Refuse(ca.ProblemClock, "contract was concluded in the future")
	}
	return db.Contract{ID: id, Number: c.Number, Concluded: c.Concluded, Text: text, Case: c.Case, ChipFiles: files, ClerkJWS: c.Clerk}, nil
}

// putContract stores the row unless it is there already.
func (a *Authority) putContract(tx db.Tx, row db.Contract, body ca.Contract) (created bool, err error) {
	held, err := tx.Contract(row.ID)
	if err == nil {
		if got, want := contractSum(row), contractSum(held); got != want {
			return false, refuseContract(ca.ProblemConflict, held.Number, "another contract has this id: held %s, sent %s", want, got)
		}
		return false, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return false, err
	}
	clerk, err := a.contractClerk(tx, row, body)
	if err != nil {
		return false, err
	}
	switch _, err := tx.ContractByNumber(row.Number); {
	case err == nil:
		return false, refuseContract(ca.ProblemConflict, row.Number, "the number is registered under another id")
	case !errors.Is(err, db.ErrNotFound):
		return false, err
	}
	document, personal, err := a.cardFiles(tx, row.Workstation, row.Case, row.ChipFiles)
	if err != nil {
		return false, err
	}
	if err := checkParty(row, document); err != nil {
		return false, err
	}
	row.Clerk, row.PersonalNumber, row.CardNumber = clerk.Number, personal.PersonalNumber, document.RegNo
	if err := tx.InsertContract(row); err != nil {
		return false, err
	}
	return true, a.supersede(tx, row)
}

// contractSum is the hash of what a contract says.
func contractSum(c db.Contract) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%x\n%s\n%x\n", c.Number, c.Concluded, c.Text, c.Case, c.ChipFiles))
	return hex.EncodeToString(sum[:])
}

func (a *Authority) contractClerk(tx db.Tx, row db.Contract, body ca.Contract) (db.Clerk, error) {
	var signed ca.ContractClaims
	clerk, err := a.clerkOf(tx, body.Clerk, row.Workstation, []string{RoleClerk}, &signed)
	if err != nil {
		return clerk, err
	}
	want := ca.ContractClaims{ID: row.ID, Number: body.Number, Concluded: body.Concluded, Text: body.Text, Case: body.Case,
		ChipFiles: body.ChipFiles, IssuedAt: signed.IssuedAt}
	if signed != want {
		return clerk, Refuse(ca.ProblemAssertion, "clerk signed another contract")
	}
	return clerk, a.checkClerkTime(signed.IssuedAt)
}

// checkParty refuses documents that get no certificate, and a card that had
// expired when the contract was concluded.
func checkParty(row db.Contract, d sod.Document) error {
	if !admitsDocument(ca.LabelCitizen, d.Type) && !admitsDocument(ca.LabelForeigner, d.Type) {
		r := refuseContract(ca.ProblemSubject, row.Number, "type of document gets no certificate")
		r.Problem.Fields = []string{"documentType"}
		return r
	}
	until := time.Date(d.ValidUntil.Year, d.ValidUntil.Month, d.ValidUntil.Day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	if row.Concluded > until {
		return refuseContract(ca.ProblemCardData, row.Number, "the card had expired when the contract was concluded")
	}
	return nil
}

// supersede ends contracts of the same person for other cards, unless they
// outlive a card. What was concluded later stands, in whatever order the two
// arrive.
func (a *Authority) supersede(tx db.Tx, row db.Contract) error {
	if a.rules.SurvivesNewCard {
		return nil
	}
	all, err := tx.ContractsOf(row.PersonalNumber, ca.MaxContracts)
	if err != nil {
		return err
	}
	for _, other := range all { // newest first
		if other.State != db.ContractValid || other.CardNumber == row.CardNumber {
			continue
		}
		if other.Concluded > row.Concluded {
			return tx.EndContract(row.ID, db.ContractSuperseded, other.ID, row.At)
		}
		if err := tx.EndContract(other.ID, db.ContractSuperseded, row.ID, row.At); err != nil {
			return err
		}
	}
	return nil
}

// refuseContract is Refuse that names the contract.
func refuseContract(problem, number, format string, args ...any) *Refusal {
	r := Refuse(problem, format, args...)
	r.Problem.Contract = number
	return r
}

// contractEntry is what may be told of a contract.
func contractEntry(tx db.Tx, c db.Contract) (ca.ContractEntry, error) {
	entry := ca.ContractEntry{ID: c.ID, Number: c.Number, State: c.State, Concluded: c.Concluded, Text: hex.EncodeToString(c.Text[:]), Case: c.Case}
	if !c.EndedAt.IsZero() {
		entry.Ended = c.EndedAt.Unix()
	}
	if c.SupersededBy != "" {
		next, err := tx.Contract(c.SupersededBy)
		if err != nil {
			return ca.ContractEntry{}, err
		}
		entry.SupersededBy = next.Number
	}
	return entry, nil
}

// Contract finds a contract by its number, for any office: a citizen renews
// where he is.
func (a *Authority) Contract(ctx context.Context, c Caller, number string) (entry ca.ContractEntry, err error) {
	err = a.db.Do(ctx, func(tx db.Tx) error {
		if _, err := a.admitWorkstation(tx, c); err != nil {
			return err
		}
		held, err := tx.ContractByNumber(number)
		if errors.Is(err, db.ErrNotFound) {
			return Refuse(ca.ProblemNotFound, "no contract with this number")
		}
		if err != nil {
			return err
		}
		entry, err = contractEntry(tx, held)
		return err
	})
	return entry, err
}

// covers reports whether a certificate for a person and his card may rest on c.
func (a *Authority) covers(c db.Contract, personalNumber, cardNumber string) bool {
	return c.State == db.ContractValid && c.PersonalNumber == personalNumber && (c.CardNumber == cardNumber || a.rules.SurvivesNewCard)
}

// checkContract refuses a certificate without a contract, if the policy
// demands one.
func (a *Authority) checkContract(tx db.Tx, number string, h holder) error {
	if !a.rules.ContractRequired {
		return nil
	}
	c, err := tx.ContractByNumber(number)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return refuseContract(ca.ProblemContract, number, "contract is not registered")
	case err != nil:
		return err
	case !a.covers(c, h.subject.PersonalNumber, h.subject.CardNumber):
		return refuseContract(ca.ProblemContract, number, "contract is %s, or for another person or card", c.State)
	}
	return nil
}

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
	answer := ca.ContractsFound{Contracts: []ca.ContractEntry{}}
	err := a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		clerk, err := a.searchClerk(tx, w, s)
		if err != nil {
			return err
		}
		rows, err := findContracts(tx, s)
		if err != nil {
			return err
		}
		var ids []string
		for _, row := range rows {
			entry, err := contractEntry(tx, row)
			if err != nil {
				return err
			}
			entry.Covers = byPerson && a.covers(row, s.PersonalNumber, s.CardNumber)
			answer.Contracts, ids = append(answer.Contracts, entry), append(ids, row.ID)
		}
		return tx.PutContractSearch(db.ContractSearch{Case: s.Case, Terms: s.Terms(), Found: strings.Join(ids, ","),
			Clerk: clerk.Number, ClerkJWS: s.Clerk, Workstation: w.Name, At: a.now()})
	})
	if err != nil {
		return ca.ContractsFound{}, err
	}
	a.log.Info("contracts searched", "case", s.Case, "found", len(answer.Contracts))
	return answer, nil
}

func (a *Authority) searchClerk(tx db.Tx, w db.Workstation, s ca.ContractSearch) (db.Clerk, error) {
	var signed ca.SearchClaims
	clerk, err := a.clerkOf(tx, s.Clerk, w.Name, []string{RoleClerk, RoleSupervisor}, &signed)
	if err != nil {
		return clerk, err
	}
	if signed != (ca.SearchClaims{Case: s.Case, Terms: s.Terms(), IssuedAt: signed.IssuedAt}) {
		return clerk, Refuse(ca.ProblemAssertion, "clerk signed another search")
	}
	// A search is answered at once: no offline window.
	if off := a.now().Sub(time.Unix(signed.IssuedAt, 0)); off > clockSlack || off < -clockSlack {
		return clerk, Refuse(ca.ProblemClock, "search is off by %v", off.Truncate(time.Second))
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
	Terms       string    `json:"terms"` // ca.ContractSearch.Terms
	Found       string    `json:"found"` // ids of contracts, comma separated
	Clerk       string    `json:"clerk"`
	Workstation string    `json:"workstation"`
	At          time.Time `json:"at"`
}

// ContractSearches lists recorded searches after a sequence number, oldest
// first, a page at a time; an empty page is the end.
func (a *Authority) ContractSearches(ctx context.Context, after int64) ([]SearchRecord, error) {
	var list []SearchRecord
	err := a.db.Do(ctx, func(tx db.Tx) error {
		rows, err := tx.ContractSearches(after, certificatesPage)
		for _, s := range rows {
			list = append(list, SearchRecord{Seq: s.Seq, Case: s.Case, Terms: s.Terms, Found: s.Found, Clerk: s.Clerk,
				Workstation: s.Workstation, At: s.At})
		}
		return err
	})
	return list, err
}

// EndContract terminates a contract under the client's id; repeats are
// absorbed.
func (a *Authority) EndContract(ctx context.Context, c Caller, id string, body ca.ContractEnd) (entry ca.ContractEntry, created bool, err error) {
	if !uuid.MatchString(id) || !uuid.MatchString(body.Case) || body.ReceivedAt <= 0 {
		return entry, false, Refuse(ca.ProblemBadRequest, "id or case is no UUID in lower case, or the time of receipt is missing")
	}
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		held, err := tx.ContractByNumber(body.Number)
		if errors.Is(err, db.ErrNotFound) {
			return Refuse(ca.ProblemNotFound, "no contract with this number")
		}
		if err != nil {
			return err
		}
		if created, err = a.endContract(tx, w, id, held, body); err != nil {
			return err
		}
		if held, err = tx.Contract(held.ID); err != nil {
			return err
		}
		entry, err = contractEntry(tx, held)
		return err
	})
	if err != nil {
		return ca.ContractEntry{}, false, err
	}
	if created {
		a.log.Info("contract terminated", "id", id, "number", body.Number, "case", body.Case)
	}
	return entry, created, nil
}

func (a *Authority) endContract(tx db.Tx, w db.Workstation, id string, held db.Contract, body ca.ContractEnd) (bool, error) {
	done, err := tx.ContractEndByID(id)
	if err == nil {
		if done.Contract != held.ID || done.Case != body.Case || done.ReceivedAt != body.ReceivedAt {
			return false, refuseContract(ca.ProblemConflict, held.Number, "another termination has this id")
		}
		return false, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return false, err
	}
	var signed ca.ContractEndClaims
	clerk, err := a.clerkOf(tx, body.Clerk, w.Name, []string{RoleClerk, RoleSupervisor}, &signed)
	if err != nil {
		return false, err
	}
	if signed != (ca.ContractEndClaims{ID: id, Number: body.Number, Case: body.Case, ReceivedAt: body.ReceivedAt, IssuedAt: signed.IssuedAt}) {
		return false, Refuse(ca.ProblemAssertion, "clerk signed another termination")
	}
	if err := a.checkClerkTime(signed.IssuedAt); err != nil {
		return false, err
	}
	if time.Unix(body.ReceivedAt, 0).After(a.now().Add(clockSlack)) {
		return false, Refuse(ca.ProblemClock, "termination was received in the future")
	}
	if held.State != db.ContractValid {
		return false, refuseContract(ca.ProblemContract, held.Number, "contract is %s", held.State)
	}
	if err := tx.EndContract(held.ID, db.ContractTerminated, "", a.now()); err != nil {
		return false, err
	}
	return true, tx.PutContractEnd(db.ContractEnd{ID: id, Contract: held.ID, Case: body.Case, ReceivedAt: body.ReceivedAt,
		Clerk: clerk.Number, ClerkJWS: body.Clerk, Workstation: w.Name, At: a.now()})
}
