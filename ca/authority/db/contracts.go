package db

import (
	"database/sql"
	"time"
)

// InsertContract implements Contracts.
func (t tx) InsertContract(c Contract) error {
	return t.exec("write contract",
		`INSERT INTO contract(id, number, concluded, text_sha256, case_id, chip_files, personal_number, card_number,
		 clerk, clerk_jws, workstation, at, state) VALUES(`+marks(13)+`)`,
		c.ID, c.Number, c.Concluded, c.Text[:], c.Case, c.ChipFiles[:], c.PersonalNumber, c.CardNumber,
		c.Clerk, c.ClerkJWS, c.Workstation, c.At.UnixMilli(), ContractValid)
}

// EndContract implements Contracts.
func (t tx) EndContract(id, state, superseding string, at time.Time) error {
	var number string
	return t.row("end contract",
		"UPDATE contract SET state = ?, superseded_by = ?, ended_at = ? WHERE id = ? AND state = 'valid' RETURNING number",
		[]any{state, nullable(superseding), at.UnixMilli(), id}, &number)
}

const selectContract = `SELECT id, number, concluded, text_sha256, case_id, chip_files, personal_number, card_number,
	clerk, clerk_jws, workstation, at, state, coalesce(superseded_by, ''), ended_at FROM contract WHERE `

func scanContract(r scanner) (c Contract, err error) {
	var at int64
	var ended sql.NullInt64
	err = r.Scan(&c.ID, &c.Number, &c.Concluded, sum32{&c.Text}, &c.Case, sum32{&c.ChipFiles}, &c.PersonalNumber, &c.CardNumber,
		&c.Clerk, &c.ClerkJWS, &c.Workstation, &at, &c.State, &c.SupersededBy, &ended)
	c.At = time.UnixMilli(at)
	if ended.Valid {
		c.EndedAt = time.UnixMilli(ended.Int64)
	}
	return c, err
}

// Contract implements Contracts.
func (t tx) Contract(id string) (Contract, error) {
	return one(t, "find contract", selectContract+"id = ?", []any{id}, scanContract)
}

// ContractByNumber implements Contracts.
func (t tx) ContractByNumber(number string) (Contract, error) {
	return one(t, "find contract", selectContract+"number = ?", []any{number}, scanContract)
}

// ContractsOf implements Contracts.
func (t tx) ContractsOf(personalNumber string, limit int) ([]Contract, error) {
	return collect(t, "list contracts", selectContract+"personal_number = ? ORDER BY concluded DESC, at DESC, id LIMIT ?",
		[]any{personalNumber, limit}, scanContract)
}

// PutContractEnd implements Contracts.
func (t tx) PutContractEnd(e ContractEnd) error {
	return t.exec("write end of contract",
		"INSERT INTO contract_end(id, contract, case_id, received_at, clerk, clerk_jws, workstation, at) VALUES("+marks(8)+")",
		e.ID, e.Contract, e.Case, e.ReceivedAt, e.Clerk, e.ClerkJWS, e.Workstation, e.At.UnixMilli())
}

// ContractEndByID implements Contracts.
func (t tx) ContractEndByID(id string) (ContractEnd, error) {
	return one(t, "find end of contract",
		"SELECT id, contract, case_id, received_at, clerk, clerk_jws, workstation, at FROM contract_end WHERE id = ?", []any{id},
		func(r scanner) (e ContractEnd, err error) {
			var at int64
			err = r.Scan(&e.ID, &e.Contract, &e.Case, &e.ReceivedAt, &e.Clerk, &e.ClerkJWS, &e.Workstation, &at)
			e.At = time.UnixMilli(at)
			return e, err
		})
}

// PutSearch implements Contracts.
func (t tx) PutSearch(s Search) error {
	return t.exec("record search",
		"INSERT INTO search(case_id, terms, found, clerk, clerk_jws, workstation, at, seq) VALUES("+marks(7)+", (SELECT coalesce(max(seq), 0) + 1 FROM search))",
		s.Case, s.Terms, s.Found, s.Clerk, s.ClerkJWS, s.Workstation, s.At.UnixMilli())
}

// Searches implements Contracts.
func (t tx) Searches(after int64, limit int) ([]Search, error) {
	return collect(t, "list searches",
		`SELECT seq, case_id, terms, found, clerk, clerk_jws, workstation, at FROM search
		 WHERE seq > ? ORDER BY seq LIMIT ?`, []any{after, limit},
		func(r scanner) (s Search, err error) {
			var at int64
			err = r.Scan(&s.Seq, &s.Case, &s.Terms, &s.Found, &s.Clerk, &s.ClerkJWS, &s.Workstation, &at)
			s.At = time.UnixMilli(at)
			return s, err
		})
}
