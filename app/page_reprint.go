package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// papersKey leads to the papers of a case that were made, if there are any.
func (a *App) papersKey(p *page, id procedure.CaseID, made int) {
	if made == 0 {
		return
	}
	open := func() { a.openReprint(id) }
	a.addOther(p, controlPapers, rankSecondary, a.words.say("reprint.open"), a.words.say("key.papers"), open)
	p.keys[fyne.KeyF7] = open
}

// openReprint reads what was made for a case and shows it, the last job chosen.
func (a *App) openReprint(id procedure.CaseID) {
	var h procedure.CaseHistory
	a.do("papers", func(ctx context.Context) (err error) {
		h, err = a.cfg.Desk.CaseHistory(ctx, id)
		return err
	}, func() { a.showReprint(&h, len(h.Jobs)) })
}

func (a *App) showReprint(h *procedure.CaseHistory, job int) {
	a.draft.ledger.of, a.draft.ledger.job, a.draft.aside = h, job, screenReprint
}

// closeReprint goes back to where the papers were opened from: the last page of
// the case, or its history.
func (a *App) closeReprint() {
	if a.snapshot.Case != nil {
		a.openAside("")
		return
	}
	a.openAside(screenHistory)
}

// reprint prints a job again and shows what is known of the papers then.
func (a *App) reprint(id procedure.CaseID, job int) {
	var h procedure.CaseHistory
	a.do("print", func(ctx context.Context) error {
		err := a.reprintJob(ctx, id, job)
		if err == nil {
			h, err = a.cfg.Desk.CaseHistory(ctx, id)
		}
		return err
	}, func() {
		a.notice = noticePrinted
		a.showReprint(&h, job)
	})
}

// reprintPage lists the papers of a case as they were printed, to be printed
// once more. Where the personal data were erased it says what is done instead.
func (a *App) reprintPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), a.closeReprint)
	l := &a.draft.ledger
	h := l.of
	if h == nil || l.job < 1 || l.job > len(h.Jobs) {
		a.setPrimary(p, a.words.say("back"), a.closeReprint)
		return a.heading("reprint.heading")
	}
	heading := para(styleHeading, a.words.fill("reprint.of", with{"Number": h.Row.Number}), a.pageWidth())
	width := a.measure() - 2*unit(6)
	if h.Row.Erased {
		p.keys[fyne.KeyReturn] = p.keys[fyne.KeyEscape]
		p.first = controlBack
		p.scrollByKeys(0)
		return column(unit(4), heading, a.reprintErased(h), a.single(a.jobList(h, width)))
	}
	job := h.Jobs[l.job-1]
	print := func() { a.reprint(h.Row.ID, job.Number) }
	a.setPrimary(p, a.words.count("reprint.do", sheetsOf(job)), print)
	p.keys[fyne.KeyF9] = print
	a.previewOf(p, a.again(h.Row.ID, job.Number), preview{print: print, printed: job.Printed > 0})
	var options []option
	for _, j := range lastJobs(h.Jobs) {
		options = append(options, option{value: strconv.Itoa(j.Number), label: a.jobName(h, j), note: a.jobNote(j)})
	}
	choose := func(v string) { l.job, _ = strconv.Atoi(v) }
	return column(unit(4), heading, para(styleBody, a.words.say("reprint.text"), a.measure()),
		a.single(a.choice(p, fieldJob, width, 1, options, strconv.Itoa(l.job), choose)),
		para(styleCaption, a.words.fill("papers.printer", with{"Name": a.printerWords(a.printerName())}), a.measure()))
}

// reprintErased says that nothing can be printed here any more, and what is
// done for a citizen who needs a paper.
func (a *App) reprintErased(h *procedure.CaseHistory) fyne.CanvasObject {
	inner := boxMeasure(a.measure())
	parts := []fyne.CanvasObject{para(styleBody, a.words.fill("reprint.erased.text", with{"Number": h.Row.Number}), inner)}
	if a.cfg.Support != "" {
		parts = append(parts, para(styleCaption, a.words.fill("stop.support", with{"Support": a.cfg.Support}), inner))
	}
	return natural(toneInfo.box(a.words.say("reprint.erased"), a.measure(), parts...))
}

// jobList tells what was printed.
func (a *App) jobList(h *procedure.CaseHistory, width float32) fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for i, j := range lastJobs(h.Jobs) {
		if i > 0 {
			rows = append(rows, rule())
		}
		rows = append(rows, column(0, para(styleBody, a.jobName(h, j), width), para(styleCaption, a.jobNote(j), width)))
	}
	return column(unit(2), rows...)
}

// jobName names the papers of a job, each with its copies if there are more.
func (a *App) jobName(h *procedure.CaseHistory, j procedure.PaperJob) string {
	var names []string
	for _, p := range j.Papers {
		name := a.words.say(a.words.either("paper."+string(p.Kind)+"."+string(h.Row.Action), "paper."+string(p.Kind)))
		if p.Copies > 1 {
			name = a.words.fill("reprint.copies", with{"Name": name, "N": p.Copies})
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// jobNote says when and by whom a job was made, and how often it was printed.
func (a *App) jobNote(j procedure.PaperJob) string {
	made := a.words.fill("reprint.made", with{"Time": a.moment(j.At), "Clerk": j.Clerk})
	if j.Printed == 0 {
		return made + " · " + a.words.say("reprint.unprinted")
	}
	return made + " · " + a.words.count("reprint.printed", j.Printed)
}

// lastJobs leaves out what never came out of the printer and was made anew.
func lastJobs(jobs []procedure.PaperJob) []procedure.PaperJob {
	var list []procedure.PaperJob
	for i, j := range jobs {
		anew := slices.ContainsFunc(jobs[i+1:], func(later procedure.PaperJob) bool { return slices.Equal(kindsOf(later), kindsOf(j)) })
		if j.Printed > 0 || !anew {
			list = append(list, j)
		}
	}
	return list
}

func kindsOf(j procedure.PaperJob) []procedure.PaperKind {
	var kinds []procedure.PaperKind
	for _, p := range j.Papers {
		kinds = append(kinds, p.Kind)
	}
	return kinds
}

// sheetsOf counts the sheets of a job.
func sheetsOf(j procedure.PaperJob) int {
	n := 0
	for _, p := range j.Papers {
		n += p.Copies
	}
	return n
}
