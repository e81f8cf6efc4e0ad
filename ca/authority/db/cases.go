package db

import "time"

// CaseFile is what a case is found by.
type CaseFile struct {
	Case           string
	Number         string // read only: as its first event tells; empty: it did not
	Workstation    string
	Surname        string
	GivenName      string
	PersonalNumber string
	CardNumber     string
	Contract       string // number; empty: none yet
	At             time.Time
}

// UnfiledCase is a case of before cases were filed.
type UnfiledCase struct {
	Case        string
	Workstation string
	ChipFiles   [32]byte
	Contract    string
	At          time.Time
}

// CaseNumber is the printed number that a workstation gave to a case.
type CaseNumber struct {
	Number      string
	Workstation string
	Case        string
	At          time.Time
}

// Cases is what cases are found by. Lists hold at most limit of them.
type Cases interface {
	// PutCaseFile stores a case with the keys of its name. Of a case that is
	// there only a missing contract is added, if it is the same person's.
	PutCaseFile(c CaseFile, keys ...string) error
	// PutCaseNumber stores a number; repeating it is no error.
	PutCaseNumber(n CaseNumber) error
	// UnfiledCases lists cases with a request or a contract and no CaseFile.
	UnfiledCases(limit int) ([]UnfiledCase, error)
	// CasesByName lists those with a key that begins so, in the order of keys.
	CasesByName(prefix string, limit int) ([]CaseFile, error)
	// CasesByPerson, CasesByCard, CasesByContract and CasesByNumber list the
	// newest first. By number also those are found that have no CaseFile.
	CasesByPerson(personalNumber string, limit int) ([]CaseFile, error)
	CasesByCard(cardNumber string, limit int) ([]CaseFile, error)
	CasesByContract(number string, limit int) ([]CaseFile, error)
	CasesByNumber(number string, limit int) ([]CaseFile, error)
	// CertificatesOfCase lists the status of those issued in a case, the last
	// attempt first.
	CertificatesOfCase(caseID string) ([]Status, error)
}

// PutCaseFile implements Cases.
func (t tx) PutCaseFile(c CaseFile, keys ...string) error {
	err := t.exec("write case",
		`INSERT INTO case_file(case_id, workstation, surname, given_name, personal_number, card_number, contract, at)
		 VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(case_id) DO UPDATE SET contract = excluded.contract
		 WHERE case_file.contract = '' AND case_file.personal_number = excluded.personal_number
		 AND case_file.card_number = excluded.card_number`,
		c.Case, c.Workstation, c.Surname, c.GivenName, c.PersonalNumber, c.CardNumber, c.Contract, c.At.UnixMilli())
	for _, key := range keys {
		if err == nil {
			err = t.exec("write name of case", "INSERT INTO case_name(key, case_id) VALUES(?,?) ON CONFLICT DO NOTHING", key, c.Case)
		}
	}
	return err
}

// PutCaseNumber implements Cases.
func (t tx) PutCaseNumber(n CaseNumber) error {
	return t.exec("write number of case", "INSERT INTO case_number(number, workstation, case_id, at) VALUES(?,?,?,?) ON CONFLICT DO NOTHING",
		n.Number, n.Workstation, n.Case, n.At.UnixMilli())
}

// UnfiledCases implements Cases.
func (t tx) UnfiledCases(limit int) ([]UnfiledCase, error) {
	return collect(t, "list cases without file",
		`SELECT i.case_id, i.workstation, i.chip_files, coalesce(h.contract, ''), i.at FROM issuance AS i
		 LEFT JOIN holder AS h ON h.csr_sha256 = i.csr_sha256
		 WHERE NOT EXISTS(SELECT 1 FROM case_file AS f WHERE f.case_id = i.case_id)
		 UNION ALL SELECT c.case_id, c.workstation, c.chip_files, c.number, c.at FROM contract AS c
		 WHERE NOT EXISTS(SELECT 1 FROM case_file AS f WHERE f.case_id = c.case_id) LIMIT ?`, []any{limit},
		func(r scanner) (u UnfiledCase, err error) {
			var at int64
			err = r.Scan(&u.Case, &u.Workstation, sum32{&u.ChipFiles}, &u.Contract, &at)
			u.At = time.UnixMilli(at)
			return u, err
		})
}

// selectCase reads a case that has a file; the first number it was given is
// its number.
const selectCase = `SELECT f.case_id, coalesce((SELECT min(n.number) FROM case_number AS n WHERE n.case_id = f.case_id), ''),
	f.workstation, f.surname, f.given_name, f.personal_number, f.card_number, f.contract, f.at FROM case_file AS f `

func scanCase(r scanner) (c CaseFile, err error) {
	var at int64
	err = r.Scan(&c.Case, &c.Number, &c.Workstation, &c.Surname, &c.GivenName, &c.PersonalNumber, &c.CardNumber, &c.Contract, &at)
	c.At = time.UnixMilli(at)
	return c, err
}

// afterAll sorts behind every key that begins with what stands before it.
const afterAll = "\U0010FFFF"

// CasesByName implements Cases. A case may be found by two of its keys, and is
// listed once: twice as many rows hold enough of them.
func (t tx) CasesByName(prefix string, limit int) ([]CaseFile, error) {
	rows, err := collect(t, "find cases by name", selectCase+
		`JOIN (SELECT key, case_id FROM case_name WHERE key >= ? AND key < ? ORDER BY key, case_id DESC LIMIT ?) AS k
		 ON k.case_id = f.case_id ORDER BY k.key, k.case_id DESC`, []any{prefix, prefix + afterAll, 2 * limit}, scanCase)
	seen := make(map[string]bool)
	var cases []CaseFile
	for _, c := range rows {
		if !seen[c.Case] && len(cases) < limit {
			cases = append(cases, c)
		}
		seen[c.Case] = true
	}
	return cases, err
}

// CasesByPerson implements Cases.
func (t tx) CasesByPerson(personalNumber string, limit int) ([]CaseFile, error) {
	return collect(t, "find cases of person", selectCase+"WHERE f.personal_number = ? ORDER BY f.at DESC LIMIT ?",
		[]any{personalNumber, limit}, scanCase)
}

// CasesByCard implements Cases.
func (t tx) CasesByCard(cardNumber string, limit int) ([]CaseFile, error) {
	return collect(t, "find cases of card", selectCase+"WHERE f.card_number = ? ORDER BY f.at DESC LIMIT ?",
		[]any{cardNumber, limit}, scanCase)
}

// CasesByContract implements Cases.
func (t tx) CasesByContract(number string, limit int) ([]CaseFile, error) {
	return collect(t, "find cases of contract", selectCase+"WHERE f.contract = ?1 AND f.contract <> '' ORDER BY f.at DESC LIMIT ?2",
		[]any{number, limit}, scanCase)
}

// CasesByNumber implements Cases.
func (t tx) CasesByNumber(number string, limit int) ([]CaseFile, error) {
	return collect(t, "find cases by number",
		`SELECT n.case_id, n.number, coalesce(f.workstation, n.workstation), coalesce(f.surname, ''), coalesce(f.given_name, ''),
		 coalesce(f.personal_number, ''), coalesce(f.card_number, ''), coalesce(f.contract, ''), coalesce(f.at, n.at)
		 FROM case_number AS n LEFT JOIN case_file AS f ON f.case_id = n.case_id WHERE n.number = ? ORDER BY n.at DESC LIMIT ?`,
		[]any{number, limit}, scanCase)
}

// CertificatesOfCase implements Cases.
func (t tx) CertificatesOfCase(caseID string) ([]Status, error) {
	return collect(t, "find certificates of case",
		`SELECT s.serial, s.state, s.reason, s.at FROM issuance AS i JOIN status AS s ON s.serial = i.serial
		 WHERE i.case_id = ? AND i.state = 'issued' ORDER BY i.attempt DESC`, []any{caseID},
		func(r scanner) (s Status, err error) {
			var at int64
			err = r.Scan(&s.Serial, &s.State, &s.Reason, &at)
			s.At = time.UnixMilli(at)
			return s, err
		})
}
