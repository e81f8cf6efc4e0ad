package app

import (
	"slices"

	"salter/app/procedure"
)

// phaseHome stands for the home page among the phases of a case.
const phaseHome procedure.Phase = ""

// asides are the pages that the clerk opens beside that of the state, each
// with the phases in which it may be up.
var asides = map[screen][]procedure.Phase{
	screenRefuse:     {procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail, procedure.PhaseContent, procedure.PhasePIN, procedure.PhaseWork},
	screenSupervisor: {procedure.PhasePerson, procedure.PhasePIN, procedure.PhaseWork},
	screenStatus:     {procedure.PhasePerson},
	screenBrought:    {procedure.PhasePapers},
	screenPreview:    {phaseHome, procedure.PhasePapers, procedure.PhaseHandOver, procedure.PhaseClosed, procedure.PhaseRefused},
	screenPrinter:    {phaseHome, procedure.PhasePapers, procedure.PhaseHandOver, procedure.PhaseClosed, procedure.PhaseRefused},
	screenReprint:    {phaseHome, procedure.PhaseClosed, procedure.PhaseRefused},
	screenSearch:     {phaseHome},
	screenDay:        {phaseHome},
	screenJournal:    {phaseHome},
	screenHistory:    {phaseHome},
	screenRemote:     {phaseHome},
	screenUnsent:     {phaseHome},
	screenCheck:      {phaseHome},
}

// openAside shows a page beside that of the state; empty: back to that.
func (a *App) openAside(s screen) {
	a.draft.aside = s
	a.render()
}

// asideUp is the page beside that of the state, if it may be up.
func (a *App) asideUp() screen {
	s, c := a.draft.aside, a.snapshot.Case
	if s == screenPreview && a.viewed == nil {
		return ""
	}
	phase := phaseHome
	if c != nil {
		phase = c.Phase
	}
	if slices.Contains(asides[s], phase) {
		return s
	}
	return ""
}

// tell shows a message once and leads the keyboard to it.
func (a *App) tell(id string) {
	a.notice = id
	a.render()
	a.page.focus(controlFailure)
}

// fail shows what the screens themselves find missing, as if the core had
// said it.
func (a *App) fail(code procedure.Code, fields ...string) {
	a.failure, a.notice = &procedure.Error{Code: code, Tries: -1, Fields: fields}, ""
	a.render()
	a.page.focus(controlFailure)
}
