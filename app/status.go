package app

import (
	"slices"
	"strings"

	"salter/app/procedure"
)

// sign is a state in a picture, a short word for the status line and a
// sentence with what to do.
type sign struct {
	drawing drawing // small
	large   drawing
	short   string
	heading string
	text    string
}

// readerWords say what reader and card show.
func (a *App) readerWords() sign {
	r := a.snapshot.Reader
	id := ""
	s := sign{drawing: pictureWarning, large: pictureNoReader}
	switch r.State {
	case procedure.ReaderNoService:
		id = "reader.no-service"
	case procedure.ReaderNone:
		id = "reader.none"
	case procedure.ReaderMute:
		id, s.large = "reader.mute", pictureCardWrong
	case procedure.ReaderEmpty:
		id, s.drawing, s.large = "reader.empty", pictureTodo, pictureCardOut
	case procedure.ReaderCard:
		return a.cardWords(r)
	default:
		id, s.drawing, s.large = "reader.unknown", pictureWait, pictureCardOut
	}
	s.short, s.heading, s.text = a.words.say(id+".short"), a.words.say(id+".heading"), a.words.say(id+".text")
	return s
}

// readerStatus is for the status line: inside a case it tells whose card this
// is, not whether it could begin another case.
func (a *App) readerStatus() sign {
	c := a.snapshot.Case
	switch {
	case c != nil && (c.SameCard || c.NoCard && isCardOf(c, a.snapshot.Reader.Identity)):
		return sign{drawing: pictureDone, short: a.words.say("reader.same.short")}
	case c != nil && a.snapshot.Reader.Identity != nil && c.Identity.CardNumber != "":
		return sign{drawing: pictureWarning, short: a.words.say("reader.other.short")}
	}
	return a.readerWords()
}

// isCardOf reports whether this is the card that a case without one is about.
func isCardOf(c *procedure.CaseView, in *procedure.Identity) bool {
	return in != nil && in.CardNumber != "" && in.CardNumber == c.Identity.CardNumber
}

// served reports whether the card in the reader is still there from a case that
// is over, and no other case of it waits.
func (a *App) served() bool { return a.snapshot.Reader.Finished && !a.snapshot.Reader.Waits }

// cardWords say what is known of the card in the reader.
func (a *App) cardWords(r procedure.ReaderView) sign {
	switch {
	case a.served():
		return sign{pictureWarning, pictureCardOut, a.words.say("reader.finished.short"), a.words.say("reader.finished.heading"), a.words.say("reader.finished.text")}
	case r.Problem != nil:
		t := a.explain(r.Problem)
		return sign{pictureError, pictureCardWrong, a.words.say("reader.problem.short"), t.what, t.do}
	case r.Verdict != nil && !r.Verdict.Eligible && len(r.Verdict.Blocks) > 0:
		t := a.explain(&procedure.Error{Code: r.Verdict.Blocks[0]})
		return sign{pictureWarning, pictureCardWrong, a.words.say("reader.blocked.short"), t.what, t.do}
	case r.Identity != nil && r.Verdict != nil:
		values := with{"Name": fullName(*r.Identity), "Card": string(r.Identity.CardNumber), "Until": a.date(r.Identity.ValidUntil)}
		text := "reader.ready.text"
		if r.Waits {
			text = "reader.waits.text"
		}
		return sign{pictureDone, pictureCardIn, a.words.say("reader.ready.short"), a.words.fill("reader.ready.heading", values), a.words.fill(text, values)}
	}
	return sign{pictureWait, pictureCardIn, a.words.say("reader.reading.short"), a.words.say("reader.reading.heading"), a.words.say("reader.reading.text")}
}

// linkWords say how far the journal has reached the authority.
func (a *App) linkWords() sign {
	s := a.snapshot.Sync
	waiting := int(s.Total - s.Acked)
	last := a.words.say("link.never")
	if !s.LastSuccess.IsZero() {
		last = a.words.fill("link.last", with{"Time": a.clock(s.LastSuccess)})
	}
	switch {
	case s.Problem != nil:
		t := a.explain(s.Problem)
		return sign{drawing: pictureWarning, short: a.words.count("link.problem.short", waiting), heading: t.what, text: a.words.count("link.waiting", waiting) + " " + last}
	case waiting > 0:
		return sign{drawing: pictureWait, short: a.words.count("link.waiting.short", waiting), heading: a.words.say("link.sending"), text: a.words.count("link.waiting", waiting) + " " + last}
	}
	return sign{drawing: pictureDone, short: a.words.say("link.synced.short"), heading: a.words.say("link.synced"), text: last}
}

// fullName is the name as on the chip, surname first as on the card.
func fullName(id procedure.Identity) string {
	if id.GivenName == "" {
		return id.Surname
	}
	return id.Surname + " " + id.GivenName
}

// railSteps are the steps of the rail: those of the phases that a case of this
// action goes through. Until it is chosen, they follow what is asked for and
// what is proposed.
func (a *App) railSteps(c *procedure.CaseView) []string {
	action := c.Action
	if c.Phase == procedure.PhasePerson {
		switch a.service() {
		case procedure.ServiceUnblock:
			action = procedure.ActionUnblock
		case procedure.ServiceStatus:
			action = procedure.ActionRevoke // or another: their steps are the same
		default:
			action = a.changeFirst(c)
		}
	}
	switch {
	case action.ChangesStatus() || c.NoCard:
		return []string{"rail.person.status", "rail.papers.plain", "rail.work.status", "rail.hand-over"}
	case action == procedure.ActionUnblock:
		return []string{"rail.person", "rail.papers.plain", "rail.pin", "rail.work.unblock", "rail.hand-over"}
	}
	return []string{"rail.person", "rail.papers", "rail.content", "rail.pin", "rail.work", "rail.hand-over"}
}

// railStep is where the case stands among its steps.
func railStep(c *procedure.CaseView, steps []string) int {
	if c.Phase == procedure.PhaseClosed {
		return len(steps)
	}
	prefix := map[procedure.Phase]string{
		procedure.PhasePerson: "rail.person", procedure.PhasePapers: "rail.papers", procedure.PhaseEmail: "rail.papers",
		procedure.PhaseContent: "rail.content", procedure.PhasePIN: "rail.pin", procedure.PhaseWork: "rail.work",
		procedure.PhaseHandOver: "rail.hand-over",
	}[c.Phase]
	return max(slices.IndexFunc(steps, func(s string) bool { return strings.HasPrefix(s, prefix) }), 0)
}

// routeCase chooses the page for the phase of the current case.
func routeCase(c *procedure.CaseView) screen {
	switch c.Phase {
	case procedure.PhasePerson:
		if c.NoCard {
			return screenStatus
		}
		return screenPerson
	case procedure.PhasePapers:
		if c.Printed || copiesToPrint(c) == 0 {
			return screenSigned
		}
		return screenPapers
	case procedure.PhaseEmail:
		return screenSigned
	case procedure.PhaseContent:
		return screenContent
	case procedure.PhasePIN:
		return screenPIN
	case procedure.PhaseHandOver:
		return screenHandOver
	case procedure.PhaseClosed:
		return screenClosed
	case procedure.PhaseRefused:
		return screenRefused
	}
	if c.Problem == nil && c.WaitsFor == procedure.WaitsForNothing {
		return screenWork
	}
	return screenTrouble
}
