package app

import (
	"context"
	"errors"
	"runtime/debug"

	"salter/app/procedure"
)

// print makes all papers that are due now and prints them in one job. The
// journal has their hashes before the printer has the papers. job names the
// job in the journal.
func (a *App) print(job string) {
	a.do("print", func(ctx context.Context) error { return a.printJob(ctx, job) }, nil)
}

// printJob runs on a worker goroutine. The typefaces make it by far the
// largest piece of work; its memory goes back at once, for the counter has
// nothing else to do with it.
func (a *App) printJob(ctx context.Context, job string) error {
	defer debug.FreeOSMemory()
	if a.cfg.Printer == nil || a.cfg.Render == nil {
		return &procedure.Error{Code: procedure.CodeNoPrinter}
	}
	data, err := a.cfg.Desk.PaperData(ctx)
	if err != nil {
		return err
	}
	papers, err := a.cfg.Render(data)
	if err != nil {
		return &procedure.Error{Code: procedure.CodeTemplate, Err: err}
	}
	if err := a.cfg.Desk.RecordPapers(ctx, papers.Records()); err != nil {
		return err
	}
	failure := printFailure(a.cfg.Printer.Print(ctx, data.CaseNumber, papers.PDF))
	if err := a.cfg.Desk.RecordPrinted(ctx, job, failure); err != nil {
		return err
	}
	return failure
}

// printDay prints the day sheet that is shown. It belongs to no case.
func (a *App) printDay() {
	sheet := *a.sheet
	a.do("print", func(ctx context.Context) error {
		defer debug.FreeOSMemory()
		if a.cfg.Printer == nil || a.cfg.RenderDaySheet == nil {
			return &procedure.Error{Code: procedure.CodeNoPrinter}
		}
		pdf, err := a.cfg.RenderDaySheet(sheet)
		if err != nil {
			return &procedure.Error{Code: procedure.CodeTemplate, Err: err}
		}
		return printFailure(a.cfg.Printer.Print(ctx, "day-"+dayName(sheet.Day), pdf))
	}, func() { a.notice = "day.printed"; a.render() })
}

// printFailure gives a failure of the printer a code.
func printFailure(err error) error {
	var e *procedure.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &procedure.Error{Code: procedure.CodePrint, Err: err}
}
