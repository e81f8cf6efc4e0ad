package app

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The type scale beside Fyne's caption, text, sub-heading and heading.
const (
	sizeLead    fyne.ThemeSizeName = "salter.lead"
	sizeDisplay fyne.ThemeSizeName = "salter.display"
)

// lettering gives the sizes of text, in Fyne's units, at 100 %.
var lettering = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:           16,
	theme.SizeNameCaptionText:    13,
	theme.SizeNameSubHeadingText: 20,
	theme.SizeNameHeadingText:    28,
	sizeLead:                     18,
	sizeDisplay:                  40,
}

// spacing gives the measures that grow half as much as the text. Padding is
// the grid: all distances of the pages are multiples of it (see unit).
var spacing = map[fyne.ThemeSizeName]float32{
	theme.SizeNamePadding:        4,
	theme.SizeNameInnerPadding:   10,
	theme.SizeNameLineSpacing:    4,
	theme.SizeNameInlineIcon:     22,
	theme.SizeNameScrollBar:      14,
	theme.SizeNameScrollBarSmall: 6,
}

// strokes gives the measures that stay, whatever the size of the text.
var strokes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameInputBorder:        1.5,
	theme.SizeNameInputRadius:        6,
	theme.SizeNameButtonRadius:       6,
	theme.SizeNameCardRadius:         8,
	theme.SizeNameSelectionRadius:    3,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameScrollBarRadius:    4,
}

// salterTheme can be compared: equal ones look alike.
type salterTheme struct {
	fyne.Theme
	colours Colours
	variant fyne.ThemeVariant // nearest to the colours, for what is not among them
	text    float32           // factor for lettering
	grid    float32           // factor for spacing
	room    float32           // factor for strokes
}

// NewTheme returns the colours and sizes of a look: every text has a contrast
// of at least 4.5:1 (WCAG 2.2, 1.4.3) and every border of an input 3:1
// (1.4.11), whatever the desktop prefers.
func NewTheme(l Look) fyne.Theme { return newTheme(l, 1) }

// newTheme makes everything larger by the factor room.
func newTheme(l Look, room float32) fyne.Theme {
	l = l.normal()
	t := salterTheme{Theme: theme.DefaultTheme(), colours: l.Colours, variant: theme.VariantDark, room: room}
	if l.Colours == Light {
		t.variant = theme.VariantLight
	}
	text := float32(l.TextSize) / 100
	t.text, t.grid = text*room, (1+text)/2*room
	return t
}

// roomFor is the factor by which a window of that size shows everything larger
// than the usual one does: in steps, and less than the window has grown, so
// that a large screen shows both more and larger.
func roomFor(size fyne.Size) float32 {
	const step, share = 1.0 / 8, 0.6
	grown := min(size.Width/usualWidth, size.Height/usualHeight) - 1
	return 1 + step*float32(math.Round(float64(max(grown, 0)*share/step)))
}

// Color ignores the variant of the desktop: the look has its own.
func (t salterTheme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := palettes[t.colours][name]; ok {
		return c
	}
	return t.Theme.Color(name, t.variant)
}

// Size answers with our scale, and with Fyne's for what no page uses.
func (t salterTheme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := lettering[name]; ok {
		return s * t.text
	}
	if s, ok := spacing[name]; ok {
		return s * t.grid
	}
	if s, ok := strokes[name]; ok {
		return s * t.room
	}
	return t.Theme.Size(name)
}

// unit is n steps of the grid, following the theme's scale.
func unit(n float32) float32 { return n * theme.Padding() }
