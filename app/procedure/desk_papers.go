package procedure

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// RecordPapers journals the rendered papers, before they are printed. Their
// hashes are sealed, because the papers hold personal data; beside them lies
// what it takes to make them again.
func (e *Engine) RecordPapers(ctx context.Context, docs []PaperRecord) error {
	c, cur, leave, err := e.enterCase(ctx, "RecordPapers", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	kinds := c.papersAt(e.next(c, cur))
	var body PapersRendered
	for _, d := range docs {
		if !slices.Contains(kinds, d.Kind) || d.Copies < 1 {
			return &Error{Code: CodeNotNow, Detail: "paper " + string(d.Kind) + " does not belong to this step"}
		}
		if sum := new([32]byte); d.Kind == PaperContract && unhex(d.Template, sum) != nil {
			// The contract is registered with the hash of its text.
			return &Error{Code: CodeTemplate, Fields: []string{string(d.Kind)}, Detail: "the hash of the template is none"}
		}
		if was := c.template(d.Kind, d.Script); c.PapersDone && was != "" && was != d.Template {
			// What was signed was signed with another text.
			return &Error{Code: CodeTemplate, Fields: []string{string(d.Kind)}, Detail: "the template was edited after the papers were signed"}
		}
		body.Papers = append(body.Papers, PaperRendered{
			Kind: d.Kind, Copies: d.Copies, Version: d.Version, Template: d.Template, Script: d.Script,
		})
	}
	if len(docs) == 0 {
		return &Error{Code: CodePapersOpen, Fields: []string{FieldPapers}}
	}
	e.mu.Lock()
	stamp := cur.stamp
	e.mu.Unlock()
	content, err := json.Marshal(renderedPapers{Papers: docs, Stamp: stamp})
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode papers", Err: err}
	}
	err = e.commit(ctx, draft{
		kind: KindPapersRendered, of: c.ID, body: body, parts: []sealed{{partPapers(c.Rendered + 1), content}},
	})
	if err != nil {
		return err
	}
	e.update(func() { cur.papers, cur.stamp = slices.Concat(cur.papers, docs), nil })
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
	return e.commit(ctx, draft{kind: KindPapersPrinted, of: c.ID, body: PapersPrinted{Failed: printErr != nil, Copies: c.Due}})
}

// RecordBrought records the forms that the citizen brought filled in (R4).
// What is circled on them has to be what the case is about: a wrong circle
// means a new form, never a correction.
func (e *Engine) RecordBrought(ctx context.Context, forms []BroughtForm) error {
	c, _, leave, err := e.enterCase(ctx, "RecordBrought", MoveAskPapers)
	if err != nil {
		return err
	}
	defer leave()
	if !e.cfg.Settings.AcceptBrought {
		return &Error{Code: CodeNotNow, Detail: "forms are not accepted"}
	}
	var wrong []string
	for _, f := range forms {
		// The contract is ours alone: the assistant minister's signature is on
		// our print.
		if f.Kind == PaperContract || !slices.Contains(c.papersBefore(), f.Kind) {
			return &Error{Code: CodeNotNow, Detail: "paper " + string(f.Kind) + " cannot be brought"}
		}
		if f.Circled != c.circle(f.Kind, e.cfg.Settings) {
			wrong = append(wrong, string(f.Kind))
		}
	}
	if len(wrong) > 0 {
		return &Error{Code: CodeWrongCircle, Fields: wrong}
	}
	return e.commit(ctx, draft{kind: KindFormsBrought, of: c.ID, body: FormsBrought{forms}})
}

// ConfirmPapers records the ticks of screen B. Without all of them the work
// stays locked (E11). With the contract goes the intent to register it.
func (e *Engine) ConfirmPapers(ctx context.Context, t PaperTicks) error {
	c, _, leave, err := e.enterCase(ctx, "ConfirmPapers", MoveAskPapers)
	if err != nil {
		return err
	}
	if err = e.confirmPapers(ctx, c, t); err != nil {
		leave()
		return err
	}
	leave()
	e.goOn() // a change of status needs nobody else
	return nil
}

func (e *Engine) confirmPapers(ctx context.Context, c Case, t PaperTicks) error {
	now := e.cfg.Now()
	if !slices.Contains(c.papersBefore(), PaperStatus) {
		t.ReceivedAt = time.Time{}
	} else if t.ReceivedAt.IsZero() {
		t.ReceivedAt = now
	}
	if open := e.papersOpen(c, t); len(open) > 0 {
		return &Error{Code: CodePapersOpen, Fields: open}
	}
	if t.ReceivedAt.After(now) {
		return &Error{Code: CodePapersOpen, Fields: []string{FieldReceivedAt}}
	}
	drafts := []draft{{kind: KindPapersConfirmed, of: c.ID, body: papersConfirmed(t)}}
	if c.Action == ActionIssue && !c.begun() {
		drafts = append(drafts, c.contractIntent(now))
	}
	return e.commit(ctx, drafts...)
}

// contractIntent is the intent to register the contract that was signed.
func (c Case) contractIntent(now time.Time) draft {
	return draft{kind: KindContract, of: c.ID, body: ContractIntent{
		ID: newUUID(now), Number: c.Contract.Number, Day: Today(now), Text: c.template(PaperContract, ""),
	}}
}
