package procedure

import (
	"context"
	"strings"
)

// SetEmail records what the signed form says about the e-mail (R14).
func (e *Engine) SetEmail(ctx context.Context, a EmailAnswer) error {
	c, cur, leave, err := e.enterCase(ctx, "SetEmail", MoveAskEmail)
	if err != nil {
		return err
	}
	defer leave()
	d := draft{kind: KindEmailAnswered, of: c.ID, body: EmailAnswered{a.Wanted}}
	address := ""
	switch a.Wanted {
	case Unanswered:
		return &Error{Code: CodeAnswerOpen, Fields: []string{FieldWanted}}
	case Yes:
		address = strings.TrimSpace(a.Address)
		if err := CheckEmail(address); err != nil {
			return &Error{Code: asError(CodeEmailSyntax, "check address", err).Code, Fields: []string{FieldAddress}, Err: err}
		}
		if strings.TrimSpace(a.Again) != address {
			return &Error{Code: CodeEmailDiffers, Fields: []string{FieldAgain}}
		}
		d.parts = []sealed{{partEmail(c.Emails + 1), []byte(address)}}
	}
	if err := e.commit(ctx, d); err != nil {
		return err
	}
	e.update(func() { cur.email = address })
	e.fetchPreview(ctx, c, cur)
	return nil
}

// fetchPreview asks what the certificate would contain. Without an answer the
// case waits at screen C, and says why.
func (e *Engine) fetchPreview(ctx context.Context, c Case, cur *current) {
	p, err := e.cfg.Authority.Preview(ctx, subjectOf(cur.record, cur.email))
	e.update(func() {
		if err != nil {
			cur.problem = asError(CodeNoLink, "preview for "+c.Number, err)
			return
		}
		cur.preview, cur.problem = &p, nil
	})
}

// ConfirmContent records that the clerk has checked screen C.
func (e *Engine) ConfirmContent(ctx context.Context) error {
	c, cur, leave, err := e.enterCase(ctx, "ConfirmContent", MoveAskContent)
	if err != nil {
		return err
	}
	defer leave()
	if cur.preview == nil {
		// What was not shown cannot be confirmed: show it first.
		e.fetchPreview(ctx, c, cur)
		if cur.problem != nil {
			return cur.problem
		}
		return &Error{Code: CodeNotNow, Detail: "the content is shown only now"}
	}
	return e.commit(ctx, draft{kind: KindContentConfirmed, of: c.ID, body: ContentConfirmed{
		Issuer: cur.preview.Issuer, NotAfter: cur.preview.NotAfter.Unix(), CardCapped: cur.preview.CardCapped,
	}})
}
