package main

import (
	"context"
	"crypto"
	"errors"
	"slices"
	"time"

	"salter/app/procedure"
	"salter/ca"
	"salter/ca/profile"
	"salter/store"
)

// authority joins the client of package ca to the port of the core. It signs
// in the name of the clerk at the keyring, and anchors each request in the
// journal.
type authority struct {
	client  *ca.Client // of the record server
	issuer  certifier
	journal *store.Journal
	keyring *keyring
	seen    policyVersion
	now     func() time.Time
}

func (a authority) Policy(ctx context.Context) (procedure.Policy, error) {
	p, err := a.client.Policy(ctx)
	if err != nil {
		return procedure.Policy{}, authorityError(err)
	}
	if err := a.seen.write(p.Version); err != nil {
		return procedure.Policy{}, &procedure.Error{Code: procedure.CodeDiskFull, Err: err}
	}
	return procedure.Policy{Version: p.Version, Compromise: p.Compromise, ServerTime: p.ServerTime, ClockOffset: p.ClockOffset}, nil
}

func (a authority) Preview(ctx context.Context, s procedure.Subject) (procedure.Preview, error) {
	p, err := a.issuer.Preview(ctx, label(s.DocType), holder(s), nil)
	if err == nil && len(profile.Errors(p.Findings)) > 0 {
		err = &profile.Refusal{Findings: profile.Errors(p.Findings)}
	}
	if err != nil {
		return procedure.Preview{}, authorityError(err)
	}
	return procedure.Preview{
		Issuer:       p.Issuer,
		CommonName:   p.CommonName,
		GivenName:    p.GivenName,
		Surname:      p.Surname,
		SerialNumber: p.SerialNumber,
		Country:      p.Country,
		Email:        p.Email,
		NotBefore:    p.NotBefore,
		NotAfter:     p.NotAfter,
		CardCapped:   p.CardCapped,
	}, nil
}

func (a authority) Request(ctx context.Context, s procedure.Subject, key crypto.Signer) ([]byte, error) {
	csr, err := a.client.Request(ctx, label(s.DocType), holder(s), key)
	var refusal *profile.Refusal
	var client *ca.Error
	if err == nil || errors.As(err, &refusal) || errors.As(err, &client) {
		return csr, authorityError(err)
	}
	return nil, err // of the card that signs: it has its code already, or needs none
}

func (a authority) Enrol(ctx context.Context, r procedure.EnrolRequest) procedure.Outcome {
	request, err := a.request(r)
	if err == nil {
		request.Checkpoint, err = a.journal.Checkpoint(ctx)
	}
	if err != nil {
		return procedure.Outcome{Verdict: procedure.Unsent, Problem: asProblem(authorityError(err))}
	}
	return outcome(a.issuer.Enrol(ctx, request))
}

func (a authority) Lookup(ctx context.Context, r procedure.EnrolRequest) (procedure.Outcome, error) {
	request, err := a.request(r)
	if err != nil {
		return procedure.Outcome{}, authorityError(err)
	}
	o, err := a.issuer.Lookup(ctx, request)
	return outcome(o), authorityError(err)
}

func (a authority) ChangeStatus(ctx context.Context, c procedure.StatusChange) error {
	clerk, err := a.keyring.signer()
	if err != nil {
		return err
	}
	err = a.issuer.ChangeStatus(ctx, ca.StatusRequest{
		ID:       c.ID,
		Op:       string(c.Op),
		Serial:   c.Serial,
		Case:     string(c.Case),
		Reason:   c.Reason,
		ReadBack: c.ReadBack,
		Received: c.Received,
		Clerk:    clerk,
		Override: c.Override,
	})
	var e *ca.Error
	if c.Op == procedure.StatusActivate && errors.As(err, &e) && e.Problem.Name() == ca.ProblemTransition {
		return a.notActivated(ctx, c.Serial, err)
	}
	return authorityError(err)
}

// notActivated asks what stands in the way of an activation that the status
// machine refused: the certificate was revoked, or it was activated before and
// is suspended by now, which is no failure.
func (a authority) notActivated(ctx context.Context, serial string, refusal error) error {
	certificate, err := a.client.Certificate(ctx, serial)
	switch {
	case errors.Is(err, ca.ErrUnsupported):
		return authorityError(refusal)
	case err != nil:
		return authorityError(err)
	case certificate.Status == ca.StatusRevoked:
		return &procedure.Error{Code: procedure.CodeRevoked, Detail: ca.ProblemTransition, Err: refusal}
	case certificate.Status == ca.StatusSuspended:
		return nil
	}
	return authorityError(refusal)
}

func (a authority) request(r procedure.EnrolRequest) (ca.EnrolRequest, error) {
	clerk, err := a.keyring.signer()
	return ca.EnrolRequest{
		Label:     label(r.DocType),
		CSR:       r.CSR,
		Holder:    holder(r.Subject),
		Case:      string(r.Case),
		Attempt:   r.Attempt,
		Contract:  r.Contract,
		Token:     string(r.Token),
		ChipFiles: r.ChipFiles,
		Clerk:     clerk,
		Action:    string(r.Action),
		Override:  r.Override,
		NotBefore: r.Submitted,
		Resent:    r.Resent,
	}, err
}

// label is the EST label for a kind of document: the issuer follows the card
// (E16).
func label(t procedure.DocType) string {
	if t == procedure.DocTypeIF {
		return ca.LabelForeigner
	}
	return ca.LabelCitizen
}

func holder(s procedure.Subject) ca.Holder {
	return ca.Holder{
		Subject: profile.Subject{
			GivenName:      s.GivenName,
			Surname:        s.Surname,
			PersonalNumber: string(s.PersonalNumber),
			CardNumber:     string(s.CardNumber),
			Email:          s.Email,
		},
		CardValidUntil: profile.Date(s.CardValidUntil),
	}
}

var verdicts = map[ca.Verdict]procedure.Verdict{
	ca.Unknown:  procedure.Unknown,
	ca.Issued:   procedure.Issued,
	ca.Refused:  procedure.Refused,
	ca.Unusable: procedure.Unusable,
	ca.Unsent:   procedure.Unsent,
}

func outcome(o ca.Outcome) procedure.Outcome {
	out := procedure.Outcome{Verdict: verdicts[o.Verdict], Serial: o.Serial, RetryAfter: o.RetryAfter}
	for _, c := range o.Chain {
		out.Chain = append(out.Chain, c.Raw)
	}
	if o.Err != nil {
		out.Problem = asProblem(authorityError(o.Err))
	}
	return out
}

// authorityCodes is how the failures of package ca are called in the core.
var authorityCodes = map[ca.Kind]procedure.Code{
	ca.NoLink:      procedure.CodeNoLink,
	ca.NoAnswer:    procedure.CodeNoAnswer,
	ca.Busy:        procedure.CodeBusyCA,
	ca.Pending:     procedure.CodePending,
	ca.Refuses:     procedure.CodeRefused,
	ca.Counter:     procedure.CodeCounter,
	ca.ClerkRight:  procedure.CodeClerkRefused,
	ca.NotAnchored: procedure.CodeNotAnchored,
	ca.Fork:        procedure.CodeFork,
	ca.Upgrade:     procedure.CodeUpgrade,
	ca.Clock:       procedure.CodeClock,
	ca.Untrusted:   procedure.CodeBadAnswer,
	ca.BadAnswer:   procedure.CodeBadAnswer,
	ca.Unsupported: procedure.CodeOperator,
	ca.Defect:      procedure.CodeInternal,
}

// overrideCodes is how the core calls the problems with a supervisor's
// signature.
var overrideCodes = map[string]procedure.Code{
	ca.ProblemOverride:        procedure.CodeNeedsSupervisor,
	ca.ProblemOverrideInvalid: procedure.CodeNotSupervisor,
}

// authorityError gives an error of package ca its code in the core.
func authorityError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var coded *procedure.Error
	if errors.As(err, &coded) {
		return err
	}
	var refusal *profile.Refusal
	if errors.As(err, &refusal) {
		return &procedure.Error{Code: procedure.CodeRefused, Fields: findings(refusal.Findings), Detail: ca.ProblemProfile, Err: err}
	}
	out := &procedure.Error{Code: authorityCodes[ca.KindOf(err)], Err: err}
	var e *ca.Error
	if errors.As(err, &e) && e.Problem != nil {
		out.Detail, out.Fields = e.Problem.Name(), e.Problem.Fields
	}
	if code, ok := overrideCodes[out.Detail]; ok {
		out.Code = code
	}
	return out
}

func findings(fs []profile.Finding) []string {
	var ids []string
	for _, f := range fs {
		if !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}
