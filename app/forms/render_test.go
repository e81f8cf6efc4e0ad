package forms

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"salter/app/procedure"
)

var update = flag.Bool("update", false, "rewrite the golden texts of the papers")

// TestWordsOfPapers holds the text of each paper as pdftotext reads it, for every
// kind of case.
func TestWordsOfPapers(t *testing.T) {
	seen := map[procedure.PaperKind]bool{}
	for _, s := range scenes() {
		for _, p := range render(t, s.data(), Options{}).Papers {
			kind := p.Record.Kind
			if seen[kind] && (kind == procedure.PaperTerms || kind == procedure.PaperContract) {
				continue // the same in every case
			}
			seen[kind] = true
			file := strings.Join([]string{s.name, string(kind), p.Record.Script}, "-") + ".golden"
			name := filepath.Join("testdata", strings.NewReplacer(" ", "-", ",", "").Replace(file))
			t.Run(file, func(t *testing.T) { checkGolden(t, name, extract(t, p.PDF, "-raw")) })
		}
	}
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("text differs from %s; after a look at the paper run with -update. Got:\n%s", name, got)
	}
}

// TestNeverOnPaper: no e-mail before the citizen's hand wrote it, no personal
// number on the label, no certificate, no picture.
func TestNeverOnPaper(t *testing.T) {
	for _, s := range scenes() {
		d := s.data()
		d.Email = procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ljubica@example.rs"}
		if d.Result != nil {
			d.Result.DER = []byte("certificate-bytes")
		}
		for _, p := range render(t, d, Options{}).Papers {
			never := []string{d.Email.Address, "certificate-bytes", "012345678 Sign"}
			if p.Record.Kind == procedure.PaperLabel {
				never = append(never, "0101900715006", "ЂУРЂЕВИЋ", "ЉУБИЦА", "MÜLLER")
			}
			text := shown(t, p.PDF)
			for _, n := range never {
				if strings.Contains(text, n) {
					t.Errorf("%s: %s shows %q", s.name, p.Record.Kind, n)
				}
			}
			if bytes.Contains(p.PDF, []byte("/Subtype /Image")) {
				t.Errorf("%s: %s holds a picture", s.name, p.Record.Kind)
			}
		}
	}
}

func TestJob(t *testing.T) {
	job := render(t, testData(printKinds...), Options{})
	pages := 0
	for _, p := range job.Papers {
		pages += len(pagesOf(t, p.PDF))
		if p.Record.SHA256 != hexSum(p.PDF) {
			t.Errorf("%s: the record does not name the document", p.Record.Kind)
		}
		if p.Record.Script != ScriptCyrillic || p.Record.Version == "" || len(p.Record.Template) != 64 {
			t.Errorf("%s: record %+v", p.Record.Kind, p.Record)
		}
	}
	if got := len(pagesOf(t, job.PDF)); got != pages {
		t.Errorf("the print job has %d pages, its papers %d", got, pages)
	}
	copies := map[procedure.PaperKind]int{}
	for _, r := range job.Records() {
		copies[r.Kind] = r.Copies
	}
	if copies[procedure.PaperRequest] != 1 || copies[procedure.PaperTerms] != 2 || copies[procedure.PaperContract] != 2 {
		t.Errorf("copies %v, want 1, 2 and 2 (section 2.4)", copies)
	}
	if job.SHA256 != hexSum(job.PDF) {
		t.Errorf("the job's hash is not that of its document")
	}
}

// TestNumbering looks for "copy k of n" and "page i of j" on every page.
func TestNumbering(t *testing.T) {
	job := render(t, testData(allKinds...), Options{})
	for _, p := range job.Papers {
		pages := pagesOf(t, p.PDF)
		each := len(pages) / p.Record.Copies
		for i, text := range pages {
			want := foot(i/each+1, p.Record.Copies, i%each+1, each)
			if !strings.Contains(oneLine(text), want) {
				t.Errorf("%s: page %d lacks %q", p.Record.Kind, i+1, want)
			}
		}
	}
}

// TestPages: the number of pages of one copy in the usual case.
func TestPagesOfPapers(t *testing.T) {
	for _, s := range scenes() {
		for _, script := range []string{ScriptCyrillic, ScriptLatin} {
			d := s.data()
			d.Script = script
			for _, p := range render(t, d, Options{}).Papers {
				want := map[procedure.PaperKind]int{procedure.PaperTerms: 3, procedure.PaperContract: 2}[p.Record.Kind]
				if got := len(pagesOf(t, p.PDF)) / p.Record.Copies; got != max(want, 1) {
					t.Errorf("%s, %s: %s has %d pages, want %d", s.name, script, p.Record.Kind, got, max(want, 1))
				}
			}
		}
	}
}

func TestDeterministic(t *testing.T) {
	d := testData(allKinds...)
	first := render(t, d, Options{})
	for range 4 {
		d.Now = d.Now.In(time.FixedZone("elsewhere", 5*3600))
		again := render(t, d, Options{})
		if !bytes.Equal(first.PDF, again.PDF) {
			t.Fatalf("the same case gives another print job")
		}
		for i, p := range again.Papers {
			if p.Record != first.Papers[i].Record {
				t.Fatalf("the same case gives another %s", p.Record.Kind)
			}
		}
	}
	d.Identity.GivenName = "ЉУБИЦЕ"
	if render(t, d, Options{}).SHA256 == first.SHA256 {
		t.Errorf("another name gives the same bytes")
	}
}

// TestLetters: all letters of both Serbian alphabets come out as they went in,
// in both weights.
func TestLetters(t *testing.T) {
	const (
		cyrillic = "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ абвгдђежзијклљмнњопрстћуфхцчџш"
		latin    = "ABCČĆDĐEFGHIJKLMNOPRSŠTUVZŽ abcčćdđefghijklmnoprsštuvzž"
	)
	d := testData(printKinds...)
	d.Identity.Surname, d.Identity.GivenName = cyrillic, latin
	text := oneLine(extract(t, render(t, d, Options{}).PDF, "-raw"))
	for _, want := range append(strings.Fields(cyrillic), strings.Fields(latin)...) {
		if strings.Count(text, want) < 4 {
			t.Errorf("%q stands %d times in the papers, want 4 at least", want, strings.Count(text, want))
		}
	}
}

// TestMarks: the demo is marked on every page of every paper; the contract is
// a sample as long as the Ministry's signature is missing.
func TestMarks(t *testing.T) {
	signatory := &Signatory{Name: "Петар Петровић", Signature: scribble(t)}
	tests := []struct {
		name         string
		demo         bool
		opts         Options
		sample, want bool // want: the demo's mark
	}{
		{"demo without signature", true, Options{}, true, true},
		{"demo with signature", true, Options{Signatory: signatory}, false, true},
		{"production, preprinted", false, Options{Preprinted: true}, false, false},
		{"production, signature", false, Options{Signatory: signatory}, false, false},
		{"production, nothing", false, Options{}, true, false},
		{"production, a name only", false, Options{Signatory: &Signatory{Name: "Петар Петровић"}}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen := map[procedure.PaperKind]bool{}
			for _, s := range scenes() {
				d := s.data()
				d.Demo = tt.demo
				d.Kinds = slices.DeleteFunc(d.Kinds, func(k procedure.PaperKind) bool { return seen[k] })
				if len(d.Kinds) == 0 {
					continue
				}
				for _, p := range render(t, d, tt.opts).Papers {
					seen[p.Record.Kind] = true
					if p.Record.Script == English {
						continue
					}
					contract := p.Record.Kind == procedure.PaperContract
					pages := strings.Count(string(p.PDF), "/Type /Page\n")
					text := squeeze(shown(t, p.PDF))
					if got := strings.Count(text, "ДЕМО") >= pages; got != tt.want {
						t.Errorf("%s, %s: demo mark on every page %v, want %v", s.name, p.Record.Kind, got, tt.want)
					}
					if got, want := strings.Count(text, "УЗОРАК") == pages, tt.sample && contract; got != want {
						t.Errorf("%s, %s: sample mark on every page %v, want %v", s.name, p.Record.Kind, got, want)
					}
					picture := bytes.Contains(p.PDF, []byte("/Subtype /Image"))
					if want := tt.opts.Signatory.signed() && contract; picture != want {
						t.Errorf("%s, %s: picture %v, want %v", s.name, p.Record.Kind, picture, want)
					}
				}
			}
		})
	}
}

func TestSettings(t *testing.T) {
	d := testData(printKinds...)
	text := oneLine(extract(t, render(t, d, Options{ContractTermYears: 5, RetentionYears: 15}).PDF, "-raw"))
	for _, want := range []string{"на одређено време; број година: 5", "чувају се 15 година"} {
		if !strings.Contains(text, want) {
			t.Errorf("the papers lack %q", want)
		}
	}
}

func TestForeigner(t *testing.T) {
	d := testData(allKinds...)
	d.Identity.DocType = procedure.DocTypeIF
	d.Identity.Surname, d.Identity.GivenName = "MÜLLER-ØSTERGÅRD", "JOSÉ MARÍA"
	d.Identity.IssuedBy = ""
	text := oneLine(extract(t, render(t, d, Options{}).PDF, "-raw"))
	for _, want := range []string{"MÜLLER-ØSTERGÅRD", "JOSÉ MARÍA", "Евиденцијски број странца", "Лична карта за странце, број", "Издата од –"} {
		if !strings.Contains(text, want) {
			t.Errorf("the papers lack %q", want)
		}
	}
	if strings.Contains(text, "ЈМБГ 0") {
		t.Errorf("the number of a foreigner is called JMBG")
	}
}

// TestValuesAreNotMarkup: what looks like markup in a value is printed.
func TestValuesAreNotMarkup(t *testing.T) {
	d := testData(printKinds...)
	d.Identity.Surname = "**A** {card_number} | B = C @end"
	d.Identity.GivenName = "D\n\n# E\x00F"
	text := oneLine(extract(t, render(t, d, Options{}).PDF, "-raw"))
	for _, want := range []string{"**A** {card_number} | B = C @end", "D # E F"} {
		if !strings.Contains(text, want) {
			t.Errorf("the papers lack %q", want)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*procedure.PaperData, *Options)
		is     error
		says   string
	}{
		{"no card number", func(d *procedure.PaperData, _ *Options) { d.Identity.CardNumber = "" }, ErrMissingValue, "{card_number}"},
		{"no name at all", func(d *procedure.PaperData, _ *Options) { d.Identity.Surname, d.Identity.GivenName = "", "" }, ErrMissingValue, "{full_name}"},
		{"no contract", func(d *procedure.PaperData, _ *Options) { d.Contract.Number = "" }, ErrMissingValue, "{contract_number}"},
		{"no certificate", func(d *procedure.PaperData, _ *Options) { d.Result = nil }, ErrMissingValue, "{certificate_"},
		{"no journal head", func(d *procedure.PaperData, _ *Options) { d.Head = procedure.Head{} }, ErrMissingValue, "{journal_"},
		{"no end of keeping", func(d *procedure.PaperData, _ *Options) { d.KeepUntil = procedure.Date{} }, ErrMissingValue, "{keep_until}"},
		{"unknown kind of document", func(d *procedure.PaperData, _ *Options) { d.Identity.DocType = procedure.DocTypeRP }, ErrMissingValue, "{personal_label}"},
		{"unknown action", func(d *procedure.PaperData, _ *Options) { d.Action = "other" }, ErrMissingValue, "{form_option}"},
		{"letter outside the font", func(d *procedure.PaperData, _ *Options) { d.Identity.Surname = "漢" }, ErrGlyph, "U+6F22"},
		{"letter outside the first plane", func(d *procedure.PaperData, _ *Options) { d.Office = "\U00010000" }, ErrGlyph, "U+10000"},
		{"unknown paper", func(d *procedure.PaperData, _ *Options) { d.Kinds = []procedure.PaperKind{"other"} }, ErrTemplate, "other"},
		{"script without templates", func(_ *procedure.PaperData, o *Options) { o.Script = "sr-Xxxx" }, ErrTemplate, "sr-Xxxx"},
		{"paper that is not made in English", func(d *procedure.PaperData, _ *Options) { d.Script = English }, ErrTemplate, "en"},
		{"number of another service circled", func(d *procedure.PaperData, _ *Options) {
			changed(d, procedure.ActionRevoke, procedure.StatusLost)
			d.Kinds, d.StatusForm = kinds(procedure.PaperStatus), 2
		}, ErrMissingValue, "{status_option}"},
		{"refusal without a reason", func(d *procedure.PaperData, _ *Options) { d.Kinds = kinds(procedure.PaperRefusal) }, ErrMissingValue, "{refusal_reason}"},
		{"unblock without a choice", func(d *procedure.PaperData, _ *Options) { d.Kinds = kinds(procedure.PaperUnblock) }, ErrMissingValue, "{unblock_option}"},
		{"no font", func(_ *procedure.PaperData, o *Options) { o.Fonts.Bold = nil }, ErrFont, "bold"},
		{"cut-off font", func(_ *procedure.PaperData, o *Options) { o.Fonts.Regular = o.Fonts.Regular[:4000] }, ErrFont, "regular"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, o := testData(allKinds...), Options{Fonts: testFonts()}
			tt.change(&d, &o)
			_, err := Render(d, o)
			if !errors.Is(err, tt.is) {
				t.Fatalf("Render: %v, want %v", err, tt.is)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error %q does not name %s", err, tt.says)
			}
			for _, person := range []string{d.Identity.Surname, d.Identity.GivenName, string(d.Identity.PersonalNumber)} {
				if person != "" && strings.Contains(err.Error(), person) {
					t.Errorf("the error names a person")
				}
			}
		})
	}
	if _, err := Render(testData(), Options{Fonts: testFonts()}); err == nil {
		t.Errorf("a job without papers is no error")
	}
	_, err := Render(testData(printKinds...), Options{Fonts: testFonts(), Signatory: &Signatory{Signature: []byte("no picture")}})
	if err == nil {
		t.Errorf("a signature that is no picture is no error")
	}
}

// TestHighestVersion: a second version of a template takes over.
func TestHighestVersion(t *testing.T) {
	const old, next = "opsti-uslovi-1.0.sr-Cyrl.txt", "opsti-uslovi-1.10.sr-Cyrl.txt"
	set := templateFiles(t)
	set["opsti-uslovi-1.9.sr-Cyrl.txt"] = edited(set[old], "version: 1.0", "version: 1.9")
	set[next] = edited(set[old], "version: 1.0", "version: 1.10")
	listed(set)
	job := render(t, testData(printKinds...), Options{Templates: set})
	p := paper(t, job, procedure.PaperTerms)
	if p.Record.Version != "1.10" || p.Record.Template != hexSum(set[next].Data) {
		t.Errorf("terms of version %s, template %s", p.Record.Version, p.Record.Template)
	}
	contract := oneLine(extract(t, paper(t, job, procedure.PaperContract).PDF, "-raw"))
	if want := "верзија 1.10, ознака " + p.Record.Template[:8]; !strings.Contains(contract, want) {
		t.Errorf("the contract does not refer to the terms: lacks %q", want)
	}
}

func edited(f *fstest.MapFile, old, next string) *fstest.MapFile {
	return &fstest.MapFile{Data: bytes.Replace(f.Data, []byte(old), []byte(next), 1)}
}

// BenchmarkFivePapers renders both jobs of a case; they are to stay within
// 100 ms together.
func BenchmarkFivePapers(b *testing.B) {
	fonts := testFonts()
	for b.Loop() {
		for _, kinds := range [][]procedure.PaperKind{printKinds, endKinds} {
			if _, err := Render(testData(kinds...), Options{Fonts: fonts}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
