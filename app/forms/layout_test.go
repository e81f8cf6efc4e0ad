package forms

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"salter/app/procedure"
)

// box is a word on a page, in millimetres.
type box struct {
	word           string
	x1, y1, x2, y2 float64
}

// words returns the words of every page with their places.
func words(t *testing.T, pdf []byte) [][]box {
	t.Helper()
	var doc struct {
		Pages []struct {
			Words []struct {
				XMin float64 `xml:"xMin,attr"`
				YMin float64 `xml:"yMin,attr"`
				XMax float64 `xml:"xMax,attr"`
				YMax float64 `xml:"yMax,attr"`
				Text string  `xml:",chardata"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	html := extract(t, pdf, "-bbox")
	html = html[strings.Index(html, "<html"):]
	if err := xml.Unmarshal([]byte(html), &doc); err != nil {
		t.Fatalf("read pdftotext -bbox: %v", err)
	}
	var pages [][]box
	for _, p := range doc.Pages {
		var page []box
		for _, w := range p.Words {
			page = append(page, box{w.Text, w.XMin * point, w.YMin * point, w.XMax * point, w.YMax * point})
		}
		pages = append(pages, page)
	}
	return pages
}

// overlap is the room that two words share, as a part of the smaller one. The
// boxes are as high as the font's line, so a little is usual.
func overlap(a, b box) float64 {
	w := math.Min(a.x2, b.x2) - math.Max(a.x1, b.x1)
	h := math.Min(a.y2, b.y2) - math.Max(a.y1, b.y1)
	if w <= 0 || h <= 0 {
		return 0
	}
	area := func(c box) float64 { return (c.x2 - c.x1) * (c.y2 - c.y1) }
	return w * h / math.Min(area(a), area(b))
}

// TestNothingRunsOver: whatever the chip says, every word stays within the
// margins and on no other word.
func TestNothingRunsOver(t *testing.T) {
	long := func(word string) string { return strings.TrimSpace(strings.Repeat(word+" ", 200/len(word)+1))[:199] }
	tests := []struct {
		name   string
		change func(*procedure.PaperData)
	}{
		{"usual", func(*procedure.PaperData) {}},
		{"names of 200 bytes in many words", func(d *procedure.PaperData) {
			d.Identity.Surname, d.Identity.GivenName = long("DE LA CRUZ"), long("MARIA")
		}},
		{"names of 200 bytes in one word", func(d *procedure.PaperData) {
			d.Identity.Surname, d.Identity.GivenName = strings.Repeat("Ш", 100), strings.Repeat("W", 200)
		}},
		{"one name only", func(d *procedure.PaperData) { d.Identity.Surname = "" }},
		{"what may be missing", func(d *procedure.PaperData) {
			d.Identity.IssuedBy, d.Identity.BirthDate, d.Identity.BirthPlace = "", procedure.Date{}, ""
		}},
		{"long authority, clerk and office", func(d *procedure.PaperData) {
			d.Identity.IssuedBy = long("POLICIJSKA UPRAVA")
			d.Clerk.Name = "Александра-Магдалена Кнежевић-Стојановић Радосављевић"
			d.Office = "Полицијска управа за град Београд, Управа за управне послове, Полицијска станица Нови Београд, писарница број 17"
		}},
		{"long numbers", func(d *procedure.PaperData) {
			d.CaseNumber = "BG-017-03-NOVI-BEOGRAD-2026-000000000042"
			d.Contract.Number = d.CaseNumber + "/УГОВОР"
			d.Status.Serial, d.OldSerial = strings.Repeat("8f", 20), strings.Repeat("7e", 20)
			if d.Result == nil || d.Result.Serial == "" {
				return
			}
			d.Result.Serial = strings.Repeat("8f", 20)
			d.Result.Issuer = "CN=MUP Gradjani CA 4, O=Ministarstvo unutrašnjih poslova Republike Srbije, OU=Sertifikaciono telo MUP RS, L=Beograd, C=RS"
		}},
	}
	for i, tt := range tests {
		scripts := []string{ScriptCyrillic, ScriptLatin}
		for _, script := range scripts[:2-min(i, 1)] { // both in the usual case
			t.Run(tt.name+" "+script, func(t *testing.T) {
				for _, s := range scenes() {
					d := s.data()
					d.Demo = false // the marks across the page lie below the words
					d.Script = script
					tt.change(&d)
					for i, page := range words(t, render(t, d, Options{Preprinted: true}).PDF) {
						checkPage(t, fmt.Sprintf("%s, page %d", s.name, i+1), page)
					}
				}
			})
		}
	}
}

func checkPage(t *testing.T, where string, page []box) {
	t.Helper()
	for i, a := range page {
		if a.x1 < left-0.5 || a.x2 > right+0.5 || a.y1 < headTop-1 || a.y2 > pageHeight-5 {
			t.Errorf("%s: %q is outside the margins: %.1f to %.1f, %.1f to %.1f", where, a.word, a.x1, a.x2, a.y1, a.y2)
		}
		for _, b := range page[i+1:] {
			if o := overlap(a, b); o > 0.2 {
				t.Errorf("%s: %q lies on %q", where, a.word, b.word)
			}
		}
	}
}

// TestHalfPages: nothing of labels and slips stands below the line to cut
// along, even with serials as long as they may be (RFC 5280 section 4.1.2.2).
func TestHalfPages(t *testing.T) {
	for _, s := range scenes() {
		d := s.data()
		half := s.kinds[len(s.kinds)-1]
		if half != procedure.PaperLabel && half != procedure.PaperRefusal {
			continue
		}
		d.Kinds = kinds(half)
		d.Status.Serial = strings.Repeat("8f", 20)
		if d.Result != nil && d.Result.Serial != "" {
			d.Result.Serial = strings.Repeat("8f", 20)
		}
		for _, d.Script = range []string{ScriptCyrillic, ScriptLatin} {
			pages := words(t, render(t, d, Options{}).PDF)
			if len(pages) != 1 {
				t.Fatalf("%s, %s: the %s has %d pages", s.name, d.Script, half, len(pages))
			}
			for _, w := range pages[0] {
				if w.y2 > 148.5 {
					t.Errorf("%s: %q stands at %.1f mm, below the line", s.name, w.word, w.y2)
				}
			}
		}
	}
}

// TestFormsOnOnePage: what is signed and received stands on one sheet, with the
// serial of a certificate that the reference authority gives (16 bytes).
func TestFormsOnOnePage(t *testing.T) {
	for _, s := range scenes() {
		for _, form := range kinds(procedure.PaperRequest, procedure.PaperUnblock, procedure.PaperStatus) {
			d := s.data()
			if !slices.Contains(d.Kinds, form) {
				continue
			}
			d.Kinds = kinds(form)
			d.OldSerial, d.Status.Serial = strings.Repeat("8F", 16), strings.Repeat("8F", 16)
			for _, d.Script = range []string{ScriptCyrillic, ScriptLatin} {
				if pages := words(t, render(t, d, Options{}).PDF); len(pages) != 1 {
					t.Errorf("%s, %s: %s has %d pages", s.name, d.Script, form, len(pages))
				}
			}
		}
	}
}

func TestPaginate(t *testing.T) {
	p := func(depth float64, keep bool) piece { return piece{gap: 1, depth: depth, keep: keep} }
	tests := []struct {
		name   string
		pieces []piece
		want   string // number of pieces on each page
	}{
		{"all fit", []piece{p(10, false), p(10, false)}, "[2]"},
		{"the second does not", []piece{p(60, false), p(60, false)}, "[1 1]"},
		{"no gap at the top", []piece{p(60, false), p(100, false)}, "[1 1]"},
		{"heading goes along", []piece{p(60, false), p(10, true), p(35, false)}, "[1 2]"},
		{"chain longer than a page", []piece{p(60, true), p(60, true), p(60, false)}, "[1 1 1]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			for _, page := range paginate(tt.pieces, 0, 100) {
				got = append(got, len(page))
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("pieces on pages %v, want %s", got, tt.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	fonts := testFonts()
	face, err := newTypeface(fonts, "imonetw,")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		runs []run
		want []string
	}{
		{"nothing", nil, nil},
		{"spaces only", []run{{"   ", false}}, nil},
		{"one line", []run{{"one  two", false}}, []string{"one two"}},
		{"weight changes within a word", []run{{"one", true}, {", two", false}}, []string{"one, two"}},
		{"two lines", []run{{"mmmmmmmmmm mmmmmmmmmm", false}}, []string{"mmmmmmmmmm", "mmmmmmmmmm"}},
		{"no-break space", []run{{"mmm mmmmmmm\u00a0mmm", false}}, []string{"mmm", "mmmmmmm\u00a0mmm"}},
		{"broken word", []run{{strings.Repeat("m", 30), true}, {" i", false}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const width = 40.0
			var got []string
			for _, l := range face.lines(tt.runs, 10, width) {
				got = append(got, plain(l))
				if sum := face.runsWidth(l, 10); sum > width+0.01 {
					t.Errorf("line %q is %.1f mm wide", plain(l), sum)
				}
			}
			if tt.name == "broken word" {
				if squeeze(strings.Join(got, "")) != strings.Repeat("m", 30)+"i" || len(got) < 2 {
					t.Errorf("lines %q", got)
				}
				return
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("lines %q, want %q", got, tt.want)
			}
		})
	}
}

// TestWidths compares our measure with that of the library that writes.
func TestWidths(t *testing.T) {
	const sample = "Уговор о пружању услуге – Ђ Ћ Љ Њ Џ Čč Ćć Šš Žž Đđ 0123456789"
	face, err := newTypeface(testFonts(), sample)
	if err != nil {
		t.Fatal(err)
	}
	pdf := newDocument(face.fonts)
	for _, bold := range []bool{false, true} {
		pdf.SetFont(fontFamily, weight(bold), 10)
		got, want := face.width(sample, bold, 10), pdf.GetStringWidth(sample)
		if math.Abs(got-want) > want/200 {
			t.Errorf("bold %v: %.2f mm, the library says %.2f", bold, got, want)
		}
	}
}
