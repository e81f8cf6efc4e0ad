package procedure

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// kindsAt are the papers that belong to the move.
func kindsAt(m Move) []PaperKind {
	switch m {
	case MoveAskPapers, MoveAskEmail, MoveAskContent, MoveAskPIN:
		return []PaperKind{PaperRequest, PaperTerms, PaperContract}
	case MoveAskHandOver:
		return []PaperKind{PaperReceipt, PaperLabel}
	}
	return nil
}

// PaperData is what the papers of the case are filled with.
func (e *Engine) PaperData(ctx context.Context) (PaperData, error) {
	c, cur, err := e.present()
	if err != nil {
		return PaperData{}, err
	}
	kinds := kindsAt(e.next(c, cur))
	if len(kinds) == 0 {
		return PaperData{}, &Error{Code: CodeNotNow, Detail: "no papers belong to this step"}
	}
	head, err := e.cfg.Journal.Head(ctx)
	if err != nil {
		return PaperData{}, journalError("head", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clerk == nil {
		return PaperData{}, &Error{Code: CodeSignedOut}
	}
	d := PaperData{
		Demo: e.cfg.Demo, Action: c.Action, CaseNumber: c.Number, Office: e.cfg.Office, Counter: e.cfg.Counter,
		Clerk: e.clerk.Person(), Now: e.cfg.Now(), Identity: cur.record.identity(), Contract: c.Contract,
		Kinds: kinds, Email: EmailAnswer{Wanted: c.EmailWanted, Address: cur.email}, Result: cur.result, Head: head,
	}
	if cur.result != nil {
		d.KeepUntil = Today(cur.result.NotAfter).AddYears(e.cfg.Settings.RetentionYears)
	}
	return d, nil
}

// RecordPapers journals the rendered papers, before they are printed. Their
// hashes are sealed, because the papers hold personal data.
func (e *Engine) RecordPapers(ctx context.Context, docs []PaperRecord) error {
	c, cur, leave, err := e.enterCase(ctx, "RecordPapers", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	kinds := kindsAt(e.next(c, cur))
	var body PapersRendered
	for _, d := range docs {
		if !slices.Contains(kinds, d.Kind) || d.Copies < 1 {
			return &Error{Code: CodeNotNow, Detail: "paper " + string(d.Kind) + " does not belong to this step"}
		}
		body.Papers = append(body.Papers, PaperRendered{
			Kind: d.Kind, Copies: d.Copies, Version: d.Version, Template: d.Template, Script: d.Script,
		})
	}
	if len(docs) == 0 {
		return &Error{Code: CodePapersOpen, Fields: []string{FieldPapers}}
	}
	content, err := json.Marshal(docs)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode papers", Err: err}
	}
	err = e.commit(ctx, draft{
		kind: KindPapersRendered, of: c.ID, body: body, parts: []sealed{{partPapers(c.Rendered + 1), content}},
	})
	if err != nil {
		return err
	}
	e.update(func() { cur.papers = slices.Concat(cur.papers, docs) })
	return nil
}

// RecordPrinted journals what became of the print job. The job's name is the
// spooler's and not kept: it may say more than it should.
func (e *Engine) RecordPrinted(ctx context.Context, _ string, printErr error) error {
	c, _, leave, err := e.enterCase(ctx, "RecordPrinted", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if c.Over() {
		return &Error{Code: CodeNotNow, Detail: "the case is over"}
	}
	return e.commit(ctx, draft{kind: KindPapersPrinted, of: c.ID, body: PapersPrinted{Failed: printErr != nil}})
}

// ConfirmPapers records the ticks of screen B. Without all of them issuing
// stays locked (E11).
func (e *Engine) ConfirmPapers(ctx context.Context, t PaperTicks) error {
	c, _, leave, err := e.enterCase(ctx, "ConfirmPapers", MoveAskPapers)
	if err != nil {
		return err
	}
	defer leave()
	if open := e.papersOpen(c, t); len(open) > 0 {
		return &Error{Code: CodePapersOpen, Fields: open}
	}
	return e.commit(ctx, draft{kind: KindPapersConfirmed, of: c.ID, body: papersConfirmed(t)})
}

// papersOpen names what is missing before issuing may begin (R8 to R13). The
// request and the terms may be brought; the contract is always printed here,
// because the assistant minister's signature is on our print only.
func (e *Engine) papersOpen(c Case, t PaperTicks) []string {
	var open []string
	rendered := func(p PaperRecord) bool { return p.Kind == PaperContract }
	for _, tick := range []struct {
		field string
		done  bool
	}{
		{FieldPapers, slices.ContainsFunc(c.Papers, rendered)},
		{FieldRequestSigned, t.RequestSigned},
		{FieldTermsSigned, t.TermsSigned},
		{FieldContractSigned, t.ContractSigned},
		{FieldContractSealed, t.ContractSealed || !e.cfg.Settings.SealRequired},
	} {
		if !tick.done {
			open = append(open, tick.field)
		}
	}
	return open
}

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
			return &Error{Code: CodeEmailSyntax, Fields: []string{FieldAddress}, Err: err}
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
