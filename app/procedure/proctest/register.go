package proctest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"

	"salter/app/procedure"
)

// Contract is one contract of the authority's register.
type Contract struct {
	Number string
	Day    procedure.Date
	State  procedure.ContractState // valid, ended or superseded
	Person procedure.PersonalNumber
	Card   procedure.CardNumber
	Text   [32]byte
	Case   procedure.CaseID
}

// SetSilent makes the authority answer no question about its register.
func (a *Authority) SetSilent(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent = on
}

// SetApproval leaves changes of status to a second clerk until it is called
// with false.
func (a *Authority) SetApproval(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.approval = on
}

// Contracts lists the register's contracts by number.
func (a *Authority) Contracts() map[string]Contract {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := map[string]Contract{}
	for number, c := range a.contracts {
		all[number] = *c
	}
	return all
}

// AddContract puts a contract into the register, as concluded elsewhere.
func (a *Authority) AddContract(c Contract) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.contracts[c.Number] = &c
}

// IssueOld issues a certificate with its key onto the card, as years ago and
// from another counter. An empty contract stays out of the register.
func (a *Authority) IssueOld(card *Card, contract string, from, to time.Time, status Status) Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := newKey()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(fmt.Sprintf("proctest: draw serial: %v", err))
	}
	id := card.Identity
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: id.GivenName + " " + id.Surname},
		NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root, key.Public(), a.key)
	if err != nil {
		panic(fmt.Sprintf("proctest: issue: %v", err))
	}
	old := &Certificate{
		Serial: serial.Text(16), DER: der, Status: status, Case: "elsewhere-" + procedure.CaseID(serial.Text(16)), Attempt: 1,
		Person: id.PersonalNumber, Card: id.CardNumber, Contract: contract, NotBefore: from, NotAfter: to,
		Elsewhere: true,
	}
	a.order = append(a.order, old)
	if contract != "" {
		a.contracts[contract] = &Contract{
			Number: contract, Day: procedure.Today(from), State: procedure.ContractValid,
			Person: id.PersonalNumber, Card: id.CardNumber, Case: old.Case,
		}
	}
	card.mu.Lock()
	defer card.mu.Unlock()
	card.slots["old "+old.Serial] = &slot{key: key, cert: der}
	return *old
}

// Register implements procedure.Authority.
func (a *Authority) Register(_ context.Context, q procedure.RegisterQuery) (r procedure.Register, err error) {
	err = a.faults.around(OpRegister, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.silent {
			return &procedure.Error{Code: procedure.CodeNoLink}
		}
		if q.Case == "" {
			return &procedure.Error{Code: procedure.CodeRefused, Detail: "a search is for a case"}
		}
		r = a.register(q)
		return nil
	})
	return r, err
}

func (a *Authority) register(q procedure.RegisterQuery) procedure.Register {
	var r procedure.Register
	for _, c := range a.contracts {
		mine := q.PersonalNumber != "" && c.Person == q.PersonalNumber
		if !mine && (q.Contract == "" || c.Number != q.Contract) {
			continue
		}
		fact := procedure.ContractFact{Number: c.Number, Day: c.Day, State: c.State, Covers: c.Card == q.CardNumber, Text: c.Text}
		if q.PersonalNumber != "" && !mine {
			fact = procedure.ContractFact{Number: c.Number, State: procedure.ContractOther}
		}
		r.Contracts = append(r.Contracts, fact)
	}
	for _, c := range a.order {
		ofPerson := q.PersonalNumber != "" && c.Person == q.PersonalNumber
		ofContract := q.PersonalNumber == "" && q.Contract != "" && c.Contract == q.Contract
		if !ofPerson && !ofContract || a.plain != nil && !c.Elsewhere { // what a stranger issued is not in the register
			continue
		}
		r.Certificates = append(r.Certificates, procedure.CertificateFact{
			Serial: c.Serial, State: a.state(c), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
			CardNumber: c.Card, Contract: c.Contract, CommonName: c.commonName(),
		})
	}
	return r
}

// commonName is the name in the certificate.
func (c *Certificate) commonName() string {
	leaf, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return "" // made to be unreadable
	}
	return leaf.Subject.CommonName
}

// state gives the status of a certificate as the register tells it.
func (a *Authority) state(c *Certificate) procedure.CertState {
	switch {
	case c.Status == Revoked:
		return procedure.CertRevoked
	case c.NotAfter.Before(a.now()):
		return procedure.CertExpired
	case c.Status == Suspended:
		return procedure.CertSuspended
	case c.Status == Hold:
		return procedure.CertHold
	}
	return procedure.CertValid
}

// PutContract implements procedure.Authority. Whose contract it is stands in
// the journal, in the record of its case.
func (a *Authority) PutContract(_ context.Context, c procedure.ContractEntry) error {
	return a.faults.around(OpPutContract, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.done[c.ID] {
			return nil
		}
		if a.contracts[c.Number] != nil {
			return &procedure.Error{Code: procedure.CodeContractOther}
		}
		person, card := a.holder(c.Case)
		a.contracts[c.Number] = &Contract{
			Number: c.Number, Day: c.Day, State: procedure.ContractValid, Person: person, Card: card, Text: c.Text, Case: c.Case,
		}
		a.done[c.ID] = true
		return nil
	})
}

// holder reads the record of a case.
func (a *Authority) holder(of procedure.CaseID) (procedure.PersonalNumber, procedure.CardNumber) {
	var record struct {
		Identity struct {
			PersonalNumber string `json:"personal_number"`
			CardNumber     string `json:"card_number"`
		} `json:"identity"`
	}
	opening := a.journal.opening(of, procedure.PartRecord)
	if len(opening) < 32 || json.Unmarshal(opening[32:], &record) != nil {
		return "", ""
	}
	return procedure.PersonalNumber(record.Identity.PersonalNumber), procedure.CardNumber(record.Identity.CardNumber)
}

// EndContract implements procedure.Authority.
func (a *Authority) EndContract(_ context.Context, c procedure.ContractEnd) error {
	return a.faults.around(OpEndContract, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		known := a.contracts[c.Number]
		if known == nil {
			return &procedure.Error{Code: procedure.CodeNoContract}
		}
		known.State = procedure.ContractEnded
		return nil
	})
}

// statusOps are the effects behind the changes of status.
var statusOps = map[procedure.StatusOp]Op{
	procedure.StatusActivate: OpActivate, procedure.StatusRevoke: OpRevoke,
	procedure.StatusSuspend: OpSuspend, procedure.StatusReactivate: OpReactivate,
}

// statusReasons are the CRL reason codes that each change may have.
var statusReasons = map[procedure.StatusOp][]int{
	procedure.StatusActivate: {0}, procedure.StatusRevoke: {0, 1, 3, 4, 5},
	procedure.StatusSuspend: {6}, procedure.StatusReactivate: {0},
}

// ChangeStatus implements procedure.Authority.
func (a *Authority) ChangeStatus(_ context.Context, c procedure.StatusChange) error {
	return a.faults.around(statusOps[c.Op], func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.plain != nil {
			return &procedure.Error{Code: procedure.CodeOperator}
		}
		if a.done[c.ID] {
			return nil
		}
		if !slices.Contains(statusReasons[c.Op], c.Reason) {
			return &procedure.Error{Code: procedure.CodeRefused, Detail: "reason of another change"}
		}
		if a.approval && c.Op != procedure.StatusActivate {
			return &procedure.Error{Code: procedure.CodePending}
		}
		for _, cert := range a.order {
			if cert.Serial == c.Serial {
				return a.change(cert, c)
			}
		}
		return &procedure.Error{Code: procedure.CodeRefused, Detail: "not-found"}
	})
}

// change is the state machine of section 3.3.
func (a *Authority) change(cert *Certificate, c procedure.StatusChange) error {
	refused := func(why string) error { return &procedure.Error{Code: procedure.CodeRefused, Detail: why} }
	switch {
	case cert.Status == Revoked:
		return &procedure.Error{Code: procedure.CodeRevoked}
	case c.Op == procedure.StatusRevoke:
		cert.Status, cert.Reason = Revoked, c.Reason
	case c.Op == procedure.StatusSuspend && cert.Status == Active:
		cert.Status = Suspended
	case c.Op == procedure.StatusReactivate && cert.Status == Suspended:
		cert.Status = Active
	case c.Op != procedure.StatusActivate:
		return refused("transition")
	case c.ReadBack != sha256.Sum256(cert.DER):
		return refused("read-back of another certificate")
	default:
		cert.Status = Active
		a.supersede(cert)
	}
	a.done[c.ID] = true
	return nil
}
