package app

import (
	"time"

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
	case c != nil && c.SameCard:
		return sign{drawing: pictureDone, short: a.words.say("reader.same.short")}
	case c != nil && a.snapshot.Reader.Identity != nil:
		return sign{drawing: pictureWarning, short: a.words.say("reader.other.short")}
	}
	return a.readerWords()
}

// cardWords say what is known of the card in the reader.
func (a *App) cardWords(r procedure.ReaderView) sign {
	switch {
	case r.Problem != nil:
		t := a.explain(r.Problem)
		return sign{pictureError, pictureCardWrong, a.words.say("reader.problem.short"), t.what, t.do}
	case r.Verdict != nil && !r.Verdict.Eligible && len(r.Verdict.Blocks) > 0:
		t := a.explain(&procedure.Error{Code: r.Verdict.Blocks[0]})
		return sign{pictureWarning, pictureCardWrong, a.words.say("reader.blocked.short"), t.what, t.do}
	case r.Identity != nil && r.Verdict != nil:
		values := with{"Name": fullName(*r.Identity), "Card": string(r.Identity.CardNumber), "Until": r.Identity.ValidUntil.String()}
		return sign{pictureDone, pictureCardIn, a.words.say("reader.ready.short"), a.words.fill("reader.ready.heading", values), a.words.fill("reader.ready.text", values)}
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

// clock is a time of today as hours and minutes, or else with its date.
func (a *App) clock(t time.Time) string {
	t = t.In(a.cfg.Zone)
	if procedure.DateOf(t, a.cfg.Zone) == procedure.DateOf(a.cfg.Now(), a.cfg.Zone) {
		return t.Format("15:04")
	}
	return t.Format("02.01.2006. 15:04")
}

// day is the date of a time in the zone of the counter.
func (a *App) day(t time.Time) string { return procedure.DateOf(t, a.cfg.Zone).String() }

// fullName is the name as on the chip, surname first as on the card.
func fullName(id procedure.Identity) string {
	if id.GivenName == "" {
		return id.Surname
	}
	return id.Surname + " " + id.GivenName
}

// The steps of the rail and where each phase stands among them.
var railSteps = []string{"rail.person", "rail.papers", "rail.content", "rail.pin", "rail.work", "rail.hand-over"}

func railStep(p procedure.Phase) int {
	switch p {
	case procedure.PhasePerson:
		return 0
	case procedure.PhasePapers, procedure.PhaseEmail:
		return 1
	case procedure.PhaseContent:
		return 2
	case procedure.PhasePIN:
		return 3
	case procedure.PhaseWork:
		return 4
	case procedure.PhaseHandOver:
		return 5
	case procedure.PhaseClosed:
		return len(railSteps)
	}
	return 0
}

// routeCase chooses the page for the phase of the current case.
func routeCase(c *procedure.CaseView) screen {
	switch c.Phase {
	case procedure.PhasePerson:
		return screenPerson
	case procedure.PhasePapers:
		if c.Printed {
			return screenSigned
		}
		return screenPapers
	case procedure.PhaseEmail:
		return screenEmail
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

// mayRefuse reports whether the case can still be refused.
func mayRefuse(p procedure.Phase) bool {
	return p != procedure.PhaseHandOver && p != procedure.PhaseClosed && p != procedure.PhaseRefused
}
