package procedure

import (
	"context"
	"slices"
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
		return c.papersAfter()
	}
	return nil
}

func (c Case) isBrought(k PaperKind) bool {
	return slices.ContainsFunc(c.Brought, func(b BroughtForm) bool { return b.Kind == k })
}

// PaperData is what the papers of the case are filled with. When the case is
// closed those of its end can still be made.
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
	d := c.paperData(cur, kinds)
	d.Demo, d.Office, d.Counter, d.Script = e.cfg.Demo, e.cfg.Office, e.cfg.Counter, e.cfg.Settings.Script
	d.Clerk, d.Now, d.Head = e.clerk.Person(), e.cfg.Now(), head
	d.FormOption, d.StatusForm = c.circle(PaperRequest, e.cfg.Settings), c.circle(PaperStatus, e.cfg.Settings)
	e.paperDays(&d)
	cur.stamp = stampOf(d)
	return d, nil
}

// paperData is what follows from the events and the sealed parts of the case;
// the rest is a paperStamp.
func (c Case) paperData(cur *current, kinds []PaperKind) PaperData {
	d := PaperData{
		Action: c.Action, CaseNumber: c.Number, Identity: cur.record.identity(), Contract: c.Contract, Kinds: kinds,
		Email: EmailAnswer{Wanted: c.EmailWanted, Address: cur.email}, Result: c.result(cur.result),
		Service: c.Service, Unblock: c.Unblock, Status: c.status(cur), Received: c.Received,
		Refusal: c.Refused, Facts: c.factsView(cur), Certificate: c.certificate(cur),
	}
	if c.Action == ActionRenew && c.Facts != nil {
		d.OldSerial, d.OldNotAfter = c.Facts.Serial, c.Facts.NotAfter
	}
	return d
}

// paperDays fills in what follows from the certificates and the settings:
// keep-until and earliest renewal.
func (e *Engine) paperDays(d *PaperData) {
	s := e.cfg.Settings
	ends := d.Now // of a case without a certificate
	if d.Certificate != nil {
		ends = d.Certificate.NotAfter
		if d.Action == ActionRevoke {
			ends = d.Now
		}
	}
	if d.Result != nil && !d.Result.NotAfter.IsZero() {
		ends = d.Result.NotAfter
		d.EarliestRenewal = Today(ends.AddDate(0, 0, 1-s.RenewBeforeDays))
	}
	d.KeepUntil = Today(ends).AddYears(s.RetentionYears)
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

// template is the SHA-256 of the template with which a paper was made last, in
// a script if one is named: a foreigner takes the same sheet home twice.
func (c Case) template(k PaperKind, script string) string {
	for _, p := range slices.Backward(c.Papers) {
		if p.Kind == k && (script == "" || p.Script == script) {
			return p.Template
		}
	}
	return ""
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
