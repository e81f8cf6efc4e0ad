package app

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// style is how a text looks; the zero value is body text.
type style struct {
	size   fyne.ThemeSizeName
	colour fyne.ThemeColorName
	bold   bool
	align  fyne.TextAlign
}

var (
	styleBody      = style{}
	styleStrong    = style{bold: true}
	styleSecondary = style{colour: colourSecondary}
	styleCaption   = style{size: theme.SizeNameCaptionText, colour: colourSecondary}
	styleLead      = style{size: sizeLead}
	styleSub       = style{size: theme.SizeNameSubHeadingText, bold: true}
	styleHeading   = style{size: theme.SizeNameHeadingText, bold: true}
	styleDisplay   = style{size: sizeDisplay, bold: true}
)

func (s style) in(colour fyne.ThemeColorName) style { s.colour = colour; return s }
func (s style) strong() style                       { s.bold = true; return s }
func (s style) centred() style                      { s.align = fyne.TextAlignCenter; return s }
func (s style) trailing() style                     { s.align = fyne.TextAlignTrailing; return s }

func (s style) points() float32 {
	if s.size == "" {
		return theme.TextSize()
	}
	return theme.Size(s.size)
}

// text shows words, broken into lines at a fixed measure. Fyne's Label learns
// its height only after it was given a width, which moves the page about; here
// the measure is chosen by the page, so the height is known at once, and long
// lines stay readable in a wide window.
type text struct {
	widget.BaseWidget
	style   style
	measure float32 // 0: one line, however long
	content string
}

// line is a text that never breaks.
func line(s style, content string) *text { return para(s, content, 0) }

// para is a text that breaks at measure.
func para(s style, content string, measure float32) *text {
	t := &text{style: s, content: content, measure: measure}
	t.ExtendBaseWidget(t)
	return t
}

func (t *text) set(content string) {
	if t.content != content {
		t.content = content
		t.Refresh()
	}
}

// AccessibilityLabel is what a screen reader speaks.
func (t *text) AccessibilityLabel() string { return t.content }

// AccessibilityRole says that this is text.
func (t *text) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// lines breaks the content at spaces so that each line fits the measure; a
// word longer than the measure is cut. The last line of a paragraph is not left
// with a word or two if shorter lines share the words better.
func (t *text) lines() []string {
	if t.measure <= 0 {
		return []string{t.content}
	}
	var out []string
	for paragraph := range strings.SplitSeq(t.content, "\n") {
		out = append(out, t.shared(paragraph)...)
	}
	return out
}

// shared breaks one paragraph so that its last line is not much shorter than
// the others.
func (t *text) shared(paragraph string) []string {
	lines := t.broken(paragraph, t.measure)
	if len(lines) == 1 {
		return lines
	}
	longest := float32(0) // of its words: none is cut for this
	for word := range strings.SplitSeq(paragraph, " ") {
		longest = max(longest, t.width(word))
	}
	const step = 0.05
	for part := float32(1 - step); part > 0.5 && t.measure*part >= longest; part -= step {
		if t.width(lines[len(lines)-1]) >= t.measure/3 {
			break
		}
		closer := t.broken(paragraph, t.measure*part)
		if len(closer) > len(lines) {
			break
		}
		lines = closer
	}
	return lines
}

// broken breaks one paragraph at a measure. A no-break space keeps two words
// together.
func (t *text) broken(paragraph string, measure float32) []string {
	var out []string
	current := ""
	for word := range strings.SplitSeq(paragraph, " ") {
		if word == "" {
			continue
		}
		for t.width(word) > measure {
			head := t.cut(word, measure)
			if current != "" {
				out, current = append(out, current), ""
			}
			out, word = append(out, head), word[len(head):]
		}
		switch {
		case word == "":
		case current == "":
			current = word
		case t.width(current+" "+word) <= measure:
			current += " " + word
		default:
			out, current = append(out, current), word
		}
	}
	if current != "" || len(out) == 0 {
		out = append(out, current)
	}
	return out
}

func (t *text) width(s string) float32 {
	return fyne.MeasureText(s, t.style.points(), fyne.TextStyle{Bold: t.style.bold}).Width
}

// cut returns the longest beginning of word that fits: up to a hyphen or a
// slash if there is one in its second half, and at least one letter.
func (t *text) cut(word string, measure float32) string {
	end := len(word)
	for i := range word {
		if i > 0 && t.width(word[:i]) > measure {
			break
		}
		end = i
	}
	if at := strings.LastIndexAny(word[:end], "-/") + 1; at > end/2 {
		return word[:at]
	}
	if end == 0 {
		_, end = utf8.DecodeRuneInString(word)
	}
	return word[:end]
}

// sentence begins words with a capital letter, for a place where they stand
// alone.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

// CreateRenderer is called by Fyne.
func (t *text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{text: t}
	r.build()
	return r
}

type textRenderer struct {
	text  *text
	lines []fyne.CanvasObject
	min   fyne.Size
}

func (r *textRenderer) build() {
	colour := r.text.style.colour
	if colour == "" {
		colour = theme.ColorNameForeground
	}
	r.lines, r.min = nil, fyne.Size{}
	for _, l := range r.text.lines() {
		c := canvas.NewText(l, theme.Color(colour))
		c.TextSize = r.text.style.points()
		c.TextStyle.Bold = r.text.style.bold
		c.Alignment = r.text.style.align
		r.lines = append(r.lines, c)
		m := c.MinSize()
		r.min = fyne.NewSize(max(r.min.Width, m.Width), r.min.Height+m.Height)
	}
}

// Layout puts the lines below each other.
func (r *textRenderer) Layout(size fyne.Size) {
	y := float32(0)
	for _, l := range r.lines {
		h := l.MinSize().Height
		l.Move(fyne.NewPos(0, y))
		l.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
}

// MinSize is the extent of the broken lines.
func (r *textRenderer) MinSize() fyne.Size { return r.min }

// Objects are the lines.
func (r *textRenderer) Objects() []fyne.CanvasObject { return r.lines }

// Refresh breaks the lines anew.
func (r *textRenderer) Refresh() {
	r.build()
	r.Layout(r.text.Size())
	canvas.Refresh(r.text)
}

// Destroy has nothing to release.
func (r *textRenderer) Destroy() {}
