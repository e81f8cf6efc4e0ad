package app

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// openDay reads the day sheet of a day and shows it.
func (a *App) openDay(day procedure.Date) {
	var sheet procedure.DaySheet
	a.do("day", func(ctx context.Context) (err error) {
		sheet, err = a.cfg.Desk.DaySheet(ctx, day)
		return err
	}, func() { a.sheet, a.draft.aside = &sheet, screenDay })
}

// today is the day at the counter.
func (a *App) today() procedure.Date { return procedure.DateOf(a.cfg.Now(), a.cfg.Zone) }

// dayPage shows what the counter did on one day (E30), to be printed.
func (a *App) dayPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	s := a.sheet
	if s == nil {
		a.setPrimary(p, a.words.say("retry"), func() { a.openDay(a.today()) })
		return column(unit(4), a.heading("day.heading"))
	}
	a.dayKey(p, controlBefore, fyne.KeyPageUp, "day.before", "key.page-up", -1)
	if s.Day.Before(a.today()) {
		a.dayKey(p, controlAfter, fyne.KeyPageDown, "day.after", "key.page-down", +1)
	}
	a.setPrimary(p, a.words.say("day.print"), a.printDay)
	p.keys[fyne.KeyF9] = a.printDay
	half := a.share(0.5) - 2*unit(6)
	heading := a.words.fill("day.heading.of", with{"Day": a.date(s.Day)})
	return column(unit(3), para(styleHeading, heading, a.pageWidth()),
		line(styleSecondary, a.words.fill("stop.counter", with{"Counter": s.Counter, "Office": s.Office})),
		a.abreast(column(unit(4), panel(a.dayCounts(s, half)), panel(a.dayRefused(s, half))), panel(a.dayMinutes(s, half))))
}

// dayKey is a button to the day before or after.
func (a *App) dayKey(p *page, name string, key fyne.KeyName, label, hint string, days int) {
	d := a.sheet.Day
	to := procedure.DateOf(time.Date(d.Year, d.Month, d.Day+days, 12, 0, 0, 0, time.UTC), time.UTC)
	act := func() { a.openDay(to) }
	a.addOther(p, name, rankSecondary, a.words.say(label), a.words.say(hint), act)
	p.keys[key] = act
}

func (a *App) dayCounts(s *procedure.DaySheet, width float32) fyne.CanvasObject {
	rows := []fyne.CanvasObject{line(styleSub, a.words.say("day.done"))}
	for _, n := range []struct {
		id    string
		count int
	}{
		{"day.issued", s.Issued}, {"day.renewed", s.Renewed}, {"day.unblocked", s.Unblocked}, {"day.revoked", s.Revoked},
		{"day.suspended", s.Suspended}, {"day.reactivated", s.Reactivated}, {"day.open", s.Open},
	} {
		rows = append(rows, a.numberLine(a.words.say(n.id), n.count, width))
	}
	if n := len(s.RetireSkipped); n > 0 {
		rows = append(rows, rule(), a.numberLine(a.words.say("day.retire-skipped"), n, width))
	}
	return column(unit(1), rows...)
}

func (a *App) dayRefused(s *procedure.DaySheet, width float32) fyne.CanvasObject {
	rows := []fyne.CanvasObject{line(styleSub, a.words.say("day.refused"))}
	for _, r := range s.Refused {
		rows = append(rows, a.numberLine(a.reason(r.Reason), r.Count, width))
	}
	if len(s.Refused) == 0 {
		rows = append(rows, line(styleSecondary, a.words.say("day.refused.none")))
	}
	return column(unit(1), rows...)
}

func (a *App) dayMinutes(s *procedure.DaySheet, width float32) fyne.CanvasObject {
	rows := []fyne.CanvasObject{line(styleSub, a.words.say("day.minutes"))}
	for _, m := range s.Minutes {
		rows = append(rows, fixed(width, spread(
			line(styleBody, a.words.say("action."+string(m.Action))),
			column(0,
				line(style{bold: true, align: fyne.TextAlignTrailing}, a.words.fill("day.mean", with{"Mean": a.minutes(m.Mean), "Count": m.Count})),
				line(style{size: styleCaption.size, colour: colourSecondary, align: fyne.TextAlignTrailing}, a.words.fill("day.median", with{"Median": a.minutes(m.Median)}))))))
	}
	if len(s.Minutes) == 0 {
		rows = append(rows, line(styleSecondary, a.words.say("day.minutes.none")))
	}
	return column(unit(1), rows...)
}

// numberLine is a number at the end of its line.
func (a *App) numberLine(words string, n int, width float32) fyne.CanvasObject {
	return fixed(width, spread(para(styleBody, words, width-unit(16)), line(styleStrong, a.words.fill("number", with{"N": n}))))
}
