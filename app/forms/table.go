package forms

import (
	"fmt"
	"strings"
)

// table is rows of data under headings; how many there are is not known to
// the template. All columns but the first hold numbers and stand at the right.
type table struct {
	name    string
	columns []cell
	parts   []float64 // of the width, for each column
}

func newTable(name string, rows [][]cell) (table, error) {
	t := table{name: name}
	if len(rows) != 1 {
		return t, fmt.Errorf("@table has one row of headings: %w", ErrTemplate)
	}
	sum := 0.0
	for _, c := range rows[0] {
		if len(c.value) != 1 {
			return t, fmt.Errorf("@table: a heading is words = part of the width: %w", ErrTemplate)
		}
		part, err := number(strings.TrimSpace(c.value[0].words), 1, 20)
		if err != nil {
			return t, err
		}
		t.columns, t.parts = append(t.columns, c), append(t.parts, float64(part))
		sum += float64(part)
	}
	for i := range t.parts {
		t.parts[i] *= (column - gutter*float64(len(t.parts)-1)) / sum
	}
	return t, nil
}

func (b table) set(s *setter) error {
	rows, known := s.tables[b.name]
	if !known {
		return fmt.Errorf("@table %s: %w", b.name, ErrUnknownPlaceholder)
	}
	var heads [][]line
	for i, c := range b.columns {
		ls, err := s.lines(c.label, false, sizeLabel, b.parts[i])
		if err != nil {
			return err
		}
		heads = append(heads, ls)
	}
	s.keepLast()
	head := b.row(heads, sizeLabel, grey)
	head.gap, head.keep = 1.5, true
	s.add(head)
	if rows == nil {
		rows = [][]string{{"–"}}
	}
	for _, row := range rows {
		cells := make([][]line, len(b.columns))
		for i := range min(len(row), len(cells)) {
			rs := []run{{clean(row[i]), false}}
			if err := s.face.check(rs); err != nil {
				return err
			}
			cells[i] = s.face.lines(rs, sizeBody, b.parts[i])
		}
		s.add(b.row(cells, sizeBody, black))
	}
	s.pieces[len(s.pieces)-1].depth += 1.2 // before running text
	return nil
}

// row is one row of the table, with a rule below it.
func (b table) row(cells [][]line, size float64, shade int) piece {
	deep := 0.0
	for _, ls := range cells {
		deep = max(deep, float64(len(ls))*leading(size)+0.8)
	}
	return piece{gap: 0.8, depth: deep, draw: func(c *canvas, y float64) error {
		x := left
		for i, ls := range cells {
			if i == 0 {
				c.lines(ls, x, y, size, shade)
			} else {
				c.flushRight(ls, x+b.parts[i], y, size, shade)
			}
			x += b.parts[i] + gutter
		}
		c.rule(left, y+deep, right, 0.15)
		return nil
	}}
}
