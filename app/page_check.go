package app

import (
	"context"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// openCheck looks at every part of the counter, and shows each finding as it
// comes.
func (a *App) openCheck() {
	if a.working != "" {
		return
	}
	a.findings, a.draft.aside = nil, screenCheck
	a.do("check", func(ctx context.Context) error {
		if a.cfg.Printers != nil {
			list := a.cfg.Printers.List(ctx)
			a.cfg.Post(func() { a.printers = list })
		}
		return a.cfg.Desk.SelfTest(ctx, func(f procedure.Finding) {
			a.cfg.Post(func() {
				a.findings = append(a.findings, f)
				a.render()
			})
		})
	}, nil)
	a.render()
}

// checkPage says of each part of the counter whether it works, and what to do
// if not.
func (a *App) checkPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	a.setPrimary(p, a.words.say("check.again"), a.openCheck)
	p.keys[fyne.KeyF5] = a.openCheck
	width := a.pageWidth()
	columns := make([][]fyne.CanvasObject, a.checkColumns())
	each := (width-float32(len(columns)-1)*unit(4))/float32(len(columns)) - 2*unit(6)
	found := map[procedure.CheckedPart]procedure.Finding{}
	for _, f := range a.findings {
		found[f.Part] = f
	}
	for i, part := range procedure.CheckedParts {
		side := i * len(columns) / len(procedure.CheckedParts)
		if len(columns[side]) > 0 {
			columns[side] = append(columns[side], rule())
		}
		f, known := found[part]
		columns[side] = append(columns[side], a.findingRow(part, f, known, each))
		if part == procedure.PartPrinter && len(a.printers) > 1 {
			columns[side] = append(columns[side], a.printerChoice(p, each-findingIndent()))
		}
	}
	p.scrollByKeys(0)
	var sheets []fyne.CanvasObject
	for _, rows := range columns {
		sheets = append(sheets, panel(fixed(each, column(unit(1.5), rows...))))
	}
	return column(unit(4), a.checkHead(p, width), topRow(unit(4), sheets...))
}

// checkHead says how the check went, and what program this is in which look.
func (a *App) checkHead(p *page, width float32) fyne.CanvasObject {
	looks := a.lookNow(p)
	if !a.narrow() {
		width -= looks.MinSize().Width + unit(4)
	}
	program := a.words.fill("check.program", with{"Version": a.cfg.Version, "Counter": a.snapshot.Counter, "Office": a.snapshot.Office})
	words := column(unit(1), line(styleHeading, a.words.say("check.heading")), para(styleSecondary, a.checkSummary(), width), para(styleCaption, program, width))
	if a.narrow() {
		return column(unit(2), words, looks)
	}
	return spread(words, looks)
}

// checkColumns is how many columns the findings have.
func (a *App) checkColumns() int {
	switch {
	case a.narrow():
		return 1
	case a.pageWidth() < unit(300):
		return 2
	}
	return 3
}

// checkSummary says in one sentence how it went.
func (a *App) checkSummary() string {
	wrong, unsure := 0, 0
	for _, f := range a.findings {
		switch f.Grade {
		case procedure.GradeBad:
			wrong++
		case procedure.GradeWarning:
			unsure++
		}
	}
	switch {
	case len(a.findings) < len(procedure.CheckedParts):
		return a.words.say("check.running")
	case wrong > 0:
		return a.words.count("check.wrong", wrong)
	case unsure > 0:
		return a.words.count("check.unsure", unsure)
	}
	return a.words.say("check.well")
}

// findingMark is the size of the picture before a finding.
func findingMark() float32 { return unit(5.5) }

// findingIndent is where the words of a finding begin.
func findingIndent() float32 { return findingMark() + unit(3) }

// findingRow is one part with what was found.
func (a *App) findingRow(part procedure.CheckedPart, f procedure.Finding, known bool, width float32) fyne.CanvasObject {
	drawing := map[procedure.Grade]drawing{
		"": pictureWait, procedure.GradeGood: pictureDone, procedure.GradeWarning: pictureWarning, procedure.GradeBad: pictureError,
	}[f.Grade]
	measure := width - findingIndent()
	if !known {
		return topRow(unit(3), picture(drawing, findingMark()), column(0, line(styleStrong, a.words.say("check."+string(part))), line(styleCaption, a.words.say("check.waiting"))))
	}
	w := a.words.finding(f, placeHome)
	words := []fyne.CanvasObject{line(styleStrong, w.Part), para(styleBody, w.What, measure)}
	if w.Do != "" {
		words = append(words, para(styleCaption, w.Do, measure))
	}
	return topRow(unit(3), picture(drawing, findingMark()), column(0, words...))
}

// lookNow says in which language and look the screens are, and leads to where
// they are chosen.
func (a *App) lookNow(p *page) fyne.CanvasObject {
	change := newButton(a.keys, rankSecondary, a.words.say("change"), a.words.say("key.look"), a.openLook)
	change.spoken = a.words.fill("change.spoken", with{"What": a.words.say("check.look")})
	p.add(controlDisplay, change)
	is := a.words.fill("check.look.is", with{
		"Language": a.words.say("language." + string(a.look.Language)), "Colours": a.words.say("colours." + string(a.look.Colours)),
		"Size": a.words.fill("percent", with{"N": a.look.TextSize}),
	})
	return row(unit(4), column(0, line(styleCaption, a.words.say("check.look")), line(styleBody, is)), change)
}

// printerChoice lets the clerk print on another printer. What was chosen is
// checked at once.
func (a *App) printerChoice(p *page, width float32) fyne.CanvasObject {
	return fixed(width+findingIndent(), spread(gap(1), a.printerAnswers(p, width, 2, a.openCheck)))
}
