package forms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-pdf/fpdf"
)

// fontFamily is the name of the two fonts within a document.
const fontFamily = "noto"

// always are the characters that the layout itself sets.
const always = " .–0123456789"

// typeface measures text in the two weights and knows their characters.
type typeface struct {
	fonts   Fonts // cut down to the characters in use
	regular metrics
	bold    metrics
}

// newTypeface prepares the fonts for documents that hold no other characters
// than letters.
func newTypeface(f Fonts, letters string) (*typeface, error) {
	face := &typeface{}
	var err error
	if face.regular, err = readMetrics(f.Regular); err != nil {
		return nil, fmt.Errorf("read regular font: %w", err)
	}
	if face.bold, err = readMetrics(f.Bold); err != nil {
		return nil, fmt.Errorf("read bold font: %w", err)
	}
	set := distinct(always + letters)
	face.fonts = Fonts{Regular: fpdf.UTF8CutFont(f.Regular, set), Bold: fpdf.UTF8CutFont(f.Bold, set)}
	return face, nil
}

func (f *typeface) metrics(bold bool) metrics {
	if bold {
		return f.bold
	}
	return f.regular
}

// distinct returns every character of s once, in code-point order.
func distinct(s string) string {
	rs := []rune(s)
	slices.Sort(rs)
	return string(slices.Compact(rs))
}

// newDocument returns an empty A4 document in millimetres with both fonts.
func newDocument(f Fonts) *fpdf.Fpdf {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes(fontFamily, "", f.Regular)
	pdf.AddUTF8FontFromBytes(fontFamily, "B", f.Bold)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	return pdf
}

// width of s in millimetres at size points.
func (f *typeface) width(s string, bold bool, size float64) float64 {
	m, sum := f.metrics(bold), 0
	for _, c := range s {
		if w, ok := m.advance(c); ok {
			sum += w
		}
	}
	return float64(sum) * size * point / float64(m.unitsPerEm)
}

// runsWidth is the width of runs beside each other.
func (f *typeface) runsWidth(rs []run, size float64) float64 {
	sum := 0.0
	for _, r := range rs {
		sum += f.width(r.s, r.bold, size)
	}
	return sum
}

func weight(bold bool) string {
	if bold {
		return "B"
	}
	return ""
}

// check returns an error for the first character that the font lacks.
func (f *typeface) check(rs []run) error {
	for _, r := range rs {
		m := f.metrics(r.bold)
		for _, c := range r.s {
			if _, ok := m.advance(c); !ok {
				return fmt.Errorf("%U: %w", c, ErrGlyph)
			}
		}
	}
	return nil
}

// line is one line of set text.
type line []run

// lines breaks runs at spaces into lines no wider than width millimetres. A
// word that is wider than a line is broken anywhere.
func (f *typeface) lines(rs []run, size, width float64) []line {
	var out []line
	var cur line
	used := 0.0
	for _, w := range f.words(rs, size, width) {
		ww := f.runsWidth(w.runs, size)
		gap := 0.0
		if cur != nil && !w.glued {
			gap = f.width(" ", w.runs[0].bold, size)
		}
		if cur != nil && used+gap+ww > width {
			out = append(out, cur)
			cur, used, gap = nil, 0, 0
		}
		if gap > 0 {
			cur = cur.add(run{" ", cur[len(cur)-1].bold && w.runs[0].bold})
		}
		for _, r := range w.runs {
			cur = cur.add(r)
		}
		used += gap + ww
	}
	if cur != nil {
		out = append(out, cur)
	}
	return out
}

// add appends r, joined to the last run if the weight is the same.
func (l line) add(r run) line {
	if n := len(l); n > 0 && l[n-1].bold == r.bold {
		l[n-1].s += r.s
		return l
	}
	return append(l, r)
}

// word is text without a space in it; parts of a broken word are glued.
type word struct {
	runs  []run
	glued bool
}

// words divides runs at spaces; weight may change within a word.
func (f *typeface) words(rs []run, size, width float64) []word {
	var out []word
	var cur word
	end := func() {
		if cur.runs != nil {
			out = append(out, f.breakWord(cur, size, width)...)
		}
		cur = word{}
	}
	for _, r := range rs {
		for i, part := range strings.Split(r.s, " ") {
			if i > 0 {
				end()
			}
			if part != "" {
				cur.runs = append(cur.runs, run{part, r.bold})
			}
		}
	}
	end()
	return out
}

// breakWord cuts a word that is wider than a line.
func (f *typeface) breakWord(w word, size, width float64) []word {
	if f.runsWidth(w.runs, size) <= width {
		return []word{w}
	}
	var out []word
	cur, used := word{}, 0.0
	for _, r := range w.runs {
		for _, c := range r.s {
			cw := f.width(string(c), r.bold, size)
			if cur.runs != nil && used+cw > width {
				out = append(out, cur)
				cur, used = word{glued: true}, 0
			}
			cur.runs = []run(line(cur.runs).add(run{string(c), r.bold}))
			used += cw
		}
	}
	return append(out, cur)
}
