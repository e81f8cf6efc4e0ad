package db

import "time"

// EnrolmentCode admits a new workstation once. Only the hash is kept.
type EnrolmentCode struct {
	SHA256      [32]byte
	Workstation string
	Expires     time.Time
	UsedBy      [32]byte // SHA-256 of the SubjectPublicKeyInfo it admitted; zero: not used
	At          time.Time
}

// Operation is one thing that was done to the authority without a workstation
// or a clerk.
type Operation struct {
	Seq      int64  // given by the database
	Operator string // who: the account, or what acts by itself
	Action   string
	Subject  string // what it was done to; no personal data
	At       time.Time
}

// Operations holds what operators do, append-only, and the codes they give out.
type Operations interface {
	// PutEnrolmentCode stores a code that is not used.
	PutEnrolmentCode(c EnrolmentCode) error
	// EnrolmentCode finds one by its hash.
	EnrolmentCode(sum [32]byte) (EnrolmentCode, error)
	// LastEnrolmentCode is the one made last for a workstation.
	LastEnrolmentCode(workstation string) (EnrolmentCode, error)
	// UseEnrolmentCode notes the key that a code admitted, which is final.
	UseEnrolmentCode(sum, spki [32]byte) error
	// PutOperation records an operation.
	PutOperation(o Operation) error
	// Operations lists them after a sequence number, at most limit.
	Operations(after int64, limit int) ([]Operation, error)
}

// PutEnrolmentCode implements Operations.
func (t tx) PutEnrolmentCode(c EnrolmentCode) error {
	return t.exec("write enrolment code", "INSERT INTO enrolment_code(sha256, workstation, expires, at) VALUES(?,?,?,?)",
		c.SHA256[:], c.Workstation, c.Expires.UnixMilli(), c.At.UnixMilli())
}

// EnrolmentCode implements Operations.
func (t tx) EnrolmentCode(sum [32]byte) (EnrolmentCode, error) {
	return one(t, "find enrolment code", selectCode+"WHERE sha256 = ?", []any{sum[:]}, scanCode)
}

// LastEnrolmentCode implements Operations.
func (t tx) LastEnrolmentCode(workstation string) (EnrolmentCode, error) {
	return one(t, "find last enrolment code", selectCode+"WHERE workstation = ? ORDER BY at DESC, sha256 LIMIT 1", []any{workstation}, scanCode)
}

const selectCode = "SELECT sha256, workstation, expires, used_by, at FROM enrolment_code "

func scanCode(r scanner) (c EnrolmentCode, err error) {
	var expires, at int64
	var used []byte
	err = r.Scan(sum32{&c.SHA256}, &c.Workstation, &expires, &used, &at)
	copy(c.UsedBy[:], used)
	c.Expires, c.At = time.UnixMilli(expires), time.UnixMilli(at)
	return c, err
}

// UseEnrolmentCode implements Operations.
func (t tx) UseEnrolmentCode(sum, spki [32]byte) error {
	return t.exec("use enrolment code", "UPDATE enrolment_code SET used_by = ? WHERE sha256 = ?", spki[:], sum[:])
}

// PutOperation implements Operations.
func (t tx) PutOperation(o Operation) error {
	return t.exec("record operation", "INSERT INTO operation(operator, action, subject, at, seq) VALUES(?,?,?,?, (SELECT coalesce(max(seq), 0) + 1 FROM operation))",
		o.Operator, o.Action, o.Subject, o.At.UnixMilli())
}

// Operations implements Operations.
func (t tx) Operations(after int64, limit int) ([]Operation, error) {
	return collect(t, "list operations", "SELECT seq, operator, action, subject, at FROM operation WHERE seq > ? ORDER BY seq LIMIT ?",
		[]any{after, limit}, func(r scanner) (o Operation, err error) {
			var at int64
			err = r.Scan(&o.Seq, &o.Operator, &o.Action, &o.Subject, &at)
			o.At = time.UnixMilli(at)
			return o, err
		})
}
