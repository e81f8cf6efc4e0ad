package forms

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf16"

	"fyne.io/fyne/v2/theme"

	"salter/app/procedure"
	"salter/assets"
)

var keep = flag.String("keep", "", "write the rendered papers into this folder, to be looked at")

// testFonts are the fonts that the program uses.
func testFonts() Fonts {
	return Fonts{
		Regular: theme.DefaultTextFont().Content(),
		Bold:    theme.DefaultTextBoldFont().Content(),
	}
}

var (
	printKinds = []procedure.PaperKind{procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract}
	endKinds   = []procedure.PaperKind{procedure.PaperReceipt, procedure.PaperLabel}
	allKinds   = append(append([]procedure.PaperKind{}, printKinds...), endKinds...)
)

// testData is a finished case of a citizen who does not exist.
func testData(kinds ...procedure.PaperKind) procedure.PaperData {
	d := procedure.PaperData{
		Demo:       true,
		Action:     procedure.ActionIssue,
		CaseNumber: "BG-017-03-2026-000042",
		Office:     "Полицијска станица Нови Београд",
		Counter:    "BG-017-03",
		Clerk:      procedure.ClerkPerson{Number: "104233", Name: "Милица Јовановић"},
		Now:        time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC),
		Identity: procedure.Identity{
			DocType: procedure.DocTypeID, CardNumber: "012345678", DocSerial: "ID01234567",
			IssuedBy: "PS NOVI BEOGRAD", IssuedOn: procedure.Date{Year: 2021, Month: 3, Day: 14},
			ValidUntil: procedure.Date{Year: 2031, Month: 3, Day: 14}, PersonalNumber: "0101900715006",
			Surname: "ЂУРЂЕВИЋ-ЊЕЖИЋ", GivenName: "ЉУБИЦА", BirthDate: procedure.Date{Year: 1900, Month: 1, Day: 1},
		},
		Contract: procedure.ContractRef{Number: "BG-017-03-2026-000042/У", Date: procedure.Date{Year: 2026, Month: 11, Day: 22}},
		Kinds:    kinds,
		Result: &procedure.ResultView{
			CommonName: "ЉУБИЦА ЂУРЂЕВИЋ-ЊЕЖИЋ 012345678 Sign", Issuer: "MUP Gradjani CA 4", Root: "MUP Root CA 4",
			Serial: "3fa91c02d47be65800119af4", Active: true,
			NotBefore: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), NotAfter: time.Date(2031, 3, 14, 22, 59, 59, 0, time.UTC),
		},
		Head:      procedure.Head{Size: 10427},
		KeepUntil: procedure.Date{Year: 2041, Month: 3, Day: 14},
	}
	for i := range d.Head.Root {
		d.Head.Root[i] = byte(7*i + 3)
	}
	return d
}

func render(t testing.TB, d procedure.PaperData, o Options) Job {
	t.Helper()
	if o.Fonts.Regular == nil {
		o.Fonts = testFonts()
	}
	job, err := Render(d, o)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	for _, p := range job.Papers {
		keepFile(t, string(p.Record.Kind)+"."+p.Record.Script+".pdf", p.PDF)
	}
	return job
}

func keepFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if *keep == "" {
		return
	}
	name = strings.NewReplacer("/", "_", " ", "_").Replace(t.Name()) + "-" + name
	if err := os.WriteFile(filepath.Join(*keep, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// extract returns the text of a PDF as a program that is not ours reads it.
func extract(t testing.TB, pdf []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("pdftotext", append(args, "-", "-")...)
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(out)
}

// pagesOf returns the text of each page.
func pagesOf(t testing.TB, pdf []byte) []string {
	t.Helper()
	text := extract(t, pdf, "-raw")
	return strings.Split(strings.TrimSuffix(text, "\f"), "\f")
}

// oneLine joins the lines of s, squeeze all of it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// foot is the numbering in the foot of a page.
func foot(copyNo, copies, page, pages int) string {
	return fmt.Sprintf("примерак %d од %d страна %d од %d", copyNo, copies, page, pages)
}

// scribble is the picture of a signature.
func scribble(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 300, 120))
	for x := range 260 {
		y := 60 + int(40*math.Sin(float64(x)/18)*math.Cos(float64(x)/47))
		for d := range 5 {
			img.Set(20+x, y+d, color.NRGBA{A: 255, B: 120})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func paper(t testing.TB, job Job, kind procedure.PaperKind) Paper {
	t.Helper()
	for _, p := range job.Papers {
		if p.Record.Kind == kind {
			return p
		}
	}
	t.Fatalf("no %s in the job", kind)
	return Paper{}
}

// templateFiles are the templates that come with the program.
func templateFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	set := fstest.MapFS{}
	names, err := fs.Glob(assets.Templates(), "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(assets.Templates(), name)
		if err != nil {
			t.Fatal(err)
		}
		set[name] = &fstest.MapFile{Data: data}
	}
	return listed(set)
}

// listed adds the list of the templates and their sums to the folder.
func listed(set fstest.MapFS) fstest.MapFS {
	var list strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if name != sumsFile {
			fmt.Fprintf(&list, "%s  %s\n", hexSum(set[name].Data), name)
		}
	}
	set[sumsFile] = &fstest.MapFile{Data: []byte(list.String())}
	return set
}

var textShown = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)

// shown is the text that a PDF of ours shows, in the order of drawing, read
// from its own text layer: strings of UTF-16.
func shown(t testing.TB, pdf []byte) string {
	t.Helper()
	var out []string
	for _, m := range textShown.FindAllSubmatch(pdf, -1) {
		raw := []byte(strings.NewReplacer(`\\`, `\`, `\(`, "(", `\)`, ")", `\r`, "\r").Replace(string(m[1])))
		if len(raw)%2 != 0 {
			t.Fatalf("text of %d bytes is no UTF-16", len(raw))
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
		out = append(out, string(utf16.Decode(units)))
	}
	return oneLine(strings.Join(out, " "))
}
