package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"salter/app/forms"
	"salter/app/procedure"
)

// stopPage says that nothing may go on, and why.
func (a *App) stopPage(p *page) fyne.CanvasObject {
	t := a.explain(a.snapshot.Stop)
	a.setPrimary(p, a.words.say("stop.close"), a.cfg.Close)
	if a.cfg.Crashed != "" {
		t = trouble{what: a.words.say("crashed.what"), do: a.words.say("crashed.do"), code: "crash " + a.cfg.Crashed}
		a.setPrimary(p, a.words.say("stop.restart"), a.cfg.Restart)
	}
	parts := []fyne.CanvasObject{
		row(unit(4), picture(pictureError, unit(11)), para(styleHeading, t.what, a.textWidth()-unit(15))),
		para(styleLead, t.do, a.textWidth()),
	}
	switch code := a.snapshot.Stop.Code; {
	case code == procedure.CodeInUse, a.cfg.Crashed != "": // the other window goes on, or nothing is wrong
	case code == procedure.CodeFork, code == procedure.CodeTampered: // nobody knows what is there
	default:
		parts = append(parts, para(styleSecondary, a.words.say("stop.kept"), a.textWidth()))
	}
	parts = append(parts, a.forkHeads(a.snapshot.Stop.Fork)...)
	parts = append(parts, rule(), line(styleCaption, a.words.fill("support.code", with{"Code": t.code})))
	if a.cfg.Support != "" {
		parts = append(parts, line(styleCaption, a.words.fill("stop.support", with{"Support": a.cfg.Support})))
	}
	if a.snapshot.Counter != "" { // else the program stopped before it knew
		parts = append(parts, line(styleCaption, a.words.fill("stop.counter", with{"Counter": a.snapshot.Counter, "Office": a.snapshot.Office})))
	}
	return centred(panel(column(unit(4), parts...)))
}

// forkHeads are the two journals that do not agree, in the short form that stands
// on receipts, for a supervisor to compare.
func (a *App) forkHeads(f *procedure.Fork) []fyne.CanvasObject {
	if f == nil {
		return nil
	}
	head := func(id string, h procedure.Head) fyne.CanvasObject {
		return line(styleLead, a.words.fill(id, with{"Size": strconv.FormatInt(h.Size, 10), "Code": forms.JournalCode(h)}))
	}
	parts := []fyne.CanvasObject{head("stop.fork.ours", f.Ours)}
	if f.Theirs == (procedure.Head{}) {
		return append(parts, line(styleLead, a.words.say("stop.fork.unknown")))
	}
	return append(parts, head("stop.fork.theirs", f.Theirs))
}

// signInPage asks for the password of the clerk's key. The field keeps its
// text when the page is built anew.
func (a *App) signInPage(p, kept *page) fyne.CanvasObject {
	in := newInput(a.keys, a.words.say("field.password"), true)
	if kept != nil {
		in = kept.controls[fieldPassword].(*input)
	}
	p.add(fieldPassword, in)
	p.first = fieldPassword
	signIn := func() { a.signIn(in) }
	a.setPrimary(p, a.words.say("sign-in.do"), signIn)
	p.inline, p.retype, p.noticed = true, true, true
	width := a.dialogWidth()
	parts := []fyne.CanvasObject{
		para(styleHeading, a.words.say("sign-in.heading"), width),
		para(styleSecondary, a.words.say("sign-in.text"), width),
		field(in, "", width),
		spread(gap(1), p.primary),
		rule(),
		para(styleCaption, a.words.fill("stop.counter", with{"Counter": a.snapshot.Counter, "Office": a.snapshot.Office}), width),
	}
	if n := a.notices(p, width); n != nil {
		parts = slices.Insert(parts, 1, n)
	}
	return centred(panel(column(unit(4), parts...)))
}

// signIn takes the password out of the field at once; a wrong one is typed
// again.
func (a *App) signIn(in *input) {
	if a.working != "" {
		return
	}
	password := []byte(in.Text)
	in.SetText("")
	a.do("sign-in", func(ctx context.Context) error {
		defer clear(password)
		return a.cfg.Desk.SignIn(ctx, password)
	}, nil)
}

// sendRecords sends what waits, and says whether anything did.
func (a *App) sendRecords() {
	said := noticeSent
	if s := a.snapshot.Sync; s.Acked == s.Total {
		said = noticeNoneWait
	}
	a.do("sync", a.cfg.Desk.SyncNow, func() { a.notice = said })
}

// homePage shows card, link and the unfinished cases, and offers a new case.
func (a *App) homePage(p *page) fyne.CanvasObject {
	p.first = controlPrimary
	a.setBack(p, a.words.say("home.sign-out"), func() { a.do("sign-out", a.cfg.Desk.SignOut, nil) })
	p.back.hint = ""
	delete(p.keys, fyne.KeyEscape) // signing out is never an accident
	for _, k := range []struct {
		name, label, hint string
		key               fyne.KeyName
		act               func()
	}{
		{controlSearch, "home.search", "key.search", fyne.KeyF3, func() { a.openAside(screenSearch) }},
		{controlDay, "home.day", "key.day", fyne.KeyF7, func() { a.openDay(a.today()) }},
		{controlJournal, "home.journal", "key.journal", fyne.KeyF4, a.openJournal},
		{controlCheck, "home.check", "key.check", fyne.KeyF1, a.openCheck},
		{controlSync, "home.sync", "key.retry", fyne.KeyF5, a.sendRecords},
	} {
		a.addOther(p, k.name, rankSecondary, a.words.say(k.label), a.words.say(k.hint), k.act)
		p.keys[k.key] = k.act
	}
	open := func() { a.do("open", a.cfg.Desk.OpenCase, nil) }
	label := "home.new"
	if a.snapshot.Reader.Waits {
		label = "home.resume.card"
	}
	big := newButton(a.keys, rankLarge, a.words.say(label), a.words.say("home.new.keys"), open)
	p.keys[fyne.KeyReturn], p.keys[fyne.KeyF2] = open, open
	if a.served() { // a new case of this card is a decision, not the next Enter
		big = newButton(a.keys, rankSecondary, a.words.say(label), a.words.say("key.new"), open)
		delete(p.keys, fyne.KeyReturn)
		p.first = controlFailure
	}
	p.add(controlPrimary, big)
	buttons := []fyne.CanvasObject{natural(big)}
	if a.unservable() != "" {
		slip := newButton(a.keys, rankSecondary, a.words.say("home.slip"), a.words.say("key.slip"), a.refuseCard)
		p.add(controlRefuse, slip)
		p.keys[fyne.KeyF6] = a.refuseCard
		buttons = append(buttons, natural(slip))
	}
	card := a.cardPanel(p, column(unit(1), buttons...))
	if a.narrow() {
		return column(unit(4), card, a.waitingPanel(p), a.todayPanel(), a.linkPanel())
	}
	right := fixed(sideWidth(), column(unit(4), a.todayPanel(), a.linkPanel()))
	top := column(unit(4), around(nil, nil, nil, topRow(unit(4), gap(0), right), card), gap(0))
	return around(top, nil, nil, nil, a.waitingPanel(p))
}

// sideWidth is the width of the small panels on the home page.
func sideWidth() float32 { return unit(72) }

// besideWidth is the width of those panels: that of the page where it is
// narrow.
func (a *App) besideWidth() float32 {
	if a.narrow() {
		return a.windowWidth() - 2*pageMargin()
	}
	return sideWidth()
}

// cardPanel is the state of the reader with what can be done.
func (a *App) cardPanel(p *page, buttons fyne.CanvasObject) fyne.CanvasObject {
	w := a.readerWords()
	var image fyne.CanvasObject = picture(w.large, unit(35))
	r := a.snapshot.Reader
	if r.State == procedure.ReaderCard && len(r.Portrait) > 0 {
		image = a.portrait(r.Portrait, unit(60))
	}
	measure := a.windowWidth() - 2*pageMargin() - 2*unit(6) - image.MinSize().Width - unit(8)
	if !a.narrow() {
		measure -= sideWidth() + unit(4)
	}
	measure = min(measure, 40*theme.TextSize())
	p.noticed = true
	words := []fyne.CanvasObject{para(styleHeading, w.heading, measure), para(styleLead, w.text, measure)}
	if r.Identity != nil && w.drawing != pictureDone { // whose card it is that cannot be served
		words = append(words, para(styleSecondary, a.words.fill("reader.whose", with{"Name": fullName(*r.Identity), "Card": string(r.Identity.CardNumber)}), measure))
	}
	var state fyne.CanvasObject = column(unit(2), words...)
	if a.served() {
		served := newAttention(a.keys, w.heading+". "+w.text, state)
		p.add(controlFailure, served)
		state = served
	}
	if n := a.notices(p, measure); n != nil {
		state = n
	}
	return panel(topRow(unit(7), image, column(unit(4), state, buttons)))
}

func (a *App) todayPanel() fyne.CanvasObject {
	n := a.snapshot.Today
	rows := []fyne.CanvasObject{para(styleStrong, a.words.say("home.today"), a.besideWidth()-2*unit(6))}
	for _, c := range []struct {
		id    string
		count int
	}{
		{"day.issued", n.Issued}, {"day.renewed", n.Renewed}, {"day.unblocked", n.Unblocked}, {"home.status", n.Status},
		{"home.refused", n.Refused}, {"day.open", n.Open},
	} {
		rows = append(rows, spread(line(styleBody, a.words.say(c.id)), line(styleStrong, a.words.fill("number", with{"N": c.count}))))
	}
	return panel(column(0, rows...))
}

func (a *App) linkPanel() fyne.CanvasObject {
	w := a.linkWords()
	return panel(column(unit(1.5),
		row(unit(2), picture(w.drawing, unit(5)), para(styleStrong, w.heading, a.besideWidth()-unit(20))),
		para(styleCaption, w.text, a.besideWidth()-unit(12))))
}

// waitingPanel lists the unfinished cases, each with its button.
func (a *App) waitingPanel(p *page) fyne.CanvasObject {
	heading := line(styleStrong, a.words.say("home.waiting"))
	if len(a.snapshot.Waiting) == 0 {
		return column(0, panel(column(unit(2), heading, line(styleSecondary, a.words.say("home.waiting.none")))))
	}
	rows := []fyne.CanvasObject{}
	for _, c := range a.snapshot.Waiting {
		rows = append(rows, a.waitingRow(p, c))
	}
	if a.narrow() { // the page scrolls as a whole
		return panel(column(unit(2), heading, column(0, rows...)))
	}
	list := inset(0, unit(4), column(0, rows...))
	whole := heading.MinSize().Height + list.MinSize().Height + 2*unit(4) // in its sheet
	return container.New(atMost(whole), panel(around(heading, nil, nil, nil, p.scrolling(list))))
}

func (a *App) waitingRow(p *page, c procedure.CaseSummary) fyne.CanvasObject {
	resume := newButton(a.keys, rankSecondary, a.words.say("home.resume.row"), "", func() {
		a.do("resume", func(ctx context.Context) error { return a.cfg.Desk.ResumeCase(ctx, c.ID) }, nil)
	})
	resume.spoken = a.words.fill("home.resume.spoken", with{"Number": c.Number})
	p.add(prefixCase+string(c.ID), resume)
	state := a.words.say("phase." + string(c.Phase))
	if c.WaitsFor != procedure.WaitsForNothing {
		state = a.words.fill("home.state", with{"Phase": state, "Waits": a.words.say("waits." + string(c.WaitsFor))})
	}
	if c.Action.ChangesStatus() {
		state = a.words.fill("home.state.of", with{"Action": a.words.say("action." + string(c.Action)), "State": state})
	}
	measure := a.windowWidth() - 2*pageMargin() - 2*unit(6) - resume.MinSize().Width - unit(14)
	words := column(0,
		para(styleStrong, a.waitingName(c), measure),
		para(styleCaption, a.words.fill("home.case", with{"Number": c.Number, "Time": a.clock(c.Opened), "State": state}), measure))
	return spread(row(unit(3), picture(pictureWait, unit(5.5)), words), resume)
}

// waitingName says whose case it is; without the card also by which number he
// was found.
func (a *App) waitingName(c procedure.CaseSummary) string {
	switch {
	case c.Erased:
		return a.words.say("home.nameless")
	case c.Name == "" && !c.NoCard:
		return a.words.say("band.unread")
	case !c.NoCard:
		return c.Name
	}
	parts := []string{a.words.say("band.no-card")}
	if c.Name != "" {
		parts = []string{a.words.fill("band.no-card.of", with{"Name": c.Name})}
	}
	switch {
	case c.CardNumber != "":
		parts = append(parts, a.words.fill("home.by.card", with{"Number": string(c.CardNumber)}))
	case c.Contract != "":
		parts = append(parts, a.words.fill("home.by.contract", with{"Number": c.Contract}))
	}
	return strings.Join(parts, ", ")
}
