package authority

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"salter/app/serbian"
	"salter/ca"
	"salter/ca/authority/db"
	"salter/card/sod"
	"salter/store/evidence"
)

// minPrefix is the shortest beginning of a name that is looked for, in letters
// of its folded form: one letter would list a large part of the people.
const minPrefix = 2

// SearchCases finds cases by the beginning of a name, by personal, card,
// contract or case number, and records that a clerk looked, before he sees
// anything.
func (a *Authority) SearchCases(ctx context.Context, c Caller, s ca.CaseSearch) (ca.CasesFound, error) {
	if err := checkCaseSearch(s); err != nil {
		return ca.CasesFound{}, err
	}
	var answer ca.CasesFound
	err := a.search(ctx, c, signedSearch{s.Case, s.Terms(), s.Clerk}, func(tx db.Tx) (ids []string, err error) {
		rows, err := findCases(tx, s)
		if err != nil {
			return nil, err
		}
		answer = ca.CasesFound{Cases: []ca.CaseEntry{}, More: len(rows) > ca.MaxCases}
		for _, row := range rows[:min(len(rows), ca.MaxCases)] {
			entry, err := caseEntry(tx, row)
			if err != nil {
				return nil, err
			}
			answer.Cases, ids = append(answer.Cases, entry), append(ids, row.Case)
		}
		return ids, nil
	})
	if err != nil {
		return ca.CasesFound{}, err
	}
	a.log.Info("cases searched", "case", s.Case, "found", len(answer.Cases))
	return answer, nil
}

func checkCaseSearch(s ca.CaseSearch) error {
	terms := 0
	for _, term := range []string{s.Name, s.PersonalNumber, s.CardNumber, s.Contract, s.Number} {
		if term != "" {
			terms++
		}
	}
	switch {
	case terms != 1:
		return Refuse(ca.ProblemBadRequest, "search has %d terms, want one", terms)
	case s.Name != "" && utf8.RuneCountInString(serbian.SearchKey(s.Name)) < minPrefix:
		return Refuse(ca.ProblemBadRequest, "search has less than %d letters of a name", minPrefix)
	case !uuid.MatchString(s.Case) || len(s.Salt) != evidence.SaltSize:
		return Refuse(ca.ProblemBadRequest, "search has no case or no salt")
	}
	return nil
}

// findCases finds one case more than are told, if there is one.
func findCases(tx db.Tx, s ca.CaseSearch) ([]db.CaseFile, error) {
	const limit = ca.MaxCases + 1
	switch {
	case s.Name != "":
		return tx.CasesByName(serbian.SearchKey(s.Name), limit)
	case s.PersonalNumber != "":
		return tx.CasesByPerson(s.PersonalNumber, limit)
	case s.CardNumber != "":
		return tx.CasesByCard(s.CardNumber, limit)
	case s.Contract != "":
		return tx.CasesByContract(s.Contract, limit)
	}
	return tx.CasesByNumber(s.Number, limit)
}

func caseEntry(tx db.Tx, row db.CaseFile) (ca.CaseEntry, error) {
	entry := ca.CaseEntry{Case: row.Case, Number: row.Number, Workstation: row.Workstation, At: row.At.Unix(), Surname: row.Surname,
		GivenName: row.GivenName, PersonalNumber: row.PersonalNumber, CardNumber: row.CardNumber, Contract: row.Contract,
		Certificates: []ca.CaseCertificate{}}
	held, err := tx.CertificatesOfCase(row.Case)
	for _, s := range held {
		entry.Certificates = append(entry.Certificates, ca.CaseCertificate{Serial: s.Serial, Status: s.State, Since: s.At.Unix()})
	}
	return entry, err
}

// fileCase makes a case be found by its person.
func fileCase(tx db.Tx, c db.CaseFile) error {
	first, last := serbian.SearchKey(c.GivenName), serbian.SearchKey(c.Surname)
	return tx.PutCaseFile(c, strings.TrimSpace(last+" "+first), strings.TrimSpace(first+" "+last))
}

// fileCases makes those cases be found that are older than the search.
func (a *Authority) fileCases(ctx context.Context) error {
	for more := true; more; {
		err := a.db.Do(ctx, func(tx db.Tx) error {
			rows, err := tx.UnfiledCases(namePage)
			if err != nil {
				return err
			}
			more = len(rows) == namePage
			for _, row := range rows {
				if err := fileUnfiled(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("file cases: %w", err)
		}
	}
	return nil
}

// fileUnfiled reads the person from the card files, which were verified when
// the case's request or contract was accepted.
func fileUnfiled(tx db.Tx, row db.UnfiledCase) error {
	bundle, err := storedFiles(tx, row.ChipFiles)
	if err != nil {
		return fmt.Errorf("case %s: %w", row.Case, err)
	}
	document, err := sod.ParseDocument(bundle.Document)
	if err != nil {
		return fmt.Errorf("case %s: %w", row.Case, err)
	}
	personal, err := sod.ParsePersonal(bundle.Personal)
	if err != nil {
		return fmt.Errorf("case %s: %w", row.Case, err)
	}
	return fileCase(tx, db.CaseFile{Case: row.Case, Workstation: row.Workstation, Surname: personal.Surname, GivenName: personal.GivenName,
		PersonalNumber: personal.PersonalNumber, CardNumber: document.RegNo, Contract: row.Contract, At: row.At})
}

// The first event of a case, by which its number is known.
const (
	kindCaseOpened = "case-opened"
	maxCaseNumber  = 64
)

// numberCase notes the number that an event gives its case. What it cannot
// read it leaves: an event is stored whatever it says.
func numberCase(tx db.Tx, workstation string, h evidence.Header, body []byte) error {
	if h.Kind != kindCaseOpened || h.Case == "" {
		return nil
	}
	var opened struct {
		Body struct {
			Number string `json:"number"`
		} `json:"body"`
	}
	if json.Unmarshal(body, &opened) != nil || opened.Body.Number == "" || len(opened.Body.Number) > maxCaseNumber ||
		strings.ContainsRune(opened.Body.Number, 0) {
		return nil
	}
	return tx.PutCaseNumber(db.CaseNumber{Number: opened.Body.Number, Workstation: workstation, Case: h.Case, At: time.UnixMilli(h.At)})
}
