package forms

import (
	"bytes"
	"image"
	"image/color"
	_ "image/png"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"salter/app/procedure"
)

const dpi = 200

// picture renders the first page as a program that is not ours does.
func picture(t *testing.T, pdf []byte) image.Image {
	t.Helper()
	cmd := exec.Command("pdftoppm", "-png", "-gray", "-singlefile", "-r", "200", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftoppm: %v", err)
	}
	img, _, err := image.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("decode page: %v", err)
	}
	return img
}

// dark reports whether the page is dark at x, y, in millimetres.
func dark(img image.Image, x, y float64) bool {
	const mm = dpi / 25.4
	return color.GrayModel.Convert(img.At(int(x*mm), int(y*mm))).(color.Gray).Y < 128
}

// checkModules compares the page with code, drawn into w by h millimetres.
func checkModules(t *testing.T, img image.Image, code barcode.Barcode, x, y, w, h float64) {
	t.Helper()
	b, bad := code.Bounds(), 0
	for j := range b.Dy() {
		for i := range b.Dx() {
			want := color.GrayModel.Convert(code.At(i, j)).(color.Gray).Y < 128
			mx, my := w/float64(b.Dx()), h/float64(b.Dy())
			if dark(img, x+(float64(i)+0.5)*mx, y+(float64(j)+0.5)*my) != want {
				bad++
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d modules are wrong", bad, b.Dx()*b.Dy())
	}
}

// TestCodesOnPaper: the code in the head is the case number and nothing else,
// the receipt has the journal's state, the label the case number as bars.
func TestCodesOnPaper(t *testing.T) {
	d := testData(allKinds...)
	d.Demo = false
	job := render(t, d, Options{Preprinted: true})
	head, err := qr.Encode(d.CaseNumber, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[procedure.PaperKind]bool{}
	for _, s := range scenes() {
		d := s.data()
		d.Demo = false
		for _, p := range render(t, d, Options{Preprinted: true}).Papers {
			if seen[p.Record.Kind] {
				continue
			}
			seen[p.Record.Kind] = true
			t.Run("head of "+string(p.Record.Kind), func(t *testing.T) {
				checkModules(t, picture(t, p.PDF), head, right-17, headTop, 17, 17)
			})
		}
	}
	t.Run("journal", func(t *testing.T) {
		code, err := qr.Encode(JournalProof(d.Counter, d.Head), qr.M, qr.Auto)
		if err != nil {
			t.Fatal(err)
		}
		img := picture(t, paper(t, job, procedure.PaperReceipt).PDF)
		checkModules(t, img, code, left+3, findFrame(t, img)+3, 27, 27)
	})
	t.Run("label", func(t *testing.T) {
		code, err := code128.Encode(d.CaseNumber)
		if err != nil {
			t.Fatal(err)
		}
		img := picture(t, paper(t, job, procedure.PaperLabel).PDF)
		y := 40.0
		for !dark(img, left+0.1, y) || !dark(img, left+0.1, y+8) {
			y += 0.1
		}
		checkModules(t, img, code, left, y+1, 88, 8)
	})
}

// findFrame returns the top of the frame around the journal's code: the only
// upright line at the left margin that is longer than 20 mm.
func findFrame(t *testing.T, img image.Image) float64 {
	t.Helper()
	for y := 40.0; y < 270; y += 0.05 {
		whole := true
		for d := 0.0; d < 20 && whole; d += 0.5 {
			whole = dark(img, left, y+d)
		}
		if whole {
			return y
		}
	}
	t.Fatal("no frame on the page")
	return 0
}

// TestCircledNumber: of the numbers on a form exactly the one of the service
// is within a circle (R8, R23, sections 3.2 and 3.3 of the procedure).
func TestCircledNumber(t *testing.T) {
	tests := []struct {
		name, scene string
		kind        procedure.PaperKind
		opts        Options
		all, want   string
	}{
		{"R8 issuing", "issue", procedure.PaperRequest, Options{}, "1 2", "1"},
		{"R23 renewal", "renew", procedure.PaperRequest, Options{}, "1 2", "2"},
		{"keep the PIN", "unblock", procedure.PaperUnblock, Options{}, "1 2", "1"},
		{"R3 change the PIN", "unblock-issue", procedure.PaperUnblock, Options{}, "1 2", "2"},
		{"revocation", "revoke", procedure.PaperStatus, Options{}, "1 2 3", "1"},
		{"suspension", "suspend without card", procedure.PaperStatus, Options{}, "1 2 3", "2"},
		{"reactivation", "reactivate", procedure.PaperStatus, Options{}, "1 2 3", "3"},
		{"other numbers", "reactivate", procedure.PaperStatus, Options{StatusForm: map[procedure.Action]int{
			procedure.ActionRevoke: 4, procedure.ActionSuspend: 5, procedure.ActionReactivate: 2}}, "2 4 5", "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := testScene(t, tt.scene).data()
			d.Demo, d.Kinds = false, kinds(tt.kind)
			if tt.opts.StatusForm != nil {
				d.StatusForm = tt.opts.StatusForm[d.Action]
			}
			all, circled := circledNumbers(t, render(t, d, tt.opts).PDF)
			if strings.Join(all, " ") != tt.all || strings.Join(circled, " ") != tt.want {
				t.Errorf("of %v circled: %v, want of %s only %s", all, circled, tt.all, tt.want)
			}
		})
	}
}

// circledNumbers returns the numbers before the services of a form from top to
// bottom, and those within a circle.
func circledNumbers(t *testing.T, pdf []byte) (all, circled []string) {
	t.Helper()
	img := picture(t, pdf)
	for _, w := range words(t, pdf)[0] {
		if len(w.word) != 1 || w.word[0] < '1' || w.word[0] > '9' || w.x1 < left+2 || w.x2 > left+8 {
			continue
		}
		all = append(all, w.word)
		// The circle's centre is that of the digit, its radius 3.4 mm; the
		// box of a word is a line high, so the height is searched for.
		cx, found := (w.x1+w.x2)/2, false
		for cy := w.y1; cy < w.y2; cy += 0.05 {
			hits := 0
			for a := range 36 {
				sin, cos := math.Sincos(float64(a) * math.Pi / 18)
				if dark(img, cx+3.4*cos, cy+3.4*sin) {
					hits++
				}
			}
			found = found || hits >= 34
		}
		if found {
			circled = append(circled, w.word)
		}
	}
	return all, circled
}

// TestHandwritingStaysFree: where the citizen writes the e-mail address there
// are boxes and nothing in them.
func TestHandwritingStaysFree(t *testing.T) {
	d := testData(procedure.PaperRequest)
	d.Demo = false
	d.Email = procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ljubica@example.rs"}
	job := render(t, d, Options{})
	img := picture(t, job.PDF)
	y := 0.0
	for _, w := range words(t, job.PDF)[0] {
		if w.word == "Да" || w.word == "Да," {
			y = w.y2
		}
	}
	top := y
	for !dark(img, left+2, top) {
		top += 0.05
	}
	if top-y > 6 {
		t.Fatalf("no boxes below the choice")
	}
	const letters = 34
	w := column / letters
	for i := range letters {
		for _, at := range []float64{0.25, 0.5, 0.75} {
			if dark(img, left+(float64(i)+at)*w, top+3.2) {
				t.Errorf("box %d is not empty", i+1)
			}
		}
		if i > 0 && !dark(img, left+float64(i)*w, top+3.2) {
			t.Errorf("no line before box %d", i+1)
		}
	}
}
