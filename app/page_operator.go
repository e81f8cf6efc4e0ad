package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// operatorPage is up when the authority takes no question over the network and
// its operator has to be asked: what to ask him, and under which number he
// answered.
func (a *App) operatorPage(p, kept *page) fyne.CanvasObject {
	c := a.snapshot.Case
	a.setLater(p)
	if c.Refusal == "" {
		a.addOther(p, controlRefuse, rankDanger, a.words.say("refuse.open"), "", func() { a.openRefusal("") })
	}
	a.setPrimary(p, a.words.say("operator.confirm"), func() {
		a.do("operator", func(ctx context.Context) error { return a.cfg.Desk.OperatorConfirms(ctx, a.draft.reference) }, nil)
	})
	p.first = procedure.FieldReference
	side, width := a.share(0.49), a.share(0.51)
	inner := boxMeasure(width - 2*ringGap)
	id, ref := "operator.request", c.Operator.Request
	if c.Operator.Serial != "" {
		id, ref = "operator.certificate", c.Operator.Serial
	}
	e := c.Problem
	if a.failure != nil && !slices.Contains(a.failure.Fields, procedure.FieldReference) {
		e = a.failure // of the journal, for instance
	}
	t := a.explain(e)
	box := newAttention(a.keys, t.what+" "+t.do, toneError.box(t.what, width-2*ringGap,
		para(styleBody, a.words.say(id), inner),
		para(styleStrong, grouped(ref), inner),
		gap(unit(1)),
		para(styleBody, t.do, inner),
		line(styleCaption, a.words.fill("support.code", with{"Code": t.code}))))
	p.add(controlFailure, box)
	answer := panel(a.typed(p, kept, procedure.FieldReference, &a.draft.reference, a.words.say("operator.hint"), side-2*unit(6)))
	return column(unit(4), a.heading("operator.heading"), a.abreast(box, answer))
}

// grouped breaks a long number in hex into groups that can be read out.
func grouped(hex string) string {
	var out []byte
	for i := range len(hex) {
		if i > 0 && i%4 == 0 {
			out = append(out, ' ')
		}
		out = append(out, hex[i])
	}
	return string(out)
}
