package procedure

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// OpenWithoutCard begins a case about a card that is not there, for a change
// of status: lost, stolen, or its holder dead; or it resumes the unfinished one
// that was opened about this card in the same way. Who asks is shown by another
// document, and by status.identity_without_card by a supervisor. The register
// has to know the certificates; without its answer nothing can be opened.
func (e *Engine) OpenWithoutCard(ctx context.Context, q StatusSearch) error {
	leave, err := e.enterNew(ctx, "OpenWithoutCard")
	if err != nil {
		return err
	}
	resumed, err := e.openWithoutCard(ctx, q)
	leave()
	if resumed && err == nil {
		e.goOn()
	}
	return err
}

func (e *Engine) openWithoutCard(ctx context.Context, q StatusSearch) (resumed bool, err error) {
	if e.cfg.Settings.WithoutCard == WithoutCardRefused {
		return false, &Error{Code: CodeNotNow, Detail: "not without the card"}
	}
	q.Contract = strings.TrimSpace(q.Contract)
	if open := searchOpen(q); len(open) > 0 {
		return false, &Error{Code: CodeAnswerOpen, Fields: open}
	}
	id := CaseID(newUUID(e.cfg.Now())) // a search is always for a case
	register, err := e.cfg.Authority.Register(ctx, RegisterQuery{
		Case: id, PersonalNumber: q.PersonalNumber, CardNumber: q.CardNumber, Contract: q.Contract,
	})
	if err != nil {
		return false, asError(CodeNoLink, "search register", err)
	}
	if problem := searchProblem(q, register); problem != nil {
		return false, problem
	}
	if open, found := e.openWithout(q, register); found {
		return true, e.resume(ctx, open)
	}
	rec := record{Contract: q.Contract, Holder: holderOf(q, register), Identity: recordIdentity{
		PersonalNumber: string(q.PersonalNumber), CardNumber: q.CardNumber, Verdict: SODMissing,
	}}
	if err := e.start(ctx, opening{id: id, record: rec, body: CaseOpened{Checked: "other-document", Tries: -1, NoCard: true}}); err != nil {
		return false, err
	}
	return false, e.learnFirst(ctx)
}

// openWithout finds the unfinished case that was opened without this card: by
// the same numbers, or by a contract under which the card got a certificate.
func (e *Engine) openWithout(q StatusSearch, r Register) (CaseID, bool) {
	under := func(card CardNumber, contract string) bool {
		return card != "" && contract != "" && slices.ContainsFunc(r.Certificates, func(f CertificateFact) bool {
			return f.CardNumber == card && f.Contract == contract
		})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.book.open() {
		have, readable := e.records[c.ID]
		if !c.NoCard || !readable {
			continue
		}
		card, contract := have.Identity.CardNumber, have.Contract
		if card != "" && card == q.CardNumber || contract != "" && contract == q.Contract ||
			under(card, q.Contract) || under(q.CardNumber, contract) {
			return c.ID, true
		}
	}
	return "", false
}

// holderOf is the name in the certificate of that card issued last, or in that
// of any card if it has none.
func holderOf(q StatusSearch, r Register) string {
	if len(r.Certificates) == 0 {
		return ""
	}
	return slices.MaxFunc(r.Certificates, func(a, b CertificateFact) int {
		return cmp.Or(
			cmp.Compare(btoi(a.CardNumber == q.CardNumber), btoi(b.CardNumber == q.CardNumber)),
			a.NotBefore.Compare(b.NotBefore),
		)
	}).CommonName
}

// searchOpen: both numbers of the person, or the number of his contract.
func searchOpen(q StatusSearch) []string {
	var open []string
	if q.Contract != "" && q.PersonalNumber == "" && q.CardNumber == "" {
		if len(q.Contract) > maxContract {
			open = append(open, FieldContract)
		}
		return open
	}
	if !digits(string(q.PersonalNumber), 13) {
		open = append(open, FieldPersonalNumber)
	}
	if !digits(string(q.CardNumber), 9) {
		open = append(open, FieldCardNumber)
	}
	return open
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

func searchProblem(q StatusSearch, r Register) *Error {
	for _, c := range r.Contracts {
		if c.Number == q.Contract && c.State == ContractOther {
			return &Error{Code: CodeContractOther}
		}
	}
	switch {
	case len(r.Certificates) > 0:
		return nil
	case q.Contract != "" && len(r.Contracts) == 0:
		return &Error{Code: CodeNoContract}
	}
	return &Error{Code: CodeNotFound}
}
