package main

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"salter/app/procedure"
	"salter/ca"
)

// The register of the authority: contracts and certificates.

func (a authority) Register(ctx context.Context, q procedure.RegisterQuery) (procedure.Register, error) {
	clerk, err := a.keyring.signer()
	if err != nil {
		return procedure.Register{}, err
	}
	found, err := a.client.Register(ctx, ca.RegisterQuery{
		PersonalNumber: string(q.PersonalNumber),
		CardNumber:     string(q.CardNumber),
		Contract:       q.Contract,
		Case:           string(q.Case),
		Clerk:          clerk,
	})
	if err != nil {
		return procedure.Register{}, authorityError(err)
	}
	var out procedure.Register
	for _, c := range found.Contracts {
		fact, err := contractFact(c)
		if err != nil {
			return procedure.Register{}, err
		}
		out.Contracts = append(out.Contracts, fact)
	}
	for _, c := range found.Certificates {
		out.Certificates = append(out.Certificates, certificateFact(c, a.now()))
	}
	return out, nil
}

var contractStates = map[string]procedure.ContractState{
	ca.ContractValid:      procedure.ContractValid,
	ca.ContractTerminated: procedure.ContractEnded,
	ca.ContractSuperseded: procedure.ContractSuperseded,
	ca.ContractOther:      procedure.ContractOther,
}

func contractFact(c ca.ContractEntry) (procedure.ContractFact, error) {
	out := procedure.ContractFact{Number: c.Number, State: contractStates[c.State], Covers: c.Covers}
	if c.State == ca.ContractOther { // nothing more is told of it
		return out, nil
	}
	day, err := time.Parse(time.DateOnly, c.Concluded)
	text, err2 := hex.DecodeString(c.Text)
	if err = errors.Join(err, err2); err != nil || len(text) != len(out.Text) {
		return out, &procedure.Error{Code: procedure.CodeBadAnswer, Detail: "contract of the register", Err: err}
	}
	out.Day, out.Text = procedure.DateOf(day, time.UTC), [32]byte(text)
	return out, nil
}

var certStates = map[string]procedure.CertState{
	ca.StatusHold:      procedure.CertHold,
	ca.StatusActive:    procedure.CertValid,
	ca.StatusSuspended: procedure.CertSuspended,
	ca.StatusRevoked:   procedure.CertRevoked,
}

// certificateFact tells an expired certificate from a valid one by its dates:
// expiry is no status of the authority.
func certificateFact(c ca.HeldCertificate, now time.Time) procedure.CertificateFact {
	out := procedure.CertificateFact{
		Serial:     c.Serial,
		State:      certStates[c.Status],
		NotBefore:  time.Unix(c.NotBefore, 0),
		NotAfter:   time.Unix(c.NotAfter, 0),
		CardNumber: procedure.CardNumber(c.CardNumber),
		Contract:   c.Contract,
		CommonName: c.CommonName,
	}
	if out.State != procedure.CertRevoked && now.After(out.NotAfter) {
		out.State = procedure.CertExpired
	}
	return out
}

func (a authority) PutContract(ctx context.Context, c procedure.ContractEntry) error {
	clerk, err := a.keyring.signer()
	if err != nil {
		return err
	}
	_, err = a.client.PutContract(ctx, ca.ContractRequest{
		ID:        c.ID,
		Number:    c.Number,
		Concluded: time.Date(c.Day.Year, c.Day.Month, c.Day.Day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		Text:      c.Text,
		Case:      string(c.Case),
		ChipFiles: c.ChipFiles,
		Clerk:     clerk,
	})
	var e *ca.Error
	if errors.As(err, &e) && e.Problem.Name() == ca.ProblemConflict {
		return &procedure.Error{Code: procedure.CodeContractOther, Detail: ca.ProblemConflict, Err: err}
	}
	return authorityError(err)
}

func (a authority) EndContract(ctx context.Context, c procedure.ContractEnd) error {
	clerk, err := a.keyring.signer()
	if err != nil {
		return err
	}
	err = a.client.EndContract(ctx, ca.ContractEndRequest{
		ID:       c.ID,
		Number:   c.Number,
		Case:     string(c.Case),
		Received: c.Received,
		Clerk:    clerk,
	})
	var e *ca.Error
	if errors.As(err, &e) {
		switch e.Problem.Name() {
		case ca.ProblemContract:
			return a.notEnded(ctx, c.Number, err)
		case ca.ProblemNotFound: // it never arrived: nothing is left to end
			return &procedure.Error{Code: procedure.CodeNoContract, Detail: ca.ProblemNotFound, Err: err}
		}
	}
	return authorityError(err)
}

// notEnded asks what stands in the way of a refused termination: that the
// contract has ended already is no failure.
func (a authority) notEnded(ctx context.Context, number string, refusal error) error {
	held, err := a.client.Contract(ctx, number)
	if err != nil {
		return authorityError(err)
	}
	if held.State == ca.ContractTerminated || held.State == ca.ContractSuperseded {
		return nil
	}
	return authorityError(refusal)
}
