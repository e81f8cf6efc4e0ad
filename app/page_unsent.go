package app

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// openUnsent shows what the authority does not hold yet.
func (a *App) openUnsent() { a.readUnsent(nil) }

// readUnsent reads the list after something was done.
func (a *App) readUnsent(first func(context.Context) error) {
	var list procedure.UnsentList
	a.do("unsent", func(ctx context.Context) (err error) {
		var failed error
		if first != nil {
			failed = first(ctx)
		}
		if list, err = a.cfg.Desk.Unsent(ctx); err != nil {
			return err
		}
		a.cfg.Post(func() { a.draft.ledger.unsent = list })
		return failed
	}, func() { a.draft.ledger.unsent, a.draft.aside = list, screenUnsent })
}

// unsentPage says why records wait and when they are tried again, and offers
// the other ways.
func (a *App) unsentPage(p *page) fyne.CanvasObject {
	l := &a.draft.ledger
	a.setBack(p, a.words.say("history.back"), a.backToJournal)
	a.addOther(p, controlCopy, rankSecondary, a.words.say("unsent.copy"), a.words.say("key.copy"), a.copyJournal)
	a.addOther(p, controlExport, rankSecondary, a.words.say("unsent.export"), "", a.exportJournal)
	p.keys[fyne.KeyF7] = a.copyJournal
	again := func() { a.readUnsent(a.cfg.Desk.SyncNow) }
	a.setPrimary(p, a.words.say("unsent.try"), again)
	p.keys[fyne.KeyF5] = again
	width := a.pageWidth()
	inner := width - 2*unit(6) - 2*unit(2)
	top := []fyne.CanvasObject{line(styleHeading, a.words.say("unsent.heading")), a.syncBox(p, width)}
	if l.file != nil {
		values := with{"File": l.file.Path, "From": l.file.From, "To": l.file.To, "Parts": l.file.Parts}
		top = append(top, toneSuccess.box(a.words.say("unsent.exported"), width, para(styleBody, a.words.fill("unsent.exported.text", values), boxMeasure(width))))
	}
	if l.copied != nil {
		values := with{"File": l.copied.Path, "N": l.copied.Events}
		top = append(top, toneSuccess.box(a.words.say("unsent.copied"), width, para(styleBody, a.words.fill("unsent.copied.text", values), boxMeasure(width))))
	}
	var rows []fyne.CanvasObject
	for i, r := range l.unsent.Records {
		if i > 0 {
			rows = append(rows, rule())
		}
		rows = append(rows, a.unsentRow(r, inner))
	}
	if l.unsent.More {
		rows = append(rows, rule(), para(styleSecondary, a.words.say("unsent.more"), inner))
	}
	if len(rows) == 0 {
		return column(unit(3), append(top, panel(line(styleSecondary, a.words.say("unsent.none"))))...)
	}
	p.scrollByKeys(0)
	head := column(unit(3), append(top, gap(0))...)
	return around(head, nil, nil, nil, panel(around(nil, nil, nil, nil, a.scrollsInside(p, inset(0, unit(2), column(unit(1.5), rows...))))))
}

// syncBox says why what waits waits, and until when. The time of the next try
// is followed by the second.
func (a *App) syncBox(p *page, width float32) fyne.CanvasObject {
	s, link := a.snapshot.Sync, a.linkWords()
	inner := boxMeasure(width)
	next := para(styleBody, a.nextTry(), inner)
	p.tick = func(time.Time) { next.set(a.nextTry()) }
	if s.Problem == nil {
		if s.Acked == s.Total {
			return toneSuccess.box(link.heading, width, para(styleBody, link.text, inner))
		}
		return toneInfo.box(link.heading, width, para(styleBody, link.text, inner), next)
	}
	t := a.explain(s.Problem)
	return toneWarning.box(t.what, width, para(styleBody, t.do, inner), para(styleBody, link.text, inner), next,
		para(styleCaption, a.words.fill("support.code", with{"Code": t.code}), inner))
}

// nextTry says when the program tries again by itself.
func (a *App) nextTry() string {
	s := a.snapshot.Sync
	wait := int(s.NextTry.Sub(a.cfg.Now()).Seconds() + 0.5)
	switch {
	case s.Acked == s.Total:
		return ""
	case s.NextTry.IsZero(), wait <= 0:
		return a.words.say("unsent.now")
	}
	return a.words.count("unsent.next", wait)
}

// unsentRow is what waits of one case.
func (a *App) unsentRow(r procedure.UnsentRecord, width float32) fyne.CanvasObject {
	name := a.words.say("unsent.counter")
	if r.Case != "" {
		name = a.words.fill("unsent.case", with{"Number": r.Number})
	}
	why := a.words.say("unsent.turn")
	if r.Problem != nil {
		why = a.explain(r.Problem).what
	}
	measure := width - unit(5.5) - unit(3)
	return topRow(unit(3), picture(pictureWait, unit(5.5)), column(0,
		line(styleStrong, name),
		para(styleCaption, a.words.count("unsent.events", r.Events)+" · "+a.words.fill("unsent.since", with{"Time": a.moment(r.Since)})+" · "+why, measure)))
}

// exportJournal writes what waits into a file for the authority.
func (a *App) exportJournal() {
	var file procedure.HandedOverFile
	a.do("export", func(ctx context.Context) (err error) {
		file, err = a.cfg.Desk.HandOverJournal(ctx)
		return err
	}, func() { a.draft.ledger.file = &file })
}

// copyJournal makes a copy now.
func (a *App) copyJournal() {
	var made procedure.JournalCopy
	a.do("copy", func(ctx context.Context) (err error) {
		made, err = a.cfg.Desk.CopyJournal(ctx)
		return err
	}, func() { a.draft.ledger.copied = &made })
}
