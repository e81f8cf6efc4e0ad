package procedure

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// ConfirmPerson records the clerk's answers of screen A and with them the
// action of the case. A no is recorded too and comes back as an error:
// CodeFace, CodeNeedsUnblock, CodeNeedsSupervisor, or why the service cannot
// be had. After another face than the card's the rest need not be answered.
func (e *Engine) ConfirmPerson(ctx context.Context, a PersonAnswers) error {
	c, cur, leave, err := e.enterCase(ctx, "ConfirmPerson", MoveAskPerson)
	if err != nil {
		return err
	}
	defer leave()
	tries := -1
	if !c.NoCard {
		if tries, err = e.cardForPerson(cur); err != nil {
			return err
		}
	}
	if c.Facts == nil { // of the first version
		if err := e.learn(ctx, c, cur); err != nil {
			return err
		}
		if c, cur, err = e.present(); err != nil {
			return err
		}
	}
	if a.Service == "" {
		a.Service = ServiceCertificate
	}
	if c.NoCard && a.Service != ServiceStatus {
		return &Error{Code: CodeNotNow, Detail: "without the card there is a change of status only"}
	}
	if a.Face == No && !slices.Contains(c.Override.Needs, CodeFace) { // what else is not asked of another person
		return e.confirmed(ctx, c, cur, a, ActionChosen{}, &Error{Code: CodeFace})
	}
	if open := personOpen(c, a, tries); len(open) > 0 {
		return &Error{Code: CodeAnswerOpen, Fields: open}
	}
	chosen, refusal := e.choice(ctx, c, cur, a, tries)
	return e.confirmed(ctx, c, cur, a, chosen, refusal)
}

// confirmed commits the answers, and the choice unless it was refused.
func (e *Engine) confirmed(ctx context.Context, c Case, cur *current, a PersonAnswers, chosen ActionChosen, refusal *Error) error {
	body := PersonConfirmed{Face: a.Face, KnowsPIN: a.KnowsPIN, LastTry: a.LastTry}
	if refusal != nil {
		if err := e.commit(ctx, draft{kind: KindPersonConfirmed, of: c.ID, body: body}); err != nil {
			return err
		}
		return refusal
	}
	switch {
	case chosen.Action == ActionIssue && !c.begun():
		body.Contract = c.Own.Number
		if body.Contract == "" {
			e.mu.Lock()
			body.Contract = e.book.contractNumber(e.cfg.Counter, e.cfg.Now())
			e.mu.Unlock()
		}
		chosen.Contract, chosen.ContractDay = body.Contract, Today(e.cfg.Now())
	case chosen.Action == ActionIssue:
		chosen.Contract, chosen.ContractDay = c.Contract.Number, c.Contract.Date
	}
	drafts := []draft{
		{kind: KindPersonConfirmed, of: c.ID, body: body},
		{kind: KindActionChosen, of: c.ID, body: chosen},
	}
	if a.Status.Document != "" {
		drafts[1].parts = []sealed{{partDocument(c.Documents + 1), []byte(a.Status.Document)}}
	}
	if err := e.commit(ctx, drafts...); err != nil {
		return err
	}
	e.update(func() { cur.document, cur.problem = a.Status.Document, nil })
	return nil
}

// cardForPerson checks that the card whose portrait is compared lies in the
// reader, and says how many tries are left.
func (e *Engine) cardForPerson(cur *current) (tries int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.cardFacts(cur.record)
	switch f.Presence {
	case CardAbsent:
		return 0, &Error{Code: CodeNoCard}
	case CardOther:
		return 0, &Error{Code: CodeOtherCard}
	}
	return f.Tries, nil
}

// personOpen names the questions that are not answered yet.
func personOpen(c Case, a PersonAnswers, tries int) []string {
	var open []string
	ask := func(field string, unanswered bool) {
		if unanswered {
			open = append(open, field)
		}
	}
	ask(FieldFace, a.Face == Unanswered)
	switch a.Service {
	case ServiceCertificate:
		ask(FieldKnowsPIN, a.KnowsPIN == Unanswered && tries != 0)
		ask(FieldLastTry, tries == 1 && a.KnowsPIN == Yes && a.LastTry == Unanswered && a.Unblock == UnblockNone)
	case ServiceUnblock:
		ask(FieldUnblock, a.Unblock == UnblockNone)
	case ServiceStatus:
		open = append(open, statusOpen(c, a.Status)...)
	default:
		ask(FieldService, true)
	}
	// Who does not know the PIN cannot keep it.
	ask(FieldUnblock, a.Unblock == UnblockKeep && a.KnowsPIN == No)
	return open
}

// statusOpen names what a change of status does not say yet.
func statusOpen(c Case, s StatusAnswers) []string {
	var open []string
	for _, q := range []struct {
		field      string
		unanswered bool
	}{
		{FieldOp, !s.Op.ChangesStatus()},
		{FieldSerial, s.Serial == ""},
		{FieldReason, !reasonFits(s)},
		{FieldDocument, c.NoCard && strings.TrimSpace(s.Document) == ""},
	} {
		if q.unanswered {
			open = append(open, q.field)
		}
	}
	return open
}

// choice makes the action of the case out of the answers and the facts.
func (e *Engine) choice(ctx context.Context, c Case, cur *current, a PersonAnswers, tries int) (ActionChosen, *Error) {
	proposal := Propose(*c.Facts, e.cfg.Settings)
	b := ActionChosen{
		Service: a.Service, Proposal: proposal.Action, Why: proposal.Reason, Unblock: a.Unblock,
	}
	var refusal *Error
	switch a.Service {
	case ServiceStatus:
		b.Action, b.Unblock = a.Status.Op, UnblockNone
		b.Op, b.Serial, b.Reason, b.EndContract = a.Status.Op, a.Status.Serial, a.Status.Reason, a.Status.EndContract
		refusal = statusRefusal(c, cur.register, a.Status)
		if b.EndContract {
			b.Contract = contractOf(c, cur.register, a.Status.Serial)
		}
	case ServiceUnblock:
		b.Action = ActionUnblock
		if c.Facts.Card != "" {
			refusal = &Error{Code: c.Facts.Card}
		}
	default:
		b.Action, refusal = certificateChoice(c, a, proposal)
		if b.Action == ActionRenew {
			b.Contract, b.ContractDay = c.renewalContract()
		}
	}
	if refusal == nil && c.begun() && b.Action != c.Action {
		refusal = &Error{Code: CodeNotNow, Detail: "the work has begun as " + string(c.Action)}
	}
	if refusal == nil {
		refusal = e.mayChoose(ctx, c, cur, a, b.Action, tries)
	}
	return b, refusal
}

// certificateChoice is the choice between issuing and renewal: what the clerk
// names, else what a supervisor signed, else the proposal.
func certificateChoice(c Case, a PersonAnswers, p Proposal) (Action, *Error) {
	choice := cmp.Or(a.Choice, c.Override.Choice, p.Action)
	if c.begun() {
		choice = c.Action
	}
	switch {
	case c.Facts.Card != "":
		return choice, &Error{Code: c.Facts.Card}
	case choice == ActionRenew:
		if number, _ := c.renewalContract(); number == "" {
			return choice, &Error{Code: CodeNoContract}
		}
	case choice != ActionIssue:
		return choice, &Error{Code: reasonCodes[p.Reason], Detail: string(p.Reason)}
	}
	return choice, nil
}

// reasonCodes say why there is no certificate to be had by the proposal.
var reasonCodes = map[Reason]Code{
	ReasonNotEligible:          CodeUnreadable,
	ReasonAuthoritySilent:      CodeNoLink,
	ReasonCertificateValid:     CodeCertificateValid,
	ReasonCertificateElsewhere: CodeCertificateElsewhere,
	ReasonSuspended:            CodeSuspended,
	ReasonUnclear:              CodeNeedsSupervisor,
	ReasonStateSilent:          CodeNoLink,
}

// renewalContract is the contract under which the case renews: the register's,
// or the one that a supervisor has seen on paper.
func (c Case) renewalContract() (number string, day Date) {
	if c.Override.PaperContract != "" {
		return c.Override.PaperContract, c.Override.PaperDay
	}
	if c.Facts.Contract == ContractValid {
		return c.Facts.ContractRef.Number, c.Facts.ContractRef.Date
	}
	return "", Date{}
}

// mayChoose checks what stands in the way of the choice: the face, the PIN,
// the supervisor's signature, the driver, and what the authority would refuse.
func (e *Engine) mayChoose(ctx context.Context, c Case, cur *current, a PersonAnswers, choice Action, tries int) *Error {
	if choice.Certifies() && a.Unblock == UnblockNone && (a.KnowsPIN == No || a.LastTry == No || tries == 0) {
		return &Error{Code: CodeNeedsUnblock} // R3
	}
	c.Person.Face = a.Face
	if choice.ChangesStatus() && cur.signed != a.Status {
		c.Override = Overridden{} // another request was signed
	}
	open := c.unsigned(e.needs(c, cur, choice), choice)
	switch {
	case slices.Contains(open, CodeFace):
		return &Error{Code: CodeFace}
	case len(open) > 0 || !c.choiceSigned(choice, e.cfg.Settings):
		return &Error{Code: CodeNeedsSupervisor, Fields: names(open)}
	}
	if a.Unblock != UnblockNone && !choice.ChangesStatus() {
		if c.PUKRefused {
			return &Error{Code: CodePUK}
		}
		if err := e.cfg.Cards.CanUnblock(ctx, e.readerName()); err != nil {
			return asError(CodeCardFailure, "ask whether the PIN can be unblocked", err)
		}
	}
	if choice.Certifies() {
		return e.refusedAhead(ctx, cur)
	}
	return nil
}

func (e *Engine) readerName() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reader.event.Reader
}

// previewPatience bounds the question to the authority before any paper: it
// only spares the citizen a visit in vain and must not hold up the clerk.
const previewPatience = 5 * time.Second

// refusedAhead asks the authority whether it would refuse this subject. Only
// a clear refusal counts; papers can be done without a connection.
func (e *Engine) refusedAhead(ctx context.Context, cur *current) *Error {
	ctx, cancel := context.WithTimeout(ctx, previewPatience)
	defer cancel()
	_, err := e.cfg.Authority.Preview(ctx, subjectOf(cur.record, ""))
	var refused *Error
	if errors.As(err, &refused) && refused.Code == CodeRefused {
		return refused
	}
	return nil
}

// subjectOf is what goes into the request: names from the chip, never typed.
func subjectOf(r record, email string) Subject {
	return Subject{
		DocType: r.Identity.DocType, GivenName: r.Identity.GivenName, Surname: r.Identity.Surname,
		PersonalNumber: PersonalNumber(r.Identity.PersonalNumber), CardNumber: r.Identity.CardNumber,
		Email: email, CardValidUntil: r.Identity.ValidUntil,
	}
}
