package app

import (
	"slices"

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
		width := min(max(body.MinSize().Width, a.measure()), a.pageWidth()) // as wide as what it speaks of
		if n := a.notices(p, width); n != nil {
			above = column(0, natural(n), gap(unit(3)))
		}
	}
	bar, said := a.actionBar(p)
	var right fyne.CanvasObject = line(styleCaption, a.snapshot.Office)
	if !said {
		right = p.working
	}
	band, bottom := a.band(p), column(0, bar, a.statusLine(right))
	if a.hasRail() && a.narrow() && p.screen != screenPreview { // which has no room to give
		parts := []fyne.CanvasObject{a.railLine(a.snapshot.Case), gap(0)}
		if above != nil {
			parts = []fyne.CanvasObject{parts[0], above}
		}
		above = column(unit(3), parts...)
	}
	var middle fyne.CanvasObject = inset(pageMargin(), pageMargin(), around(above, nil, nil, nil, body))
	room := max(a.size.Height, lowest) - band.MinSize().Height - bottom.MinSize().Height + 0.5 // which nobody sees
	if p.missing = middle.MinSize().Height - room; p.missing > 0 {
		middle = p.scrolling(middle)
	}
	var left fyne.CanvasObject
	if a.hasRail() && !a.narrow() {
		left = a.rail(a.snapshot.Case)
	}
	return around(band, bottom, left, nil, middle)
}

// pageMargin is the space around a page.
func pageMargin() float32 { return unit(6) }

// railWidth is the width of the list of steps.
func railWidth() float32 { return unit(59) }

// heading is the heading of a page.
func (a *App) heading(id string) fyne.CanvasObject {
	return para(styleHeading, a.words.say(id), a.pageWidth())
}

// narrow reports whether large text leaves so little room that the sheets of a
// page stand below each other and the steps above it.
func (a *App) narrow() bool {
	return a.windowWidth()-2*pageMargin()-railWidth() < 45*theme.TextSize()
}

// windowWidth is the width for which pages are laid out.
func (a *App) windowWidth() float32 { return max(a.size.Width, narrowest) }

// share is the width of a sheet that has this part of the page beside another
// one; all of it where they stand below each other.
func (a *App) share(part float32) float32 {
	if a.narrow() {
		return a.pageWidth()
	}
	return (a.pageWidth() - unit(4)) * part
}

// abreast puts sheets beside each other, or below each other where the page is
// narrow.
func (a *App) abreast(sheets ...fyne.CanvasObject) fyne.CanvasObject {
	if a.narrow() {
		return column(unit(4), sheets...)
	}
	return topRow(unit(4), sheets...)
}

// single is the one sheet of a page, as wide as running text.
func (a *App) single(o fyne.CanvasObject) fyne.CanvasObject {
	return natural(panel(fixed(a.measure()-2*unit(6), o)))
}

// dialogWidth is the width of the one small sheet in the middle of a page.
func (a *App) dialogWidth() float32 { return min(a.pageWidth()-2*unit(6), 28*theme.TextSize()) }

// scrollsInside lets a part of a page scroll by itself; where the page is narrow
// it scrolls as a whole.
func (a *App) scrollsInside(p *page, o fyne.CanvasObject) fyne.CanvasObject {
	if a.narrow() {
		return o
	}
	return p.scrolling(o)
}

// widest is the limit for the sheets of a page: wider ones do not read better.
func widest() float32 { return unit(375) }

func (a *App) hasRail() bool {
	c := a.snapshot.Case
	return c != nil && a.snapshot.Clerk != nil && !a.locked && c.Phase != procedure.PhaseRefused
}

// pageWidth is the width that a clerk's page has for itself.
func (a *App) pageWidth() float32 {
	w := a.windowWidth() - 2*pageMargin()
	if a.hasRail() && !a.narrow() {
		w -= railWidth() + theme.Size(theme.SizeNameSeparatorThickness)
	}
	return min(w, widest())
}

// bareFrame shows a page of the citizen: nothing but the page.
func (a *App) bareFrame(p *page, body fyne.CanvasObject) fyne.CanvasObject {
	var content fyne.CanvasObject = inset(bareMargin(), unit(8), centred(body))
	if p.missing = body.MinSize().Height - a.bareRoom(); p.missing > 0 {
		content = p.scrolling(content)
	}
	return filled(colourSurface, around(a.bareHead(), nil, nil, nil, content))
}

// bareMargin is the space above and below a page of the citizen.
func bareMargin() float32 { return unit(4) }

// bareHead says above a page of the citizen that nothing of it is in earnest;
// nil if it is.
func (a *App) bareHead() fyne.CanvasObject {
	if !a.snapshot.Demo {
		return nil
	}
	id, above := "demo.long", unit(3)
	if a.narrow() {
		id, above = "demo.short", unit(1)
	}
	return inset(above, unit(4), spread(gap(1), a.demoBadge(id)))
}

// bareWidth is the width that a page of the citizen has for itself.
func (a *App) bareWidth() float32 { return a.windowWidth() - 2*unit(8) }

// bareRoom is the height that a page of the citizen has for itself.
func (a *App) bareRoom() float32 {
	return max(a.size.Height, lowest) - minSize(a.bareHead()).Height - 2*bareMargin()
}

// fit is how roomy a page of the citizen is.
type fit struct {
	gap           float32 // between its parts
	picture       float32 // factor for the drawing; 0: none
	heading, lead style
	brief         bool // without what was said before, or can be found out
}

// fits are what is tried where the text is large, or the screen small.
func fits() []fit {
	return []fit{
		{gap: unit(4), picture: 1, heading: styleDisplay, lead: styleLead},
		{gap: unit(3), picture: 0.5, heading: styleDisplay, lead: styleLead},
		{gap: unit(3), heading: styleHeading, lead: styleLead},
		{gap: unit(2), heading: styleHeading, lead: styleLead, brief: true},
		{gap: unit(1.5), heading: styleSub, lead: styleBody, brief: true},
	}
}

// fitting builds a page of the citizen as roomy as the screen allows: he should
// not have to look for the rest of it.
func (a *App) fitting(build func(fit) fyne.CanvasObject) fyne.CanvasObject {
	var body fyne.CanvasObject
	for _, f := range fits() {
		body = build(f)
		if m := body.MinSize(); m.Height <= a.bareRoom() && m.Width <= a.bareWidth() {
			break
		}
	}
	return body
}

// shrunk is a drawing as large as the page has room for; none at all if there
// is none.
func (f fit) shrunk(d drawing, side float32) []fyne.CanvasObject {
	if f.picture == 0 {
		return nil
	}
	return []fyne.CanvasObject{centred(picture(d, side*f.picture))}
}

// band is the head of every clerk's page: the program, the citizen of the
// case, the clerk.
func (a *App) band(p *page) fyne.CanvasObject {
	s := a.snapshot
	inCase := s.Case != nil && s.Clerk != nil && !a.locked
	look := newButton(a.keys, rankBand, a.words.say("look.open"), a.words.say("key.look"), a.openLook)
	p.add(controlLook, look)
	p.keys[fyne.KeyF10] = a.openLook
	if p.screen == screenLook {
		look.Hide()
		delete(p.keys, fyne.KeyF10)
	}
	right := row(unit(6), look)
	if s.Clerk != nil {
		buttons := []fyne.CanvasObject{look}
		if p.screen != screenLocked && s.Stop == nil {
			lock := newButton(a.keys, rankBand, a.words.say("lock.do"), a.words.say("key.lock"), a.lock)
			p.add(controlLock, lock)
			buttons = []fyne.CanvasObject{lock, look}
		}
		right = row(unit(6), a.whoWorks(), row(unit(2), buttons...))
	}
	var left []fyne.CanvasObject
	if s.Demo {
		left = append(left, a.demoBadge("demo.short"))
	}
	room := a.windowWidth() - 2*pageMargin() - right.MinSize().Width - row(unit(6), left...).MinSize().Width - 2*unit(6)
	product := line(styleSub.in(colourOnBand), a.words.say("product"))
	if !inCase {
		heading := column(0, product, line(styleCaption.in(colourOnBandSoft), a.words.say("product.subtitle")))
		if heading.MinSize().Width > room {
			heading = column(0, product)
		}
		left = append([]fyne.CanvasObject{heading}, left...)
	} else {
		who, where := a.whoseCase()
		if line(styleCaption, where).MinSize().Width > room {
			where = a.words.fill("band.case.plain", with{"Case": a.snapshot.Case.Number})
		}
		if whole := line(styleCaption, where).MinSize().Width + product.MinSize().Width + unit(6); whole <= room {
			left, room = append([]fyne.CanvasObject{product}, left...), room-product.MinSize().Width-unit(6)
		}
		left = append(left, column(0, para(styleStrong.in(colourOnBand), who, room), para(styleCaption.in(colourOnBandSoft), where, room)))
	}
	return filled(colourBand, inset(unit(2), pageMargin(), spread(row(unit(6), left...), right)))
}

// whoseCase names the citizen of the case, and its numbers.
func (a *App) whoseCase() (who, where string) {
	c := a.snapshot.Case
	who, where = fullName(c.Identity), "band.case"
	switch {
	case who == "" && c.Holder != "":
		who = a.words.fill("band.no-card.of", with{"Name": c.Holder})
	case who == "" && c.NoCard:
		who = a.words.say("band.no-card")
	case who == "":
		who = a.words.say("band.unread")
	}
	if c.Identity.CardNumber == "" {
		where = "band.case.plain"
	}
	return who, a.words.fill(where, with{"Card": string(c.Identity.CardNumber), "Case": c.Number})
}

// whoWorks is the clerk at this counter.
func (a *App) whoWorks() fyne.CanvasObject {
	c := a.snapshot.Clerk
	return column(0,
		line(style{colour: colourOnBand, align: fyne.TextAlignTrailing}, c.Name),
		line(style{size: theme.SizeNameCaptionText, colour: colourOnBandSoft, align: fyne.TextAlignTrailing}, a.words.fill("band.clerk", with{"Number": c.Number, "Counter": a.snapshot.Counter})))
}

func (a *App) demoBadge(id string) fyne.CanvasObject {
	r := canvas.NewRectangle(theme.Color(colourDemo))
	r.CornerRadius = theme.Size(theme.SizeNameInputRadius)
	return container.NewStack(r, inset(unit(1), unit(3), line(styleStrong.in(colourOnDemo), a.words.say(id))))
}

// rail lists the steps of the case: done, now, to come; below them the time
// that is left for a change of status.
func (a *App) rail(c *procedure.CaseView) fyne.CanvasObject {
	steps := a.railSteps(c)
	now := railStep(c, steps)
	width := railWidth() - 2*unit(4)
	rows := []fyne.CanvasObject{para(styleCaption, a.words.say(a.specific("rail.heading")), width), gap(unit(1))}
	for i, id := range steps {
		rows = append(rows, a.railRow(id, i, now))
	}
	if !c.Deadline.IsZero() {
		rows = append(rows, gap(unit(3)), a.deadline(c, width))
	}
	edge := canvas.NewRectangle(theme.Color(colourLine))
	edge.SetMinSize(fyne.NewSize(theme.Size(theme.SizeNameSeparatorThickness), 1))
	body := inset(unit(5), unit(4), fixed(width, column(unit(1), rows...)))
	return around(nil, nil, nil, edge, filled(colourSurface, body))
}

// railLine is the rail in one line, for a narrow page.
func (a *App) railLine(c *procedure.CaseView) fyne.CanvasObject {
	steps := a.railSteps(c)
	now := railStep(c, steps)
	d, words := pictureDone, a.words.say(a.specific("rail.heading"))
	if now < len(steps) {
		d, words = pictureNow, a.words.fill("rail.line", with{"Heading": words, "N": now + 1, "Of": len(steps), "Step": a.words.say(steps[now])})
	}
	line := row(unit(3), picture(d, unit(5.5)), para(styleStrong.in(theme.ColorNamePrimary), words, a.pageWidth()-unit(9)))
	if c.Deadline.IsZero() {
		return line
	}
	return column(unit(3), line, a.deadline(c, a.pageWidth()))
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
	measure := railWidth() - 2*unit(6) - unit(8.5)
	words := column(0, para(s, a.words.say(id), measure), line(styleCaption, a.words.say(state)))
	r := inset(unit(1.5), unit(2), row(unit(3), picture(d, unit(5.5)), words))
	if i == now {
		return sheet(colourPrimarySoft, colourPrimarySoft, r)
	}
	return r
}

// actionBar holds the buttons: back at the left, the primary at the right, and
// if there is room the words that an action runs.
func (a *App) actionBar(p *page) (bar fyne.CanvasObject, said bool) {
	p.working = line(styleSecondary, a.words.say("working"))
	if p.inline {
		return gap(0), true
	}
	var left, right []fyne.CanvasObject
	for _, b := range []*button{p.back, p.later} {
		if b != nil {
			left = append(left, b)
		}
	}
	for _, b := range p.others {
		right = append(right, b)
	}
	p.busy = len(left)+len(right) == 0 && p.primary == nil // no button: the program is at work
	rows, said := a.buttonRows(p.working, left, right, p.primary)
	if len(rows) > 2 { // much of the page would be left out: without the names of the keys there are fewer
		for _, b := range append(slices.Clone(p.others), p.back, p.later) {
			if b != nil {
				b.hint = ""
				b.Refresh()
			}
		}
		rows, said = a.buttonRows(p.working, left, right, p.primary)
	}
	return column(0, rule(), filled(colourSurface, inset(unit(2), pageMargin()-ringGap, column(unit(1), rows...)))), said
}

// buttonRows puts all buttons into one row, with the words that say that an
// action runs if there is room for them too; or those between the left and the
// primary one into rows of their own above it.
func (a *App) buttonRows(working fyne.CanvasObject, left, others []fyne.CanvasObject, primary *button) (rows []fyne.CanvasObject, said bool) {
	room := a.windowWidth() - 2*(pageMargin()-ringGap)
	last := []fyne.CanvasObject{}
	if primary != nil {
		last = append(last, primary)
	}
	for _, first := range [][]fyne.CanvasObject{{working}, nil} {
		whole := spread(row(unit(2), left...), row(unit(2), slices.Concat(first, others, last)...))
		if whole.MinSize().Width-unit(3) <= room { // a little nearer to each other than usual
			return []fyne.CanvasObject{whole}, first != nil
		}
	}
	for n := len(left); n > 0 && spread(row(unit(2), left...), row(unit(2), last...)).MinSize().Width > room; n-- {
		left, others = left[:n-1], slices.Concat(left[n-1:], others)
	}
	if primary == nil { // the last row has room for some of them
		for n := len(others) - 1; n >= 0; n-- {
			if spread(row(unit(2), left...), row(unit(2), others[n:]...)).MinSize().Width > room {
				break
			}
			last = others[n:]
		}
		others = others[:len(others)-len(last)]
	}
	var above []fyne.CanvasObject
	for _, r := range rowsOf(others, unit(2), room) {
		above = append(above, spread(gap(1), r))
	}
	return append(above, spread(row(unit(2), left...), row(unit(2), last...))), false
}

// statusLine says how reader, authority and journal are; right stands at its
// end if there is room.
func (a *App) statusLine(right fyne.CanvasObject) fyne.CanvasObject {
	if a.snapshot.Clerk == nil {
		return gap(0)
	}
	r, l := a.readerStatus(), a.linkWords()
	left := row(unit(6), statusItem(r), statusItem(l))
	if left.MinSize().Width+right.MinSize().Width+unit(6) > a.windowWidth()-2*pageMargin() {
		right = gap(1)
	}
	return column(0, rule(), inset(unit(1.5), pageMargin(), spread(left, right)))
}

func statusItem(w sign) fyne.CanvasObject {
	return row(unit(2), picture(w.drawing, unit(4)), line(styleCaption.in(theme.ColorNameForeground), w.short))
}
