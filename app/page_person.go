package app

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"image"
	_ "image/jpeg" // the portrait on the chip (file 0F06)
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"salter/app/procedure"
)

// maxPortrait bounds the picture that is unpacked for the screen, in pixels;
// portraits on cards have fewer than 240 × 320.
const maxPortrait = 2_000_000

// decodePortrait returns nil for what is no picture or far too large.
func decodePortrait(b []byte) image.Image {
	if len(b) == 0 {
		return nil
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width*c.Height > maxPortrait {
		return nil
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return img
}

// personPage is screen A: portrait, verdict, proposal, two questions.
func (a *App) personPage(p *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.setLater(p)
	p.noticed = true
	facts := a.personFacts(c)
	width := a.pageWidth() - facts.MinSize().Width - unit(6)
	right := a.verdict(c, width)
	if c.Verdict.Eligible {
		right = append(right, a.personQuestions(p, width)...)
		a.addOther(p, controlRefuse, rankDanger, a.words.say("refuse.open"), "", func() { a.openRefusal("") })
		a.setPrimary(p, a.words.say("person.go"), a.confirmPerson)
		p.first = procedure.FieldFace
	} else {
		a.setPrimary(p, a.words.say("refuse.open"), func() { a.openRefusal("") })
	}
	if n := a.notices(p, width); n != nil { // last: it leads to the questions
		right = append([]fyne.CanvasObject{natural(n)}, right...)
	}
	return topRow(unit(6), facts, column(unit(3), right...))
}

// The measures of the sheet with the portrait, in a wide window and in a
// narrow one. The clerk compares it with a face: as large as there is room.
const (
	wideFacts, widePortrait     = 336, 288
	narrowFacts, narrowPortrait = 224, 200
)

// personFacts is the portrait with what the chip says.
func (a *App) personFacts(c *procedure.CaseView) fyne.CanvasObject {
	id := c.Identity
	wide := a.pageWidth() == widest
	width, height := float32(narrowFacts), float32(narrowPortrait)
	if wide {
		width, height = wideFacts, widePortrait
	}
	var image fyne.CanvasObject = picture(picturePerson, height)
	if len(c.Portrait) > 0 {
		image = portrait(c.Portrait, height)
	}
	number := "person.jmbg"
	if id.DocType == procedure.DocTypeIF {
		number = "person.ebs"
	}
	inner := width - 2*unit(6)
	half := (inner - unit(2)) / 2
	facts := []fyne.CanvasObject{centred(image), para(styleSub, fullName(id), inner)}
	if wide {
		facts = append(facts,
			a.pair(half, number, string(id.PersonalNumber), "person.card", string(id.CardNumber)),
			a.pair(half, "person.issuer", id.IssuedBy, "person.until", id.ValidUntil.String()))
	} else {
		facts = append(facts,
			fact(a.words.say(number), string(id.PersonalNumber), inner),
			fact(a.words.say("person.card"), string(id.CardNumber), inner),
			fact(a.words.say("person.until"), id.ValidUntil.String(), inner),
			fact(a.words.say("person.issuer"), id.IssuedBy, inner))
	}
	return container.New(fixedWidth(width), panel(column(unit(1.5), facts...)))
}

// pair is two facts beside each other.
func (a *App) pair(half float32, id, value, otherID, other string) fyne.CanvasObject {
	return topRow(unit(2),
		container.New(fixedWidth(half), fact(a.words.say(id), value, half)),
		container.New(fixedWidth(half), fact(a.words.say(otherID), other, half)))
}

// verdict says whether the card may receive a certificate, and what is
// proposed or what to do instead.
func (a *App) verdict(c *procedure.CaseView, width float32) []fyne.CanvasObject {
	inner := boxMeasure(width)
	if !c.SameCard && a.snapshot.Reader.Identity != nil {
		t := a.explain(&procedure.Error{Code: procedure.CodeOtherCard})
		return []fyne.CanvasObject{toneWarning.box(t.what, width, para(styleBody, t.do, inner))}
	}
	if !c.SameCard {
		values := with{"Card": string(c.Identity.CardNumber)}
		return []fyne.CanvasObject{toneWarning.box(a.words.say("verdict.absent"), width, para(styleBody, a.words.fill("verdict.absent.text", values), inner))}
	}
	if !c.Verdict.Eligible {
		var parts []fyne.CanvasObject
		for _, code := range c.Verdict.Blocks {
			t := a.explain(&procedure.Error{Code: code})
			parts = append(parts, para(styleStrong, t.what, inner), para(styleBody, t.do, inner))
		}
		return []fyne.CanvasObject{toneError.box(a.words.say("verdict.no"), width, parts...)}
	}
	boxes := []fyne.CanvasObject{toneSuccess.box(a.words.say("verdict.yes"), width,
		para(styleBody, a.proposal(c), inner),
		line(styleCaption, a.words.tries("verdict.tries", c.Chip.Tries)))}
	var warnings []string
	for _, w := range c.Verdict.Warnings {
		if w != procedure.WarnLastTry { // asked as a question of its own
			warnings = append(warnings, a.words.fill("warning."+string(w), with{"Until": c.Identity.ValidUntil.String()}))
		}
	}
	if len(warnings) > 0 {
		boxes = append(boxes, toneWarning.box(strings.Join(warnings, "\n"), width))
	}
	return boxes
}

// proposal is the one sentence why this service is proposed.
func (a *App) proposal(c *procedure.CaseView) string {
	i := slices.IndexFunc(c.Chip.Certificates, func(c procedure.ChipCertificate) bool { return c.Role == procedure.RoleSignature })
	if i < 0 {
		return a.words.say("proposal.none")
	}
	cert, err := x509.ParseCertificate(c.Chip.Certificates[i].DER)
	if err != nil || a.cfg.Now().Before(cert.NotAfter) {
		return a.words.say("proposal.unusable")
	}
	return a.words.fill("proposal.expired", with{"Date": a.day(cert.NotAfter)})
}

// asksLastTry reports whether the third question is asked (E5).
func (a *App) asksLastTry() bool {
	c := a.snapshot.Case
	return c != nil && a.draft.person.KnowsPIN == procedure.Yes && slices.Contains(c.Verdict.Warnings, procedure.WarnLastTry)
}

func (a *App) personQuestions(p *page, width float32) []fyne.CanvasObject {
	d := &a.draft.person
	qs := []fyne.CanvasObject{
		a.question(p, procedure.FieldFace, width, d.Face, func(v procedure.Answer) { d.Face = v }),
		a.question(p, procedure.FieldKnowsPIN, width, d.KnowsPIN, func(v procedure.Answer) { d.KnowsPIN = v }),
	}
	if a.asksLastTry() {
		qs = append(qs, a.question(p, procedure.FieldLastTry, width, d.LastTry, func(v procedure.Answer) { d.LastTry = v }))
	}
	return qs
}

// question shows a question with its two answers side by side. The control of
// "yes" has the question's name, that of "no" has suffixNo.
func (a *App) question(p *page, name string, width float32, now procedure.Answer, set func(procedure.Answer)) fyne.CanvasObject {
	half := (width - unit(2)) / 2
	answer := func(control, label string, v procedure.Answer) fyne.CanvasObject {
		t := newAnswer(a.keys, label, half-unit(16), now == v, func() { set(v); a.render() })
		t.spoken = a.tickStates()
		p.add(control, t)
		return t
	}
	return column(unit(0.5),
		para(styleStrong, a.words.say("question."+name), width),
		container.New(fixedWidth(width), container.NewGridWithColumns(2,
			answer(name, a.words.say("question."+name+".yes"), procedure.Yes),
			answer(name+suffixNo, a.words.say("question."+name+".no"), procedure.No))))
}

// confirmPerson goes on, or to the refusal where an answer forbids the issue:
// the core records that answer too.
func (a *App) confirmPerson() {
	d := a.draft.person
	a.do("person", func(ctx context.Context) error {
		err := a.cfg.Desk.ConfirmPerson(ctx, d)
		var e *procedure.Error
		if errors.As(err, &e) && (e.Code == procedure.CodeFace || e.Code == procedure.CodeNeedsUnblock) {
			a.cfg.Post(func() { a.openRefusal(e.Code) })
			return nil
		}
		return err
	}, nil)
}

// openRefusal shows the page on which a case is refused; reason is chosen
// beforehand if the answers or the verdict give one.
func (a *App) openRefusal(reason procedure.Code) {
	if rs := a.refusalReasons(); reason == "" && len(rs) > 0 && !a.snapshot.Case.Verdict.Eligible {
		reason = rs[0]
	}
	a.refusing = &reason
	a.render()
}

// refusalReasons are the verdict's, or else those that a clerk can find.
func (a *App) refusalReasons() []procedure.Code {
	c := a.snapshot.Case
	if !c.Verdict.Eligible {
		return c.Verdict.Blocks
	}
	reasons := []procedure.Code{procedure.CodeFace, procedure.CodeNeedsUnblock, procedure.CodePapersOpen}
	if c.Problem != nil && !slices.Contains(reasons, c.Problem.Code) && a.words.has("reason."+string(c.Problem.Code)) {
		reasons = append(reasons, c.Problem.Code)
	}
	return reasons
}

// refusePage asks for the reason and ends the case.
func (a *App) refusePage(p *page) fyne.CanvasObject {
	chosen := *a.refusing
	a.setBack(p, a.words.say("back"), func() { a.refusing = nil; a.render() })
	a.setLater(p)
	a.setPrimary(p, a.words.say("refuse.do"), func() { a.refuse(*a.refusing) })
	width := a.measure() - 2*unit(6)
	parts := []fyne.CanvasObject{line(styleHeading, a.words.say("refuse.heading")), para(styleBody, a.words.say("refuse.text"), width)}
	for i, code := range a.refusalReasons() {
		t := newAnswer(a.keys, a.reason(code), width-unit(16), chosen == code, func() { a.refusing = &code; a.render() })
		t.spoken = a.tickStates()
		name := prefixReason + string(code)
		p.add(name, t)
		if i == 0 {
			p.first = name
		}
		parts = append(parts, container.New(fixedWidth(width), t))
	}
	if chosen != "" {
		p.first = controlPrimary
		parts = append(parts, toneInfo.box(a.words.say("refuse.next"), width, para(styleBody, a.next(chosen), boxMeasure(width))))
	}
	return natural(panel(column(unit(2.5), parts...)))
}

// reason names a reason in a few words: its own, or else what happened.
func (a *App) reason(code procedure.Code) string {
	if id := "reason." + string(code); a.words.has(id) {
		return a.words.say(id)
	}
	return a.explain(&procedure.Error{Code: code}).what
}

func (a *App) refuse(reason procedure.Code) {
	if reason == "" {
		a.notice = "refuse.choose"
		a.render()
		a.page.focus(controlFailure)
		return
	}
	a.do("refuse", func(ctx context.Context) error { return a.cfg.Desk.RefuseCase(ctx, reason) }, func() { a.refusing = nil })
}
