package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// clerkFrame puts band, steps, action bar and status line around a page.
func (a *App) clerkFrame(p *page, body fyne.CanvasObject) fyne.CanvasObject {
	var above fyne.CanvasObject
	if !p.noticed {
		if n := a.notices(p, a.pageWidth()); n != nil {
			above = column(0, natural(n), gap(unit(3)))
		}
	}
	band, bottom := a.band(p), column(0, a.actionBar(p), a.statusLine())
	var middle fyne.CanvasObject = inset(pageMargin(), pageMargin(), around(above, nil, nil, nil, body))
	room := max(a.size.Height, lowest) - band.MinSize().Height - bottom.MinSize().Height
	if p.missing = middle.MinSize().Height - room; p.missing > 0 {
		middle = p.scrolling(middle)
	}
	var left fyne.CanvasObject
	if a.hasRail() {
		left = a.rail(a.snapshot.Case)
	}
	return around(band, bottom, left, nil, middle)
}

// pageMargin is the space around a page.
func pageMargin() float32 { return unit(6) }

// railWidth is the width of the list of steps.
func railWidth() float32 { return unit(59) }

// widest is the limit for lines and sheets: wider ones do not read better.
func widest() float32 { return unit(250) }

func (a *App) hasRail() bool {
	c := a.snapshot.Case
	return c != nil && a.snapshot.Clerk != nil && !a.locked && c.Phase != procedure.PhaseRefused
}

// pageWidth is the width that a clerk's page has for itself.
func (a *App) pageWidth() float32 {
	w := max(a.size.Width, narrowest) - 2*pageMargin()
	if a.hasRail() {
		w -= railWidth() + theme.Size(theme.SizeNameSeparatorThickness)
	}
	return min(w, widest())
}

// bareFrame shows a page of the citizen: nothing but the page.
func (a *App) bareFrame(_ *page, body fyne.CanvasObject) fyne.CanvasObject {
	content := inset(unit(6), unit(8), centred(body))
	if !a.snapshot.Demo {
		return filled(colourSurface, content)
	}
	badge := inset(unit(3), unit(4), spread(gap(1), a.demoBadge("demo.long")))
	return filled(colourSurface, around(badge, nil, nil, nil, content))
}

// band is the head of every clerk's page: the program, the citizen of the
// case, the clerk.
func (a *App) band(p *page) fyne.CanvasObject {
	s := a.snapshot
	inCase := s.Case != nil && s.Clerk != nil && !a.locked
	name := line(styleSub.in(colourOnBand), a.words.say("product"))
	left := []fyne.CanvasObject{name}
	if !inCase {
		left[0] = column(0, name, line(styleCaption.in(colourOnBandSoft), a.words.say("product.subtitle")))
	}
	if s.Demo {
		left = append(left, a.demoBadge("demo.short"))
	}
	if inCase {
		name, where := fullName(s.Case.Identity), "band.case"
		switch {
		case name == "" && s.Case.NoCard:
			name = a.words.say("band.no-card")
		case name == "":
			name = a.words.say("band.unread")
		}
		if s.Case.Identity.CardNumber == "" {
			where = "band.case.plain"
		}
		left = append(left, column(0,
			line(styleStrong.in(colourOnBand), name),
			line(styleCaption.in(colourOnBandSoft), a.words.fill(where, with{"Card": string(s.Case.Identity.CardNumber), "Case": s.Case.Number}))))
	}
	look := newButton(a.keys, rankBand, a.words.say("look.open"), a.words.say("key.look"), a.openLook)
	p.add(controlLook, look)
	p.keys[fyne.KeyF10] = a.openLook
	if p.screen == screenLook {
		look.Hide()
		delete(p.keys, fyne.KeyF10)
	}
	right := gap(1)
	if s.Clerk != nil {
		right = column(0,
			line(style{colour: colourOnBand, align: fyne.TextAlignTrailing}, s.Clerk.Name),
			line(style{size: theme.SizeNameCaptionText, colour: colourOnBandSoft, align: fyne.TextAlignTrailing}, a.words.fill("band.clerk", with{"Number": s.Clerk.Number, "Counter": s.Counter})))
	}
	return filled(colourBand, inset(unit(2), pageMargin(), spread(row(unit(6), left...), row(unit(6), right, look))))
}

func (a *App) demoBadge(id string) fyne.CanvasObject {
	r := canvas.NewRectangle(theme.Color(colourDemo))
	r.CornerRadius = theme.Size(theme.SizeNameInputRadius)
	return container.NewStack(r, inset(unit(1), unit(3), line(styleStrong.in(colourOnDemo), a.words.say(id))))
}

// rail lists the steps of the case: done, now, to come; below them the time
// that is left for a change of status.
func (a *App) rail(c *procedure.CaseView) fyne.CanvasObject {
	steps := railSteps(c)
	now := railStep(c, steps)
	rows := []fyne.CanvasObject{line(styleCaption, a.words.say(a.specific("rail.heading"))), gap(unit(1))}
	for i, id := range steps {
		rows = append(rows, a.railRow(id, i, now))
	}
	width := railWidth() - 2*unit(4)
	if !c.Deadline.IsZero() {
		rows = append(rows, gap(unit(3)), a.deadline(c, width))
	}
	edge := canvas.NewRectangle(theme.Color(colourLine))
	edge.SetMinSize(fyne.NewSize(theme.Size(theme.SizeNameSeparatorThickness), 1))
	body := inset(unit(5), unit(4), fixed(width, column(unit(1), rows...)))
	return around(nil, nil, nil, edge, filled(colourSurface, body))
}

// deadline keeps the clock of a change of status in sight (E23).
func (a *App) deadline(c *procedure.CaseView, width float32) fyne.CanvasObject {
	tone := toneInfo
	if a.cfg.Now().After(c.Deadline) {
		tone = toneError
	}
	return tone.box(a.words.say("deadline"), width,
		para(styleStrong, a.moment(c.Deadline), boxMeasure(width)),
		para(styleCaption, a.words.fill("deadline.received", with{"Time": a.moment(c.Received)}), boxMeasure(width)))
}

func (a *App) railRow(id string, i, now int) fyne.CanvasObject {
	d, s, state := pictureTodo, styleSecondary, "rail.todo"
	switch {
	case i < now:
		d, s, state = pictureDone, styleBody, "rail.done"
	case i == now:
		d, s, state = pictureNow, styleStrong.in(theme.ColorNamePrimary), "rail.now"
	}
	words := column(0, line(s, a.words.say(id)), line(styleCaption, a.words.say(state)))
	r := inset(unit(1.5), unit(2), row(unit(3), picture(d, unit(5.5)), words))
	if i == now {
		return sheet(colourPrimarySoft, colourPrimarySoft, r)
	}
	return r
}

// actionBar holds the buttons: back at the left, the primary at the right.
func (a *App) actionBar(p *page) fyne.CanvasObject {
	p.working = line(styleSecondary, a.words.say("working"))
	if p.inline {
		return gap(0)
	}
	left := []fyne.CanvasObject{}
	for _, b := range []*button{p.back, p.later} {
		if b != nil {
			left = append(left, b)
		}
	}
	right := []fyne.CanvasObject{p.working}
	for _, b := range p.others {
		right = append(right, b)
	}
	if p.primary != nil {
		right = append(right, p.primary)
	}
	p.busy = len(left)+len(right) == 1 // no button: the program is at work
	bar := inset(unit(2), pageMargin()-ringGap, container.New(spreadLayout{}, row(unit(2), left...), row(unit(2), right...)))
	return column(0, rule(), filled(colourSurface, bar))
}

// statusLine says how reader, authority and journal are.
func (a *App) statusLine() fyne.CanvasObject {
	if a.snapshot.Clerk == nil {
		return gap(0)
	}
	r, l := a.readerStatus(), a.linkWords()
	left := row(unit(6), statusItem(r), statusItem(l))
	return column(0, rule(), inset(unit(1.5), pageMargin(), spread(left, line(styleCaption, a.snapshot.Office))))
}

func statusItem(w sign) fyne.CanvasObject {
	return row(unit(2), picture(w.drawing, unit(4)), line(styleCaption.in(theme.ColorNameForeground), w.short))
}
