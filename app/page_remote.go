package app

import (
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// searchAuthority looks for what stands in the search field at all counters.
func (a *App) searchAuthority() {
	var found procedure.RemoteCases
	typed := a.draft.ledger.typed
	a.do("remote", func(ctx context.Context) (err error) {
		found, err = a.cfg.Desk.SearchAuthority(ctx, typed)
		return err
	}, func() { a.draft.ledger.remote, a.draft.aside = &found, screenRemote })
}

// remotePage lists what the authority found.
func (a *App) remotePage(p *page) fyne.CanvasObject {
	back := a.backToJournal
	a.setBack(p, a.words.say("history.back"), back)
	p.keys[fyne.KeyReturn], p.first = back, controlBack
	found := a.draft.ledger.remote
	heading := line(styleHeading, a.words.say("remote.heading"))
	if found == nil {
		return heading
	}
	width := a.pageWidth()
	said := a.words.count("remote.count", len(found.Cases))
	if found.More {
		said += " " + a.words.say("remote.more")
	}
	head := column(unit(3), heading, para(styleSecondary, said+" "+a.words.say("remote.recorded"), width), gap(0))
	var rows []fyne.CanvasObject
	for i, c := range found.Cases {
		if i > 0 {
			rows = append(rows, rule())
		}
		rows = append(rows, a.remoteRow(p, prefixCase+strconv.Itoa(i), c, width-unit(16)))
	}
	p.scrollByKeys(0)
	if len(rows) == 0 {
		return around(head, nil, nil, nil, gap(1))
	}
	return around(head, nil, nil, nil, panel(around(nil, nil, nil, nil, a.scrollsInside(p, inset(0, unit(2), column(unit(2), rows...))))))
}

// remoteRow is one case of some counter, with the way to a case without the
// card of its holder.
func (a *App) remoteRow(p *page, name string, c procedure.RemoteCase, width float32) fyne.CanvasObject {
	whose := strings.TrimSpace(c.Surname + " " + c.GivenName)
	if whose == "" {
		whose = a.words.say("band.unread")
	}
	who := a.words.fill("remote.who", with{"Personal": masked(string(c.PersonalNumber)), "Card": string(c.CardNumber)})
	where := a.words.fill("remote.where", with{"Number": c.Number, "Counter": c.Counter, "Time": a.moment(c.At)})
	half := (width - unit(4)) / 2
	left := []fyne.CanvasObject{para(styleStrong, whose, half), para(styleCaption, who, half), para(styleCaption, where, half)}
	var right []fyne.CanvasObject
	if c.Contract != "" {
		right = append(right, para(styleCaption, a.words.fill("remote.contract", with{"Contract": c.Contract}), half))
	}
	search := newButton(a.keys, rankSecondary, a.words.say("remote.search"), "", func() {
		a.draft.search = search{byContract: true, number: c.Contract}
		a.openAside(screenSearch)
	})
	for _, held := range c.Certificates {
		right = append(right, para(styleBody, a.words.fill("remote.certificate", with{
			"Serial": shortSerial(held.Serial), "State": a.words.say("certificate." + string(held.State)), "Since": a.day(held.Since),
		}), half))
	}
	if len(c.Certificates) == 0 {
		right = append(right, para(styleCaption, a.words.say("remote.no-certificate"), half))
	}
	if c.Contract != "" {
		search.spoken = a.words.fill("remote.search.spoken", with{"Number": c.Number})
		p.add(name, search)
		right = append(right, natural(search))
	}
	return topRow(unit(4), fixed(half, column(0, left...)), fixed(half, column(0, right...)))
}
