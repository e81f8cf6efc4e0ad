package forms_test

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2/theme"

	"salter/app/forms"
	"salter/app/procedure"
)

// The papers of screen B in one print job.
func ExampleRender() {
	job, err := forms.Render(procedure.PaperData{
		Demo: true, Action: procedure.ActionIssue, CaseNumber: "BG-017-03-2026-000042",
		Office: "Полицијска станица Нови Београд", Counter: "BG-017-03",
		Clerk: procedure.ClerkPerson{Number: "104233", Name: "Милица Јовановић"},
		Now:   time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC),
		Identity: procedure.Identity{
			DocType: procedure.DocTypeID, CardNumber: "012345678", PersonalNumber: "0101900715006",
			Surname: "ЂУРЂЕВИЋ", GivenName: "ЉУБИЦА", IssuedBy: "PS NOVI BEOGRAD",
			IssuedOn: procedure.Date{Year: 2021, Month: 3, Day: 14}, ValidUntil: procedure.Date{Year: 2031, Month: 3, Day: 14},
		},
		Contract: procedure.ContractRef{Number: "BG-017-03-2026-000042/У", Date: procedure.Date{Year: 2026, Month: 11, Day: 22}},
		Kinds:    []procedure.PaperKind{procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract},
	}, forms.Options{Fonts: forms.Fonts{
		Regular: theme.DefaultTextFont().Content(),
		Bold:    theme.DefaultTextBoldFont().Content(),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range job.Records() {
		fmt.Println(r.Kind, r.Version, "copies:", r.Copies)
	}
	// Output:
	// obrazac-1 1.1 copies: 1
	// opsti-uslovi 1.0 copies: 2
	// ugovor 1.0 copies: 2
}
