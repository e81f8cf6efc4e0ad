package procedure

import (
	"context"
	"strings"
)

// maxReference bounds what the clerk writes down of the operator's answer, in
// bytes.
const maxReference = 200

// operatorQuestion is what the operator has to see to.
func (c Case) operatorQuestion() *OperatorQuestion {
	if c.Attempt.Certificate != "" {
		return &OperatorQuestion{Serial: c.Attempt.Serial}
	}
	return &OperatorQuestion{Request: c.Attempt.CSR}
}

// OperatorConfirms implements Desk. The reference is sealed: clerks write names.
func (e *Engine) OperatorConfirms(ctx context.Context, reference string) error {
	c, cur, leave, err := e.enterCase(ctx, "OperatorConfirms", MoveWaitOperator)
	if err != nil {
		return err
	}
	err = e.operatorConfirms(ctx, c, cur, strings.TrimSpace(reference))
	leave()
	if err == nil {
		e.goOn()
	}
	return err
}

func (e *Engine) operatorConfirms(ctx context.Context, c Case, cur *current, reference string) error {
	if reference == "" || len(reference) > maxReference {
		return &Error{Code: CodeAnswerOpen, Fields: []string{FieldReference}}
	}
	err := e.commit(ctx, draft{
		kind: KindOperatorConfirmed, of: c.ID, body: OfAttempt{c.Attempt.Number},
		parts: []sealed{{partOperator(c.Confirmed + 1), []byte(reference)}},
	})
	if err != nil {
		return err
	}
	e.update(func() { cur.problem, cur.request = nil, RequestUnclear })
	return nil
}
