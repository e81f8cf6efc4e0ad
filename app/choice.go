package app

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
)

// option is one answer of a question. note explains it, empty if it needs no
// explanation.
type option struct {
	value       string
	label, note string
}

// choice shows a question above its answers, in rows of the given number of
// columns.
func (a *App) choice(p *page, name string, width float32, columns int, options []option, now string, set func(string)) fyne.CanvasObject {
	says := a.words.say("question." + name)
	return column(unit(1), para(styleStrong, says, width), a.answersOf(p, name, says, width, columns, options, now, set))
}

// answersOf are the answers of a question, which says so; "" if they say enough
// by themselves. The control of the first has the question's name, those of
// the others have their value after it.
func (a *App) answersOf(p *page, name, says string, width float32, columns int, options []option, now string, set func(string)) fyne.CanvasObject {
	each := (width - float32(columns-1)*unit(1)) / float32(columns)
	for columns > 1 && longestWord(options) > each-unit(16) {
		columns--
		each = (width - float32(columns-1)*unit(1)) / float32(columns)
	}
	grid := container.New(gridLayout{columns: columns, gap: unit(1)})
	for i, o := range options {
		t := newAnswer(a.keys, o.label, each-unit(16), now == o.value, func() { set(o.value); a.render() })
		t.explain(o.note)
		t.question, t.spoken = says, a.tickStates()
		control := name
		if i > 0 {
			control += "." + o.value
		}
		p.add(control, t)
		grid.Add(t)
	}
	return fixed(width, grid)
}

// longestWord is the width of the longest word of the answers: where it does
// not fit, there are fewer columns.
func longestWord(options []option) float32 {
	longest := float32(0)
	for _, o := range options {
		for word := range strings.FieldsSeq(o.label) {
			longest = max(longest, fyne.MeasureText(word, theme.TextSize(), fyne.TextStyle{}).Width)
		}
	}
	return longest
}

// yesOrNo are the two answers of a plain question.
func (a *App) yesOrNo(name string) []option {
	id := "question." + name
	return []option{
		{value: string(procedure.Yes), label: a.words.say(id + ".yes")},
		{value: string(procedure.No), label: a.words.say(id + ".no")},
	}
}

// question shows a question above its two answers.
func (a *App) question(p *page, name string, width float32, now procedure.Answer, set func(procedure.Answer)) fyne.CanvasObject {
	return a.choice(p, name, width, 2, a.yesOrNo(name), string(now), func(v string) { set(procedure.Answer(v)) })
}

// besides shows a short question beside its two answers, for pages with many
// of them.
func (a *App) besides(p *page, name string, width float32, now procedure.Answer, set func(procedure.Answer)) fyne.CanvasObject {
	return a.beside(p, name, "question."+name, width, now, set)
}

// beside is besides with a question of its own.
func (a *App) beside(p *page, name, question string, width float32, now procedure.Answer, set func(procedure.Answer)) fyne.CanvasObject {
	says := a.words.say(question)
	if a.narrow() {
		return column(unit(1), para(styleStrong, says, width), a.answersOf(p, name, says, width, 2, a.yesOrNo(name), string(now), func(v string) { set(procedure.Answer(v)) }))
	}
	left := width * 0.38
	answers := a.answersOf(p, name, says, width-left, 2, a.yesOrNo(name), string(now), func(v string) { set(procedure.Answer(v)) })
	return row(0, fixed(left, para(styleStrong, says, left-unit(3))), answers)
}
