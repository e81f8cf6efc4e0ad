package procedure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// maxReason bounds the supervisor's reason, in bytes.
const maxReason = 500

// overridePayload is what the supervisor signs (compact JWS).
type overridePayload struct {
	Version       int           `json:"v"`
	Case          CaseID        `json:"case"`
	Facts         overrideFacts `json:"facts"`
	Proposal      Action        `json:"proposal"`
	Choice        Action        `json:"choice"`
	Needs         []Code        `json:"needs"`
	Reason        string        `json:"reason"`
	PaperContract string        `json:"paper_contract"`
	Status        *signedStatus `json:"status,omitempty"` // of a change of status
	IssuedAt      int64         `json:"iat"`              // Unix seconds
}

// signedStatus is the change of status as it was signed; its operation is the
// choice.
type signedStatus struct {
	Serial      string       `json:"serial"`
	Reason      StatusReason `json:"reason"`
	EndContract bool         `json:"end_contract"`
	Document    string       `json:"document,omitempty"`
}

// overrideFacts are the facts as they were signed.
type overrideFacts struct {
	Card        Code          `json:"card"`
	Supervisor  []Code        `json:"supervisor"`
	Certificate CertState     `json:"certificate"`
	OnChip      bool          `json:"on_chip"`
	Contract    ContractState `json:"contract"`
	Authority   bool          `json:"authority"`
	Blocked     bool          `json:"blocked"`
	Serial      string        `json:"serial"`
}

// Override has a supervisor sign what the case needs him for, or another
// choice than the proposal. It is done before ConfirmPerson, which then takes
// the choice. His signature counts for a day; later, and until the authority
// has answered, he may sign the chosen action once more.
func (e *Engine) Override(ctx context.Context, password []byte, o OverrideRequest) error {
	c, cur, leave, err := e.enterCase(ctx, "Override", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	proposal := Propose(*c.facts(), e.cfg.Settings)
	switch {
	case c.undecided() || !c.open():
		return &Error{Code: CodeNotNow, Detail: "nothing is left to sign"}
	case o.Choice == "" && c.PersonDone:
		o.Choice = c.Action
	case o.Choice == "":
		o.Choice = proposal.Action
	}
	o.Reason = strings.TrimSpace(o.Reason)
	switch {
	case c.PersonDone && o.Choice != c.Action:
		return &Error{Code: CodeNotNow, Detail: "the action is chosen"}
	case o.Choice == ActionNone:
		return &Error{Code: CodeAnswerOpen, Fields: []string{FieldChoice}}
	case o.Reason == "" || len(o.Reason) > maxReason:
		return &Error{Code: CodeAnswerOpen, Fields: []string{FieldReason}}
	}
	switch {
	case !o.Choice.ChangesStatus():
		o.Status = StatusAnswers{}
	case c.PersonDone:
		o.Status = c.status(cur)
	default:
		o.Status.Op = o.Choice
		if open := statusOpen(c, o.Status); len(open) > 0 {
			return &Error{Code: CodeAnswerOpen, Fields: open}
		}
	}
	if o.PaperContract, err = e.paperContract(ctx, c, cur, o.PaperContract); err != nil {
		return err
	}
	supervisor, err := e.supervisor(ctx, c, password)
	if err != nil {
		return err
	}
	return e.override(ctx, c, cur, supervisor, proposal, o)
}

// facts never gives nil: a case of the first version has none.
func (c Case) facts() *Facts {
	if c.Facts == nil {
		return &Facts{Certificate: CertUnknown, Contract: ContractUnknown}
	}
	return c.Facts
}

// supervisor opens the key of somebody who has not worked on the case.
func (e *Engine) supervisor(ctx context.Context, c Case, password []byte) (Clerk, error) {
	s, err := e.cfg.Keyring.Supervisor(ctx, password)
	if err != nil {
		return nil, asError(CodeSignIn, "open supervisor's key", err)
	}
	clerk := e.signedIn()
	if clerk == nil {
		return nil, &Error{Code: CodeSignedOut}
	}
	mine, his := clerk.Person(), s.Person()
	if his.Number == mine.Number || his.Fingerprint == mine.Fingerprint || slices.Contains(c.Clerks, his.Number) {
		return nil, &Error{Code: CodeSameClerk}
	}
	return s, nil
}

// paperContract looks the number on the citizen's copy up. Without an answer
// the copy is all there is, and the supervisor vouches for it (E7).
func (e *Engine) paperContract(ctx context.Context, c Case, cur *current, p ContractRef) (ContractRef, error) {
	p.Number = strings.TrimSpace(p.Number)
	if p.Number == "" {
		return ContractRef{}, nil
	}
	if len(p.Number) > maxContract {
		return p, &Error{Code: CodeNoContract}
	}
	register, answered := e.ask(ctx, RegisterQuery{
		Case: c.ID, PersonalNumber: PersonalNumber(cur.record.Identity.PersonalNumber),
		CardNumber: cur.record.Identity.CardNumber, Contract: p.Number,
	})
	if !answered {
		return p, nil
	}
	for _, k := range register.Contracts {
		if k.Number != p.Number {
			continue
		}
		switch k.State {
		case ContractValid:
			return ContractRef{Number: k.Number, Date: k.Day}, nil
		case ContractOther:
			return p, &Error{Code: CodeContractOther}
		}
		return p, &Error{Code: CodeContractEnded, Detail: string(k.State)}
	}
	return p, &Error{Code: CodeNoContract}
}

// maxContract bounds the number of a contract, in bytes.
const maxContract = 64

// override signs and commits.
func (e *Engine) override(ctx context.Context, c Case, cur *current, by Clerk, p Proposal, o OverrideRequest) error {
	f := c.facts()
	needs := e.needs(c, cur, o.Choice)
	if needs == nil {
		needs = []Code{}
	}
	var status *signedStatus
	if s := o.Status; s.Op != "" {
		status = &signedStatus{s.Serial, s.Reason, s.EndContract, s.Document}
	}
	payload, err := json.Marshal(overridePayload{
		Status: status, Version: 1, Case: c.ID, Proposal: p.Action, Choice: o.Choice, Needs: needs, Reason: o.Reason,
		PaperContract: o.PaperContract.Number, IssuedAt: e.cfg.Now().Unix(),
		Facts: overrideFacts{f.Card, f.Supervisor, f.Certificate, f.OnChip, f.Contract, f.Authority, f.Blocked, f.Serial},
	})
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode override", Err: err}
	}
	jws, err := by.Sign(ctx, payload)
	if err != nil {
		return asError(CodeSignIn, "sign override", err)
	}
	part := partOverride(c.Overrides + 1)
	person := by.Person()
	err = e.commit(ctx, draft{
		kind: KindOverridden, of: c.ID,
		body: Overridden{
			Supervisor: person.Number, Fingerprint: person.Fingerprint, Choice: o.Choice, Needs: needs, Part: part,
			PaperContract: o.PaperContract.Number, PaperDay: o.PaperContract.Date,
		},
		parts: []sealed{{part, jws}},
	})
	if err == nil {
		e.update(func() { cur.signed = o.Status })
	}
	return err
}

// signedOf reads back which change of status a supervisor signed; the zero
// value if his signature was for something else.
func (e *Engine) signedOf(ctx context.Context, c Case) (StatusAnswers, error) {
	if c.Override.Part == "" || !c.Override.Choice.ChangesStatus() {
		return StatusAnswers{}, nil
	}
	jws, err := e.part(ctx, c.ID, c.Override.Part)
	if err != nil {
		return StatusAnswers{}, err
	}
	_, rest, _ := strings.Cut(string(jws), ".")
	body, _, _ := strings.Cut(rest, ".")
	content, err := base64.RawURLEncoding.DecodeString(body)
	var payload overridePayload
	if err == nil {
		err = json.Unmarshal(content, &payload)
	}
	if err != nil {
		return StatusAnswers{}, &Error{Code: CodeTampered, Detail: "part " + c.Override.Part, Err: err}
	}
	s := payload.Status
	if s == nil {
		return StatusAnswers{}, nil // of an earlier version: the choice alone was signed
	}
	return StatusAnswers{Op: payload.Choice, Serial: s.Serial, Reason: s.Reason, EndContract: s.EndContract, Document: s.Document}, nil
}

// needs names what a supervisor has to sign for this choice (section 5.8).
func (e *Engine) needs(c Case, cur *current, choice Action) []Code {
	f, s := c.facts(), e.cfg.Settings
	var needs []Code
	need := func(code Code, when bool) {
		if when && !slices.Contains(needs, code) {
			needs = append(needs, code)
		}
	}
	need(CodeFace, c.Person.Face == No)
	if choice.ChangesStatus() {
		need(CodeNeedsSupervisor, c.NoCard && s.WithoutCard == WithoutCardSupervisor)
		need(CodeNeedsSupervisor, choice == ActionRevoke && !s.RevokeByClerk)
		return needs
	}
	if !choice.Certifies() {
		return needs
	}
	for _, code := range f.Supervisor {
		need(code, true)
	}
	proposal := Propose(*f, s)
	need(CodeCertificateValid, standsOn(cur.register, cur.record.Identity.CardNumber))
	if choice != proposal.Action {
		need(CodeCertificateValid, f.Certificate == CertValid || f.Certificate == CertSuspended)
		need(CodeCertificateElsewhere, proposal.Reason == ReasonCertificateElsewhere)
		need(CodeSuspended, proposal.Reason == ReasonSuspended)
		need(CodeNoContract, choice == ActionRenew && f.Contract != ContractValid)
		need(CodeNeedsSupervisor, len(needs) == 0)
	}
	need(CodeSecondToday, issuedOn(cur.register, cur.record.Identity.CardNumber, e.cfg.Now()))
	return needs
}

// standsOn reports whether the register holds a certificate for the card that
// was not revoked and has not expired: the authority asks for a supervisor
// then, even if it was never in force.
func standsOn(register []CertificateFact, card CardNumber) bool {
	return slices.ContainsFunc(register, func(f CertificateFact) bool {
		return f.CardNumber == card && slices.Contains([]CertState{CertValid, CertSuspended, CertHold}, f.State)
	})
}

// issuedOn reports whether the card got a certificate on the day of now.
func issuedOn(register []CertificateFact, card CardNumber, now time.Time) bool {
	return slices.ContainsFunc(register, func(f CertificateFact) bool {
		return f.CardNumber == card && f.State != CertHold && Today(f.NotBefore) == Today(now)
	})
}

// overrideLasts is how long a supervisor's signature counts: the authority's
// day, less the time from the citizen's page to the request.
const overrideLasts = 24*time.Hour - 10*time.Minute

// lapse gives the case without an override that the authority would find too
// old.
func (c Case) lapse(now time.Time) Case {
	if now.Sub(c.SignedAt) > overrideLasts {
		c.Override = Overridden{}
	}
	return c
}

// unsigned gives those of the needs that no supervisor has signed for this
// choice.
func (c Case) unsigned(needs []Code, choice Action) []Code {
	var open []Code
	for _, n := range needs {
		if c.Override.Choice != choice || !slices.Contains(c.Override.Needs, n) {
			open = append(open, n)
		}
	}
	return open
}

// choiceSigned reports whether the choice is the proposal's, or the one that a
// supervisor signed.
func (c Case) choiceSigned(choice Action, s Settings) bool {
	return !choice.Certifies() || choice == Propose(*c.facts(), s).Action || choice == c.Override.Choice || c.begun()
}

func names(codes []Code) []string {
	var all []string
	for _, c := range codes {
		all = append(all, string(c))
	}
	return all
}
