package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// tone is the family of a notice: its sign and its colours.
type tone struct {
	drawing      drawing
	colour, soft fyne.ThemeColorName
}

var (
	toneError   = tone{pictureError, theme.ColorNameError, colourErrorSoft}
	toneWarning = tone{pictureWarning, theme.ColorNameWarning, colourWarningSoft}
	toneSuccess = tone{pictureDone, theme.ColorNameSuccess, colourSuccessSoft}
	toneInfo    = tone{pictureInfo, theme.ColorNamePrimary, colourPrimarySoft}
)

// box is a notice of the given width: its sign, one strong sentence, and what
// goes with it.
func (n tone) box(heading string, width float32, rest ...fyne.CanvasObject) fyne.CanvasObject {
	parts := append([]fyne.CanvasObject{para(styleStrong.in(n.colour), heading, boxMeasure(width))}, rest...)
	box := sheet(n.soft, n.colour, inset(unit(3), unit(4), topRow(unit(3), picture(n.drawing, unit(6)), column(unit(1), parts...))))
	return container.New(fixedWidth(width), box)
}

// boxMeasure is the measure of the text in a box of that width.
func boxMeasure(width float32) float32 { return width - unit(17) }

// attention is a notice that can have the keyboard's focus, so that somebody
// who works by keyboard is led to it.
type attention struct {
	control
	box  fyne.CanvasObject
	says string
}

func newAttention(k *keys, says string, box fyne.CanvasObject) *attention {
	n := &attention{box: box, says: says}
	n.keys = k
	n.ExtendBaseWidget(n)
	return n
}

// AccessibilityLabel is the whole notice.
func (n *attention) AccessibilityLabel() string { return n.says }

// AccessibilityRole says that this is text.
func (n *attention) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer is called by Fyne.
func (n *attention) CreateRenderer() fyne.WidgetRenderer {
	return &attentionRenderer{notice: n, ring: canvas.NewRectangle(color.Transparent)}
}

type attentionRenderer struct {
	notice *attention
	ring   *canvas.Rectangle
}

// Layout leaves room for the ring.
func (r *attentionRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.notice.box.Move(fyne.NewSquareOffsetPos(ringGap))
	r.notice.box.Resize(size.SubtractWidthHeight(2*ringGap, 2*ringGap))
}

// MinSize is the box and the ring.
func (r *attentionRenderer) MinSize() fyne.Size {
	return r.notice.box.MinSize().AddWidthHeight(2*ringGap, 2*ringGap)
}

// Objects from the back to the front.
func (r *attentionRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.notice.box}
}

// Refresh shows the focus.
func (r *attentionRenderer) Refresh() {
	drawRing(r.ring, r.notice.focused)
	canvas.Refresh(r.notice)
}

// Destroy has nothing to release.
func (r *attentionRenderer) Destroy() {}

// The notices of something that went well; all others warn.
const (
	noticePrinted    = "reprint.done"
	noticeDayPrinted = "day.printed"
	noticeSent       = "sync.sent"
	noticeNoneWait   = "sync.none"
)

// notices stands above the page: what became of the last action, or else why
// the case waits.
func (a *App) notices(p *page, width float32) fyne.CanvasObject {
	if a.notice != "" {
		tone := toneWarning
		switch a.notice {
		case noticePrinted, noticeDayPrinted, noticeSent, noticeNoneWait:
			tone = toneSuccess
		}
		n := newAttention(a.keys, a.words.say(a.notice), tone.box(a.words.say(a.notice), width-2*ringGap))
		p.add(controlFailure, n)
		return n
	}
	if p.screen == screenTrouble || p.screen == screenLook {
		return nil // the page itself explains, or it is spoken of another one
	}
	if p.screen == screenLocked && (a.failure == nil || aboutCard(a.failure.Code)) {
		return nil // what is wrong with the case is not for everybody
	}
	if a.failure != nil {
		return a.failureNotice(p, a.failure, width)
	}
	if e := a.problem(); e != nil && p.screen != screenWork && p.screen != screenRefuse {
		return a.failureNotice(p, e, width)
	}
	return nil
}

// failureNotice shows what happened, what to do, the fields concerned as links
// to them, and the code for support.
func (a *App) failureNotice(p *page, e *procedure.Error, width float32) fyne.CanvasObject {
	t := a.explain(e)
	rest := []fyne.CanvasObject{para(styleBody, t.do, boxMeasure(width-2*ringGap))}
	if links := a.fieldLinks(p, e, boxMeasure(width-2*ringGap)); links != nil {
		rest = append(rest, links)
	} else if aboutPrinter(e.Code) && a.cfg.Printers != nil {
		other := newButton(a.keys, rankLink, a.words.say("printer.other"), "", a.openPrinters)
		p.add(controlPrinter, other)
		rest = append(rest, row(unit(3), other, line(styleCaption, a.words.fill("support.code", with{"Code": t.code}))))
	} else {
		rest = append(rest, line(styleCaption, a.words.fill("support.code", with{"Code": t.code})))
	}
	n := newAttention(a.keys, t.what+" "+t.do, toneError.box(t.what, width-2*ringGap, rest...))
	p.add(controlFailure, n)
	return n
}

// fieldLinks are buttons that lead to the open questions of the page.
func (a *App) fieldLinks(p *page, e *procedure.Error, width float32) fyne.CanvasObject {
	var links []fyne.CanvasObject
	for _, f := range e.Fields {
		if _, here := p.controls[f]; !here {
			continue
		}
		b := newButton(a.keys, rankLink, a.words.say("field."+f), "", func() { a.page.focus(f) })
		p.add(prefixLink+f, b)
		links = append(links, b)
	}
	if len(links) == 0 {
		return nil
	}
	return column(0, rowsOf(links, unit(1), width)...)
}

// explain puts a failure into words with what the texts may name of the case.
func (a *App) explain(e *procedure.Error) trouble {
	if e.Code == procedure.CodeNoCard && a.snapshot.Case == nil && a.snapshot.Reader.State != procedure.ReaderEmpty {
		w := a.readerWords() // there may be a card, but none that can be used
		return trouble{what: w.heading + ".", do: w.text, code: string(e.Code)}
	}
	values := with{"Card": "", "Step": "", "Case": ""}
	if c := a.snapshot.Case; c != nil && !a.locked {
		values["Card"], values["Case"] = string(c.Identity.CardNumber), c.Number
		values["Step"] = a.words.say("step." + string(pendingStep(c.Steps)))
	}
	at := placeCase
	if a.snapshot.Case == nil {
		at = placeHome
	}
	t := a.words.explain(e, at, values)
	if len(e.Fields) == 1 {
		t.what = a.wrongField(e, e.Fields[0])
	}
	return t
}

// wrongField says what is wrong with one field: in words of its own, if a
// value can be wrong in it and not only missing.
func (a *App) wrongField(e *procedure.Error, name string) string {
	if id := "wrong." + name; e.Code == procedure.CodeAnswerOpen && a.words.has(id) {
		return a.words.say(id)
	}
	return a.words.explain(e, placeCase, nil).what
}

// problem is why the case waits; a card that was missed and is back is none.
func (a *App) problem() *procedure.Error {
	c := a.snapshot.Case
	if c == nil || c.Problem == nil || c.SameCard && missesCard(c.Problem.Code) {
		return nil
	}
	return c.Problem
}

// missing names what keeps the card of the case away, as the reader shows it
// now.
func (a *App) missing() procedure.Code {
	r := a.snapshot.Reader
	switch r.State {
	case procedure.ReaderNoService:
		return procedure.CodeNoService
	case procedure.ReaderNone:
		return procedure.CodeNoReader
	case procedure.ReaderMute:
		return procedure.CodeMute
	}
	switch {
	case r.Problem != nil:
		return r.Problem.Code
	case r.Identity != nil:
		return procedure.CodeOtherCard
	}
	return procedure.CodeRemoved
}

// reading reports whether there is a card of which nothing is known yet.
func (a *App) reading() bool {
	r := a.snapshot.Reader
	return r.State == procedure.ReaderCard && r.Identity == nil && r.Problem == nil
}

// missesCard tells the failures that end when the card of the case is back.
func missesCard(c procedure.Code) bool {
	switch c {
	case procedure.CodeNoService, procedure.CodeNoReader, procedure.CodeNoCard, procedure.CodeMute, procedure.CodeRemoved, procedure.CodeOtherCard:
		return true
	}
	return false
}

// goesOn tells the failures after which work goes on with something else than
// the step that failed: nothing is tried again.
func goesOn(c procedure.Code) bool {
	switch c {
	case procedure.CodeNoAnswer, procedure.CodeNotAnchored, procedure.CodeBadAnswer, procedure.CodeKeyMissing, procedure.CodeReadBack, procedure.CodeRevoked:
		return true
	}
	return false
}

// aboutCard tells the failures that end when a card is put in.
func aboutCard(c procedure.Code) bool {
	switch c {
	case procedure.CodeUnknownCard, procedure.CodeUnreadable, procedure.CodeCardReset, procedure.CodeBusy,
		procedure.CodeCardFailure, procedure.CodeNoPKI, procedure.CodeDocType, procedure.CodeCardExpired, procedure.CodeIssuedEarly,
		procedure.CodeSODMissing, procedure.CodeSODMismatch, procedure.CodeSODAnchor, procedure.CodeCertificateValid,
		procedure.CodeUnderAge, procedure.CodePINBlocked, procedure.CodeCannotUnblock:
		return true
	}
	return missesCard(c)
}

// next says what the citizen can do after a refusal.
func (a *App) next(reason procedure.Code) string {
	if id := "next." + string(reason); a.words.has(id) {
		return a.words.say(id)
	}
	return a.explain(&procedure.Error{Code: reason}).do
}

// pendingStep is the first step of the case that is not done, or its last.
func pendingStep(steps []procedure.StepView) procedure.Step {
	for _, s := range steps {
		if s.State != procedure.StepDone {
			return s.Step
		}
	}
	if len(steps) == 0 {
		return procedure.StepCard
	}
	return steps[len(steps)-1].Step
}

// stepOf finds one step; a step that has not begun is still to do.
func stepOf(steps []procedure.StepView, want procedure.Step) procedure.StepView {
	for _, s := range steps {
		if s.Step == want {
			return s
		}
	}
	return procedure.StepView{Step: want, State: procedure.StepTodo}
}
