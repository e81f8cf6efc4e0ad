package desk

import (
	"image"
	"image/color"
	"testing"
)

// twoPages is a PDF of two pages, 100 by 200 points: the first white, the
// second with a black square in its upper left quarter.
var twoPages = []byte(`%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 100 200]>> endobj
3 0 obj <</Type /Page /Parent 2 0 R>> endobj
4 0 obj <</Type /Page /Parent 2 0 R /Contents 5 0 R>> endobj
5 0 obj <</Length 19>> stream
0 100 50 100 re f  
endstream endobj
trailer <</Root 1 0 R /Size 6>>
%%EOF
`)

func TestPreviewDraws(t *testing.T) {
	p := new(Preview)
	defer p.Close()
	tests := []struct {
		name        string
		page        int
		left, right color.Gray // the middle of the upper left and right quarter
	}{
		{"white", 0, color.Gray{Y: 255}, color.Gray{Y: 255}},
		{"square", 1, color.Gray{}, color.Gray{Y: 255}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			img, pages, err := p.Draw(t.Context(), twoPages, tt.page, 50)
			if err != nil {
				t.Fatal(err)
			}
			if size := img.Bounds().Size(); pages != 2 || size != image.Pt(50, 100) {
				t.Errorf("got %d pages of %v, want 2 of 50 × 100", pages, size)
			}
			grey := func(x, y int) color.Gray { return color.GrayModel.Convert(img.At(x, y)).(color.Gray) }
			if l, r := grey(12, 25), grey(37, 25); l != tt.left || r != tt.right {
				t.Errorf("got %v and %v, want %v and %v", l, r, tt.left, tt.right)
			}
		})
	}
	for _, page := range []int{-1, 2} {
		if _, _, err := p.Draw(t.Context(), twoPages, page, 50); err == nil {
			t.Errorf("page %d: got nil, want an error", page)
		}
	}
	if _, _, err := p.Draw(t.Context(), []byte("no PDF"), 0, 50); err == nil {
		t.Error("what is no PDF: got nil, want an error")
	}
}
