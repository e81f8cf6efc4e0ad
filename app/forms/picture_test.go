package forms

import (
	"bytes"
	"image"
	"image/color"
	_ "image/png"
	"math"
	"os/exec"
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
	for _, p := range job.Papers {
		t.Run("head of "+string(p.Record.Kind), func(t *testing.T) {
			checkModules(t, picture(t, p.PDF), head, right-17, headTop, 17, 17)
		})
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

// TestR8CircledNumber: of the two numbers on Образац 1 exactly the first is
// within a circle.
func TestR8CircledNumber(t *testing.T) {
	d := testData(procedure.PaperRequest)
	d.Demo = false
	job := render(t, d, Options{})
	img := picture(t, job.PDF)
	circled := map[string]bool{}
	for _, w := range words(t, job.PDF)[0] {
		if (w.word != "1" && w.word != "2") || w.x1 < left+2 || w.x2 > left+8 {
			continue
		}
		// The circle's centre is that of the digit, its radius 3.4 mm; the
		// box of a word is a line high, so the height is searched for.
		cx := (w.x1 + w.x2) / 2
		for cy := w.y1; cy < w.y2; cy += 0.05 {
			hits := 0
			for a := range 36 {
				sin, cos := math.Sincos(float64(a) * math.Pi / 18)
				if dark(img, cx+3.4*cos, cy+3.4*sin) {
					hits++
				}
			}
			circled[w.word] = circled[w.word] || hits >= 34
		}
	}
	if len(circled) != 2 || !circled["1"] || circled["2"] {
		t.Errorf("circled: %v, want 1 and not 2", circled)
	}
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
