package procedure

import (
	"context"
	"errors"
	"time"
)

// ConfirmPerson records the clerk's answers of screen A. A no is recorded too
// and comes back as an error: CodeFace, CodeNeedsUnblock.
func (e *Engine) ConfirmPerson(ctx context.Context, a PersonAnswers) error {
	c, cur, leave, err := e.enterCase(ctx, "ConfirmPerson", MoveAskPerson)
	if err != nil {
		return err
	}
	defer leave()
	lastTry, err := e.cardForPerson(cur)
	if err != nil {
		return err
	}
	if open := personOpen(a, lastTry); len(open) > 0 {
		return &Error{Code: CodeAnswerOpen, Fields: open}
	}
	body := PersonConfirmed{Face: a.Face, KnowsPIN: a.KnowsPIN, LastTry: a.LastTry}
	refusal := personRefusal(a)
	if refusal == nil {
		refusal = e.refusedAhead(ctx, cur)
	}
	if refusal == nil {
		body.Contract = c.Contract.Number
		if body.Contract == "" {
			e.mu.Lock()
			body.Contract = e.book.contractNumber(e.cfg.Counter, e.cfg.Now())
			e.mu.Unlock()
		}
	}
	if err := e.commit(ctx, draft{kind: KindPersonConfirmed, of: c.ID, body: body}); err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

// cardForPerson checks that the card whose portrait is compared lies in the
// reader; lastTry says that one PIN try is left.
func (e *Engine) cardForPerson(cur *current) (lastTry bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.cardFacts(cur.record)
	switch f.Presence {
	case CardAbsent:
		return false, &Error{Code: CodeNoCard}
	case CardOther:
		return false, &Error{Code: CodeOtherCard}
	}
	if !e.reader.verdict.Eligible {
		return false, &Error{Code: e.reader.verdict.Blocks[0]}
	}
	return f.Tries == 1, nil
}

func personOpen(a PersonAnswers, lastTry bool) []string {
	var open []string
	if a.Face == Unanswered {
		open = append(open, FieldFace)
	}
	if a.KnowsPIN == Unanswered {
		open = append(open, FieldKnowsPIN)
	}
	if lastTry && a.KnowsPIN == Yes && a.LastTry == Unanswered {
		open = append(open, FieldLastTry)
	}
	return open
}

func personRefusal(a PersonAnswers) *Error {
	switch {
	case a.Face != Yes:
		return &Error{Code: CodeFace}
	case a.KnowsPIN != Yes, a.LastTry == No:
		return &Error{Code: CodeNeedsUnblock} // R3
	}
	return nil
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
