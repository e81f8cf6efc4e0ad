package ca

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// ContractRequest registers a contract concluded at this counter. ID is a UUID
// journalled with the intent: the same request may be sent any number of times.
// The card files must be uploaded, and an event of the case that commits to
// them pushed.
type ContractRequest struct {
	ID        string
	Number    string
	Concluded string   // YYYY-MM-DD
	Text      [32]byte // SHA-256 of the text that was signed
	Case      string
	ChipFiles [32]byte // name of the blob with the raw card files
	Clerk     ClerkSigner
}

// PutContract sends the contract once and returns what the register holds.
// After any other error than a refusal it may be registered; send it again.
func (c *Client) PutContract(ctx context.Context, r ContractRequest) (ContractEntry, error) {
	const op = "register contract"
	body := Contract{Number: r.Number, Concluded: r.Concluded, Text: hex.EncodeToString(r.Text[:]), Case: r.Case,
		ChipFiles: hex.EncodeToString(r.ChipFiles[:])}
	var err error
	body.Clerk, err = signClaims(ctx, r.Clerk, ContractClaims{ID: r.ID, Number: body.Number, Concluded: body.Concluded,
		Text: body.Text, Case: body.Case, ChipFiles: body.ChipFiles, IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return ContractEntry{}, fmt.Errorf("%s: %w", op, err)
	}
	var entry ContractEntry
	if err := c.sendJSON(ctx, op, http.MethodPut, PathContracts+url.PathEscape(r.ID), body, &entry); err != nil {
		return ContractEntry{}, err
	}
	if entry.ID != r.ID {
		return ContractEntry{}, anotherContract(op)
	}
	return entry, checkEntry(op, entry, r.Number)
}

// Contract asks for a contract by its number.
func (c *Client) Contract(ctx context.Context, number string) (ContractEntry, error) {
	const op = "find contract"
	var entry ContractEntry
	if err := c.getJSON(ctx, op, PathContracts+url.PathEscape(number), &entry); err != nil {
		return ContractEntry{}, unsupported(err)
	}
	return entry, checkEntry(op, entry, number)
}

// ContractQuery asks for contracts: by Number, or by PersonalNumber together
// with CardNumber.
type ContractQuery struct {
	Number         string
	PersonalNumber string
	CardNumber     string
	Case           string // in which the answer is needed
	Clerk          ClerkSigner
}

// SearchContracts finds contracts, newest first. None is an answer: the
// register has none. An error is not: it says nothing about the register.
func (c *Client) SearchContracts(ctx context.Context, q ContractQuery) ([]ContractEntry, error) {
	const op = "search contracts"
	body := ContractSearch{Number: q.Number, PersonalNumber: q.PersonalNumber, CardNumber: q.CardNumber, Case: q.Case, Salt: make([]byte, 32)}
	_, _ = rand.Read(body.Salt) // never fails (crypto/rand)
	var err error
	body.Clerk, err = signClaims(ctx, q.Clerk, SearchClaims{Case: q.Case, Terms: body.Terms(), IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var found ContractsFound
	if err := c.sendJSON(ctx, op, http.MethodPost, PathContractSearch, body, &found); err != nil {
		return nil, err
	}
	for _, entry := range found.Contracts {
		number := q.Number
		if number == "" {
			number = entry.Number
		}
		if err := checkEntry(op, entry, number); err != nil {
			return nil, err
		}
	}
	return found.Contracts, nil
}

// ContractEndRequest ends a contract. ID is a UUID journalled with the intent.
type ContractEndRequest struct {
	ID       string
	Number   string
	Case     string
	Received time.Time // of the paper that ends the contract
	Clerk    ClerkSigner
}

// EndContract sends the request once. nil means that the contract is
// terminated; after any other error than a refusal it may be.
func (c *Client) EndContract(ctx context.Context, r ContractEndRequest) error {
	const op = "end contract"
	body := ContractEnd{Number: r.Number, Case: r.Case, ReceivedAt: r.Received.Unix()}
	var err error
	body.Clerk, err = signClaims(ctx, r.Clerk, ContractEndClaims{ID: r.ID, Number: r.Number, Case: r.Case,
		ReceivedAt: body.ReceivedAt, IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	var entry ContractEntry
	if err := c.sendJSON(ctx, op, http.MethodPut, PathContractEnds+url.PathEscape(r.ID), body, &entry); err != nil {
		return err
	}
	if entry.State != ContractTerminated {
		return anotherContract(op)
	}
	return checkEntry(op, entry, r.Number)
}

func anotherContract(op string) error {
	return &Error{Op: op, Err: fmt.Errorf("%w: another contract or state", ErrAnswer)}
}

// checkEntry refuses an answer about another contract, or one in a state that
// this version does not understand.
func checkEntry(op string, e ContractEntry, number string) error {
	known := []string{ContractValid, ContractTerminated, ContractSuperseded}
	if e.Number != number || !slices.Contains(known, e.State) || e.Covers && e.State != ContractValid {
		return anotherContract(op)
	}
	return nil
}

// sendJSON sends body once and decodes the answer into v.
func (c *Client) sendJSON(ctx context.Context, op, method, path string, body, v any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	a, err := c.do(ctx, request{op: op, method: method, path: path, contentType: "application/json",
		accept: "application/json", body: content, limit: maxJSON})
	if err != nil {
		return unsupported(err)
	}
	return a.decode(op, v)
}
