package app

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// verdict says whether the card may be served, and what is proposed or what to
// do instead.
func (a *App) verdict(c *procedure.CaseView, width float32) []fyne.CanvasObject {
	inner := boxMeasure(width)
	switch {
	case !c.SameCard && a.snapshot.Reader.Identity != nil:
		t := a.explain(&procedure.Error{Code: procedure.CodeOtherCard})
		return []fyne.CanvasObject{toneWarning.box(t.what, width, para(styleBody, t.do, inner))}
	case !c.SameCard:
		values := with{"Card": string(c.Identity.CardNumber)}
		return []fyne.CanvasObject{toneWarning.box(a.words.say("verdict.absent"), width, para(styleBody, a.words.fill("verdict.absent.text", values), inner))}
	case !c.Verdict.Eligible:
		var parts []fyne.CanvasObject
		for _, code := range c.Verdict.Blocks {
			t := a.explain(&procedure.Error{Code: code})
			parts = append(parts, para(styleStrong, t.what, inner), para(styleBody, t.do, inner))
		}
		return []fyne.CanvasObject{toneError.box(a.words.say("verdict.no"), width, parts...)}
	case c.Facts == nil:
		return []fyne.CanvasObject{toneInfo.box(a.words.say("facts.asking"), width, para(styleBody, a.words.say("facts.asking.text"), inner))}
	}
	return []fyne.CanvasObject{a.proposalBox(c, width)}
}

// proposalBox shows what is proposed with its one sentence of reason, and the
// facts that it rests on.
func (a *App) proposalBox(c *procedure.CaseView, width float32) fyne.CanvasObject {
	inner := boxMeasure(width)
	tone := toneSuccess
	if c.Proposal.Action == procedure.ActionNone {
		tone = toneWarning
	}
	parts := []fyne.CanvasObject{para(styleBody, a.proposalReason(c), inner), gap(0), a.factSheet(c, inner)}
	if needs := a.needs(c, inner); needs != nil {
		parts = append(parts, needs)
	}
	for _, w := range c.Verdict.Warnings {
		if w != procedure.WarnLastTry { // asked as a question of its own
			parts = append(parts, a.warningLine(a.words.fill("warning."+string(w), with{"Until": a.date(c.Identity.ValidUntil)}), inner))
		}
	}
	return tone.box(a.words.say("proposed."+string(c.Proposal.Action)), width, parts...)
}

// warningLine is one sentence with the sign of a warning.
func (a *App) warningLine(words string, width float32) fyne.CanvasObject {
	return topRow(unit(2), picture(pictureWarning, unit(4.5)), para(styleStrong.in(toneWarning.colour), words, width-unit(6.5)))
}

// proposalReason is the one sentence of reason of the proposal. Without an
// answer it may have to say less.
func (a *App) proposalReason(c *procedure.CaseView) string {
	id := "proposal." + string(c.Proposal.Reason)
	if !c.Facts.Authority {
		id = a.words.either(id+".silent", id)
	}
	return a.words.fill(id, with{"Until": a.day(c.Facts.NotAfter)})
}

// certificateOf is the register's entry of the certificate that the facts
// speak of; nil if there is none.
func certificateOf(f *procedure.Facts) *procedure.CertificateFact {
	for i := range f.Register {
		if plainSerial(f.Register[i].Serial) == plainSerial(f.Serial) {
			return &f.Register[i]
		}
	}
	return nil
}

// plainSerial is a serial number in hex without what may differ in writing.
func plainSerial(hex string) string { return strings.TrimLeft(strings.ToUpper(hex), "0") }

// factSheet shows contract and certificate beside each other, and below them
// what the authority answered and how many PIN tries are left.
func (a *App) factSheet(c *procedure.CaseView, width float32) fyne.CanvasObject {
	f := c.Facts
	half := (width - unit(4)) / 2
	if a.narrow() {
		half = width
	}
	contract := a.factColumn("facts.contract", a.words.say("contract."+string(f.Contract)), a.contractLine(f.ContractRef), half)
	state := a.words.say("certificate." + string(f.Certificate))
	detail := shortSerial(f.Serial)
	if cert := certificateOf(f); cert != nil {
		detail = a.words.fill("facts.certificate.line", with{"Serial": detail, "From": a.day(cert.NotBefore), "To": a.day(cert.NotAfter)})
	}
	certificate := a.factColumn("facts.certificate", state, detail, half)
	rows := []fyne.CanvasObject{a.abreast(contract, certificate)}
	if cert := certificateOf(f); cert != nil && cert.CardNumber != "" && cert.CardNumber != c.Identity.CardNumber {
		rows = append(rows, a.warningLine(a.words.fill("facts.other-card", with{"Card": string(cert.CardNumber)}), width))
	}
	if !f.Authority {
		rows = append(rows, a.warningLine(a.words.fill("facts.silent", with{"Time": a.clockToSecond(f.Asked)}), width))
	}
	if !c.NoCard {
		rows = append(rows, para(styleCaption, a.words.tries("verdict.tries", c.Chip.Tries), width))
	}
	return column(unit(1), rows...)
}

func (a *App) factColumn(id, value, detail string, width float32) fyne.CanvasObject {
	parts := []fyne.CanvasObject{fact(a.words.say(id), sentence(value), width)}
	if detail != "" {
		parts = append(parts, para(styleCaption, detail, width))
	}
	return fixed(width, column(0, parts...))
}

// contractLine names a contract with its day; empty if there is none.
func (a *App) contractLine(r procedure.ContractRef) string {
	if r.Number == "" {
		return ""
	}
	return a.words.fill("facts.contract.line", with{"Number": r.Number, "Day": a.date(r.Date)})
}

// shortSerial is enough of a serial number to tell the certificates of one
// person apart.
func shortSerial(hex string) string {
	if hex = plainSerial(hex); len(hex) > 12 {
		return hex[:12] + "…"
	}
	return hex
}

// needs says in a line what a supervisor has to sign, or who signed it.
func (a *App) needs(c *procedure.CaseView, width float32) fyne.CanvasObject {
	switch {
	case a.statusChanged():
		return a.warningLine(a.words.say("needs.changed"), width)
	case c.Overridden != nil:
		words := a.words.fill("needs.signed", with{"Number": c.Overridden.Number})
		return topRow(unit(2), picture(pictureDone, unit(4.5)), para(styleStrong.in(toneSuccess.colour), words, width-unit(6.5)))
	case len(a.openNeeds(c)) > 0:
		return a.warningLine(a.words.fill("needs.line", with{"Why": a.needsWords(c)}), width)
	}
	return nil
}

// openNeeds are what a supervisor has to sign. A face that was not recognised
// at first and is now needs nobody.
func (a *App) openNeeds(c *procedure.CaseView) []procedure.Code {
	return slices.DeleteFunc(slices.Clone(c.Needs), func(code procedure.Code) bool {
		return code == procedure.CodeFace && a.draft.person.Face == procedure.Yes
	})
}

// needsWords says in one sentence each why a supervisor is needed.
func (a *App) needsWords(c *procedure.CaseView) string {
	var sentences []string
	for _, code := range a.openNeeds(c) {
		id := "needs." + string(code)
		switch {
		case code == procedure.CodeNeedsSupervisor && c.NoCard:
			id = "needs.no-card"
		case code == procedure.CodeNeedsSupervisor && a.service() == procedure.ServiceStatus:
			id = "needs.revocation"
		}
		if a.words.has(id) {
			sentences = append(sentences, a.words.say(id))
		} else {
			sentences = append(sentences, a.explain(&procedure.Error{Code: code}).what)
		}
	}
	return strings.Join(sentences, " ")
}
