package forms

import (
	"fmt"
	"strings"
)

// checks is rows of boxes to be ticked by hand.
type checks struct {
	title text
	rows  [][]cell
}

const boxMark = "[ ] "

func newChecks(title text, rows [][]cell) (checks, error) {
	for _, row := range rows {
		for i := range row {
			l := row[i].label
			if len(l) == 0 || l[0].name != "" || !strings.HasPrefix(l[0].words, boxMark) {
				return checks{}, fmt.Errorf("a box begins with %q: %w", boxMark, ErrTemplate)
			}
			l[0].words = strings.TrimPrefix(l[0].words, boxMark)
		}
	}
	return checks{title: title, rows: rows}, nil
}

func (k checks) set(s *setter) error {
	if k.title != nil {
		if err := (heading{text: k.title}).set(s); err != nil {
			return err
		}
	}
	const box, indent = 3.4, 6.0
	for i, row := range k.rows {
		w := (column - gutter*float64(len(row)-1)) / float64(len(row))
		var cells [][]line
		deep := leading(sizeBody)
		for _, c := range row {
			ls, err := s.lines(c.label, false, sizeBody, w-indent)
			if err != nil {
				return err
			}
			cells = append(cells, ls)
			deep = max(deep, float64(len(ls))*leading(sizeBody))
		}
		s.add(piece{gap: 1.6, depth: deep, keep: i < len(k.rows)-1, draw: func(c *canvas, y float64) error {
			for j, ls := range cells {
				x := left + float64(j)*(w+gutter)
				c.box(x, y+(leading(sizeBody)-box)/2, box, box, 0.25)
				c.lines(ls, x+indent, y, sizeBody, black)
			}
			return nil
		}})
	}
	return nil
}

// comb is rows of small boxes for one handwritten letter each.
type comb struct {
	letters, rows int
}

func parseComb(arg string) (comb, error) {
	parts := strings.Fields(arg)
	if len(parts) != 2 {
		return comb{}, fmt.Errorf("@comb needs letters and rows: %w", ErrTemplate)
	}
	letters, err := number(parts[0], 1, 60)
	if err != nil {
		return comb{}, err
	}
	rows, err := number(parts[1], 1, 10)
	return comb{letters, rows}, err
}

func (k comb) set(s *setter) error {
	s.keepLast()
	const height = 6.4
	for i := range k.rows {
		s.add(piece{gap: 1.8, depth: height, keep: i < k.rows-1, draw: func(c *canvas, y float64) error {
			w := column / float64(k.letters)
			c.box(left, y, column, height, 0.25)
			for j := 1; j < k.letters; j++ {
				c.line(left+float64(j)*w, y, left+float64(j)*w, y+height, 0.12)
			}
			return nil
		}})
	}
	return nil
}

// signatures is a row of lines for handwritten signatures: the label below
// the line, the value, if any, above it. An empty cell leaves its place free.
type signatures struct {
	rows [][]cell
}

func (g signatures) set(s *setter) error {
	s.keepLast()
	for _, row := range g.rows {
		cells, err := s.signCells(row, sizeLabel)
		if err != nil {
			return err
		}
		space, below := 12.0, 0.0 // above the line: room to write, and the value
		for _, c := range cells {
			space = max(space, float64(len(c.value))*leading(sizeBody)+4)
			below = max(below, float64(len(c.label))*leading(sizeLabel))
		}
		s.add(piece{gap: 1.5, depth: space + 0.6 + below, draw: func(c *canvas, y float64) error {
			for _, k := range cells {
				if k.label == nil {
					continue
				}
				up := float64(len(k.value)) * leading(sizeBody)
				c.centred(k.value, k.x, y+space-up-0.4, k.w, sizeBody, black)
				c.rule(k.x, y+space, k.x+k.w, 0.3)
				c.centred(k.label, k.x, y+space+0.6, k.w, sizeLabel, grey)
			}
			return nil
		}})
	}
	return nil
}

// signCells fills the cells of a row of signatures; size is that of the
// labels.
func (s *setter) signCells(row []cell, size float64) ([]fieldCell, error) {
	const between = 2.5 * gutter
	w := (column - between*float64(len(row)-1)) / float64(len(row))
	var out []fieldCell
	for i, c := range row {
		f := fieldCell{x: left + float64(i)*(w+between), w: w}
		var err error
		if f.label, err = s.lines(c.label, false, size, w); err != nil {
			return nil, err
		}
		if f.value, err = s.lines(c.value, false, sizeBody, w); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// seal is the place where the contract is signed: in the first column the
// Ministry, with the place of the seal over its signature (R12), in the other
// the citizen. The label stands at the top, the value below the line.
type seal struct {
	mark text
	rows [][]cell
}

func (k seal) set(s *setter) error {
	s.keepLast()
	mark, err := s.lines(k.mark, true, sizeHeading, column)
	if err != nil {
		return err
	}
	if len(k.rows) != 1 {
		return fmt.Errorf("@seal has one row: %w", ErrTemplate)
	}
	cells, err := s.signCells(k.rows[0], sizeBody)
	if err != nil {
		return err
	}
	const room, radius = 23.0, 15.0
	above, below := 0.0, radius/2+2
	for _, c := range cells {
		above = max(above, float64(len(c.label))*leading(sizeBody))
		below = max(below, 1+float64(len(c.value))*leading(sizeBody))
	}
	at := above + room // of the line
	s.add(piece{gap: 6, depth: at + below, keep: true, draw: func(c *canvas, y float64) error {
		first := cells[0]
		c.sealPlace(mark, first.x+first.w/2, y+at-radius/2, radius)
		if err := c.signature(s.opts.Signatory, first.x, y+at, first.w); err != nil {
			return err
		}
		for _, f := range cells {
			c.centred(f.label, f.x, y, f.w, sizeBody, black)
			c.rule(f.x, y+at, f.x+f.w, 0.3)
			c.centred(f.value, f.x, y+at+0.8, f.w, sizeBody, black)
		}
		return nil
	}})
	return nil
}

// proof is a QR code with lines of text beside it.
type proof struct {
	content text
	rows    [][]cell
}

func newProof(content text, rows [][]cell) (proof, error) {
	if len(content) != 1 || content[0].name == "" {
		return proof{}, fmt.Errorf("@proof needs one placeholder: %w", ErrTemplate)
	}
	return proof{content: content, rows: rows}, nil
}

func (p proof) set(s *setter) error {
	const side, pad = 27.0, 3.0
	if _, err := s.values.fill(p.content); err != nil {
		return err
	}
	code, err := newQR(s.values[p.content[0].name]) // with its line breaks
	if err != nil {
		return err
	}
	var ls []line
	for _, row := range p.rows {
		for _, c := range row {
			more, err := s.lines(c.label, false, sizeBody, column-side-3*pad-2)
			if err != nil {
				return err
			}
			ls = append(ls, more...)
		}
	}
	s.add(piece{gap: 5, depth: side + 2*pad, draw: func(c *canvas, y float64) error {
		c.box(left, y, column, side+2*pad, 0.2)
		up := float64(len(ls)) * leading(sizeBody)
		c.lines(ls, left+2*pad+2+side, y+pad+(side-up)/2, sizeBody, black)
		c.symbol(code, left+pad, y+pad, side, side)
		return nil
	}})
	return nil
}

// bars is a Code 128 for the hand scanner of the archive, with its content
// beside it in large type.
type bars struct {
	content text
}

func (b bars) set(s *setter) error {
	const wide, high, size = 88.0, 12.0, 15.0
	ls, err := s.lines(b.content, true, size, column-wide-gutter)
	if err != nil {
		return err
	}
	rs, err := s.text(b.content, true)
	if err != nil {
		return err
	}
	code, err := newCode128(plain(rs))
	if err != nil {
		return err
	}
	s.add(piece{gap: 3, depth: high + 1, draw: func(c *canvas, y float64) error {
		c.symbol(code, left, y, wide, high)
		up := float64(len(ls)) * leading(size)
		c.lines(ls, left+wide+gutter, y+(high-up)/2, size, black)
		return nil
	}})
	return nil
}
