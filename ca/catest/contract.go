package catest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"salter/ca"
)

// Contract makes a contract of the case, concluded on a day (YYYY-MM-DD) and
// signed by its clerk after edit, which may be nil.
func (c *Case) Contract(id, number, concluded string, edit func(*ca.Contract)) ca.Contract {
	c.w.t.Helper()
	text := sha256.Sum256([]byte("text of " + number))
	body := ca.Contract{Number: number, Concluded: concluded, Text: hex.EncodeToString(text[:]), Case: c.ID,
		ChipFiles: hex.EncodeToString(c.ChipFiles[:])}
	if edit != nil {
		edit(&body)
	}
	body.Clerk = c.Clerk.Sign(ca.ContractClaims{ID: id, Number: body.Number, Concluded: body.Concluded, Text: body.Text,
		Case: body.Case, ChipFiles: body.ChipFiles, IssuedAt: c.Now().Unix()})
	return body
}

// Search completes and signs a search in the case.
func (c *Case) Search(s ca.ContractSearch) ca.ContractSearch {
	c.w.t.Helper()
	s.Case, s.Salt = c.ID, newSalt()
	s.Clerk = c.signSearch(s.Terms())
	return s
}

// SearchRegister completes and signs a search of the register in the case.
func (c *Case) SearchRegister(s ca.RegisterSearch) ca.RegisterSearch {
	c.w.t.Helper()
	s.Case, s.Salt = c.ID, newSalt()
	s.Clerk = c.signSearch(s.Terms())
	return s
}

// SearchCases completes and signs a search for cases in the case.
func (c *Case) SearchCases(s ca.CaseSearch) ca.CaseSearch {
	c.w.t.Helper()
	s.Case, s.Salt = c.ID, newSalt()
	s.Clerk = c.signSearch(s.Terms())
	return s
}

func newSalt() []byte {
	salt := make([]byte, 32)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	return salt
}

// signSearch is the clerk's signature for a search.
func (c *Case) signSearch(terms string) string {
	return c.Clerk.Sign(ca.SearchClaims{Case: c.ID, Terms: terms, IssuedAt: c.Now().Unix()})
}

// End makes the termination of a contract, signed by the case's clerk.
func (c *Case) End(id, number string) ca.ContractEnd {
	c.w.t.Helper()
	at := c.Now().Unix()
	return ca.ContractEnd{Number: number, Case: c.ID, ReceivedAt: at, Clerk: c.Clerk.Sign(ca.ContractEndClaims{ID: id,
		Number: number, Case: c.ID, ReceivedAt: at, IssuedAt: at})}
}
