package app

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// aboutPrinter tells the failures that another printer may end.
func aboutPrinter(c procedure.Code) bool {
	return c == procedure.CodePrint || c == procedure.CodeNoPrinter || c == procedure.CodePrinterStopped
}

// openPrinters looks for the printers that there are and lets the clerk choose
// one. What he was doing comes back as it was.
func (a *App) openPrinters() {
	back := a.draft.back
	if up := a.asideUp(); up != screenPrinter {
		back = up
	}
	var list []string
	a.do("printers", func(ctx context.Context) error {
		list = a.cfg.Printers.List(ctx)
		return nil
	}, func() { a.printers, a.draft.back, a.draft.aside = list, back, screenPrinter })
}

// printerPage is where the printer is chosen when one is needed. The choice
// takes effect at once, so there is nothing to confirm.
func (a *App) printerPage(p *page) fyne.CanvasObject {
	leave := func() { a.openAside(a.draft.back) }
	a.setBack(p, a.words.say("back"), leave)
	a.addOther(p, controlSearch, rankSecondary, a.words.say("printer.again"), a.words.say("key.retry"), a.openPrinters)
	p.keys[fyne.KeyF5] = a.openPrinters
	a.setPrimary(p, a.words.say("printer.go"), leave)
	text := "printer.text"
	if len(a.printers) < 2 {
		text = "printer.none"
	}
	p.first = fieldPrinter
	return column(unit(4), a.heading("printer.heading"), para(styleBody, a.words.say(text), a.measure()),
		natural(panel(a.printerAnswers(p, a.measure()-2*unit(6), 1, nil))))
}

// printerAnswers are the printers that can be chosen; after runs when one was.
func (a *App) printerAnswers(p *page, width float32, columns int, after func()) fyne.CanvasObject {
	var options []option
	for _, name := range a.printers {
		label := a.printerWords(name)
		if label != name {
			label = sentence(label)
		}
		options = append(options, option{value: name, label: label})
	}
	return a.choice(p, fieldPrinter, width, columns, options, a.printerName(), func(name string) {
		a.do("printer", func(context.Context) error { return a.cfg.Printers.Choose(name) }, after)
	})
}

// printerName is the printer in use.
func (a *App) printerName() string {
	if a.cfg.Printers == nil {
		return ""
	}
	return a.cfg.Printers.Name()
}

// printerWords name a printer to the clerk.
func (a *App) printerWords(name string) string {
	if name == "" {
		return a.words.say("printer.default")
	}
	if dir, ok := strings.CutPrefix(name, "folder:"); ok {
		return a.words.fill("printer.folder", with{"Name": filepath.Base(dir)})
	}
	return name
}
