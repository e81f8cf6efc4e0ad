package ca

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
)

// CaseQuery asks for cases by exactly one of the first five fields.
type CaseQuery struct {
	Name           string // its beginning, at least two letters: surname first or given name first, either alphabet, with or without marks
	PersonalNumber string
	CardNumber     string
	Contract       string // number
	Number         string // of the case, as printed
	Case           string // in which the answer is needed
	Clerk          ClerkSigner
}

// SearchCases finds cases at all counters: by name in the order of names, else
// newest first; more says that there are more than were told. None is an
// answer. An error is not: it says nothing about the register.
func (c *Client) SearchCases(ctx context.Context, q CaseQuery) (cases []CaseEntry, more bool, err error) {
	const op = "search cases"
	body := CaseSearch{Name: q.Name, PersonalNumber: q.PersonalNumber, CardNumber: q.CardNumber, Contract: q.Contract, Number: q.Number,
		Case: q.Case, Salt: make([]byte, 32)}
	_, _ = rand.Read(body.Salt) // never fails (crypto/rand)
	body.Clerk, err = signClaims(ctx, q.Clerk, SearchClaims{Case: q.Case, Terms: body.Terms(), IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", op, err)
	}
	var found CasesFound
	if err := c.sendJSON(ctx, op, http.MethodPost, PathCaseSearch, body, &found); err != nil {
		return nil, false, err
	}
	if err := checkCases(op, q, found); err != nil {
		return nil, false, err
	}
	return found.Cases, found.More, nil
}

// checkCases refuses an answer to another question, or one that this version
// does not understand.
func checkCases(op string, q CaseQuery, found CasesFound) error {
	if found.Cases == nil || len(found.Cases) > MaxCases {
		return &Error{Op: op, Err: fmt.Errorf("%w: no list of cases, or one of %d", ErrAnswer, len(found.Cases))}
	}
	for _, e := range found.Cases {
		for asked, told := range map[string]string{q.PersonalNumber: e.PersonalNumber, q.CardNumber: e.CardNumber, q.Contract: e.Contract, q.Number: e.Number} {
			if asked != "" && asked != told {
				return &Error{Op: op, Err: fmt.Errorf("%w: another case than was asked for", ErrAnswer)}
			}
		}
		for _, held := range e.Certificates {
			if e.Case == "" || !isSerial(held.Serial) || !knownStatus(held.Status) {
				return &Error{Op: op, Err: fmt.Errorf("%w: a certificate in an unknown status, or without serial", ErrAnswer)}
			}
		}
	}
	return nil
}
