package forms

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salter/app/procedure"
)

func testDaySheet() procedure.DaySheet {
	return procedure.DaySheet{
		Day: procedure.Date{Year: 2026, Month: 11, Day: 22}, Counter: "BG-017-03", Office: "Полицијска станица Нови Београд",
		Issued: 8, Renewed: 5, Unblocked: 3, Revoked: 2, Suspended: 1, Open: 4,
		Refused: []procedure.RefusedCount{{Reason: procedure.CodeCardExpired, Count: 17}, {Reason: procedure.CodePapersOpen, Count: 2}},
		Minutes: []procedure.ActionMinutes{
			{Action: procedure.ActionIssue, Count: 8, Mean: 252 * time.Second, Median: 4 * time.Minute},
			{Action: procedure.ActionRenew, Count: 5, Mean: 97 * time.Second, Median: 95 * time.Second},
		},
		RetireSkipped: []string{"BG-017-03-2026-000039"},
	}
}

func renderDay(t *testing.T, d procedure.DaySheet, o Options) Paper {
	t.Helper()
	o.Fonts = testFonts()
	p, err := RenderDaySheet(d, true, o)
	if err != nil {
		t.Fatalf("RenderDaySheet: %v", err)
	}
	keepFile(t, "dnevni-pregled."+p.Record.Script+".pdf", p.PDF)
	return p
}

func TestE30DaySheet(t *testing.T) {
	for _, script := range []string{ScriptCyrillic, ScriptLatin} {
		t.Run(script, func(t *testing.T) {
			p := renderDay(t, testDaySheet(), Options{Script: script})
			words := []string{
				"Дневни преглед шалтера", "Полицијска станица Нови Београд", "Издато 8", "Обновљено 5", "Деблокирано 3", "Опозвано 2",
				"Суспендовано 1", "Реактивирано 0", "Одбијено 19", "Незавршено 4", "Лична карта истекла 17", "Папири нису потписани 2",
				"Издавање 8 4,2 4,0", "Обнављање 5 1,6 1,6", "ДЕМО", "страна 1 од 1",
			}
			want := []string{"22.11.2026.", "BG-017-03", "BG-017-03-2026-000039"}
			for _, w := range words {
				want = append(want, ours(w, script))
			}
			text := shown(t, p.PDF)
			lookFor(t, "our text layer", text, want)
			lookFor(t, "pdftotext", oneLine(extract(t, p.PDF, "-raw")), want)
			if p.Record.Kind != PaperDaySheet || p.Record.SHA256 != hexSum(p.PDF) || p.Record.Script != script {
				t.Errorf("record %+v", p.Record)
			}
			if again := renderDay(t, testDaySheet(), Options{Script: script}); again.Record != p.Record {
				t.Errorf("the same day gives another sheet")
			}
		})
	}
	checkGolden(t, filepath.Join("testdata", "dnevni-pregled.golden"), extract(t, renderDay(t, testDaySheet(), Options{}).PDF, "-raw"))
}

// TestDaySheetOfQuietAndBusyDays: nothing happened, or everything at once.
func TestDaySheetOfQuietAndBusyDays(t *testing.T) {
	quiet := procedure.DaySheet{Day: testDaySheet().Day, Counter: "BG-017-03", Office: "МУП"}
	text := oneLine(extract(t, renderDay(t, quiet, Options{}).PDF, "-raw"))
	if strings.Contains(text, "остао на чипу") || !strings.Contains(text, "Одбијено 0") {
		t.Errorf("quiet day: %s", text)
	}
	busy := testDaySheet()
	busy.Refused = nil
	for _, code := range codes(t) {
		busy.Refused = append(busy.Refused, procedure.RefusedCount{Reason: code, Count: 1})
	}
	for i := range 60 {
		busy.RetireSkipped = append(busy.RetireSkipped, fmt.Sprintf("BG-017-03-2026-%06d", i))
	}
	for i, page := range words(t, renderDay(t, busy, Options{}).PDF) {
		checkPage(t, fmt.Sprintf("page %d", i+1), onlyBody(page))
	}
}

// onlyBody leaves out the marks of the demo, which lie across the page.
func onlyBody(page []box) []box {
	var out []box
	for _, w := range page {
		if w.y2-w.y1 < 20 {
			out = append(out, w)
		}
	}
	return out
}

func TestDaySheetErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*procedure.DaySheet, *Options)
		is     error
	}{
		{"no day", func(d *procedure.DaySheet, _ *Options) { d.Day = procedure.Date{} }, ErrMissingValue},
		{"unknown reason", func(d *procedure.DaySheet, _ *Options) { d.Refused[0].Reason = "other" }, ErrMissingValue},
		{"unknown action", func(d *procedure.DaySheet, _ *Options) { d.Minutes[0].Action = "other" }, ErrMissingValue},
		{"letter outside the font", func(d *procedure.DaySheet, _ *Options) { d.Office = "漢" }, ErrGlyph},
		{"script without a template", func(_ *procedure.DaySheet, o *Options) { o.Script = English }, ErrTemplate},
		{"no font", func(_ *procedure.DaySheet, o *Options) { o.Fonts.Bold = nil }, ErrFont},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, o := testDaySheet(), Options{Fonts: testFonts()}
			tt.change(&d, &o)
			if _, err := RenderDaySheet(d, false, o); !errors.Is(err, tt.is) {
				t.Errorf("RenderDaySheet: %v, want %v", err, tt.is)
			}
		})
	}
}
