package app

import (
	"strconv"

	"fyne.io/fyne/v2"
)

// openLook shows the page on which language, colours and the size of text are
// chosen. The page that is up comes back as it is.
func (a *App) openLook() {
	a.under, a.underFocus = a.page, a.page.focused()
	a.render()
}

// closeLook goes back and keeps the look for the next start.
func (a *App) closeLook() {
	a.page, a.main.page, a.routed, a.under = a.under, a.under, a.under.screen, nil
	a.render()
	a.page.focus(a.underFocus)
	if a.cfg.SaveLook == nil {
		return
	}
	l := a.look
	a.cfg.Go(func() {
		if a.cfg.SaveLook(l) != nil {
			a.cfg.Post(func() { a.tell("look.unsaved") })
		}
	})
}

// lookPage is where the look is chosen. What is chosen is seen at once, so
// there is nothing to confirm.
func (a *App) lookPage(p *page) fyne.CanvasObject {
	p.first = "language"
	a.setBack(p, a.words.say("back"), a.closeLook)
	a.setPrimary(p, a.words.say("look.do"), a.closeLook)
	var languages, palettes, sizes []option
	for _, l := range Languages() {
		languages = append(languages, option{value: string(l), label: a.words.say("language." + string(l))})
	}
	for _, c := range Palettes() {
		palettes = append(palettes, option{value: string(c), label: a.words.say("colours." + string(c))})
	}
	for _, s := range TextSizes() {
		sizes = append(sizes, option{value: strconv.Itoa(s), label: a.words.fill("percent", with{"N": s})})
	}
	width := a.measure() - 2*unit(6)
	choose := func(f func(l *Look)) {
		l := a.look
		f(&l)
		a.SetLook(l)
	}
	return column(unit(4), a.heading("look.heading"), natural(panel(column(unit(5),
		a.choice(p, "language", width, 3, languages, string(a.look.Language), func(v string) { choose(func(l *Look) { l.Language = Language(v) }) }),
		a.choice(p, "colours", width, 3, palettes, string(a.look.Colours), func(v string) { choose(func(l *Look) { l.Colours = Colours(v) }) }),
		a.choice(p, "text_size", width, len(sizes), sizes, strconv.Itoa(a.look.TextSize), func(v string) { choose(func(l *Look) { l.TextSize, _ = strconv.Atoi(v) }) }),
		para(styleSecondary, a.words.say("look.text"), width),
	))))
}
