package procedure

import "context"

// OpenWithoutCard begins a case about a lost card.
func (e *Engine) OpenWithoutCard(context.Context, StatusSearch) error {
	return notYet("OpenWithoutCard")
}

// RefuseCard opens and refuses a case in one commit.
func (e *Engine) RefuseCard(context.Context, Code) error { return notYet("RefuseCard") }

// AskAgain learns the facts of the case once more.
func (e *Engine) AskAgain(context.Context) error { return notYet("AskAgain") }

// Override has a supervisor sign.
func (e *Engine) Override(context.Context, []byte, OverrideRequest) error { return notYet("Override") }

// RecordBrought records forms that the citizen brought.
func (e *Engine) RecordBrought(context.Context, []BroughtForm) error { return notYet("RecordBrought") }

// EnterNewPIN sets the PIN that the citizen chose.
func (e *Engine) EnterNewPIN(context.Context, []byte, []byte, bool) error {
	return notYet("EnterNewPIN")
}

// DaySheet counts what this counter did on one day.
func (e *Engine) DaySheet(context.Context, Date) (DaySheet, error) {
	return DaySheet{}, notYet("DaySheet")
}

func notYet(method string) error { return &Error{Code: CodeNotNow, Detail: method} }
