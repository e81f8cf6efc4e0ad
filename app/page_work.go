package app

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// expected is how long each step usually takes: from, to.
var expected = map[procedure.Step][2]time.Duration{
	procedure.StepUnblock:     {1 * time.Second, 3 * time.Second},
	procedure.StepCard:        {1 * time.Second, 2 * time.Second},
	procedure.StepKey:         {5 * time.Second, 20 * time.Second},
	procedure.StepContract:    {1 * time.Second, 3 * time.Second},
	procedure.StepRequest:     {1 * time.Second, 5 * time.Second},
	procedure.StepWrite:       {2 * time.Second, 5 * time.Second},
	procedure.StepReadBack:    {1 * time.Second, 2 * time.Second},
	procedure.StepActivate:    {1 * time.Second, 3 * time.Second},
	procedure.StepRetire:      {1 * time.Second, 3 * time.Second},
	procedure.StepStatus:      {1 * time.Second, 5 * time.Second},
	procedure.StepEndContract: {1 * time.Second, 3 * time.Second},
}

// workPage shows the progress of the work on chip and at the authority.
func (a *App) workPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	p.first = controlFailure
	width := a.measure()
	heading, text := a.words.say(a.specific("work.keep")), a.words.say(a.specific("work.keep.text"))
	inner := boxMeasure(width - 2*ringGap)
	keep, slow := para(styleBody, text, inner), para(styleBody, a.words.say(a.specific("work.slow")), inner)
	slow.Hide()
	rows, running := a.stepRows(c.Steps, width-2*unit(6), true)
	p.tick = func(now time.Time) {
		for step, t := range running {
			took := now.Sub(stepOf(c.Steps, step).Started)
			t.set(a.elapsed(took))
			if took > 2*expected[step][1] {
				p.reveal(keep, false)
				p.reveal(slow, true)
			}
		}
	}
	p.tick(a.cfg.Now())
	tone := toneWarning
	if c.Action.ChangesStatus() {
		tone = toneInfo // no card is at work
	}
	warning := newAttention(a.keys, heading, tone.box(heading, width-2*ringGap, container.New(fixedWidth(inner), keep, slow)))
	p.add(controlFailure, warning)
	return column(unit(4), a.heading(a.specific("work.heading")), natural(warning), natural(panel(rows)))
}

// stepRows lists the steps, with their times if asked for; running are the
// texts that show the elapsed time.
func (a *App) stepRows(steps []procedure.StepView, width float32, times bool) (fyne.CanvasObject, map[procedure.Step]*text) {
	running := map[procedure.Step]*text{}
	var rows []fyne.CanvasObject
	usual := float32(0) // the width of the widest usual time
	for _, v := range steps {
		usual = max(usual, a.usually(v.Step).MinSize().Width)
	}
	for i, v := range steps {
		if i > 0 {
			rows = append(rows, rule())
		}
		d, s := pictureTodo, styleSecondary
		expects, took := a.usually(v.Step), line(styleSecondary.trailing(), "")
		switch v.State {
		case procedure.StepDone:
			d, s = pictureDone, styleBody
			expects.set("")
			took.set(a.words.fill("work.took", with{"Time": a.tenths(v.Took)}))
		case procedure.StepFailed:
			d, s = pictureError, styleStrong
			expects.set(a.words.say("work.failed"))
		case procedure.StepNow:
			d, s = pictureNow, styleStrong
			took = line(styleStrong.in(theme.ColorNamePrimary).trailing(), "")
			running[v.Step] = took
		}
		right := fyne.CanvasObject(gap(0))
		if times {
			right = row(unit(2), container.New(fixedWidth(usual), expects), container.New(fixedWidth(unit(14)), took))
		}
		rows = append(rows, stepRow(width, d, s, a.words.say("step."+string(v.Step)), right))
	}
	if len(steps) > 7 {
		return column(unit(1), rows...), running
	}
	return column(unit(2), rows...), running
}

// usually says how long a step takes.
func (a *App) usually(step procedure.Step) *text {
	return line(styleSecondary.trailing(), a.words.fill("work.expected", with{"From": seconds(expected[step][0]), "To": seconds(expected[step][1])}))
}

func stepRow(width float32, d drawing, s style, name string, right fyne.CanvasObject) fyne.CanvasObject {
	left := row(unit(3), picture(d, unit(6)), para(s, name, width-right.MinSize().Width-unit(14)))
	return container.New(fixedWidth(width), spread(left, right))
}

func (a *App) elapsed(d time.Duration) string {
	return a.words.fill("work.elapsed", with{"Time": seconds(max(d, 0))})
}

func seconds(d time.Duration) int { return int(d / time.Second) }

// troublePage says why the work stands still, and what can be done now.
func (a *App) troublePage(p, kept *page) fyne.CanvasObject {
	c := a.snapshot.Case
	if c.Operator != nil {
		return a.operatorPage(p, kept)
	}
	a.setLater(p)
	a.lateSupervisor(p)
	e := c.Problem
	if a.failure != nil {
		e = a.failure
	}
	away := c.WaitsFor == procedure.WaitsForCard && !c.SameCard
	if away && (e == nil || missesCard(e.Code)) {
		e = &procedure.Error{Code: a.missing()}
	}
	t := a.standstill(c.WaitsFor)
	switch {
	case away && a.reading():
		w := a.readerWords()
		t = trouble{what: w.heading + ".", do: w.text, code: "reading"}
	case e != nil:
		t = a.explain(e)
	}
	switch {
	case e != nil && e.Code == procedure.CodePINBlocked && !c.CanSkipRetire:
		a.setPrimary(p, a.words.say("refuse.open"), func() { a.openRefusal(procedure.CodePINBlocked) })
	case c.WaitsFor == procedure.WaitsForCitizen:
		a.skipKey(p, c)
		a.setPrimary(p, a.words.say("pin.turn"), a.turnScreen)
	case away: // the core goes on by itself when the card is back: there is nothing to press
		a.skipKey(p, c)
		p.first = controlFailure
	default:
		a.skipKey(p, c)
		label := "retry"
		if c.WaitsFor == procedure.WaitsForCard || e == nil || goesOn(e.Code) {
			label = "continue"
		}
		a.setPrimary(p, a.words.say(label), a.retry)
		p.keys[fyne.KeyF5] = a.retry
		if c.WaitsFor == procedure.WaitsForClerk && !c.CanSkipRetire {
			a.addOther(p, controlRefuse, rankDanger, a.words.say("refuse.open"), "", func() { a.openRefusal("") })
		}
	}
	tone := toneWarning
	if c.WaitsFor == procedure.WaitsForClerk || c.WaitsFor == procedure.WaitsForNothing {
		tone = toneError
	}
	left := "trouble.kept"
	if c.CanSkipRetire {
		left = "trouble.retire"
	}
	side, width := a.share(0.49), a.share(0.51)
	rows, _ := a.stepRows(c.Steps, side-2*unit(6), false)
	inner := boxMeasure(width - 2*ringGap)
	box := newAttention(a.keys, t.what+" "+t.do, tone.box(t.what, width-2*ringGap,
		para(styleBody, t.do, inner),
		gap(unit(1)),
		para(styleBody, a.words.say(left), inner),
		line(styleCaption, a.words.fill("support.code", with{"Code": t.code}))))
	p.add(controlFailure, box)
	return column(unit(4), a.heading(troubleHeading(c.WaitsFor)), a.abreast(box, panel(rows)))
}

// skipKey lets the case end with the old certificate left on the chip.
func (a *App) skipKey(p *page, c *procedure.CaseView) {
	if c.CanSkipRetire {
		a.addOther(p, controlSkip, rankSecondary, a.words.say("trouble.skip"), "", a.skipRetire)
	}
}

func (a *App) skipRetire() { a.do("skip-retire", a.cfg.Desk.SkipRetire, nil) }

// standstill explains a case that waits without a failure, for instance after
// the program was started again.
func (a *App) standstill(w procedure.WaitsFor) trouble {
	id := "standstill"
	if w == procedure.WaitsForAuthority {
		id = "standstill.authority"
	}
	return trouble{
		what: a.words.say(id + ".what"),
		do:   a.words.fill(id+".do", with{"Step": a.words.say("step." + string(pendingStep(a.snapshot.Case.Steps)))}),
		code: "standstill",
	}
}

func troubleHeading(w procedure.WaitsFor) string {
	if w == procedure.WaitsForNothing {
		return "trouble.heading.none"
	}
	return "trouble.heading." + string(w)
}
