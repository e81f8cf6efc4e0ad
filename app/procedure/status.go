package procedure

import "slices"

// StatusReason is why the status of a certificate is to change, in the words
// of Obrazac 3.
type StatusReason string

// The reasons; status.reason_map gives those of a revocation their CRL reason
// codes.
const (
	StatusLost           StatusReason = "lost"
	StatusStolen         StatusReason = "stolen"
	StatusMisuse         StatusReason = "misuse"
	StatusNameChanged    StatusReason = "name-changed"
	StatusCardReplaced   StatusReason = "card-replaced"
	StatusNotWanted      StatusReason = "not-wanted"
	StatusDeath          StatusReason = "death"
	StatusSuspendWish    StatusReason = "suspend-wish"
	StatusReactivateWish StatusReason = "reactivate-wish"
)

// StatusReasons lists the reasons for each operation, in the order in which
// the screens offer them.
var StatusReasons = map[Action][]StatusReason{
	ActionRevoke: {
		StatusLost, StatusStolen, StatusMisuse, StatusNameChanged, StatusCardReplaced, StatusNotWanted, StatusDeath,
	},
	ActionSuspend:    {StatusSuspendWish, StatusLost, StatusStolen, StatusMisuse},
	ActionReactivate: {StatusReactivateWish},
}

// StatusAnswers say which change of status the citizen asks for.
type StatusAnswers struct {
	Op          Action // ActionRevoke, ActionSuspend, ActionReactivate
	Serial      string // hex, of the certificate
	Reason      StatusReason
	EndContract bool   // the contract ends with it
	Document    string // the other identity document, when the card is not there
}

// StatusSearch finds the certificates of somebody whose card is not there: by
// personal number and card number, or by the number of the contract.
type StatusSearch struct {
	PersonalNumber PersonalNumber
	CardNumber     CardNumber
	Contract       string
}

// ChangeIntent is the intent to change the status of a certificate; ID is the
// idempotency key of the change at the authority.
type ChangeIntent struct {
	ID       string       `json:"id"`
	Op       Action       `json:"op"`
	Serial   string       `json:"serial"`
	Reason   int          `json:"reason"` // CRL reason code (RFC 5280 5.3.1)
	Why      StatusReason `json:"why"`
	Received int64        `json:"received"` // Unix milliseconds
}

// StatusRefused is a refusal of a change that repeating would not help.
type StatusRefused struct {
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// reasonFits reports whether the reason is one of the operation's.
func reasonFits(s StatusAnswers) bool { return slices.Contains(StatusReasons[s.Op], s.Reason) }

// statusRefusal says why the change cannot be asked for: the state machine of
// section 3.3, as far as the register is known.
func statusRefusal(c Case, register []CertificateFact, s StatusAnswers) *Error {
	switch c.Facts.Card {
	case CodeSODMismatch, CodeSODMissing, CodeSODAnchor, CodeUnreadable:
		return &Error{Code: c.Facts.Card} // nobody knows whose card it is
	}
	i := slices.IndexFunc(register, func(f CertificateFact) bool { return sameSerial(f.Serial, s.Serial) })
	switch {
	case i < 0 && c.Facts.Authority:
		return &Error{Code: CodeNotFound}
	case i < 0 && !(c.Facts.OnChip && sameSerial(c.Facts.Serial, s.Serial)):
		return &Error{Code: CodeNoLink}
	case i < 0:
		return nil // it lies on the chip; the authority will say the rest
	}
	return transition(register[i].State, s.Op)
}

// transition is the state machine: revoked is final.
func transition(from CertState, op Action) *Error {
	switch {
	case from == CertRevoked:
		return &Error{Code: CodeRevoked}
	case from == CertExpired:
		return &Error{Code: CodeNotNow, Detail: "the certificate has expired"}
	case op == ActionReactivate && from != CertSuspended:
		return &Error{Code: CodeNotNow, Detail: "the certificate is not suspended"}
	case op == ActionSuspend && from == CertSuspended:
		return &Error{Code: CodeSuspended}
	case op == ActionSuspend && from != CertValid:
		return &Error{Code: CodeNotNow, Detail: "the certificate is not in force"}
	}
	return nil
}

// contractOf is the number of the contract under which a certificate stands.
func contractOf(c Case, register []CertificateFact, serial string) string {
	for _, f := range register {
		if sameSerial(f.Serial, serial) && f.Contract != "" {
			return f.Contract
		}
	}
	return c.Facts.ContractRef.Number
}
