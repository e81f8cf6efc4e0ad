package procedure

import "time"

// CertState is the state of the citizen's signing certificate, merged from
// the chip and the authority's register.
type CertState string

// The states of a certificate.
const (
	CertNone      CertState = "none"
	CertValid     CertState = "valid"
	CertExpired   CertState = "expired"
	CertSuspended CertState = "suspended"
	CertRevoked   CertState = "revoked"
	CertHold      CertState = "hold"    // issued, never activated
	CertUnknown   CertState = "unknown" // on the chip, but the authority did not answer for it
)

// CertStates lists them all.
var CertStates = []CertState{CertNone, CertValid, CertExpired, CertSuspended, CertRevoked, CertHold, CertUnknown}

// ContractState is the state of the citizen's contract at the authority.
type ContractState string

// The states of a contract. Unknown means no answer, which is never none (E7).
const (
	ContractNone       ContractState = "none"
	ContractValid      ContractState = "valid"
	ContractEnded      ContractState = "ended"
	ContractSuperseded ContractState = "superseded" // by another one, or the card was replaced since
	ContractOther      ContractState = "other"      // it belongs to another person
	ContractUnknown    ContractState = "unknown"
)

// ContractStates lists them all.
var ContractStates = []ContractState{
	ContractNone, ContractValid, ContractEnded, ContractSuperseded, ContractOther, ContractUnknown,
}

// Facts are what the proposal of section 3.4 rests on.
type Facts struct {
	Card        Code   // empty: the card may be served; else the first hard block
	Supervisor  []Code // what a supervisor has to sign whatever is chosen
	Certificate CertState
	OnChip      bool // the certificate the facts speak of lies on the chip
	Contract    ContractState
	Authority   bool      // it answered
	Blocked     bool      // no PIN try is left
	Serial      string    // hex, of the certificate the facts speak of; empty: none
	NotAfter    time.Time // of that certificate
	// Register is what the authority knows of the person's certificates.
	Register    []CertificateFact
	ContractRef ContractRef // the contract the facts speak of, if any
	Asked       time.Time   // when the authority was asked
}

// RegisterQuery asks the authority's register for a person with a card, or
// for a contract by its number alone.
type RegisterQuery struct {
	Case           CaseID
	PersonalNumber PersonalNumber
	CardNumber     CardNumber
	Contract       string
}

// Register is the authority's answer: what it knows of contracts and
// certificates. Empty lists are an answer too.
type Register struct {
	Contracts    []ContractFact
	Certificates []CertificateFact
}

// ContractFact is one contract of the register.
type ContractFact struct {
	Number string
	Day    Date // of its conclusion
	State  ContractState
	Covers bool     // it covers the card asked about
	Text   [32]byte // SHA-256 of the template of its text
}

// CertificateFact is one certificate of the register.
type CertificateFact struct {
	Serial     string // hex
	State      CertState
	NotBefore  time.Time
	NotAfter   time.Time
	CardNumber CardNumber
	Contract   string // number
	CommonName string
}

// FactsLearned is what the authority and the chip said, answered or not. Its
// commitment: the register's list, which names the person.
type FactsLearned struct {
	Card        Code          `json:"card,omitempty"`
	Supervisor  []Code        `json:"supervisor,omitempty"`
	Certificate CertState     `json:"certificate"`
	OnChip      bool          `json:"on_chip"`
	Contract    ContractState `json:"contract"`
	Authority   bool          `json:"authority"`
	Blocked     bool          `json:"blocked"`
	Serial      string        `json:"serial,omitempty"`
	NotAfter    int64         `json:"not_after,omitempty"` // Unix seconds
	Number      string        `json:"contract_number,omitempty"`
	Day         Date          `json:"contract_day,omitzero"`
}

func factsLearned(f Facts) FactsLearned {
	b := FactsLearned{
		Card: f.Card, Supervisor: f.Supervisor, Certificate: f.Certificate, OnChip: f.OnChip, Contract: f.Contract,
		Authority: f.Authority, Blocked: f.Blocked, Serial: f.Serial,
		Number: f.ContractRef.Number, Day: f.ContractRef.Date,
	}
	if !f.NotAfter.IsZero() {
		b.NotAfter = f.NotAfter.Unix()
	}
	return b
}

func (b FactsLearned) facts(asked time.Time) Facts {
	f := Facts{
		Card: b.Card, Supervisor: b.Supervisor, Certificate: b.Certificate, OnChip: b.OnChip, Contract: b.Contract,
		Authority: b.Authority, Blocked: b.Blocked, Serial: b.Serial,
		ContractRef: ContractRef{Number: b.Number, Date: b.Day}, Asked: asked,
	}
	if b.NotAfter != 0 {
		f.NotAfter = time.Unix(b.NotAfter, 0)
	}
	return f
}

// ActionChosen is what the case is about from here on.
type ActionChosen struct {
	Service     Service      `json:"service"`
	Action      Action       `json:"action"`
	Proposal    Action       `json:"proposal"`
	Why         Reason       `json:"why"`
	Unblock     Unblock      `json:"unblock,omitempty"`
	Contract    string       `json:"contract,omitempty"` // number
	ContractDay Date         `json:"contract_day,omitzero"`
	Op          Action       `json:"op,omitempty"`
	Serial      string       `json:"serial,omitempty"`
	Reason      StatusReason `json:"reason,omitempty"`
	EndContract bool         `json:"end_contract,omitempty"`
}
