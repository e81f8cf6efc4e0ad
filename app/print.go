package app

import (
	"context"
	"errors"

	"salter/app/forms"
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
	defer a.cfg.FreeMemory()
	if a.cfg.Printer == nil || a.cfg.Render == nil {
		return &procedure.Error{Code: procedure.CodeNoPrinter}
	}
	data, papers, err := a.papers(ctx, a.cfg.Desk.PaperData)
	if err != nil {
		return err
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

// paperSource gives what papers are filled with.
type paperSource func(context.Context) (procedure.PaperData, error)

// papers makes the papers.
func (a *App) papers(ctx context.Context, from paperSource) (procedure.PaperData, forms.Job, error) {
	data, err := from(ctx)
	if err != nil {
		return data, forms.Job{}, err
	}
	job, err := a.cfg.Render(data)
	if err != nil {
		err = &procedure.Error{Code: procedure.CodeTemplate, Err: err}
	}
	return data, job, err
}

// again gives what the papers of an earlier job of a case are filled with.
func (a *App) again(id procedure.CaseID, job int) paperSource {
	return func(ctx context.Context) (procedure.PaperData, error) { return a.cfg.Desk.ReprintData(ctx, id, job) }
}

// reprintJob prints the papers of an earlier job once more; they must be the
// very ones. It runs on a worker goroutine.
func (a *App) reprintJob(ctx context.Context, id procedure.CaseID, job int) error {
	defer a.cfg.FreeMemory()
	if a.cfg.Printer == nil || a.cfg.Render == nil {
		return &procedure.Error{Code: procedure.CodeNoPrinter}
	}
	data, papers, err := a.papers(ctx, a.again(id, job))
	if err != nil {
		return err
	}
	if err := a.cfg.Desk.RecordReprint(ctx, id, job, papers.Records()); err != nil {
		return err
	}
	failure := printFailure(a.cfg.Printer.Print(ctx, data.CaseNumber, papers.PDF))
	if err := a.cfg.Desk.RecordReprinted(ctx, id, job, failure); err != nil {
		return err
	}
	return failure
}

// printDay prints the day sheet that is shown. It belongs to no case.
func (a *App) printDay() {
	sheet := *a.sheet
	a.do("print", func(ctx context.Context) error {
		defer a.cfg.FreeMemory()
		if a.cfg.Printer == nil || a.cfg.RenderDaySheet == nil {
			return &procedure.Error{Code: procedure.CodeNoPrinter}
		}
		pdf, err := a.cfg.RenderDaySheet(sheet)
		if err != nil {
			return &procedure.Error{Code: procedure.CodeTemplate, Err: err}
		}
		return printFailure(a.cfg.Printer.Print(ctx, "day-"+dayName(sheet.Day), pdf))
	}, func() { a.notice = noticeDayPrinted; a.render() })
}

// printFailure gives a failure of the printer a code.
func printFailure(err error) error {
	var e *procedure.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &procedure.Error{Code: procedure.CodePrint, Err: err}
}
