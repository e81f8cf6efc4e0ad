package db

import (
	"errors"
	"time"
)

// InsertIssuance implements Issuances.
func (t tx) InsertIssuance(i Issuance) error {
	return t.exec("write issuance",
		`INSERT INTO issuance(csr_sha256, case_id, attempt, label, state, serial, spki_sha256, csr, tbs, problem,
		 workstation, clerk, chip_files, at) VALUES(`+marks(14)+`)`,
		i.CSRSHA256[:], i.Case, i.Attempt, i.Label, i.State, nullable(i.Serial), i.SPKI[:], i.CSR, i.TBS, i.Problem,
		i.Workstation, i.Clerk, i.ChipFiles[:], i.At.UnixMilli())
}

// CompleteIssuance implements Issuances.
func (t tx) CompleteIssuance(csr [32]byte, certificate []byte, at time.Time) (int64, error) {
	var seq int64
	if err := t.row("number issuance", "SELECT coalesce(max(seq), 0) + 1 FROM issuance", nil, &seq); err != nil {
		return 0, err
	}
	var serial string
	if err := t.row("complete issuance",
		`UPDATE issuance SET state = 'issued', certificate = ?, seq = ?, at = ?
		 WHERE csr_sha256 = ? AND state = 'prepared' RETURNING serial`,
		[]any{certificate, seq, at.UnixMilli(), csr[:]}, &serial); err != nil {
		return 0, err
	}
	return seq, t.exec("put certificate on hold",
		"INSERT INTO status(serial, state, reason, received_at, at) VALUES(?, 'hold', 0, 0, ?)", serial, at.UnixMilli())
}

const selectIssuance = `SELECT csr_sha256, case_id, attempt, label, state, coalesce(serial, ''), spki_sha256, csr, tbs,
	certificate, problem, workstation, clerk, chip_files, coalesce(seq, 0), at FROM issuance WHERE `

func (t tx) issuance(where string, args ...any) (Issuance, error) {
	return one(t, "find issuance", selectIssuance+where, args, scanIssuance)
}

func scanIssuance(r scanner) (i Issuance, err error) {
	var at int64
	err = r.Scan(sum32{&i.CSRSHA256}, &i.Case, &i.Attempt, &i.Label, &i.State, &i.Serial, sum32{&i.SPKI}, &i.CSR, &i.TBS,
		&i.Certificate, &i.Problem, &i.Workstation, &i.Clerk, sum32{&i.ChipFiles}, &i.Seq, &at)
	i.At = time.UnixMilli(at)
	return i, err
}

// IssuanceByCSR implements Issuances.
func (t tx) IssuanceByCSR(csr [32]byte) (Issuance, error) {
	return t.issuance("csr_sha256 = ?", csr[:])
}

// IssuanceByAttempt implements Issuances.
func (t tx) IssuanceByAttempt(caseID string, attempt int) (Issuance, error) {
	return t.issuance("case_id = ? AND attempt = ?", caseID, attempt)
}

// IssuanceByKey implements Issuances.
func (t tx) IssuanceByKey(spki [32]byte) (Issuance, error) {
	return t.issuance("spki_sha256 = ? AND state <> 'refused'", spki[:])
}

// IssuanceBySerial implements Issuances.
func (t tx) IssuanceBySerial(serial string) (Issuance, error) {
	return t.issuance("serial = ?", serial)
}

// StandingIssuance implements Issuances.
func (t tx) StandingIssuance(caseID string) (Issuance, error) {
	return t.issuance(`case_id = ? AND state <> 'refused'
		AND NOT EXISTS(SELECT 1 FROM status WHERE status.serial = issuance.serial AND status.state = 'revoked') LIMIT 1`, caseID)
}

// IssuedAfter implements Issuances.
func (t tx) IssuedAfter(seq int64, limit int) ([]Issuance, error) {
	return collect(t, "list issued", selectIssuance+"seq > ? ORDER BY seq LIMIT ?", []any{seq, limit}, scanIssuance)
}

// PreparedIssuances implements Issuances.
func (t tx) PreparedIssuances() ([][32]byte, error) {
	return collect(t, "list prepared", "SELECT csr_sha256 FROM issuance WHERE state = 'prepared' ORDER BY at", nil, scanSum)
}

// PutHolder implements Issuances.
func (t tx) PutHolder(h Holder) error {
	return t.exec("write holder",
		`INSERT INTO holder(csr_sha256, personal_number, card_number, contract) VALUES(?,?,?,?)
		 ON CONFLICT(csr_sha256) DO UPDATE SET contract = excluded.contract WHERE holder.contract IS NULL`,
		h.CSRSHA256[:], h.PersonalNumber, h.CardNumber, h.Contract)
}

// Holder implements Issuances.
func (t tx) Holder(csr [32]byte) (Holder, error) {
	return one(t, "find holder",
		"SELECT csr_sha256, personal_number, card_number, coalesce(contract, '') FROM holder WHERE csr_sha256 = ?", []any{csr[:]},
		func(r scanner) (h Holder, err error) {
			err = r.Scan(sum32{&h.CSRSHA256}, &h.PersonalNumber, &h.CardNumber, &h.Contract)
			return h, err
		})
}

// CertificatesOf implements Issuances.
func (t tx) CertificatesOf(personalNumber, contract string, limit int) ([]Issuance, error) {
	return collect(t, "list certificates of a person",
		selectIssuance+`state = 'issued' AND csr_sha256 IN
		 (SELECT csr_sha256 FROM holder WHERE personal_number = ? AND (? = '' OR contract = ?)) ORDER BY seq DESC LIMIT ?`,
		[]any{personalNumber, contract, contract, limit}, scanIssuance)
}

// LiveCertificates implements Issuances.
func (t tx) LiveCertificates(personalNumber, cardNumber, label string) ([]Issuance, error) {
	return collect(t, "list live certificates",
		selectIssuance+`state = 'issued' AND label = ? AND csr_sha256 IN
		 (SELECT csr_sha256 FROM holder WHERE personal_number = ? AND card_number = ?) AND serial IN
		 (SELECT serial FROM status WHERE status.serial = issuance.serial AND status.state IN ('active', 'suspended')) ORDER BY seq`,
		[]any{label, personalNumber, cardNumber}, scanIssuance)
}

// Nameless implements Issuances.
func (t tx) Nameless(limit int) ([]Issuance, error) {
	return collect(t, "list certificates without holder",
		selectIssuance+`state = 'issued' AND NOT EXISTS(SELECT 1 FROM holder WHERE holder.csr_sha256 = issuance.csr_sha256
		 AND holder.contract IS NOT NULL) ORDER BY seq LIMIT ?`, []any{limit}, scanIssuance)
}

// Neighbours implements Issuances.
func (t tx) Neighbours(serial string) (before, after string, err error) {
	const near = `SELECT other.serial FROM issuance AS this
		JOIN holder AS name ON name.csr_sha256 = this.csr_sha256
		JOIN holder AS twin ON twin.personal_number = name.personal_number
		JOIN issuance AS other ON other.csr_sha256 = twin.csr_sha256 AND other.label = this.label
		WHERE this.serial = ? AND EXISTS(SELECT 1 FROM status_change AS c WHERE c.serial = other.serial AND c.result = 'active')
		AND other.seq `
	scan := func(r scanner) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	}
	for _, side := range []struct {
		to    *string
		query string
	}{{&before, near + "< this.seq ORDER BY other.seq DESC LIMIT 1"}, {&after, near + "> this.seq ORDER BY other.seq LIMIT 1"}} {
		if *side.to, err = one(t, "find neighbour", side.query, []any{serial}, scan); err != nil && !errors.Is(err, ErrNotFound) {
			return "", "", err
		}
	}
	return before, after, nil
}

// PutAssertion implements Issuances.
func (t tx) PutAssertion(a Assertion) error {
	return t.exec("write assertion", "INSERT INTO assertion(id, csr_sha256, jws, workstation, at) VALUES(?,?,?,?,?)",
		a.ID, a.CSRSHA256[:], a.JWS, a.Workstation, a.At.UnixMilli())
}

// Assertion implements Issuances.
func (t tx) Assertion(id string) (Assertion, error) {
	return one(t, "find assertion", selectAssertion+"id = ?", []any{id}, scanAssertion)
}

// FirstAssertion implements Issuances.
func (t tx) FirstAssertion(csr [32]byte) (Assertion, error) {
	return one(t, "find first assertion", selectAssertion+"csr_sha256 = ? ORDER BY at, id LIMIT 1", []any{csr[:]}, scanAssertion)
}

const selectAssertion = "SELECT id, csr_sha256, jws, workstation, at FROM assertion WHERE "

func scanAssertion(r scanner) (a Assertion, err error) {
	var at int64
	err = r.Scan(&a.ID, sum32{&a.CSRSHA256}, &a.JWS, &a.Workstation, &at)
	a.At = time.UnixMilli(at)
	return a, err
}

// Status implements Issuances.
func (t tx) Status(serial string) (Status, error) {
	return one(t, "find status", "SELECT serial, state, reason, received_at, at FROM status WHERE serial = ?", []any{serial}, scanStatus)
}

func scanStatus(r scanner) (s Status, err error) {
	var at int64
	err = r.Scan(&s.Serial, &s.State, &s.Reason, &s.ReceivedAt, &at)
	s.At = time.UnixMilli(at)
	return s, err
}

// Holds implements Issuances.
func (t tx) Holds(until time.Time, limit int) ([]Status, error) {
	return collect(t, "list holds", `SELECT serial, state, reason, received_at, at FROM status
		 WHERE state = 'hold' AND at <= ? ORDER BY at, serial LIMIT ?`, []any{until.UnixMilli(), limit}, scanStatus)
}

// StatusChange implements Issuances.
func (t tx) StatusChange(id string) (StatusChange, error) {
	return one(t, "find status change",
		`SELECT id, serial, op, reason, case_id, read_back, received_at, result, clerk, clerk_jws, override, workstation, at
		 FROM status_change WHERE id = ?`, []any{id},
		func(r scanner) (c StatusChange, err error) {
			var at int64
			err = r.Scan(&c.ID, &c.Serial, &c.Op, &c.Reason, &c.Case, &c.ReadBack, &c.ReceivedAt, &c.Result, &c.Clerk, &c.ClerkJWS,
				&c.Override, &c.Workstation, &at)
			c.At = time.UnixMilli(at)
			return c, err
		})
}

// PutStatusChange implements Issuances.
func (t tx) PutStatusChange(c StatusChange) error {
	if err := t.exec("write status change",
		`INSERT INTO status_change(id, serial, op, reason, case_id, read_back, received_at, result, clerk, clerk_jws, override,
		 workstation, at, seq) VALUES(`+marks(13)+`, (SELECT coalesce(max(seq), 0) + 1 FROM status_change))`,
		c.ID, c.Serial, c.Op, c.Reason, c.Case, c.ReadBack, c.ReceivedAt, c.Result, c.Clerk, c.ClerkJWS, c.Override,
		c.Workstation, c.At.UnixMilli()); err != nil {
		return err
	}
	// A repeated operation leaves the status with its first date and reason.
	return t.exec("set status", "UPDATE status SET state = ?, reason = ?, received_at = ?, at = ? WHERE serial = ? AND state <> ?",
		c.Result, c.Reason, c.ReceivedAt, c.At.UnixMilli(), c.Serial, c.Result)
}

// SupersededBy implements Issuances.
func (t tx) SupersededBy(id string) ([]string, error) {
	// '0' follows '/' in ASCII: the ids that begin with id and a slash.
	return collect(t, "list superseded", "SELECT serial FROM status_change WHERE id > ? AND id < ? ORDER BY seq", []any{id + "/", id + "0"},
		func(r scanner) (serial string, err error) {
			err = r.Scan(&serial)
			return serial, err
		})
}
