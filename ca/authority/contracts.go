package authority

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/card/sod"
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
		a.log.Info("contract registered", "id", id, "case", body.Case, "workstation", row.Workstation)
	}
	return entry, created, nil
}

// contractRow checks the form and begins the row.
func (a *Authority) contractRow(id string, c ca.Contract) (db.Contract, error) {
	text, errText := parseSum(c.Text)
	files, errFiles := parseSum(c.ChipFiles)
	now, err := belgradeTime(a.now())
	if err != nil {
		return db.Contract{}, err
	}
	day, errDay := time.ParseInLocation(time.DateOnly, c.Concluded, now.Location())
	switch {
	case !uuid.MatchString(id) || !uuid.MatchString(c.Case):
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "id or case is no UUID in lower case")
	case !contractNumber.MatchString(c.Number):
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "contract's number has other characters than letters, digits, full stop, hyphen, slash")
	case errText != nil || errFiles != nil:
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "text or card files are no SHA-256 in lower-case hex")
	case errDay != nil:
		return db.Contract{}, Refuse(ca.ProblemBadRequest, "date of the contract is not YYYY-MM-DD")
	case day.After(now.Add(clockSlack)):
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
	if err := checkCommitted(tx, row.Workstation, row.Case, row.ChipFiles, ca.ProblemCardFiles); err != nil {
		return false, err
	}
	document, personal, err := a.cardFiles(tx, row.ChipFiles)
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
	if err := fileCase(tx, db.CaseFile{Case: row.Case, Workstation: row.Workstation, Surname: personal.Surname,
		GivenName: personal.GivenName, PersonalNumber: row.PersonalNumber, CardNumber: row.CardNumber, Contract: row.Number, At: row.At}); err != nil {
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
	return clerk, a.checkClerkTime(tx, signed.IssuedAt)
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
