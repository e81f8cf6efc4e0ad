package app

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// pinPage is the clerk's page while the PIN is to come from the citizen.
func (a *App) pinPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.pinButtons(p, c)
	heading, text := a.pinWords(c)
	parts := []fyne.CanvasObject{a.heading(heading)}
	if what, do := a.pinEnded(c); what != "" {
		parts = append(parts, toneWarning.box(what, a.measure(), para(styleBody, do, boxMeasure(a.measure()))))
	}
	inner := a.measure() - 2*unit(6)
	left := []fyne.CanvasObject{para(styleBody, a.words.say(text), inner)}
	switch {
	case c.PIN.Mode == procedure.PINNew, c.PIN.Tries == 0: // a new PIN costs no try, a kept one gets them back
	case c.PIN.Tries == 1:
		left = append(left, row(unit(3), picture(pictureWarning, unit(5.5)), para(styleStrong.in(theme.ColorNameWarning), a.words.say("pin.one"), inner-unit(9))))
	default:
		left = append(left, row(unit(3), picture(pictureInfo, unit(5.5)), para(styleStrong, a.words.tries("pin.tries", c.PIN.Tries), inner-unit(9))))
	}
	return column(unit(4), append(parts, a.single(column(unit(3), left...)))...)
}

// pinButtons are the ways on from there. Once the work has begun there is none
// back, except to the choice of an unblock.
func (a *App) pinButtons(p *page, c *procedure.CaseView) {
	a.setLater(p)
	a.lateSupervisor(p)
	if !c.PIN.Again {
		a.setBack(p, a.words.say("back"), a.goBack(a.beforePIN(c)))
	}
	if !c.CanSkipRetire {
		a.addOther(p, controlRefuse, rankDanger, a.words.say("refuse.open"), "", func() { a.openRefusal("") })
	}
	problem := a.problem()
	switch {
	case problem != nil && problem.Code == procedure.CodePUK: // another try would be spent in vain
		a.setPrimary(p, a.words.say("back"), a.goBack(procedure.PhasePerson))
	case a.blocked(c) && c.CanSkipRetire: // the new certificate is in force
		a.setPrimary(p, a.words.say("trouble.skip"), a.skipRetire)
	case a.blocked(c):
		a.setPrimary(p, a.words.say("pin.unblock"), a.goBack(procedure.PhasePerson))
	default:
		a.skipKey(p, c)
		a.setPrimary(p, a.words.say("pin.turn"), a.turnScreen)
	}
}

// pinWords are the ids of heading and text.
func (a *App) pinWords(c *procedure.CaseView) (heading, text string) {
	heading, text = "pin.heading", a.words.either("pin.text."+string(c.PIN.Mode), "pin.text")
	switch {
	case c.CanSkipRetire:
		text = "trouble.retire"
	case a.blocked(c):
		heading, text = "pin.heading.blocked", "pin.blocked"
	case c.PIN.Mode == procedure.PINNew:
		heading = "pin.heading.new"
	case c.PIN.Again && c.PIN.Mode != procedure.PINKept:
		text = "pin.again"
	}
	return heading, text
}

// blocked reports whether a PIN that is to be typed cannot be. One that is
// kept gets its tries back with the citizen's page, unless they were used up
// after that.
func (a *App) blocked(c *procedure.CaseView) bool {
	switch c.PIN.Mode {
	case procedure.PINNew:
		return false
	case procedure.PINKept:
		return c.PIN.Tries == 0 && c.Problem != nil
	}
	return c.PIN.Tries == 0
}

// beforePIN is the clerk's page before the citizen's.
func (a *App) beforePIN(c *procedure.CaseView) procedure.Phase {
	if c.Action == procedure.ActionUnblock {
		return procedure.PhasePapers
	}
	return procedure.PhaseContent
}

// pinEnded tells the clerk how the citizen's page ended, and what to do now;
// empty if there was none, or if a notice says it.
func (a *App) pinEnded(c *procedure.CaseView) (what, do string) {
	switch {
	case a.failure != nil || a.problem() != nil || a.blocked(c):
		return "", ""
	case a.ended != "":
		id := "pin.ended." + string(a.ended)
		do = a.words.say(id + ".do")
		if !c.SameCard {
			do = a.words.fill("pin.ended.no-card", with{"Card": string(c.Identity.CardNumber)})
		}
		return a.words.say(id), do
	case c.PIN.Last != nil:
		t := a.explain(c.PIN.Last)
		return t.what, t.do
	}
	return "", ""
}

// turnPage asks to turn the screen, or tells the citizen to begin on his own.
// It shows nothing of the case.
func (a *App) turnPage(p *page) fyne.CanvasObject {
	p.bare = true
	a.setPrimary(p, a.words.say("turn.go"), a.beginPIN)
	drawing, heading := pictureTurn, "turn.heading"
	if a.second == nil {
		a.setBack(p, a.words.say("turn.back"), a.turnBack)
	} else {
		drawing, heading = pictureOwn, "turn.heading.own"
		a.setBack(p, a.words.say("pad.cancel"), func() { a.leavePIN(procedure.PINCancelled) })
	}
	p.working = line(styleSecondary.centred(), a.words.say("working"))
	return a.fitting(func(f fit) fyne.CanvasObject {
		parts := append(f.shrunk(drawing, unit(42)),
			para(f.heading.centred(), a.words.say(heading), a.bareWidth()),
			centred(para(f.lead.centred(), a.words.say(a.turnText()), a.textWidth())))
		if a.citizen.note != "" {
			parts = append(parts, centred(toneInfo.box(a.words.say(a.citizen.note), a.textWidth())))
		}
		parts = append(parts, a.citizenLanguages(p), gap(unit(2)), centred(row(unit(4), p.back, p.primary)), p.working)
		return column(f.gap, parts...)
	})
}

// citizenLanguages let the citizen choose the language of his pages, each under
// its own name.
func (a *App) citizenLanguages(p *page) fyne.CanvasObject {
	var options []option
	for _, l := range Languages() {
		options = append(options, option{value: string(l), label: a.words.say("language." + string(l))})
	}
	return centred(a.answersOf(p, controlLanguage, "", min(a.bareWidth(), 33*theme.TextSize()), len(options), options, string(a.citizenLanguage()),
		func(v string) { a.chooseLanguage(Language(v)) }))
}

// turnText says what the citizen is about to do, and nothing of the case.
func (a *App) turnText() string {
	switch c := a.snapshot.Case; {
	case c != nil && c.PIN.Mode == procedure.PINNew:
		return "turn.text.new"
	case a.padWhy() == "pad.why":
		return "turn.text.certificate"
	}
	return "turn.text"
}

// padPage is where the citizen types the PIN: which PIN, how long, how many
// tries, and the pad. A new PIN is typed on two such pages.
func (a *App) padPage(p *page) fyne.CanvasObject {
	p.bare = true
	p.first = controlPad
	p.add(controlPad, a.pad)
	p.rune = a.pad.TypedRune
	p.keys[fyne.KeyReturn] = a.confirmPIN
	p.keys[fyne.KeyEscape] = func() { a.leavePIN(procedure.PINCancelled) }
	cancel := newButton(a.keys, rankSecondary, a.words.say("pad.cancel"), a.words.say("key.esc"), p.keys[fyne.KeyEscape])
	p.add(controlCancel, cancel)

	of := string(a.citizen.mode)
	switch {
	case p.screen == screenAgain:
		of = "again"
	case a.citizen.changed:
		of = "changed"
	}
	return a.fitting(func(f fit) fyne.CanvasObject {
		a.pad.fit(a.bareRoom())
		width, between := unit(104), unit(16)
		if room := a.bareWidth() - a.pad.MinSize().Width; width+between > room { // large text on a small screen
			between = unit(6)
			width = min(width, room-between)
		}
		return topRow(between, fixed(width, column(f.gap, a.padWords(p, f, of, width, cancel)...)), a.pad)
	})
}

// padWords stand beside the pad. What the PIN is for was read before something
// went wrong.
func (a *App) padWords(p *page, f fit, of string, width float32, cancel *button) []fyne.CanvasObject {
	heading := styleHeading
	if f.heading == styleSub {
		heading = styleSub
	}
	parts := []fyne.CanvasObject{para(heading, a.words.say(a.words.either("pad.heading."+of, "pad.heading")), width)}
	if !f.brief {
		parts = append(parts, para(styleBody, a.words.say(a.padWhy()), width))
	}
	if !f.brief || a.citizen.note == "" {
		parts = append(parts, para(f.lead, a.words.say(a.words.either("pad.text."+of, "pad.text")), width))
	}
	if a.citizen.mode != procedure.PINNew {
		parts = append(parts, row(unit(3), picture(pictureInfo, unit(6.5)), para(f.lead.strong(), a.words.tries("pin.tries", a.triesLeft()), width-unit(10))))
		if left := a.triesLeft(); left == 2 || left == 1 && !f.brief { // the page before the last try has said it
			parts = append(parts, para(styleBody, a.words.say("pad.few"), width))
		}
	}
	if a.citizen.note != "" {
		parts = append(parts, toneWarning.box(a.words.say(a.citizen.note), width))
	}
	if f.picture == 1 {
		parts = append(parts, para(styleSecondary, a.words.say("pad.keyboard"), width), gap(unit(2)))
	}
	return append(parts, natural(cancel), a.countdown(p, width))
}

// padWhy is the id of the words that say why a PIN is asked for, and that it
// may be left.
func (a *App) padWhy() string {
	c := a.snapshot.Case
	if c != nil && c.PIN.Mode == procedure.PINEnter && c.Action.Certifies() && !c.CanSkipRetire {
		return "pad.why"
	}
	return "pad.free"
}

// weakPage names kindly why a new PIN is easily guessed.
func (a *App) weakPage(p *page) fyne.CanvasObject {
	p.bare = true
	p.first = controlBack
	p.tick = func(time.Time) {} // for the time-out
	a.setBack(p, a.words.say("weak.another"), a.chooseAnother)
	a.setPrimary(p, a.words.say("weak.keep"), func() { a.enterNew(true) })
	p.primary.hint = ""
	p.back.rank, p.primary.rank = rankPrimary, rankSecondary // what is advised
	delete(p.keys, fyne.KeyReturn)                           // a weak PIN is never an accident
	return a.fitting(func(f fit) fyne.CanvasObject {
		parts := append(f.shrunk(pictureInfo, unit(16)), para(f.heading.centred(), a.words.say("weak.heading"), a.bareWidth()))
		for _, why := range a.citizen.weak {
			parts = append(parts, centred(para(f.lead.strong().centred(), a.words.say("weak."+why), a.textWidth())))
		}
		return column(f.gap, append(parts,
			centred(para(f.lead.centred(), a.words.say("weak.text"), a.textWidth())),
			gap(unit(2)),
			centred(row(unit(4), p.back, p.primary)))...)
	})
}

// countdown appears when the time is nearly over.
func (a *App) countdown(p *page, width float32) fyne.CanvasObject {
	words := para(styleStrong.in(theme.ColorNameWarning), a.words.count("pad.countdown", int(pinAlarm/time.Second)), width-unit(7.5))
	more := newButton(a.keys, rankSecondary, a.words.say("pad.more"), "", func() {
		a.extendPIN()
		p.focus(p.first) // Enter confirms the PIN again
	})
	p.add(controlMore, more)
	box := column(unit(1), row(unit(2), picture(pictureWait.in(theme.ColorNameWarning, ""), unit(5.5)), words), natural(more))
	p.tick = func(now time.Time) {
		left := a.citizen.deadline.Sub(now)
		p.reveal(box, left <= pinAlarm)
		words.set(a.words.count("pad.countdown", max(int((left+time.Second-1)/time.Second), 0)))
	}
	p.tick(a.cfg.Now())
	return fixed(width, box)
}

// checkingPage is up while the attempt runs.
func (a *App) checkingPage(p *page) fyne.CanvasObject {
	p.bare = true
	return column(unit(4),
		centred(picture(pictureWait, unit(14))),
		para(styleDisplay.centred(), a.words.say("checking.heading"), a.bareWidth()),
		para(styleLead.centred(), a.words.say("checking.text"), a.bareWidth()))
}

// onReaderPage says, step by step, what the citizen does at the reader. He ends
// or gives up there.
func (a *App) onReaderPage(p *page) fyne.CanvasObject {
	p.bare = true
	of := string(a.citizen.mode)
	if a.citizen.changed {
		of = "changed"
	}
	return a.fitting(func(f fit) fyne.CanvasObject {
		parts := append(f.shrunk(pictureCardIn, unit(42)),
			para(f.heading.centred(), a.words.say("on-reader.heading"), a.bareWidth()),
			centred(para(f.lead.centred(), a.words.say(a.words.either("pad.text."+of, "pad.text")), a.textWidth())))
		if a.citizen.note != "" {
			parts = append(parts, centred(toneWarning.box(a.words.say(a.citizen.note), a.textWidth())))
		}
		var steps []fyne.CanvasObject
		for _, step := range []string{"on-reader.type", "on-reader.confirm", "on-reader.cancel"} {
			steps = append(steps, para(f.lead, a.words.say(step), a.textWidth()-2*unit(6)))
		}
		return column(f.gap, append(parts,
			centred(natural(panel(column(unit(2), steps...)))),
			centred(row(unit(3), picture(pictureInfo, unit(6.5)), line(f.lead.strong(), a.words.tries("pin.tries", a.triesLeft())))))...)
	})
}

// lastTryPage explains what the last try risks before it is made.
func (a *App) lastTryPage(p *page) fyne.CanvasObject {
	p.bare = true
	p.first = controlBack
	p.tick = func(time.Time) {} // for the time-out
	cancel := func() { a.leavePIN(procedure.PINCancelled) }
	a.setBack(p, a.words.say("last-try.stop"), cancel)
	a.setPrimary(p, a.words.say("last-try.go"), a.takeLastTry)
	p.primary.hint = ""
	delete(p.keys, fyne.KeyReturn) // the last try is never an accident
	return a.fitting(func(f fit) fyne.CanvasObject {
		parts := append(f.shrunk(pictureWarning, unit(16)), para(f.heading.centred(), a.words.say("last-try.heading"), a.bareWidth()))
		if a.citizen.note != "" {
			parts = append(parts, centred(para(f.lead.strong().centred(), a.words.say(a.citizen.note), a.textWidth())))
		}
		return column(f.gap, append(parts,
			centred(para(f.lead.centred(), a.words.say("last-try.text"), a.textWidth())),
			gap(unit(2)),
			centred(row(unit(4), p.back, p.primary)))...)
	})
}

// thanksWords are the ids of heading and text of the citizen's last page. Only
// while the chip is at work he reads that the card is to stay.
func (a *App) thanksWords() (string, string) {
	heading, text, other := "thanks.heading", "thanks.text", "thanks.text."
	if a.second != nil {
		text, other = "thanks.text.own", "thanks.own."
	}
	if end := a.thanksEnd(); end != "" {
		heading, text = a.words.either("thanks.heading."+end, heading), other+end
	}
	return heading, text
}

// thanksEnd is how the citizen's page ended, as far as it concerns him; empty:
// the work goes on.
func (a *App) thanksEnd() string {
	c := a.snapshot.Case
	if a.citizen.stage == atClerk || c == nil { // see guestScreen
		return ""
	}
	var code procedure.Code
	if a.failure != nil {
		code = a.failure.Code
	}
	switch {
	case a.ended == procedure.PINCancelled, code == procedure.CodePadCancelled:
		return "cancelled"
	case !c.SameCard, code == procedure.CodeRemoved:
		return "card-gone"
	case code == procedure.CodePadTimeout:
		return "timeout"
	case code == procedure.CodePINBlocked:
		return "blocked"
	case a.failure != nil, a.ended != "", c.Problem != nil, c.Phase == procedure.PhaseHandOver:
		return "over"
	}
	return ""
}

// thanksPage is the end for the citizen. On a monitor of his own it does not
// concern the clerk.
func (a *App) thanksPage(p *page) fyne.CanvasObject {
	p.bare = true
	heading, text := a.thanksWords()
	if a.second != nil {
		return a.fitting(func(f fit) fyne.CanvasObject {
			return column(f.gap, append([]fyne.CanvasObject{
				para(f.heading.centred(), a.words.say(heading), a.bareWidth()),
				centred(para(f.lead.centred(), a.words.say(text), a.textWidth())),
			}, f.shrunk(pictureCardIn, unit(42))...)...)
		})
	}
	clerk := a.catalogues[a.look.Language] // who need not read the citizen's
	a.setPrimary(p, clerk.say("thanks.go"), a.toClerk)
	return a.fitting(func(f fit) fyne.CanvasObject {
		parts := append(f.shrunk(pictureTurn, unit(42)),
			para(f.heading.centred(), a.words.say(heading), a.bareWidth()),
			centred(para(f.lead.centred(), a.words.say(text), a.textWidth())),
			gap(unit(2)))
		return column(f.gap, append(parts, centred(p.primary), line(styleCaption.centred(), clerk.say("thanks.clerk")))...)
	})
}
