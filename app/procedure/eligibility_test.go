package procedure_test

import (
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

var noon = time.Date(2026, time.November, 23, 11, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	day := func(y, m, d int) procedure.Date { return procedure.Date{Year: y, Month: time.Month(m), Day: d} }
	type codes = []procedure.Code
	type warnings = []procedure.Warning
	tests := []struct {
		name     string
		change   func(*procedure.Identity, *procedure.Chip)
		blocks   codes
		warnings warnings
	}{
		{"good card", func(*procedure.Identity, *procedure.Chip) {}, nil, nil},
		{"signature missing", func(i *procedure.Identity, _ *procedure.Chip) { i.Authenticity = procedure.SODMissing }, codes{procedure.CodeSODMissing}, nil},
		{"signature not checked", func(i *procedure.Identity, _ *procedure.Chip) { i.Authenticity = procedure.NotChecked }, codes{procedure.CodeSODMissing}, nil},
		{"unknown verdict", func(i *procedure.Identity, _ *procedure.Chip) { i.Authenticity = 99 }, codes{procedure.CodeSODMissing}, nil},
		{"signature wrong", func(i *procedure.Identity, _ *procedure.Chip) { i.Authenticity = procedure.SODMismatch }, codes{procedure.CodeSODMismatch}, nil},
		{"home-made card", func(i *procedure.Identity, _ *procedure.Chip) { i.Authenticity = procedure.SODNoAnchor }, codes{procedure.CodeSODAnchor}, nil},
		{"residence permit", func(i *procedure.Identity, _ *procedure.Chip) { i.DocType = procedure.DocTypeRP }, codes{procedure.CodeDocType}, nil},
		{"unknown document", func(i *procedure.Identity, _ *procedure.Chip) { i.DocType = "XX" }, codes{procedure.CodeDocType}, nil},
		{"foreigner", func(i *procedure.Identity, _ *procedure.Chip) {
			i.DocType, i.PersonalNumber = procedure.DocTypeIF, "9999999999999"
		}, nil, nil},
		{"foreigner with a short number", func(i *procedure.Identity, _ *procedure.Chip) {
			i.DocType, i.PersonalNumber = procedure.DocTypeIF, "999"
		}, nil, warnings{procedure.WarnJMBG}},
		{"Apollo card", func(i *procedure.Identity, c *procedure.Chip) {
			i.DocType, c.Present = procedure.DocTypeApollo, false
		}, codes{procedure.CodeNoPKI}, nil},
		{"Apollo card as it is read", func(i *procedure.Identity, c *procedure.Chip) {
			i.DocType, i.Authenticity, c.Present = procedure.DocTypeApollo, procedure.NotChecked, false
		}, codes{procedure.CodeNoPKI, procedure.CodeSODMissing}, nil},
		{"no PKI part", func(_ *procedure.Identity, c *procedure.Chip) { c.Present = false }, codes{procedure.CodeNoPKI}, nil},
		{"last valid day", func(i *procedure.Identity, _ *procedure.Chip) { i.ValidUntil = today }, nil, warnings{procedure.WarnCardEnds}},
		{"expired yesterday", func(i *procedure.Identity, _ *procedure.Chip) { i.ValidUntil = day(2026, 11, 22) }, codes{procedure.CodeCardExpired}, warnings{procedure.WarnCardEnds}},
		{"no end of validity", func(i *procedure.Identity, _ *procedure.Chip) { i.ValidUntil = procedure.Date{} }, codes{procedure.CodeUnreadable}, nil},
		{"no day of issue", func(i *procedure.Identity, _ *procedure.Chip) { i.IssuedOn = procedure.Date{} }, codes{procedure.CodeUnreadable}, nil},
		{"issued on the limit", func(i *procedure.Identity, _ *procedure.Chip) { i.IssuedOn = day(2014, 8, 18) }, codes{procedure.CodeIssuedEarly}, nil},
		{"issued a day after the limit", func(i *procedure.Identity, _ *procedure.Chip) { i.IssuedOn = day(2014, 8, 19) }, nil, nil},
		{"card outlives the certificate by a day", func(i *procedure.Identity, _ *procedure.Chip) { i.ValidUntil = day(2031, 11, 23) }, nil, nil},
		{"card ends a day earlier", func(i *procedure.Identity, _ *procedure.Chip) { i.ValidUntil = day(2031, 11, 22) }, nil, warnings{procedure.WarnCardEnds}},
		{"17 years old", func(i *procedure.Identity, _ *procedure.Chip) {
			i.BirthDate, i.PersonalNumber = day(2008, 11, 24), "2411008715005"
		}, nil, warnings{procedure.WarnJMBG}},
		{"18th birthday", func(i *procedure.Identity, _ *procedure.Chip) { i.BirthDate = day(2008, 11, 23) }, nil, warnings{procedure.WarnJMBG}},
		{"birthday differs from JMBG", func(i *procedure.Identity, _ *procedure.Chip) { i.BirthDate = day(1900, 1, 2) }, nil, warnings{procedure.WarnJMBG}},
		{"sex differs from JMBG", func(i *procedure.Identity, _ *procedure.Chip) { i.Sex = "M" }, nil, warnings{procedure.WarnJMBG}},
		{"sex in Cyrillic", func(i *procedure.Identity, _ *procedure.Chip) { i.Sex = "Ж" }, nil, nil},
		{"no birthday on the chip", func(i *procedure.Identity, _ *procedure.Chip) { i.BirthDate = procedure.Date{} }, nil, nil},
		{"wrong checksum", func(i *procedure.Identity, _ *procedure.Chip) { i.PersonalNumber = "0101900715005" }, nil, warnings{procedure.WarnJMBG}},
		{"control digit ten", func(i *procedure.Identity, _ *procedure.Chip) { i.PersonalNumber = "0101900809990" }, nil, nil},
		{"new kind of chip", func(i *procedure.Identity, _ *procedure.Chip) { i.UnknownATR = true }, nil, warnings{procedure.WarnUnknownATR}},
		{"Latin A in a Cyrillic name", func(i *procedure.Identity, _ *procedure.Chip) { i.GivenName = "AНА" }, nil, warnings{procedure.WarnScripts}},
		{"Latin surname, Cyrillic name", func(i *procedure.Identity, _ *procedure.Chip) { i.Surname = "PETROVIĆ-ČOLIĆ" }, nil, nil},
		{"PIN blocked", func(_ *procedure.Identity, c *procedure.Chip) { c.Tries = 0 }, nil, nil}, // unblocked in the same visit
		{"last try", func(_ *procedure.Identity, c *procedure.Chip) { c.Tries = 1 }, nil, warnings{procedure.WarnLastTry}},
		{"tries unknown", func(_ *procedure.Identity, c *procedure.Chip) { c.Tries = -1 }, nil, nil},
		{"several at once", func(i *procedure.Identity, c *procedure.Chip) {
			i.Authenticity, i.ValidUntil, c.Tries = procedure.SODMismatch, day(2020, 1, 1), 0
		}, codes{procedure.CodeSODMismatch, procedure.CodeCardExpired}, warnings{procedure.WarnCardEnds}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, chip := proctest.NewCard().Identity, procedure.Chip{Present: true, Serial: proctest.Token, Tries: 3}
			tt.change(&id, &chip)
			got := procedure.Judge(id, chip, procedure.DefaultSettings(), noon)
			if !slices.Equal(got.Blocks, tt.blocks) {
				t.Errorf("blocks %v, want %v", got.Blocks, tt.blocks)
			}
			if !slices.Equal(got.Warnings, tt.warnings) {
				t.Errorf("warnings %v, want %v", got.Warnings, tt.warnings)
			}
			if got.Eligible != (len(tt.blocks) == 0) {
				t.Errorf("eligible %t with blocks %v", got.Eligible, got.Blocks)
			}
		})
	}
}

// TestJudgeSupervisor: below the age limit a supervisor decides; whose birthday
// nobody can tell is no child.
func TestJudgeSupervisor(t *testing.T) {
	tests := []struct {
		name   string
		born   procedure.Date
		number procedure.PersonalNumber
		want   []procedure.Code
	}{
		{"17 years old", procedure.Date{Year: 2008, Month: 11, Day: 24}, "2411008715005", []procedure.Code{procedure.CodeUnderAge}},
		{"18 today", procedure.Date{Year: 2008, Month: 11, Day: 23}, "2311008715008", nil},
		{"no birthday on the chip, an old JMBG", procedure.Date{}, proctest.JMBG, nil},
		{"no birthday, no JMBG", procedure.Date{}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := proctest.NewCard().Identity
			id.BirthDate, id.PersonalNumber = tt.born, tt.number
			got := procedure.Judge(id, procedure.Chip{Present: true, Tries: 3}, procedure.DefaultSettings(), noon)
			if !slices.Equal(got.Supervisor, tt.want) || !got.Eligible {
				t.Errorf("supervisor for %v, eligible %t, want %v", got.Supervisor, got.Eligible, tt.want)
			}
		})
	}
}
