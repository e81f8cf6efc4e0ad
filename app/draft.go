package app

import "salter/app/procedure"

// draft is what the clerk has entered on the page that is up and not yet
// confirmed. It begins with what the case holds.
type draft struct {
	of    procedure.CaseID
	phase procedure.Phase
	// aside is a page that the clerk opened beside that of the phase; empty:
	// none.
	aside screen
	// back is the page from which preview or choice of the printer was opened;
	// empty: that of the phase.
	back screen

	person    procedure.PersonAnswers
	papers    procedure.PaperTicks
	email     procedure.EmailAnswer
	ending    procedure.HandOverTicks
	refusal   procedure.Code // the reason chosen
	led       procedure.Code // the failure that led to the refusal
	override  procedure.OverrideRequest
	paperDay  string // of the contract on paper, as typed
	brought   map[procedure.PaperKind]int
	received  string // when Obrazac 3 was received, as typed
	search    search
	reference string // of the answer of the authority's operator, as typed
	ledger    ledger
}

// follow begins a new draft when another case or another phase is up, or when
// the clerk has left.
func (d *draft) follow(s procedure.Snapshot) {
	c := s.Case
	switch {
	case s.Clerk == nil:
		*d = draft{}
	case c == nil:
		if d.of != "" {
			*d = draft{}
		}
	case d.of == c.ID && onScreenB(d.phase) && onScreenB(c.Phase):
		if d.phase != c.Phase {
			d.phase, d.aside, d.back = c.Phase, "", ""
		}
	case d.of != c.ID || d.phase != c.Phase:
		old := *d
		*d = draft{of: c.ID, phase: c.Phase, person: c.Person, papers: c.Ticks, email: c.Email, ending: c.HandOver}
		d.email.Again = d.email.Address // it was typed twice then
		if d.person.Status == (procedure.StatusAnswers{}) {
			d.person.Status = c.Signed // parked when it was signed
		} else {
			d.person.Status.Document = c.Status.Document
		}
		if old.of == c.ID {
			d.keepScreenB(&old, c)
		}
		d.brought = map[procedure.PaperKind]int{}
		for _, f := range c.Brought {
			d.brought[f.Kind] = f.Circled
		}
	}
}

// keepScreenB keeps what the core does not have yet: somebody who goes a page
// back does not begin anew. Signatures are those on the papers that are printed.
func (d *draft) keepScreenB(old *draft, c *procedure.CaseView) {
	if c.Printed && c.Ticks == (procedure.PaperTicks{}) {
		d.papers, d.received = old.papers, old.received
	}
	if c.Email == (procedure.EmailAnswer{}) {
		d.email = old.email
	}
}

// onScreenB reports whether a phase is one of the two whose answers stand on
// one page.
func onScreenB(p procedure.Phase) bool {
	return p == procedure.PhasePapers || p == procedure.PhaseEmail
}

// The names of controls of single pages. A question, tick or field has the
// name that the core gives it in Error.Fields, which is also the end of the
// ids of its messages.
const (
	fieldPlace      = "place"
	fieldPassword   = "password"
	fieldPaperDay   = "paper_day"
	fieldSearchBy   = "search_by"
	fieldEnd        = "end_contract"
	controlPrint    = "print"
	controlRefuse   = "refuse"
	controlMore     = "more"
	controlPad      = "pad"
	controlCancel   = "cancel"
	controlSync     = "sync"
	controlAsk      = "ask"
	controlOverride = "override"
	controlBrought  = "brought"
	controlLanguage = "language"
	controlPreview  = "preview"
	controlSearch   = "search"
	controlDay      = "day"
	controlSkip     = "skip"
	controlJournal  = "journal"
	controlPapers   = "papers"
	controlPrinter  = "another_printer"
	controlCheck    = "check"
	controlList     = "list"
	controlRemote   = "remote"
	controlUnsent   = "unsent"
	controlExport   = "export"
	controlCopy     = "copy"
	fieldFilter     = "filter"
	fieldJob        = "job"
	fieldPrinter    = "printer"
	controlBefore   = "before"
	controlAfter    = "after"
	controlLook     = "look"
	controlLock     = "lock"
	controlDisplay  = "display"
	suffixNo        = ".no"
	prefixCase      = "case."
	prefixChange    = "change."
	prefixReason    = "reason."
	prefixLink      = "link."
)
