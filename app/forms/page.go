package forms

import (
	"bytes"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
)

// Shades of grey; the papers have no colour, counters print in black.
const (
	black = 0
	grey  = 85
	pale  = 236
)

// canvas draws on the present page of one document.
type canvas struct {
	pdf  *fpdf.Fpdf
	face *typeface
}

func (c *canvas) text(s string, x, y, size float64, bold bool, shade int) {
	c.pdf.SetFont(fontFamily, weight(bold), size)
	c.pdf.SetTextColor(shade, shade, shade)
	c.pdf.Text(x, y+baseline(size), s)
}

// lines draws ls below each other; y is the top of the first.
func (c *canvas) lines(ls []line, x, y, size float64, shade int) {
	for i, l := range ls {
		at := x
		for _, r := range l {
			c.text(r.s, at, y+float64(i)*leading(size), size, r.bold, shade)
			at += c.face.width(r.s, r.bold, size)
		}
	}
}

func (c *canvas) centred(ls []line, x, y, w, size float64, shade int) {
	for i, l := range ls {
		c.lines([]line{l}, x+(w-c.face.runsWidth(l, size))/2, y+float64(i)*leading(size), size, shade)
	}
}

func (c *canvas) flushRight(ls []line, x, y, size float64, shade int) {
	for i, l := range ls {
		c.lines([]line{l}, x-c.face.runsWidth(l, size), y+float64(i)*leading(size), size, shade)
	}
}

func (c *canvas) line(x1, y1, x2, y2, thick float64) {
	c.pdf.SetDrawColor(0, 0, 0)
	c.pdf.SetLineWidth(thick)
	c.pdf.Line(x1, y1, x2, y2)
}

func (c *canvas) rule(x, y, to, thick float64) { c.line(x, y, to, y, thick) }

func (c *canvas) box(x, y, w, h, thick float64) {
	c.pdf.SetDrawColor(0, 0, 0)
	c.pdf.SetLineWidth(thick)
	c.pdf.Rect(x, y, w, h, "D")
}

// option draws one line of the services, its number in a circle if chosen.
func (c *canvas) option(number, words string, on bool, y float64) {
	const size, radius = 11.0, 3.4
	x := left + 5.0
	c.text(number, x-c.face.width(number, on, size)/2, y+(7.2-leading(size))/2, size, on, black)
	if on {
		c.pdf.SetDrawColor(0, 0, 0)
		c.pdf.SetLineWidth(0.5)
		c.pdf.Circle(x, y+3.6, radius, "D")
	}
	c.text(words, left+12, y+(7.2-leading(size))/2, size, on, black)
}

// sealPlace draws the outline within which the seal is put; the mark stands
// to the left of it.
func (c *canvas) sealPlace(mark []line, x, y, radius float64) {
	const shade = 120
	c.pdf.SetDrawColor(shade, shade, shade)
	c.pdf.SetLineWidth(0.2)
	c.pdf.SetDashPattern([]float64{1.2, 1.2}, 0)
	c.pdf.Circle(x, y, radius, "D")
	c.pdf.SetDashPattern(nil, 0)
	c.flushRight(mark, x-radius-9, y-leading(sizeHeading)/2, sizeHeading, grey)
}

// signature puts the picture of the signature onto the line at y. Without a
// signatory the place stays free.
func (c *canvas) signature(s *Signatory, x, y, w float64) error {
	if !s.signed() {
		return nil
	}
	const name, wide, high = "signature", 45.0, 18.0
	opt := fpdf.ImageOptions{ImageType: "PNG"}
	info := c.pdf.RegisterImageOptionsReader(name, opt, bytes.NewReader(s.Signature))
	if err := c.pdf.Error(); err != nil {
		return fmt.Errorf("read signature picture: %w", err)
	}
	scale := min(wide/info.Width(), high/info.Height())
	iw, ih := info.Width()*scale, info.Height()*scale
	c.pdf.ImageOptions(name, x+(w-iw)/2, y-ih+3, iw, ih, false, opt, 0, "")
	return c.pdf.Error()
}

// write makes one document of all copies of the sheets.
func write(sheets []*sheet, made time.Time, face *typeface) ([]byte, error) {
	pdf := newDocument(face.fonts)
	pdf.SetCompression(false) // of the page contents: it takes a fifth of the time
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Salter", true)
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.SetLang(sheets[0].template.script)
	pdf.SetTitle(string(sheets[0].template.kind), true)
	c := &canvas{pdf: pdf, face: face}
	for _, s := range sheets {
		for k := range s.template.copies {
			if err := s.drawCopy(c, k+1); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// drawCopy draws the pages of copy number k.
func (s *sheet) drawCopy(c *canvas, k int) error {
	v := maps.Clone(s.values)
	v["copy"], v["pages"] = strconv.Itoa(k), strconv.Itoa(len(s.pages))
	for i, page := range s.pages {
		v["page"] = strconv.Itoa(i + 1)
		c.pdf.AddPage()
		if err := s.drawFrame(c, v); err != nil {
			return err
		}
		for _, p := range page {
			if err := p.draw(c, p.y); err != nil {
				return err
			}
		}
	}
	return c.pdf.Error()
}

// drawFrame draws everything around the body: marks, head and foot.
func (s *sheet) drawFrame(c *canvas, v values) error {
	t := s.template.frame
	f := &framer{canvas: c, sheet: s, values: v}
	if s.sample {
		f.watermark(t.sample)
	}
	if s.demo {
		if !s.sample {
			f.watermark(t.demo)
		}
		f.demoTag()
	}
	f.head()
	f.foot()
	if s.template.height < pageHeight {
		f.cut()
	}
	return f.err
}

// framer draws the frame of a page.
type framer struct {
	*canvas
	sheet  *sheet
	values values
	err    error // the first of a text
}

// fill returns the lines of t, at most width wide.
func (f *framer) fill(t text, bold bool, size, width float64) []line {
	rs, err := f.values.fill(t)
	if bold {
		rs = []run{{plain(rs), true}}
	}
	if err == nil {
		err = f.face.check(rs)
	}
	if f.err == nil {
		f.err = err
	}
	return f.face.lines(rs, size, width)
}

func (f *framer) head() {
	t := f.sheet.template.frame
	y := headTop
	for i, h := range t.head {
		ls := f.fill(h, i == 0, sizeHead, headColumn)
		f.lines(ls, left, y, sizeHead, black)
		y += float64(len(ls)) * leading(sizeHead)
	}
	const side, number = 17.0, 44.0
	if t.caseLabel == nil { // a paper about no case
		f.rule(left, f.sheet.headRule, right, 0.5)
		return
	}
	f.symbol(f.sheet.code, right-side, headTop, side, side)
	f.flushRight(f.fill(t.caseLabel, false, sizeLabel, number), right-side-4, headTop+0.5, sizeLabel, grey)
	f.flushRight(f.fill(text{{name: "case_number", bold: true}}, true, sizeValue, number), right-side-4, headTop+4.2, sizeValue, black)
	f.rule(left, f.sheet.headRule, right, 0.5)
}

func (f *framer) foot() {
	t := f.sheet.template.frame
	y := f.sheet.template.height - footDepth
	f.rule(left, y, right, 0.15)
	f.lines(f.fill(t.foot, false, sizeLabel, 80), left, y+1.2, sizeLabel, black)
	f.centred(f.fill(t.footCopy, true, sizeLabel, 40), left, y+1.2, column, sizeLabel, black)
	f.flushRight(f.fill(t.footPage, false, sizeLabel, 60), right, y+1.2, sizeLabel, black)
	f.lines(f.fill(t.privacy, false, sizeSmall, column), left, y+5.2, sizeSmall, grey)
}

// demoTag draws the framed mark of the demo between the two parts of the head.
func (f *framer) demoTag() {
	t := f.sheet.template.frame
	const x, w, h = 96.0, 28.0, 12.0
	f.box(x, headTop+2, w, h, 0.5)
	f.centred(f.fill(t.demo, true, 14, w), x, headTop+2.6, w, 14, black)
	f.centred(f.fill(t.demoNote, false, sizeSmall, w), x, headTop+9.6, w, sizeSmall, black)
}

// watermark draws t large and pale across the page, below everything else.
func (f *framer) watermark(t text) {
	ls := f.fill(t, true, 120, 400)
	if len(ls) == 0 {
		return
	}
	x, y := pageWidth/2, f.sheet.template.height/2
	f.pdf.TransformBegin()
	f.pdf.TransformRotate(45, x, y)
	f.centred(ls, x-200, y-leading(120)/2, 400, 120, pale)
	f.pdf.TransformEnd()
}

// cut draws the line along which the sheet is cut.
func (f *framer) cut() {
	f.pdf.SetDashPattern([]float64{2, 2}, 0)
	f.rule(0, f.sheet.template.height, pageWidth, 0.15)
	f.pdf.SetDashPattern(nil, 0)
}

// cutWord divides s at its first space.
func cutWord(s string) (first, rest string) {
	first, rest, _ = strings.Cut(s, " ")
	return first, rest
}
