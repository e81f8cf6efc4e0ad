package main

import (
	"fmt"
	"os"
	"time"

	"fyne.io/fyne/v2/theme"

	"salter/app/forms"
	"salter/app/procedure"
)

// papers binds what is printed to the settings.
type papers struct {
	options forms.Options
	demo    bool
}

// openPapers reads what the papers need. Their typeface is the one of the
// screens.
func openPapers(s Settings) (papers, error) {
	core := s.procedure()
	o := forms.Options{
		Fonts:             forms.Fonts{Regular: theme.DefaultTextFont().Content(), Bold: theme.DefaultTextBoldFont().Content()},
		Script:            core.Script,
		Preprinted:        s.Contract.Preprinted,
		ContractTermYears: s.Contract.TermYears,
		RetentionYears:    s.Retention.YearsAfterEnd,
		ReceiptSigned:     s.Receipt.CitizenSigns,
		StatusForm:        core.StatusForm,
		StatusDeadline:    time.Duration(s.Status.DeadlineHours) * time.Hour,
	}
	if path := s.Contract.SignatoryAsset; path != "" {
		picture, err := os.ReadFile(path)
		if err != nil {
			return papers{}, fmt.Errorf("read signature of the signatory: %w", err)
		}
		o.Signatory = &forms.Signatory{Name: s.Contract.SignatoryName, Signature: picture}
	}
	return papers{options: o, demo: s.Mode == Demo}, nil
}

func (p papers) render(d procedure.PaperData) (forms.Job, error) { return forms.Render(d, p.options) }

func (p papers) daySheet(d procedure.DaySheet) ([]byte, error) {
	sheet, err := forms.RenderDaySheet(d, p.demo, p.options)
	return sheet.PDF, err
}
