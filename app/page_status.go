package app

import (
	"slices"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// statusPage asks which certificate changes its status, how and why
// (Obrazac 3). With a card it follows screen A; without one it is screen A.
func (a *App) statusPage(p, kept *page) fyne.CanvasObject {
	c, d := a.snapshot.Case, &a.draft.person.Status
	p.noticed = true
	if c.NoCard {
		a.addOther(p, controlRefuse, rankDanger, a.words.say("refuse.open"), "", func() { a.openRefusal("") })
	} else {
		a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	}
	a.setLater(p)
	if c.Facts == nil || !c.Facts.Authority {
		return a.statusUnknown(p)
	}
	a.supervisorKey(p, "status.go")
	a.setPrimary(p, a.words.say("status.go"), a.confirmPerson)
	p.first = procedure.FieldOp
	width := a.pageWidth() - 2*unit(6)
	parts := []fyne.CanvasObject{line(styleSub, a.words.say("status.heading"))}
	if needs := a.needs(c, width); needs != nil {
		parts = append(parts, needs)
	}
	if c.NoCard {
		p.first = procedure.FieldFace
		parts = append(parts, a.documentFace(p, width))
	}
	parts = append(parts, a.statusOps(p, width, d))
	if d.Op != "" {
		parts = append(parts, a.statusDetails(p, c, width)...)
	}
	if last := a.statusLast(p, kept, c, a.share(0.5)-2*unit(6)); len(last) > 0 {
		parts = append(parts, a.abreast(last...))
	}
	page := []fyne.CanvasObject{panel(column(unit(1.5), parts...))}
	if n := a.notices(p, a.pageWidth()); n != nil {
		page = append([]fyne.CanvasObject{natural(n)}, page...)
	}
	return natural(column(unit(2), page...))
}

// documentFace asks whether the person is the one on the document shown
// instead of the card.
func (a *App) documentFace(p *page, width float32) fyne.CanvasObject {
	d := &a.draft.person
	return a.beside(p, procedure.FieldFace, "question.face.document", width, d.Face, func(v procedure.Answer) { d.Face = v })
}

// statusDetails ask for the certificate and the reason of the change.
func (a *App) statusDetails(p *page, c *procedure.CaseView, width float32) []fyne.CanvasObject {
	d := &a.draft.person.Status
	options := a.statusCertificates(c.Facts.Register, d.Op)
	if len(options) == 0 {
		return []fyne.CanvasObject{toneWarning.box(a.words.say("status.none"), width)}
	}
	columns := 3
	if !a.narrow() && a.pageWidth() >= unit(250) {
		columns = 4
	}
	return []fyne.CanvasObject{
		a.choice(p, procedure.FieldSerial, width, 2, options, d.Serial, func(v string) { d.Serial = v }),
		a.choice(p, procedure.FieldReason, width, columns, a.statusReasons(d.Op), string(d.Reason), func(v string) { d.Reason = procedure.StatusReason(v) }),
	}
}

// statusLast are the other identity document, where there is no card, and
// whether the contract ends with the certificate.
func (a *App) statusLast(p, kept *page, c *procedure.CaseView, width float32) []fyne.CanvasObject {
	d := &a.draft.person.Status
	var last []fyne.CanvasObject
	if c.NoCard {
		last = append(last, a.typed(p, kept, procedure.FieldDocument, &d.Document, "", width))
		in := p.controls[procedure.FieldDocument].(*input)
		in.OnChanged = func(s string) { a.answerStatus(func() { d.Document = s }) }
	}
	if d.Op == procedure.ActionRevoke && d.Serial != "" && c.Facts.ContractRef.Number != "" {
		last = append(last, a.ticked(p, fieldEnd, width-unit(12), &d.EndContract))
		p.controls[fieldEnd].(*tick).changed = func(on bool) { a.answerStatus(func() { d.EndContract = on }) }
	}
	return last
}

// answerStatus takes an answer, and shows at once if it is no longer what the
// supervisor signed.
func (a *App) answerStatus(set func()) {
	was := a.statusChanged()
	if set(); a.statusChanged() != was {
		a.render()
	}
}

// statusUnknown: without the register nobody knows which certificates there
// are. The focus is on the explanation, and goes to the first question when
// the answer comes.
func (a *App) statusUnknown(p *page) fyne.CanvasObject {
	a.setPrimary(p, a.words.say("facts.ask"), a.askAgain)
	p.keys[fyne.KeyF5] = a.askAgain
	width := a.measure()
	what, do := a.words.say("facts.asking"), a.words.say("status.asking")
	if f := a.snapshot.Case.Facts; f != nil {
		what, do = a.words.fill("status.silent", with{"Time": a.clockToSecond(f.Asked)}), a.words.say("status.silent.text")
	}
	box := newAttention(a.keys, what+" "+do, toneInfo.box(what, width-2*ringGap, para(styleBody, do, boxMeasure(width-2*ringGap))))
	p.add(controlFailure, box)
	p.first = controlFailure
	parts := []fyne.CanvasObject{a.heading("status.heading"), natural(box)}
	if n := a.notices(p, width); n != nil {
		parts = append([]fyne.CanvasObject{natural(n)}, parts...)
	}
	return column(unit(3), parts...)
}

// statusOps are the three changes; choosing one begins the reason anew, and
// takes the certificate if there is only one.
func (a *App) statusOps(p *page, width float32, d *procedure.StatusAnswers) fyne.CanvasObject {
	var options []option
	for _, op := range []procedure.Action{procedure.ActionRevoke, procedure.ActionSuspend, procedure.ActionReactivate} {
		options = append(options, option{value: string(op), label: a.words.say("action." + string(op)), note: a.words.say("action." + string(op) + ".note")})
	}
	return a.choice(p, procedure.FieldOp, width, 3, options, string(d.Op), func(v string) { a.chooseOp(procedure.Action(v)) })
}

func (a *App) chooseOp(op procedure.Action) {
	d := &a.draft.person.Status
	if d.Op == op {
		return
	}
	*d = procedure.StatusAnswers{Op: op, Document: d.Document}
	if all := a.statusCertificates(a.snapshot.Case.Facts.Register, op); len(all) == 1 {
		d.Serial = all[0].value
	}
	if reasons := procedure.StatusReasons[op]; len(reasons) == 1 {
		d.Reason = reasons[0]
	}
}

// statusCertificates are the certificates whose status can be changed so
// (procedure, section 3.3).
func (a *App) statusCertificates(register []procedure.CertificateFact, op procedure.Action) []option {
	states := map[procedure.Action][]procedure.CertState{
		procedure.ActionRevoke:     {procedure.CertValid, procedure.CertSuspended, procedure.CertHold},
		procedure.ActionSuspend:    {procedure.CertValid},
		procedure.ActionReactivate: {procedure.CertSuspended},
	}[op]
	var options []option
	for _, cert := range register {
		if slices.Contains(states, cert.State) {
			options = append(options, a.statusCertificate(cert))
		}
	}
	return options
}

// statusCertificate says of a certificate whose it is, how it stands and what
// tells it from his others.
func (a *App) statusCertificate(cert procedure.CertificateFact) option {
	return option{
		value: cert.Serial,
		label: a.words.fill("status.certificate", with{"Name": cert.CommonName, "State": a.words.say("certificate." + string(cert.State))}),
		note:  a.words.fill("status.certificate.note", with{"Serial": shortSerial(cert.Serial), "To": a.day(cert.NotAfter), "Card": string(cert.CardNumber)}),
	}
}

func (a *App) statusReasons(op procedure.Action) []option {
	var options []option
	for _, r := range procedure.StatusReasons[op] {
		options = append(options, option{value: string(r), label: a.words.say("status.reason." + string(r))})
	}
	return options
}
