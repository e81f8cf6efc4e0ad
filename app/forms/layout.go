package forms

import (
	"strings"

	"salter/app/procedure"
)

// The grid of every page, in millimetres from its top left corner. The wide
// left margin is for the punch of the archive.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	left       = 25.0
	right      = 192.0
	column     = right - left
	gutter     = 6.0
	headTop    = 11.0
	headColumn = 68.0 // its left part
	headDepth  = 21.0 // at least
	bodyGap    = 4.0  // between the body and the rules of head and foot
	footDepth  = 18.0 // from the foot's rule to the edge of the sheet
)

// point is the unit of type sizes, in millimetres.
const point = 25.4 / 72

// Sizes of type, in points.
const (
	sizeTitle   = 14.5
	sizeHeading = 10.5
	sizeBody    = 9.3
	sizeHead    = 8.5
	sizeValue   = 10.0
	sizeLabel   = 7.0
	sizeSmall   = 6.5
)

// leading is the height of a line of type of the given size, in millimetres.
func leading(size float64) float64 { return size * point * 1.38 }

// baseline is how far below the top of its line type of this size stands.
func baseline(size float64) float64 { return leading(size) * 0.73 }

// piece is a part of a page that is not divided.
type piece struct {
	gap   float64 // space above it, left out at the top of a page
	depth float64
	keep  bool // on one page with the next piece
	draw  func(c *canvas, y float64) error
}

// placed is a piece with its place on a page.
type placed struct {
	piece
	y float64
}

// sheet is one paper of a case: a template with its values, and once it is
// set, its pages.
type sheet struct {
	template *template
	values   values
	facts    facts
	tables   map[string][][]string // rows of cells by the name of the table
	opts     Options
	demo     bool
	sample   bool   // the Ministry's signature is missing
	code     symbol // of the case number
	headRule float64
	pages    [][]placed
}

func newSheet(kind procedure.PaperKind, script string, lib *library, d procedure.PaperData, o Options, code symbol) (*sheet, error) {
	t, err := lib.template(kind, script)
	if err != nil {
		return nil, err
	}
	var terms *template // that the contract refers to
	if kind == procedure.PaperContract {
		if terms, err = lib.template(procedure.PaperTerms, script); err != nil {
			return nil, err
		}
	}
	v, err := newValues(d, o, t, terms)
	if err != nil {
		return nil, err
	}
	return &sheet{
		template: t, values: v, facts: newFacts(d, o), opts: o, demo: d.Demo, code: code,
		sample: t.frame.sample != nil && !o.Signatory.signed() && !o.Preprinted,
	}, nil
}

// letters is every character that the sheets can show.
func letters(sheets []*sheet) string {
	var b strings.Builder
	for _, s := range sheets {
		b.WriteString(s.template.source)
		for _, value := range s.values {
			b.WriteString(value)
		}
		for _, rows := range s.tables {
			for _, row := range rows {
				b.WriteString(strings.Join(row, ""))
			}
		}
	}
	return b.String()
}

// set lays the sheet out in the typeface.
func (s *sheet) set(face *typeface) error {
	w := &setter{face: face, values: s.values, facts: s.facts, tables: s.tables, template: s.template, opts: s.opts}
	if err := w.title(); err != nil {
		return err
	}
	for _, b := range s.template.blocks {
		if err := b.set(w); err != nil {
			return err
		}
	}
	head := 0
	for i, t := range s.template.frame.head {
		ls, err := w.lines(t, i == 0, sizeHead, headColumn)
		if err != nil {
			return err
		}
		head += len(ls)
	}
	s.headRule = headTop + max(headDepth, float64(head)*leading(sizeHead)+2)
	s.pages = paginate(w.pieces, s.headRule+bodyGap, s.template.height-footDepth-bodyGap)
	return nil
}

// setter sets the blocks of one template one after the other.
type setter struct {
	face      *typeface
	values    values
	facts     facts
	tables    map[string][][]string
	template  *template
	opts      Options
	pieces    []piece
	section   int // number of the section, counted from 1
	paragraph int // number within the section
}

// text fills t, makes all of it bold if bold is set, and makes sure that the
// font can show it.
func (s *setter) text(t text, bold bool) ([]run, error) {
	rs, err := s.values.fill(t)
	if err != nil {
		return nil, err
	}
	if bold && rs != nil {
		rs = []run{{plain(rs), true}}
	}
	return rs, s.face.check(rs)
}

// lines fills t and breaks it into lines.
func (s *setter) lines(t text, bold bool, size, width float64) ([]line, error) {
	rs, err := s.text(t, bold)
	if err != nil {
		return nil, err
	}
	return s.face.lines(rs, size, width), nil
}

func (s *setter) add(p piece) { s.pieces = append(s.pieces, p) }

// keepLast ties the piece set last to the next one.
func (s *setter) keepLast() {
	if n := len(s.pieces); n > 0 {
		s.pieces[n-1].keep = true
	}
}

// title sets the number of the form and the title above the first block.
func (s *setter) title() error {
	form, err := s.lines(s.template.frame.form, true, sizeHeading, column)
	if err != nil {
		return err
	}
	title, err := s.lines(s.template.frame.title, true, sizeTitle, column)
	if err != nil {
		return err
	}
	if form != nil {
		s.add(piece{depth: leading(sizeHeading), keep: true, draw: func(c *canvas, y float64) error {
			c.lines(form, left, y, sizeHeading, grey)
			return nil
		}})
	}
	s.add(piece{gap: 0.5, depth: float64(len(title))*leading(sizeTitle) + 1, keep: true, draw: func(c *canvas, y float64) error {
		c.lines(title, left, y, sizeTitle, black)
		return nil
	}})
	return nil
}

// paginate fills pages from top to bottom. A chain of pieces that keep
// together moves to the next page as a whole, unless it fills more than a page.
func paginate(pieces []piece, top, bottom float64) [][]placed {
	var pages [][]placed
	var page []placed
	y := top
	for i := 0; i < len(pieces); {
		end := i
		for end < len(pieces)-1 && pieces[end].keep {
			end++
		}
		chain := pieces[i : end+1]
		if page != nil && y+depth(chain) > bottom {
			pages, page, y = append(pages, page), nil, top
		}
		for _, p := range chain {
			if page != nil {
				y += p.gap
			}
			if page != nil && y+p.depth > bottom {
				pages, page, y = append(pages, page), nil, top
			}
			page = append(page, placed{p, y})
			y += p.depth
		}
		i = end + 1
	}
	return append(pages, page)
}

// depth is the room that pieces need below each other.
func depth(pieces []piece) float64 {
	sum := 0.0
	for _, p := range pieces {
		sum += p.gap + p.depth
	}
	return sum
}
