package ca

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
)

// RegisterQuery asks what the authority holds: for PersonalNumber together with
// CardNumber, for the number of a contract, or for all three, which compares
// the number with the person.
type RegisterQuery struct {
	PersonalNumber string
	CardNumber     string
	Contract       string // number
	Case           string // in which the answer is needed
	Clerk          ClerkSigner
}

// Register asks once. Nothing found is an answer: the register has nothing. An
// error is not: it says nothing about the register.
func (c *Client) Register(ctx context.Context, q RegisterQuery) (RegisterFound, error) {
	const op = "search register"
	body := RegisterSearch{PersonalNumber: q.PersonalNumber, CardNumber: q.CardNumber, Contract: q.Contract, Case: q.Case,
		Salt: make([]byte, 32)}
	_, _ = rand.Read(body.Salt) // never fails (crypto/rand)
	var err error
	body.Clerk, err = signClaims(ctx, q.Clerk, SearchClaims{Case: q.Case, Terms: body.Terms(), IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return RegisterFound{}, fmt.Errorf("%s: %w", op, err)
	}
	var found RegisterFound
	if err := c.sendJSON(ctx, op, http.MethodPost, PathRegisterSearch, body, &found); err != nil {
		return RegisterFound{}, err
	}
	if err := checkFound(op, q, found); err != nil {
		return RegisterFound{}, err
	}
	return found, nil
}

// checkFound refuses an answer to another question, or one that this version
// does not understand. An answer without its lists is none: it must not look
// like an empty register.
func checkFound(op string, q RegisterQuery, found RegisterFound) error {
	if found.Contracts == nil || found.Certificates == nil {
		return &Error{Op: op, Err: fmt.Errorf("%w: no lists", ErrAnswer)}
	}
	for _, e := range found.Contracts {
		if e == (ContractEntry{Number: q.Contract, State: ContractOther}) && q.PersonalNumber != "" {
			continue
		}
		number := e.Number
		if q.PersonalNumber == "" {
			number = q.Contract
		}
		if err := checkEntry(op, e, number); err != nil {
			return err
		}
	}
	for _, held := range found.Certificates {
		if !isSerial(held.Serial) || !knownStatus(held.Status) || held.NotAfter < held.NotBefore {
			return &Error{Op: op, Err: fmt.Errorf("%w: a certificate in an unknown status, or without serial or validity", ErrAnswer)}
		}
	}
	return nil
}

// knownStatus reports whether this version knows the status of a certificate.
func knownStatus(status string) bool {
	return slices.Contains([]string{StatusHold, StatusActive, StatusSuspended, StatusRevoked}, status)
}

// isSerial reports whether s is a serial number in lower-case hex (RFC 5280
// 4.1.2.2: at most 20 octets).
func isSerial(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') })
}
