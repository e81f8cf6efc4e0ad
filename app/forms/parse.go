package forms

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"salter/app/procedure"
)

// parser walks over the lines of a template; at is the number of the line
// read last, counted from 1.
type parser struct {
	lines []string
	at    int
}

// next returns the next line without spaces at its ends.
func (p *parser) next() (string, bool) {
	if p.at == len(p.lines) {
		return "", false
	}
	p.at++
	return strings.TrimSpace(p.lines[p.at-1]), true
}

var versionForm = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$`)

// head reads the lines "key: value" up to the first empty line.
func (p *parser) head(t *template) error {
	for {
		line, ok := p.next()
		if !ok || line == "" {
			return nil
		}
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || value == "" {
			return fmt.Errorf("not of the form key: value: %w", ErrTemplate)
		}
		if err := t.set(strings.TrimSpace(key), value); err != nil {
			return err
		}
	}
}

// set takes one line of the head.
func (t *template) set(key, value string) error {
	if word, ok := strings.CutPrefix(key, "word "); ok {
		group, names, _ := strings.Cut(word, ".")
		for _, name := range strings.Fields(names) {
			if t.words[group+"."+name] != "" {
				return fmt.Errorf("word %s.%s stands twice: %w", group, name, ErrTemplate)
			}
			t.words[group+"."+name] = value
		}
		return nil
	}
	var err error
	switch key {
	case "kind":
		t.kind = procedure.PaperKind(value)
	case "version":
		if !versionForm.MatchString(value) {
			return fmt.Errorf("version is not numbers with dots: %w", ErrTemplate)
		}
		t.version = value
	case "script":
		t.script = value
	case "section":
		t.section = value
	case "copies":
		t.copies, err = number(value, 1, 9)
	case "height":
		t.height, err = measure(value, 100, pageHeight)
	case "size":
		t.size, err = measure(value, 8, 12)
	default:
		return t.frame.set(key, value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// set takes a line of the head that is text.
func (f *frame) set(key, value string) error {
	s, err := parseText(value)
	if err != nil {
		return err
	}
	places := map[string]*text{
		"form": &f.form, "title": &f.title, "case": &f.caseLabel,
		"foot": &f.foot, "foot_copy": &f.footCopy, "foot_page": &f.footPage, "privacy": &f.privacy,
		"demo": &f.demo, "demo_note": &f.demoNote, "sample": &f.sample,
	}
	if key == "head" {
		f.head = append(f.head, s)
		return nil
	}
	place, ok := places[key]
	if !ok {
		return fmt.Errorf("%q is no key of the head: %w", key, ErrTemplate)
	}
	*place = s
	return nil
}

// block reads the next block of the body; nil at the end.
func (p *parser) block() (block, error) {
	line, ok := p.next()
	for ok && line == "" {
		line, ok = p.next()
	}
	switch {
	case !ok:
		return nil, nil
	case strings.HasPrefix(line, "@"):
		return p.directive(line)
	}
	for { // a paragraph goes on to the next empty line
		more, ok := p.next()
		if !ok || more == "" {
			break
		}
		line += " " + more
	}
	mark, rest, _ := strings.Cut(line, " ")
	if mark != "#" && mark != "##" && mark != "+" && mark != "-" {
		mark, rest = "", line
	}
	s, err := parseText(rest)
	if err != nil {
		return nil, err
	}
	if mark == "#" || mark == "##" {
		return heading{text: s, numbered: mark == "#"}, nil
	}
	return paragraph{text: s, mark: mark}, nil
}

// directive reads a block that begins with @name.
func (p *parser) directive(line string) (block, error) {
	name, arg, _ := strings.Cut(line, " ")
	if name == "@only" {
		return p.only(strings.Fields(arg))
	}
	title, err := parseText(arg)
	if err != nil {
		return nil, err
	}
	switch name { // blocks of one line
	case "@comb":
		return parseComb(arg)
	case "@bars":
		return bars{content: title}, nil
	}
	rows, err := p.rows()
	if err != nil {
		return nil, err
	}
	switch name {
	case "@fields":
		return fields{title: title, rows: rows}, nil
	case "@checks":
		return newChecks(title, rows)
	case "@options":
		return newOptions(title, rows)
	case "@sign":
		return signatures{rows: rows}, nil
	case "@seal":
		return seal{mark: title, rows: rows}, nil
	case "@proof":
		return newProof(title, rows)
	case "@table":
		return newTable(arg, rows)
	}
	return nil, fmt.Errorf("%q is no block: %w", name, ErrTemplate)
}

// cell is one field of a row: label = value. Without "=" it has a label only.
type cell struct {
	label, value text
	assigned     bool // "=" is there
	droppable    bool // "?": left out when the value is empty
	writable     bool // "_": a line to write on when the value is empty
}

// rows reads the lines up to @end; cells of a line are divided by " | ".
func (p *parser) rows() ([][]cell, error) {
	var rows [][]cell
	for {
		line, ok := p.next()
		if !ok {
			return nil, fmt.Errorf("@end is missing: %w", ErrTemplate)
		}
		if line == "@end" {
			if rows == nil {
				return nil, fmt.Errorf("a block without lines: %w", ErrTemplate)
			}
			return rows, nil
		}
		var row []cell
		for _, part := range strings.Split(line, "|") {
			c, err := parseCell(strings.TrimSpace(part))
			if err != nil {
				return nil, err
			}
			row = append(row, c)
		}
		rows = append(rows, row)
	}
}

func parseCell(s string) (cell, error) {
	var c cell
	s, c.droppable = strings.CutPrefix(s, "?")
	s, c.writable = strings.CutPrefix(s, "_")
	label, value, assigned := strings.Cut(s, "=")
	c.assigned = assigned
	var err error
	if c.label, err = parseText(strings.TrimSpace(label)); err != nil {
		return cell{}, err
	}
	c.value, err = parseText(strings.TrimSpace(value))
	return c, err
}

var placeholderForm = regexp.MustCompile(`^[a-z][a-z0-9_]*\??$`)

// parseText divides s into words, **bold** words and {placeholders}.
func parseText(s string) (text, error) {
	var out text
	for i, part := range strings.Split(s, "**") {
		bold := i%2 == 1
		for part != "" {
			before, rest, found := strings.Cut(part, "{")
			if before != "" {
				out = append(out, span{words: before, bold: bold})
			}
			if !found {
				break
			}
			name, after, closed := strings.Cut(rest, "}")
			if !closed || !placeholderForm.MatchString(name) {
				return nil, fmt.Errorf("bad placeholder {%s: %w", name, ErrTemplate)
			}
			bare, optional := strings.CutSuffix(name, "?")
			out = append(out, span{name: bare, optional: optional, bold: bold})
			part = after
		}
	}
	if strings.Count(s, "**")%2 != 0 {
		return nil, fmt.Errorf("** without its end: %w", ErrTemplate)
	}
	return out, nil
}

// number reads a whole number between lo and hi.
func number(s string, lo, hi int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		return 0, fmt.Errorf("%q is not a number from %d to %d: %w", s, lo, hi, ErrTemplate)
	}
	return n, nil
}

// measure reads a number between lo and hi, with a point if need be.
func measure(s string, lo, hi float64) (float64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x >= lo && x <= hi) { // not: x < lo || x > hi, for NaN
		return 0, fmt.Errorf("%q is not a number from %v to %v: %w", s, lo, hi, ErrTemplate)
	}
	return x, nil
}
