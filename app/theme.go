package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours of Salter beside the names that Fyne has. "Soft" is the
// background on which text of the same family stands.
const (
	colourSurface     fyne.ThemeColorName = "salter.surface"
	colourSecondary   fyne.ThemeColorName = "salter.secondary"
	colourLine        fyne.ThemeColorName = "salter.line"
	colourPrimaryDark fyne.ThemeColorName = "salter.primaryDark"
	colourPrimarySoft fyne.ThemeColorName = "salter.primarySoft"
	colourErrorSoft   fyne.ThemeColorName = "salter.errorSoft"
	colourWarningSoft fyne.ThemeColorName = "salter.warningSoft"
	colourSuccessSoft fyne.ThemeColorName = "salter.successSoft"
	colourBand        fyne.ThemeColorName = "salter.band"
	colourOnBand      fyne.ThemeColorName = "salter.onBand"
	colourOnBandSoft  fyne.ThemeColorName = "salter.onBandSoft"
	colourDemo        fyne.ThemeColorName = "salter.demo"
	colourOnDemo      fyne.ThemeColorName = "salter.onDemo"
)

// The type scale beside Fyne's caption, text, sub-heading and heading.
const (
	sizeLead    fyne.ThemeSizeName = "salter.lead"
	sizeDisplay fyne.ThemeSizeName = "salter.display"
)

// palette gives every colour; the pairs in which they meet as text and
// background are listed, and computed, in the test of the theme.
var palette = map[fyne.ThemeColorName]color.NRGBA{
	theme.ColorNameBackground:          rgb(0xf3f5f8),
	theme.ColorNameButton:              rgb(0xffffff),
	theme.ColorNameDisabledButton:      rgb(0xe4e8ee),
	theme.ColorNameDisabled:            rgb(0x595f69),
	theme.ColorNameError:               rgb(0xb00020),
	theme.ColorNameFocus:               rgb(0x0b57d0),
	theme.ColorNameForeground:          rgb(0x1a1a1a),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameForegroundOnSuccess: rgb(0xffffff),
	theme.ColorNameForegroundOnWarning: rgb(0xffffff),
	theme.ColorNameHeaderBackground:    rgb(0xffffff),
	theme.ColorNameHover:               rgb(0xe8f0fe),
	theme.ColorNameHyperlink:           rgb(0x0b57d0),
	theme.ColorNameInputBackground:     rgb(0xffffff),
	theme.ColorNameInputBorder:         rgb(0x767676),
	theme.ColorNameMenuBackground:      rgb(0xffffff),
	theme.ColorNameOverlayBackground:   rgb(0xffffff),
	theme.ColorNamePlaceHolder:         rgb(0x595f69),
	theme.ColorNamePressed:             rgb(0xd6e4fd),
	theme.ColorNamePrimary:             rgb(0x0b57d0),
	theme.ColorNameScrollBar:           rgb(0x767676),
	theme.ColorNameScrollBarBackground: rgb(0xe4e8ee),
	theme.ColorNameSelection:           rgb(0xc6dafc),
	theme.ColorNameSeparator:           rgb(0xd5dbe3),
	theme.ColorNameShadow:              {A: 0x30},
	theme.ColorNameSuccess:             rgb(0x1b5e20),
	theme.ColorNameWarning:             rgb(0x9a3412),

	colourSurface:     rgb(0xffffff),
	colourSecondary:   rgb(0x595f69),
	colourLine:        rgb(0xd5dbe3),
	colourPrimaryDark: rgb(0x0846a8),
	colourPrimarySoft: rgb(0xe8f0fe),
	colourErrorSoft:   rgb(0xfdecee),
	colourWarningSoft: rgb(0xfff4e5),
	colourSuccessSoft: rgb(0xe9f5ea),
	colourBand:        rgb(0x14305c),
	colourOnBand:      rgb(0xffffff),
	colourOnBandSoft:  rgb(0xc9d6ea),
	colourDemo:        rgb(0xffd54f),
	colourOnDemo:      rgb(0x1a1a1a),
}

// sizes gives every measure, in Fyne's units. Padding is the grid: all
// distances of the pages are multiples of it (see unit).
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       10,
	theme.SizeNameLineSpacing:        4,
	theme.SizeNameText:               16,
	theme.SizeNameCaptionText:        13,
	theme.SizeNameSubHeadingText:     20,
	theme.SizeNameHeadingText:        28,
	sizeLead:                         18,
	sizeDisplay:                      40,
	theme.SizeNameInlineIcon:         22,
	theme.SizeNameInputBorder:        1.5,
	theme.SizeNameInputRadius:        6,
	theme.SizeNameButtonRadius:       6,
	theme.SizeNameCardRadius:         8,
	theme.SizeNameSelectionRadius:    3,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameScrollBar:          14,
	theme.SizeNameScrollBarSmall:     6,
	theme.SizeNameScrollBarRadius:    4,
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

type salterTheme struct{ fyne.Theme }

// NewTheme returns the look of Salter: one light palette in which every text
// has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3) and every border of an
// input 3:1 (1.4.11), whatever the desktop prefers. The program sets it before
// New.
func NewTheme() fyne.Theme { return salterTheme{theme.DefaultTheme()} }

// Color ignores the variant: there is one palette.
func (t salterTheme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := palette[name]; ok {
		return c
	}
	return t.Theme.Color(name, theme.VariantLight)
}

// Size answers with our scale, and with Fyne's for what no page uses.
func (t salterTheme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return t.Theme.Size(name)
}

// unit is n steps of the grid, following the theme's scale.
func unit(n float32) float32 { return n * theme.Padding() }
