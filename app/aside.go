package app

import (
	"slices"

	"salter/app/procedure"
)

// asides are the pages that the clerk opens beside that of the state, each
// with the phases in which it may be up; no phases: on the home page.
var asides = map[screen][]procedure.Phase{
	screenRefuse:     {procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail, procedure.PhaseContent, procedure.PhasePIN, procedure.PhaseWork},
	screenSupervisor: {procedure.PhasePerson, procedure.PhasePIN, procedure.PhaseWork},
	screenStatus:     {procedure.PhasePerson},
	screenBrought:    {procedure.PhasePapers},
	screenPreview:    {procedure.PhasePapers, procedure.PhaseHandOver, procedure.PhaseRefused},
	screenSearch:     nil,
	screenDay:        nil,
	screenJournal:    nil,
	screenHistory:    nil,
	screenRemote:     nil,
	screenUnsent:     nil,
	screenCheck:      nil,
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
	phases := asides[s]
	if c == nil && len(phases) == 0 || c != nil && slices.Contains(phases, c.Phase) {
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
