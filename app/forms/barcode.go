package forms

import (
	"fmt"
	"image"
	"image/color"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
)

// symbol is a bar code as dark bars in units of one module, so that a printer
// draws sharp edges at its own resolution. The ground is the paper.
type symbol struct {
	wide, high int // modules
	bars       []image.Rectangle
}

// newQR encodes content as a QR code (ISO/IEC 18004), level M.
func newQR(content string) (symbol, error) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return symbol{}, fmt.Errorf("encode QR: %w", err)
	}
	return newSymbol(code), nil
}

// newCode128 encodes content as Code 128 (ISO/IEC 15417).
func newCode128(content string) (symbol, error) {
	code, err := code128.Encode(content)
	if err != nil {
		return symbol{}, fmt.Errorf("encode Code 128: %w", err)
	}
	return newSymbol(code), nil
}

// newSymbol joins the dark modules of every row to bars.
func newSymbol(code barcode.Barcode) symbol {
	b := code.Bounds()
	s := symbol{wide: b.Dx(), high: b.Dy()}
	dark := func(i, j int) bool {
		return i < b.Max.X && color.GrayModel.Convert(code.At(i, j)).(color.Gray).Y < 128
	}
	for j := b.Min.Y; j < b.Max.Y; j++ {
		for i := b.Min.X; i < b.Max.X; i++ {
			from := i
			for dark(i, j) {
				i++
			}
			if i > from {
				s.bars = append(s.bars, image.Rect(from, j, i, j+1).Sub(b.Min))
			}
		}
	}
	return s
}

// symbol draws s into the rectangle at x, y.
func (c *canvas) symbol(s symbol, x, y, w, h float64) {
	mw, mh := w/float64(s.wide), h/float64(s.high)
	c.pdf.SetFillColor(0, 0, 0)
	for _, b := range s.bars {
		c.pdf.Rect(x+float64(b.Min.X)*mw, y+float64(b.Min.Y)*mh, float64(b.Dx())*mw, float64(b.Dy())*mh, "F")
	}
}
