package forms

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// block is one block of a template's body; set appends its pieces.
type block interface {
	set(s *setter) error
}

// Indents of the running text, in millimetres.
const (
	indentNumber = 9.0
	indentItem   = 4.5
)

// heading is "# text", numbered, or "## text".
type heading struct {
	text     text
	numbered bool
}

func (h heading) set(s *setter) error {
	rs, err := s.text(h.text, true)
	if err != nil {
		return err
	}
	label := ""
	if h.numbered {
		s.section++
		s.paragraph = 0
		label = strings.TrimLeft(fmt.Sprintf("%s %d. ", s.template.section, s.section), " ")
	}
	ls := s.face.lines([]run{{label + plain(rs), true}}, sizeHeading, column)
	s.add(piece{gap: 2.9, depth: float64(len(ls))*leading(sizeHeading) + 0.6, keep: true, draw: func(c *canvas, y float64) error {
		c.lines(ls, left, y, sizeHeading, black)
		return nil
	}})
	return nil
}

// paragraph is running text: "+ text" with a number, "- text" as an item of a
// list, or plain.
type paragraph struct {
	text text
	mark string
}

func (p paragraph) set(s *setter) error {
	size := s.template.size
	label, x, indent, gap := p.mark, left, 0.0, 0.4*point*size
	switch p.mark {
	case "+":
		s.paragraph++
		label, indent = fmt.Sprintf("%d.%d", s.section, s.paragraph), indentNumber
	case "-":
		label, indent, gap = "–", indentItem, gap/2
		if s.section > 0 { // under the text of a numbered paragraph
			x += indentNumber
		}
	}
	ls, err := s.lines(p.text, false, size, right-x-indent)
	if err != nil {
		return err
	}
	for i, l := range ls {
		pc := piece{depth: leading(size)}
		if i == 0 {
			pc.gap = gap
		}
		// Neither the first nor the last line stands alone on a page.
		pc.keep = len(ls) > 1 && (i == 0 || i == len(ls)-2)
		pc.draw = func(c *canvas, y float64) error {
			if i == 0 && label != "" {
				c.text(label, x, y, size, false, black)
			}
			c.lines([]line{l}, x+indent, y, size, black)
			return nil
		}
		s.add(pc)
	}
	return nil
}

// fields is a table of labelled values; a cell without a value is a line to be
// written on by hand.
type fields struct {
	title text
	rows  [][]cell
}

// fieldCell is a filled cell.
type fieldCell struct {
	label, value []line
	byHand       bool
	x, w         float64
}

func (f fields) set(s *setter) error {
	if f.title != nil {
		if err := (heading{text: f.title}).set(s); err != nil {
			return err
		}
	}
	if f.title == nil {
		s.keepLast()
	}
	for i, row := range f.rows {
		cells, err := s.fieldCells(row)
		if err != nil {
			return err
		}
		if cells == nil {
			continue
		}
		p := fieldRow(cells, i < len(f.rows)-1)
		if i == 0 && f.title == nil {
			p.gap += 1.5
		}
		s.add(p)
	}
	s.pieces[len(s.pieces)-1].depth += 1.2 // before running text
	return nil
}

// fieldCells fills the cells of one row, without those that may be dropped.
func (s *setter) fieldCells(row []cell) ([]fieldCell, error) {
	var kept []cell
	for _, c := range row {
		if c.droppable {
			rs, err := s.text(c.value, true)
			if err != nil {
				return nil, err
			}
			if plain(rs) == "" {
				continue
			}
		}
		kept = append(kept, c)
	}
	var out []fieldCell
	w := (column - gutter*float64(len(kept)-1)) / float64(len(kept))
	for i, c := range kept {
		fc := fieldCell{x: left + float64(i)*(w+gutter), w: w, byHand: c.value == nil}
		var err error
		if fc.label, err = s.lines(c.label, false, sizeLabel, w); err != nil {
			return nil, err
		}
		if fc.value, err = s.lines(c.value, true, sizeValue, w); err != nil {
			return nil, err
		}
		fc.byHand = fc.byHand || c.writable && fc.value == nil
		if fc.value == nil && !fc.byHand {
			fc.value = []line{{run{"–", true}}}
		}
		out = append(out, fc)
	}
	return out, nil
}

// fieldRow is one row of a table, as deep as its deepest cell.
func fieldRow(cells []fieldCell, keep bool) piece {
	labels, values, least := 1, 1, 0.0
	for _, c := range cells {
		labels, values = max(labels, len(c.label)), max(values, len(c.value))
		if c.byHand {
			least = 8
		}
	}
	top := float64(labels) * leading(sizeLabel)
	deep := top + max(least, float64(values)*leading(sizeValue)+0.8)
	return piece{gap: 1.1, depth: deep, keep: keep, draw: func(c *canvas, y float64) error {
		for _, f := range cells {
			c.lines(f.label, f.x, y, sizeLabel, grey)
			c.lines(f.value, f.x, y+top, sizeValue, black)
			c.rule(f.x, y+deep, f.x+f.w, 0.15)
		}
		return nil
	}}
}

// options is a list of services in the order of their numbers; the chosen
// number is circled.
type options struct {
	chosen text
	items  []cell // label: number and words
}

func newOptions(chosen text, rows [][]cell) (options, error) {
	o := options{chosen: chosen}
	for _, row := range rows {
		if len(row) != 1 || row[0].assigned {
			return o, fmt.Errorf("an option is a number and words: %w", ErrTemplate)
		}
		o.items = append(o.items, row[0])
	}
	return o, nil
}

func (o options) set(s *setter) error {
	chosen, err := s.text(o.chosen, true)
	if err != nil {
		return err
	}
	circled := 0
	items, err := s.optionItems(o.items)
	if err != nil {
		return err
	}
	for i, item := range items {
		on := item.number == plain(chosen)
		if on {
			circled++
		}
		s.add(piece{gap: 1.2, depth: 7.2, keep: i < len(items)-1, draw: func(c *canvas, y float64) error {
			c.option(item.number, item.words, on, y)
			return nil
		}})
	}
	s.pieces[len(s.pieces)-1].depth += 1 // room for the circle
	if circled != 1 {
		return fmt.Errorf("%d options are circled: %w", circled, ErrTemplate)
	}
	return nil
}

// optionItem is one service of a form.
type optionItem struct {
	number, words string
}

// optionItems fills the services and puts them in order: their numbers may
// come from the settings.
func (s *setter) optionItems(cells []cell) ([]optionItem, error) {
	var items []optionItem
	for _, c := range cells {
		rs, err := s.text(c.label, true)
		if err != nil {
			return nil, err
		}
		number, words := cutWord(plain(rs))
		items = append(items, optionItem{number, words})
	}
	slices.SortStableFunc(items, func(a, b optionItem) int {
		return cmp.Or(cmp.Compare(len(a.number), len(b.number)), strings.Compare(a.number, b.number))
	})
	return items, nil
}
