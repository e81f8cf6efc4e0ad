package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// historyPage tells what happened in one case.
func (a *App) historyPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("history.back"), a.backToJournal)
	h := a.draft.ledger.of
	if h == nil {
		a.setPrimary(p, a.words.say("history.back"), a.backToJournal)
		return line(styleHeading, a.words.say("journal.heading"))
	}
	a.papersKey(p, h.Row.ID, len(h.Jobs))
	if h.Row.Ended.IsZero() {
		a.setPrimary(p, a.words.say("home.resume"), func() {
			a.do("resume", func(ctx context.Context) error { return a.cfg.Desk.ResumeCase(ctx, h.Row.ID) }, nil)
		})
	} else {
		p.keys[fyne.KeyReturn] = p.keys[fyne.KeyEscape]
		p.first = controlBack
	}
	left := a.pageWidth() * 0.36
	right := a.pageWidth() - left - unit(4)
	if a.narrow() {
		left, right = a.pageWidth(), a.pageWidth()
	}
	facts := fixed(left, panel(around(nil, nil, nil, nil, a.scrollsInside(p, a.historyFacts(h, left-2*unit(6)-unit(4))))))
	var rows []fyne.CanvasObject
	for i, e := range h.Entries {
		if i > 0 {
			rows = append(rows, rule())
		}
		rows = append(rows, a.historyRow(e, right-2*unit(6)))
	}
	told := panel(around(nil, nil, nil, nil, a.scrollsInside(p, inset(0, unit(2), column(unit(1.5), rows...)))))
	heading := column(unit(3), line(styleHeading, a.words.fill("history.heading", with{"Number": h.Row.Number})), gap(0))
	if a.narrow() {
		p.scrollByKeys(0)
		return column(unit(1), heading, column(unit(4), facts, told))
	}
	p.scrollByKeys(1)
	return around(heading, nil, facts, nil, around(nil, nil, fixed(unit(4), gap(0)), nil, told))
}

// historyFacts are who, what and how it ended.
func (a *App) historyFacts(h *procedure.CaseHistory, width float32) fyne.CanvasObject {
	name := strings.TrimSpace(h.Person.Surname + " " + h.Person.GivenName)
	if name == "" {
		name = a.nameless(h.Row)
	}
	type named struct{ id, value string }
	var rows []fyne.CanvasObject
	for _, abreast := range [][]named{
		{{"history.person", name}},
		{{"history.personal-number", masked(string(h.Person.PersonalNumber))}, {"history.card", string(h.Person.CardNumber)}},
		{{"history.state", a.caseState(h.Row)}},
		{{"history.opened", a.moment(h.Row.Opened)}, {"history.ended", a.momentOrNone(h.Row.Ended)}},
		{{"facts.contract", a.contractLine(h.Contract)}},
		{{"facts.certificate", a.serials(h)}},
		{{"history.journey", a.journey(h.Row)}},
	} {
		each := (width - float32(len(abreast)-1)*unit(3)) / float32(len(abreast))
		var shown []fyne.CanvasObject
		for _, f := range abreast {
			if f.value != "" {
				shown = append(shown, fixed(each, fact(a.words.say(f.id), sentence(f.value), each)))
			}
		}
		if len(shown) > 0 {
			rows = append(rows, topRow(unit(3), shown...))
		}
	}
	return column(unit(2), rows...)
}

// masked leaves the last four digits of a personal number.
func masked(number string) string {
	if len(number) <= 4 {
		return ""
	}
	return strings.Repeat("•", len(number)-4) + number[len(number)-4:]
}

func (a *App) momentOrNone(t time.Time) string {
	if t.IsZero() {
		return a.words.say("history.open")
	}
	return a.moment(t)
}

// serials are the certificates of the case; in force is the last of them, or
// none.
func (a *App) serials(h *procedure.CaseHistory) string {
	if len(h.Serials) == 0 {
		return ""
	}
	short := make([]string, len(h.Serials))
	for i, s := range h.Serials {
		short[i] = shortSerial(s)
	}
	id := "history.inactive"
	if h.Active {
		id = "history.active"
	}
	return a.words.fill(id, with{"Serials": strings.Join(short, ", ")})
}

func (a *App) journey(r procedure.CaseRow) string {
	if r.Sent {
		return a.words.say("history.sent")
	}
	return a.words.say("history.unsent")
}

// historyRow is one event: when, what, who.
func (a *App) historyRow(e procedure.HistoryEntry, width float32) fyne.CanvasObject {
	day := line(styleCaption, a.day(e.At))
	when := day.MinSize().Width
	below := a.words.fill("history.by", with{"Clerk": e.Clerk, "Number": e.Seq})
	if e.Clerk == "" {
		below = a.words.fill("history.alone", with{"Number": e.Seq})
	}
	if !e.Sent {
		below += " · " + a.words.say("journal.waits")
	}
	measure := width - when - unit(10)
	stamp := fixed(when, column(0, day, line(styleCaption, e.At.In(a.cfg.Zone).Format("15:04:05"))))
	return topRow(unit(4), stamp, column(0, para(styleBody, a.historyWords(e), measure), para(styleCaption, below, measure)))
}

// historyWords say in one sentence what happened.
func (a *App) historyWords(e procedure.HistoryEntry) string {
	id := "history.kind." + string(e.Kind)
	if !a.words.has(id) {
		return a.words.fill("history.other", with{"Kind": string(e.Kind)})
	}
	values := with{"Serial": shortSerial(e.Serial), "Contract": e.Contract, "N": strconv.Itoa(e.Count), "Tries": a.words.tries("pin.tries", e.Count)}
	if e.Why != "" {
		values["Why"] = a.reason(e.Why)
	}
	if e.Step != "" {
		values["Step"] = a.words.say("step." + string(e.Step))
	}
	if e.Action != "" {
		values["Action"] = a.words.say("action." + string(e.Action))
	}
	if e.Failed {
		id = a.words.either(id+".failed", id)
	}
	return a.words.fill(id, values)
}
