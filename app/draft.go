package app

import "salter/app/procedure"

// draft is what the clerk has entered on the page that is up and not yet
// confirmed. It begins with what the case holds.
type draft struct {
	of     procedure.CaseID
	phase  procedure.Phase
	person procedure.PersonAnswers
	papers procedure.PaperTicks
	email  procedure.EmailAnswer
	ending procedure.HandOverTicks
}

// follow begins a new draft when another case or another phase is up.
func (d *draft) follow(c *procedure.CaseView) {
	if c == nil {
		*d = draft{}
		return
	}
	if d.of == c.ID && d.phase == c.Phase {
		return
	}
	*d = draft{of: c.ID, phase: c.Phase, person: c.Person, papers: c.Ticks, email: c.Email, ending: c.HandOver}
	d.email.Again = ""
}

// The names of controls of single pages. A question, tick or field has the
// name that the core gives it in Error.Fields, which is also the end of the
// ids of its messages.
const (
	fieldPlace    = "place"
	fieldPassword = "password"
	controlPrint  = "print"
	controlRefuse = "refuse"
	controlMore   = "more"
	controlPad    = "pad"
	controlCancel = "cancel"
	controlSync   = "sync"
	suffixNo      = ".no"
	prefixCase    = "case."
	prefixChange  = "change."
	prefixReason  = "reason."
	prefixLink    = "link."
)
