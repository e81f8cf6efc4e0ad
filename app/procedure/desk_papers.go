package procedure

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// papersBefore are the papers before the work (section 2.4).
func (c Case) papersBefore() []PaperKind {
	var kinds []PaperKind
	if c.Unblock != UnblockNone {
		kinds = append(kinds, PaperUnblock)
	}
	switch {
	case c.Action == ActionIssue:
		kinds = append(kinds, PaperRequest, PaperTerms, PaperContract)
	case c.Action == ActionRenew:
		kinds = append(kinds, PaperRequest)
	case c.Action.ChangesStatus():
		kinds = append(kinds, PaperStatus)
	}
	return kinds
}

// papersAfter are the papers at the end.
func (c Case) papersAfter() []PaperKind {
	switch {
	case c.Action.ChangesStatus():
		return []PaperKind{PaperStatusDone, PaperLabel}
	case c.Action == ActionUnblock:
		return []PaperKind{PaperReceipt, PaperLabel}
	}
	return []PaperKind{PaperReceipt, PaperTakeHome, PaperLabel}
}

// papersAt are the papers that belong to the move; those that the citizen
// brought are not made.
func (c Case) papersAt(m Move) []PaperKind {
	switch m {
	case MoveAskPapers, MoveAskEmail, MoveAskContent, MoveAskPIN:
		return slices.DeleteFunc(c.papersBefore(), c.isBrought)
	case MoveAskHandOver:
		return c.papersAfter()
	case MoveNone:
		if c.Refused != "" {
			return []PaperKind{PaperRefusal}
		}
	}
	return nil
}

func (c Case) isBrought(k PaperKind) bool {
	return slices.ContainsFunc(c.Brought, func(b BroughtForm) bool { return b.Kind == k })
}

// PaperData is what the papers of the case are filled with.
func (e *Engine) PaperData(ctx context.Context) (PaperData, error) {
	c, cur, err := e.present()
	if err != nil {
		return PaperData{}, err
	}
	kinds := c.papersAt(e.next(c, cur))
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
		Kinds: kinds, Email: EmailAnswer{Wanted: c.EmailWanted, Address: cur.email}, Result: c.result(cur.result),
		Head: head, Service: c.Service, Unblock: c.Unblock, FormOption: c.circle(PaperRequest, e.cfg.Settings),
		Status: c.status(cur), StatusForm: c.circle(PaperStatus, e.cfg.Settings), Received: c.Received,
		Refusal: c.Refused, Facts: e.factsView(c), Script: e.cfg.Settings.Script, Certificate: c.certificate(cur),
	}
	e.paperDays(&d, c)
	return d, nil
}

// paperDays fills in what follows from the certificates: keep-until, earliest
// renewal, and what is renewed.
func (e *Engine) paperDays(d *PaperData, c Case) {
	s := e.cfg.Settings
	ends := d.Now // of a case without a certificate
	if d.Certificate != nil {
		ends = d.Certificate.NotAfter
		if c.Action == ActionRevoke {
			ends = d.Now
		}
	}
	if d.Result != nil && !d.Result.NotAfter.IsZero() {
		ends = d.Result.NotAfter
		d.EarliestRenewal = Today(ends.AddDate(0, 0, 1-s.RenewBeforeDays))
	}
	d.KeepUntil = Today(ends).AddYears(s.RetentionYears)
	if c.Action == ActionRenew && c.Facts != nil {
		d.OldSerial, d.OldNotAfter = c.Facts.Serial, c.Facts.NotAfter
	}
}

// status gives the answers with the document that is sealed.
func (c Case) status(cur *current) StatusAnswers {
	s := c.Status
	s.Document = cur.document
	return s
}

// certificate is the one whose status changes, as the register knows it.
func (c Case) certificate(cur *current) *CertificateFact {
	if !c.Action.ChangesStatus() {
		return nil
	}
	for _, f := range cur.register {
		if sameSerial(f.Serial, c.Status.Serial) {
			return &f
		}
	}
	// The register did not answer: it lies on the chip.
	f := c.facts()
	return &CertificateFact{Serial: f.Serial, State: f.Certificate, NotAfter: f.NotAfter, Contract: c.Contract.Number}
}

// RecordPapers journals the rendered papers, before they are printed. Their
// hashes are sealed, because the papers hold personal data.
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
		if c.PapersDone && c.template(d.Kind) != "" && c.template(d.Kind) != d.Template {
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

// template is the SHA-256 of the template with which a paper was made last.
func (c Case) template(k PaperKind) string {
	for _, p := range slices.Backward(c.Papers) {
		if p.Kind == k {
			return p.Template
		}
	}
	return ""
}

// RecordPrinted journals what became of the print job. The job's name is the
// spooler's and not kept: it may say more than it should.
func (e *Engine) RecordPrinted(ctx context.Context, _ string, printErr error) error {
	c, _, leave, err := e.enterCase(ctx, "RecordPrinted", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if c.Closed {
		return &Error{Code: CodeNotNow, Detail: "the case is over"}
	}
	return e.commit(ctx, draft{kind: KindPapersPrinted, of: c.ID, body: PapersPrinted{Failed: printErr != nil}})
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

// circle is the number to be circled on a form; 0 for papers without one.
func (c Case) circle(k PaperKind, s Settings) int {
	switch {
	case k == PaperRequest && c.Action == ActionIssue:
		return 1
	case k == PaperRequest && c.Action == ActionRenew:
		return 2
	case k == PaperUnblock && c.Unblock == UnblockKeep:
		return 1
	case k == PaperUnblock && c.Unblock == UnblockChange:
		return 2
	case k == PaperStatus:
		return s.StatusForm[c.Action]
	}
	return 0
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
		ID: newUUID(now), Number: c.Contract.Number, Day: Today(now), Text: c.template(PaperContract),
	}}
}

// papersOpen names what is missing before the work may begin (R8 to R13, R23,
// E22, E23). Every paper was made here or brought.
func (e *Engine) papersOpen(c Case, t PaperTicks) []string {
	var open []string
	need := func(field string, done bool) {
		if !done {
			open = append(open, field)
		}
	}
	ticks := map[PaperKind]func(){
		PaperUnblock: func() {
			need(FieldUnblockSigned, t.UnblockSigned)
			need(FieldUnblockReceived, t.UnblockReceived)
		},
		PaperRequest: func() { need(FieldRequestSigned, t.RequestSigned) },
		PaperTerms:   func() { need(FieldTermsSigned, t.TermsSigned) },
		PaperContract: func() {
			need(FieldContractSigned, t.ContractSigned)
			need(FieldContractSealed, t.ContractSealed || !e.cfg.Settings.SealRequired)
		},
		PaperStatus: func() {
			need(FieldStatusSigned, t.StatusSigned)
			need(FieldStatusReceived, t.StatusReceived)
		},
	}
	kinds := c.papersBefore()
	need(FieldPapers, !slices.ContainsFunc(kinds, func(k PaperKind) bool { return !c.isBrought(k) && !c.isRendered(k) }))
	for _, k := range kinds {
		ticks[k]()
	}
	return open
}

func (c Case) isRendered(k PaperKind) bool {
	return slices.ContainsFunc(c.Papers, func(p PaperRecord) bool { return p.Kind == k })
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
