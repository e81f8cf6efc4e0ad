package app

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"salter/app/procedure"
)

// contentPage is screen C: the answers, and the certificate to be.
func (a *App) contentPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.setBack(p, a.words.say("back"), a.goBack(procedure.PhaseEmail))
	a.setLater(p)
	if c.Preview == nil {
		a.setPrimary(p, a.words.say("retry"), a.retry)
		return column(unit(4), a.heading("content.heading"),
			para(styleBody, a.words.say("content.waiting"), a.measure()))
	}
	a.setPrimary(p, a.words.say("content.go"), func() {
		a.do("content", a.cfg.Desk.ConfirmContent, a.turnScreen)
	})
	return column(unit(4), a.heading("content.heading"),
		a.abreast(panel(a.answers(p, c)), panel(fixed(a.half(), a.preview(c.Preview)))))
}

// half is the measure of one of the two sheets of screen C.
func (a *App) half() float32 { return a.share(0.5) - 2*unit(6) }

func (a *App) answers(p *page, c *procedure.CaseView) fyne.CanvasObject {
	email := a.words.say("content.email.none")
	if c.Email.Wanted == procedure.Yes {
		email = c.Email.Address
	}
	rows := []fyne.CanvasObject{line(styleSub, a.words.say("content.answers"))}
	rows = append(rows,
		a.changeable(p, "content.person", fullName(c.Identity), procedure.PhasePerson), rule(),
		a.changeable(p, "content.papers", a.words.fill("content.papers."+string(c.Action), with{"Contract": c.Contract.Number, "Date": a.date(c.Contract.Date)}), procedure.PhasePapers), rule(),
		a.changeable(p, "content.email", email, procedure.PhaseEmail), rule(),
		fact(a.words.say("content.until"), a.date(c.Identity.ValidUntil), a.half()))
	return column(unit(2.5), rows...)
}

// changeable is one answer with the button that leads back to it.
func (a *App) changeable(p *page, id, value string, to procedure.Phase) fyne.CanvasObject {
	b := newButton(a.keys, rankQuiet, a.words.say("change"), "", a.goBack(to))
	b.spoken = a.words.fill("change.spoken", with{"What": a.words.say(id)})
	p.add(prefixChange+string(to), b)
	width := a.half() - b.MinSize().Width
	return row(0, container.New(fixedWidth(width), fact(a.words.say(id), value, width)), b)
}

// fact is a value under its name.
func fact(name, value string, width float32) fyne.CanvasObject {
	return column(0, para(styleCaption, name, width), para(styleStrong, value, width))
}

// preview is what the authority says the certificate will contain.
func (a *App) preview(v *procedure.Preview) fyne.CanvasObject {
	width := a.half()
	valid := a.words.fill("content.valid.value", with{"From": a.day(v.NotBefore), "To": a.day(v.NotAfter)})
	if v.CardCapped {
		valid += " " + a.words.say("content.valid.capped")
	}
	email := v.Email
	if email == "" {
		email = a.words.say("content.email.none")
	}
	rows := []fyne.CanvasObject{
		line(styleSub, a.words.say("content.certificate")),
		fact(a.words.say("content.cn"), v.CommonName, width),
		topRow(unit(4), fact(a.words.say("content.surname"), v.Surname, width/2-unit(2)), fact(a.words.say("content.given"), v.GivenName, width/2-unit(2))),
		fact(a.words.say("content.serial"), strings.Join(strings.Fields(v.SerialNumber), "\n"), width),
		fact(a.words.say("content.san"), email, width),
		fact(a.words.say("content.valid"), valid, width),
		fact(a.words.say("content.issuer"), v.Issuer, width),
	}
	return column(unit(2.5), rows...)
}

func (a *App) retry() {
	a.do("continue", func(ctx context.Context) error { return a.cfg.Desk.Continue(ctx) }, nil)
}
