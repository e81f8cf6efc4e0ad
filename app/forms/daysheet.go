package forms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"salter/app/procedure"
)

// PaperDaySheet is the kind of the day sheet, the only paper about no case.
const PaperDaySheet procedure.PaperKind = "dnevni-pregled"

// RenderDaySheet makes the day sheet of a counter (E30). It holds no personal
// data and no bar code. demo marks it as all papers of the demo are.
func RenderDaySheet(d procedure.DaySheet, demo bool, o Options) (Paper, error) {
	o = o.withDefaults()
	lib, err := openLibrary(o.Templates)
	if err != nil {
		return Paper{}, fmt.Errorf("render day sheet: %w", err)
	}
	t, err := lib.template(PaperDaySheet, o.Script)
	if err != nil {
		return Paper{}, fmt.Errorf("render day sheet: %w", err)
	}
	tables, err := dayTables(d, t)
	if err != nil {
		return Paper{}, fmt.Errorf("render day sheet: %w", err)
	}
	s := &sheet{
		template: t, values: dayValues(d, t), tables: tables, opts: o, demo: demo,
		facts: facts{"retire-skipped": len(d.RetireSkipped) > 0},
	}
	face, err := newTypeface(o.Fonts, letters([]*sheet{s}))
	if err != nil {
		return Paper{}, fmt.Errorf("render day sheet: %w", err)
	}
	if err := s.set(face); err != nil {
		return Paper{}, fmt.Errorf("render day sheet: %w", err)
	}
	made := time.Date(d.Day.Year, d.Day.Month, d.Day.Day, 0, 0, 0, 0, time.UTC)
	pdf, err := write([]*sheet{s}, made, face)
	if err != nil {
		return Paper{}, fmt.Errorf("write day sheet: %w", err)
	}
	return Paper{Record: s.record(pdf), PDF: pdf}, nil
}

func dayValues(d procedure.DaySheet, t *template) values {
	v := values{
		"office": ours(d.Office, t.script), "counter": d.Counter, "date": d.Day.String(),
		"retire_skipped": strings.Join(d.RetireSkipped, ", "),
	}
	v.addFrame(t)
	refused := 0
	for _, r := range d.Refused {
		refused += r.Count
	}
	for name, count := range map[string]int{
		"issued": d.Issued, "renewed": d.Renewed, "unblocked": d.Unblocked, "revoked": d.Revoked,
		"suspended": d.Suspended, "reactivated": d.Reactivated, "open": d.Open, "refused": refused,
	} {
		v[name] = strconv.Itoa(count)
	}
	return v
}

// dayTables are the rows of the tables of the day sheet.
func dayTables(d procedure.DaySheet, t *template) (map[string][][]string, error) {
	tables := map[string][][]string{"refused": nil, "minutes": nil}
	for _, r := range d.Refused {
		word := t.word("refused", string(r.Reason))
		if word == "" {
			return nil, fmt.Errorf("word refused.%s: %w", r.Reason, ErrMissingValue)
		}
		tables["refused"] = append(tables["refused"], []string{word, strconv.Itoa(r.Count)})
	}
	for _, m := range d.Minutes {
		word := t.word("action", string(m.Action))
		if word == "" {
			return nil, fmt.Errorf("word action.%s: %w", m.Action, ErrMissingValue)
		}
		tables["minutes"] = append(tables["minutes"], []string{word, strconv.Itoa(m.Count), minutes(m.Mean), minutes(m.Median)})
	}
	return tables, nil
}

// minutes writes a duration in minutes with one decimal, in the Serbian way.
func minutes(d time.Duration) string {
	return strings.Replace(strconv.FormatFloat(d.Minutes(), 'f', 1, 64), ".", ",", 1)
}
