package forms

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"salter/app/procedure"
)

// minimalHead is a head with everything that must be there.
const minimalHead = `kind: potvrda
version: 1.0
script: sr-Cyrl
title: T
head: H
case: C
foot: F
foot_copy: {copy}
foot_page: {page}
privacy: P
demo: D
demo_note: N
`

func TestParseErrors(t *testing.T) {
	body := func(s string) string { return minimalHead + "\n" + s + "\n" }
	tests := []struct {
		name, file, says string
	}{
		{"empty", "", "kind"},
		{"not UTF-8", minimalHead + "\n\xff", "UTF-8"},
		{"head without colon", "kind\n", "line 1"},
		{"head without value", "kind:\n", "line 1"},
		{"unknown key", minimalHead + "colour: red\n", "colour"},
		{"bad version", "version: one\n", "version"},
		{"bad copies", "copies: 0\n", "copies"},
		{"bad height", "height: 1000\n", "height"},
		{"bad size", "size: 7\n", "size"},
		{"height that is no number", "height: NaN\n", "height"},
		{"missing title", strings.Replace(minimalHead, "title: T\n", "", 1), "title"},
		{"unknown block", body("@table\nx\n@end"), "@table"},
		{"block without end", body("@fields\nx = y"), "@end"},
		{"empty block", body("@fields\n@end"), "without lines"},
		{"bad placeholder", body("a {Name} b"), "{Name"},
		{"open placeholder", body("a {name b"), "placeholder"},
		{"open bold", body("a **b"), "**"},
		{"check without box", body("@checks\nx\n@end"), "box"},
		{"comb without numbers", body("@comb"), "@comb"},
		{"comb too wide", body("@comb 1000 1"), "1000"},
		{"option with value", body("@options {form_option}\n1 A = B\n@end"), "option"},
		{"only without a fact", body("@only\nx"), "without a fact"},
		{"only of an unknown fact", body("@only sunday\nx"), "sunday"},
		{"only without a block", body("@only issue"), "without a block"},
		{"only before a bad block", body("@only issue\n@fields\n@end"), "without lines"},
		{"table of two rows of headings", body("@table refused\nA = 1\nB = 1\n@end"), "one row"},
		{"table without widths", body("@table refused\nA | B\n@end"), "part of the width"},
		{"table with a bad width", body("@table refused\nA = x\n@end"), "number"},
		{"two words for one value", minimalHead + "word a.b c: x\nword a.c: y\n", "a.c stands twice"},
		{"proof of words", body("@proof words\nx\n@end"), "@proof"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseTemplate([]byte(tt.file))
			if !errors.Is(err, ErrTemplate) {
				t.Fatalf("parseTemplate: %v, want %v", err, ErrTemplate)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error %q does not say %q", err, tt.says)
			}
		})
	}
}

// TestTemplateAgainstCase: errors that show when a template meets a case.
func TestTemplateAgainstCase(t *testing.T) {
	tests := []struct {
		name, body string
		is         error
		says       string
	}{
		{"unknown placeholder", "a {nickname}", ErrUnknownPlaceholder, "{nickname}"},
		{"unknown placeholder that may be empty", "a {nickname?}", ErrUnknownPlaceholder, "{nickname}"},
		{"unknown placeholder in a dropped cell", "@fields\n?A = {nickname?}\n@end", ErrUnknownPlaceholder, "{nickname}"},
		{"unknown placeholder in a code", "@bars {nickname}", ErrUnknownPlaceholder, "{nickname}"},
		{"no word for the value", "{action_label}", ErrMissingValue, "{action_label}"},
		{"no option circled", "@options {form_option}\n3 A\n@end", ErrTemplate, "0 options"},
		{"two options circled", "@options {form_option}\n1 A\n1 B\n@end", ErrTemplate, "2 options"},
		{"unknown list", "@table refused\nA = 1\n@end", ErrUnknownPlaceholder, "refused"},
		{"two rows of seals", "@seal M\nA = B\nC = D\n@end", ErrTemplate, "@seal"},
		{"a missing value that is not asked for", "@only renew\nA {refusal_reason}", nil, ""},
		{"a missing value that is asked for", "@only renew issue\nA {refusal_reason}", ErrMissingValue, "{refusal_reason}"},
		{"nothing wrong", "# A\n\n+ B {case_number} {birth_date?}", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := listed(fstest.MapFS{"potvrda-1.0.sr-Cyrl.txt": {Data: []byte(minimalHead + "\n" + tt.body + "\n")}})
			_, err := Render(testData(procedure.PaperReceipt), Options{Fonts: testFonts(), Templates: set})
			if !errors.Is(err, tt.is) {
				t.Fatalf("Render: %v, want %v", err, tt.is)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestFileNameMustAgree(t *testing.T) {
	set := listed(fstest.MapFS{"potvrda-2.0.sr-Cyrl.txt": {Data: []byte(minimalHead)}})
	if _, err := Render(testData(procedure.PaperReceipt), Options{Fonts: testFonts(), Templates: set}); !errors.Is(err, ErrTemplate) {
		t.Errorf("a template under the name of another version: %v", err)
	}
}

func TestNewer(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"1.0", "1.0", false}, {"1.1", "1.0", true}, {"1.10", "1.9", true}, {"2", "1.9", true}, {"1.0.1", "1.0", true}, {"1.0", "1.0.1", false},
	}
	for _, tt := range tests {
		if got := newer(tt.a, tt.b); got != tt.want {
			t.Errorf("newer(%s, %s) = %v", tt.a, tt.b, got)
		}
	}
}

func TestJournalCode(t *testing.T) {
	h := testData().Head
	if got := JournalCode(h); got != "AMFBCGA7" {
		t.Errorf("JournalCode = %s", got)
	}
	const want = "mup.gov.rs/counter/BG-017-03\n10427\nAwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=\n"
	if got := JournalProof("BG-017-03", h); got != want {
		t.Errorf("JournalProof = %q, want %q", got, want)
	}
}

// FuzzParseTemplate: no template makes the parser or the layout fail in any
// other way than by an error.
func FuzzParseTemplate(f *testing.F) {
	for _, file := range templateFiles(f) {
		f.Add(file.Data)
	}
	f.Add([]byte(minimalHead + "\n@comb 1 1\n\n@bars x\n"))
	face, err := newTypeface(testFonts(), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tmpl, err := parseTemplate(data)
		if err != nil {
			return
		}
		lib := &library{sums: map[string]string{}, read: map[string]*template{}}
		for _, k := range []procedure.PaperKind{tmpl.kind, procedure.PaperTerms} {
			name := (&template{kind: k, version: tmpl.version, script: tmpl.script}).file()
			lib.sums[name], lib.read[name] = tmpl.hash(), tmpl
		}
		s, err := newSheet(tmpl.kind, tmpl.script, lib, testData(), Options{}.withDefaults(), symbol{wide: 1, high: 1})
		if err != nil {
			t.Fatalf("newSheet: %v", err)
		}
		if err := s.set(face); err == nil && len(s.pages) == 0 {
			t.Errorf("a template without pages")
		}
	})
}
