package procedure

import (
	"context"
	"strings"
)

// OpenWithoutCard begins a case about a card that is not there, for a change
// of status: lost, stolen, or its holder dead. Who asks is shown by another
// document, and by status.identity_without_card by a supervisor. The register
// has to know the certificates; without its answer nothing can be opened.
func (e *Engine) OpenWithoutCard(ctx context.Context, q StatusSearch) error {
	leave, err := e.enterNew(ctx, "OpenWithoutCard")
	if err != nil {
		return err
	}
	defer leave()
	if e.cfg.Settings.WithoutCard == WithoutCardRefused {
		return &Error{Code: CodeNotNow, Detail: "not without the card"}
	}
	q.Contract = strings.TrimSpace(q.Contract)
	if open := searchOpen(q); len(open) > 0 {
		return &Error{Code: CodeAnswerOpen, Fields: open}
	}
	id := CaseID(newUUID(e.cfg.Now())) // a search is always for a case
	register, err := e.cfg.Authority.Register(ctx, RegisterQuery{
		Case: id, PersonalNumber: q.PersonalNumber, CardNumber: q.CardNumber, Contract: q.Contract,
	})
	if err != nil {
		return asError(CodeNoLink, "search register", err)
	}
	if problem := searchProblem(q, register); problem != nil {
		return problem
	}
	rec := record{Contract: q.Contract, Identity: recordIdentity{
		PersonalNumber: string(q.PersonalNumber), CardNumber: q.CardNumber, Verdict: SODMissing,
	}}
	if err := e.start(ctx, opening{id: id, record: rec, body: CaseOpened{Checked: "other-document", Tries: -1, NoCard: true}}); err != nil {
		return err
	}
	return e.learnFirst(ctx)
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
